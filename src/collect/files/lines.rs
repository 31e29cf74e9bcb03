//! A file's lines in whatever charset, read piece by piece: a file may be larger than memory.

use std::collections::VecDeque;
use std::io::Read;

use encoding_rs::{Decoder, Encoding};

use super::LINE_BYTES_MAX;
use crate::collect::decode::decode;

/// Read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// A line without its end; its number counts from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: String,
    /// It was longer than a line may be; `text` is its beginning.
    pub(super) too_long: bool,
}

pub(super) struct Lines<R> {
    file: R,
    decoder: Decoder,
    /// Decoded and not yet given out, from `start` on.
    text: String,
    start: usize,
    ended: bool,
    number: u64,
    returned: VecDeque<Line>,
}

impl<R: Read> Lines<R> {
    pub(super) fn over(file: R, sample: &[u8]) -> Result<Self, String> {
        let charset = decode(sample, None).charset;
        // UTF-32 is what no spreadsheet writes, and the streaming decoder does not know it.
        let encoding =
            Encoding::for_label(charset.as_bytes()).ok_or_else(|| format!("files in {charset} are not read: save it as UTF-8"))?;
        let decoder = encoding.new_decoder_with_bom_removal();
        Ok(Self { file, decoder, text: String::new(), start: 0, ended: false, number: 0, returned: VecDeque::new() })
    }

    /// Gives lines back, to be read again.
    pub(super) fn put_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.returned.push_front(line);
        }
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<Line>> {
        if let Some(line) = self.returned.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Line { number: self.number + 1, ..Line::default() };
        loop {
            let rest = &self.text[self.start..];
            let end = rest.find('\n');
            let part = &rest[..end.unwrap_or(rest.len())];
            let room = LINE_BYTES_MAX.saturating_sub(line.text.len());
            line.too_long |= part.len() > room;
            line.text.push_str(&part[..part.floor_char_boundary(room)]);
            if let Some(end) = end {
                self.start += end + 1;
                break;
            }
            self.text.clear();
            self.start = 0;
            if self.ended {
                if line.text.is_empty() {
                    return Ok(None);
                }
                break;
            }
            self.fill()?;
        }
        self.number += 1;
        if line.text.ends_with('\r') {
            line.text.pop();
        }
        Ok(Some(line))
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = self.file.read(&mut chunk)?;
        self.ended = read == 0;
        let most = self.decoder.max_utf8_buffer_length(read).unwrap_or(CHUNK_BYTES * 4);
        self.text.reserve(most);
        let _ = self.decoder.decode_to_string(&chunk[..read], &mut self.text, self.ended);
        Ok(())
    }
}
