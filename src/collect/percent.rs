//! Percent-encoding (RFC 3986, 2.1) of what is put into an address.

use std::fmt::Write as _;

/// `text` with every byte escaped that is neither unreserved nor in `kept`.
#[must_use]
pub fn encoded(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_with_a_meaning_is_escaped() {
        assert_eq!(encoded("\"Example Tea\" OR 範例", ""), "%22Example%20Tea%22%20OR%20%E7%AF%84%E4%BE%8B");
        assert_eq!(encoded("a/b?c#d&e=f%g+h", "/"), "a/b%3Fc%23d%26e%3Df%25g%2Bh");
    }
}
