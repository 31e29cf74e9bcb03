//! Unpacks a body within bounds. The bytes decide over the label: a label without compression and compression
//! without a label are both seen on real servers.

use std::io::{ErrorKind, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::{FetchFailure, FetchLimits};
use crate::model::{FailureKind, Phrase};

/// What we offer to read.
pub(super) const ACCEPTED: &str = "gzip, br";

/// A body packed more often than this is made to cost time.
const LAYERS_MAX: usize = 3;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Undoes the codings, last applied first, and a gzip nobody announced. Data that ends too early gives what was before its end, and
/// says so; damaged data gives nothing.
pub(super) fn unpack(bytes: Vec<u8>, encodings: &[String], limits: &FetchLimits) -> Result<(Vec<u8>, bool), FetchFailure> {
    if encodings.len() > LAYERS_MAX {
        return Err(damaged("too many layers of compression"));
    }
    let mut unpacked = Unpacked { bytes, cut_off: false };
    for encoding in encodings.iter().rev() {
        let bytes = &unpacked.bytes;
        let layer = match encoding.as_str() {
            "gzip" | "x-gzip" if !bytes.starts_with(&GZIP_MAGIC) => continue,
            "gzip" | "x-gzip" => gunzip(bytes, limits)?,
            "deflate" => inflate(bytes, limits)?,
            "br" => bounded(brotli_decompressor::Decompressor::new(bytes.as_slice(), 4096), limits)?,
            _ => return Err(damaged("a compression we did not ask for")),
        };
        unpacked = layer.over(unpacked.cut_off);
    }
    for _ in encodings.len()..LAYERS_MAX {
        if !unpacked.bytes.starts_with(&GZIP_MAGIC) {
            break;
        }
        unpacked = gunzip(&unpacked.bytes, limits)?.over(unpacked.cut_off);
    }
    if unpacked.bytes.len() > limits.max_decoded_bytes {
        unpacked.bytes = cut_or_refuse(unpacked.bytes, limits)?;
    }
    Ok((unpacked.bytes, unpacked.cut_off))
}

/// One layer undone.
struct Unpacked {
    bytes: Vec<u8>,
    cut_off: bool,
}

impl Unpacked {
    /// What a decoder gave before it ended or failed. An end that came too early leaves what was before it; nothing before it is damage.
    fn of(bytes: Vec<u8>, read: std::io::Result<usize>, limits: &FetchLimits) -> Result<Self, FetchFailure> {
        let cut_off = match read {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !bytes.is_empty() => true,
            Err(_) => return Err(damaged("the compressed data is damaged")),
        };
        let bytes = if bytes.len() > limits.max_decoded_bytes { cut_or_refuse(bytes, limits)? } else { bytes };
        Ok(Self { bytes, cut_off })
    }

    fn over(mut self, outer_was_cut_off: bool) -> Self {
        self.cut_off |= outer_was_cut_off;
        self
    }
}

/// Every member of a gzip file; what follows the last one is padding and ignored.
fn gunzip(bytes: &[u8], limits: &FetchLimits) -> Result<Unpacked, FetchFailure> {
    let mut rest = bytes;
    let mut whole = Unpacked { bytes: Vec::new(), cut_off: false };
    while rest.starts_with(&GZIP_MAGIC) && !whole.cut_off {
        let mut decoder = GzDecoder::new(rest);
        let room = limits.max_decoded_bytes.saturating_sub(whole.bytes.len()) as u64 + 1;
        let read = (&mut decoder).take(room).read_to_end(&mut whole.bytes);
        let full = whole.bytes.len() > limits.max_decoded_bytes;
        whole = Unpacked::of(whole.bytes, read, limits)?;
        if full {
            break;
        }
        rest = decoder.into_inner();
    }
    Ok(whole)
}

/// `deflate` means zlib by the standard and a raw stream on some servers.
fn inflate(bytes: &[u8], limits: &FetchLimits) -> Result<Unpacked, FetchFailure> {
    let zlib = bytes.first().is_some_and(|first| first & 0x0f == 8);
    match bounded(ZlibDecoder::new(bytes), limits) {
        Err(failure) if zlib || failure.kind == FailureKind::TooBig => Err(failure),
        Err(_) => bounded(DeflateDecoder::new(bytes), limits),
        whole => whole,
    }
}

fn bounded(decoder: impl Read, limits: &FetchLimits) -> Result<Unpacked, FetchFailure> {
    let mut whole = Vec::new();
    let room = limits.max_decoded_bytes as u64 + 1;
    let read = decoder.take(room).read_to_end(&mut whole);
    Unpacked::of(whole, read, limits)
}

fn cut_or_refuse(mut bytes: Vec<u8>, limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    if !limits.cut {
        let detail = format!("more than {} bytes after decompression", limits.max_decoded_bytes);
        let told = Phrase::said("what_unpacked").with("bytes", limits.max_decoded_bytes.to_string());
        return Err(FetchFailure::new(FailureKind::TooBig, detail).told(told));
    }
    bytes.truncate(limits.max_decoded_bytes);
    Ok(bytes)
}

fn damaged(detail: &str) -> FetchFailure {
    FetchFailure::new(FailureKind::Encoding, detail)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const LIMITS: FetchLimits = FetchLimits { max_bytes: 10_000, max_decoded_bytes: 10_000, max_redirects: 3, cut: false, broken: false };

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn open(bytes: Vec<u8>, encodings: &[&str]) -> Result<Vec<u8>, FailureKind> {
        let encodings: Vec<String> = encodings.iter().map(|word| (*word).to_owned()).collect();
        unpack(bytes, &encodings, &LIMITS).map(|(bytes, _)| bytes).map_err(|failure| failure.kind)
    }

    #[test]
    fn labels_that_lie() {
        assert_eq!(open(b"plain".to_vec(), &["gzip"]), Ok(b"plain".to_vec()));
        assert_eq!(open(gzip(b"packed"), &[]), Ok(b"packed".to_vec()));
        assert_eq!(open(gzip(&gzip(b"twice")), &["gzip"]), Ok(b"twice".to_vec()));
        assert_eq!(open([gzip(b"a"), gzip(b"b"), b"padding".to_vec()].concat(), &["gzip"]), Ok(b"ab".to_vec()));
    }

    #[test]
    fn both_kinds_of_deflate() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"text").expect("memory");
        assert_eq!(open(zlib.finish().expect("memory"), &["deflate"]), Ok(b"text".to_vec()));
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"text").expect("memory");
        assert_eq!(open(raw.finish().expect("memory"), &["deflate"]), Ok(b"text".to_vec()));
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        assert_eq!(open(gzip(&vec![0; 1_000_000]), &["gzip"]), Err(FailureKind::TooBig));
        let mut crooked = gzip(b"some text with another sum");
        let sum = crooked.len() - 8;
        crooked[sum] ^= 1;
        assert_eq!(open(crooked, &["gzip"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"x".to_vec(), &["zstd"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"not brotli at all, surely".to_vec(), &["br"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"x".to_vec(), &["gzip"; 9]), Err(FailureKind::Encoding));
    }

    #[test]
    fn what_was_whole_before_an_early_end_is_kept() {
        let text: Vec<u8> = (0..2_000_u32).flat_map(|n| format!("line {n} ").into_bytes()).take(9_000).collect();
        let whole = gzip(&text);
        let unpacked = |bytes: &[u8]| unpack(bytes.to_vec(), &["gzip".to_owned()], &LIMITS);
        let (kept, cut_off) = unpacked(&whole[..whole.len() / 2]).expect("half of it");
        assert!(cut_off && kept.len() > 1_000 && text.starts_with(&kept), "{} bytes", kept.len());
        assert_eq!(unpacked(&whole[..whole.len() - 4]), Ok((text.clone(), true)), "only its sum is missing");
        assert_eq!(unpacked(&whole), Ok((text, false)));
        assert_eq!(unpacked(&whole[..11]).map_err(|failure| failure.kind), Err(FailureKind::Encoding), "nothing is there yet");
    }
}
