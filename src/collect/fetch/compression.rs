//! Unpacks a body within bounds. The bytes decide over the label: a label without compression and compression
//! without a label are both seen on real servers.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::{FetchFailure, FetchLimits};
use crate::model::FailureKind;

/// What we offer to read.
pub(super) const ACCEPTED: &str = "gzip, br";

/// A body packed more often than this is made to cost time.
const LAYERS_MAX: usize = 3;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Undoes the codings, last applied first, and a gzip nobody announced.
pub(super) fn unpack(mut bytes: Vec<u8>, encodings: &[String], limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    if encodings.len() > LAYERS_MAX {
        return Err(damaged("too many layers of compression"));
    }
    for encoding in encodings.iter().rev() {
        bytes = match encoding.as_str() {
            "gzip" | "x-gzip" if !bytes.starts_with(&GZIP_MAGIC) => bytes,
            "gzip" | "x-gzip" => gunzip(&bytes, limits)?,
            "deflate" => inflate(&bytes, limits)?,
            "br" => bounded(brotli_decompressor::Decompressor::new(bytes.as_slice(), 4096), limits)?,
            _ => return Err(damaged("a compression we did not ask for")),
        };
    }
    for _ in encodings.len()..LAYERS_MAX {
        if !bytes.starts_with(&GZIP_MAGIC) {
            break;
        }
        bytes = gunzip(&bytes, limits)?;
    }
    if bytes.len() > limits.max_decoded_bytes {
        bytes = cut_or_refuse(bytes, limits)?;
    }
    Ok(bytes)
}

/// Every member of a gzip file; what follows the last one is padding and ignored.
fn gunzip(bytes: &[u8], limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    let mut rest = bytes;
    let mut whole = Vec::new();
    while rest.starts_with(&GZIP_MAGIC) {
        let mut decoder = GzDecoder::new(rest);
        let room = limits.max_decoded_bytes.saturating_sub(whole.len()) as u64 + 1;
        (&mut decoder).take(room).read_to_end(&mut whole).map_err(|_| damaged("the gzip data is damaged or cut off"))?;
        if whole.len() > limits.max_decoded_bytes {
            return cut_or_refuse(whole, limits);
        }
        rest = decoder.into_inner();
    }
    Ok(whole)
}

/// `deflate` means zlib by the standard and a raw stream on some servers.
fn inflate(bytes: &[u8], limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    let zlib = bytes.first().is_some_and(|first| first & 0x0f == 8);
    match bounded(ZlibDecoder::new(bytes), limits) {
        Err(failure) if zlib || failure.kind == FailureKind::TooBig => Err(failure),
        Err(_) => bounded(DeflateDecoder::new(bytes), limits),
        whole => whole,
    }
}

fn bounded(decoder: impl Read, limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    let mut whole = Vec::new();
    let room = limits.max_decoded_bytes as u64 + 1;
    decoder.take(room).read_to_end(&mut whole).map_err(|_| damaged("the compressed data is damaged or cut off"))?;
    if whole.len() > limits.max_decoded_bytes { cut_or_refuse(whole, limits) } else { Ok(whole) }
}

fn cut_or_refuse(mut bytes: Vec<u8>, limits: &FetchLimits) -> Result<Vec<u8>, FetchFailure> {
    if !limits.cut {
        let detail = format!("more than {} bytes after decompression", limits.max_decoded_bytes);
        return Err(FetchFailure::new(FailureKind::TooBig, detail));
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

    const LIMITS: FetchLimits = FetchLimits { max_bytes: 10_000, max_decoded_bytes: 10_000, max_redirects: 3, cut: false };

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn open(bytes: Vec<u8>, encodings: &[&str]) -> Result<Vec<u8>, FailureKind> {
        let encodings: Vec<String> = encodings.iter().map(|word| (*word).to_owned()).collect();
        unpack(bytes, &encodings, &LIMITS).map_err(|failure| failure.kind)
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
        let whole = gzip(b"some text that is cut off");
        assert_eq!(open(whole[..whole.len() - 9].to_vec(), &["gzip"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"x".to_vec(), &["zstd"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"not brotli at all, surely".to_vec(), &["br"]), Err(FailureKind::Encoding));
        assert_eq!(open(b"x".to_vec(), &["gzip"; 9]), Err(FailureKind::Encoding));
    }
}
