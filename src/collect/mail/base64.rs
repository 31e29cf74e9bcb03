//! Base64 as mails have it that went through other hands: without its last signs, cut off, with a list's footer below or a scanner's warning
//! above it, or named where there is none. Lines that are base64 are decoded, and all others are kept as they stand.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Signs in a row that no sentence has between two blanks or marks; the last line of a block may have fewer.
const RUN_MIN: usize = 20;
/// Signs are decoded four by four; one alone says nothing.
const GROUP: usize = 4;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Whether a body can be nothing but base64: no blank stands inside of a line.
pub(super) fn is_unmixed(body: &[u8]) -> bool {
    lines(body).all(|line| !line.iter().any(u8::is_ascii_whitespace))
}

/// What a body says that is called base64 and is not, or not as a whole.
pub(super) fn decoded(body: &[u8]) -> Vec<u8> {
    let (mut said, mut block) = (Vec::new(), Vec::new());
    let is_alone = lines(body).filter(|line| !line.is_empty()).count() == 1;
    for line in lines(body) {
        let signs = line.iter().take_while(|byte| is_sign(**byte)).count();
        let padded = signs + line[signs..].iter().take_while(|byte| **byte == b'=').count();
        let rest = &line[padded..];
        let begins = signs >= RUN_MIN && !rest.first().is_some_and(u8::is_ascii_whitespace);
        let goes_on = rest.is_empty() && signs > 0 && (is_alone || !block.is_empty());
        if begins || goes_on {
            block.extend_from_slice(&line[..signs]);
            // Padding ends a block, and so does whatever else stands behind it.
            if padded > signs || !rest.is_empty() {
                end(&mut block, &mut said);
                keep(rest, &mut said);
            }
            continue;
        }
        end(&mut block, &mut said);
        keep(line, &mut said);
    }
    end(&mut block, &mut said);
    said
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

const fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn end(block: &mut Vec<u8>, said: &mut Vec<u8>) {
    let whole = if block.len() % GROUP == 1 { block.len() - 1 } else { block.len() };
    said.extend(LENIENT.decode(&block[..whole]).unwrap_or_default());
    block.clear();
}

fn keep(line: &[u8], said: &mut Vec<u8>) {
    if !line.is_empty() {
        said.extend(said.last().is_some_and(|last| *last != b'\n').then_some(b'\n'));
        said.extend_from_slice(line);
        said.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "The kettle exploded and burned my baby, who is hurt badly!";
    const SIGNS: &str = "VGhlIGtldHRsZSBleHBsb2RlZCBhbmQgYnVybmVkIG15IGJhYnksIHdobyBpcyBodXJ0IGJhZGx5IQ==";

    fn said(body: &str) -> String {
        String::from_utf8_lossy(&decoded(body.as_bytes())).into_owned()
    }

    #[test]
    fn what_can_be_decoded_is_and_nothing_is_lost() {
        assert_eq!(said(SIGNS), SAID);
        let wrapped = format!("{}\r\n{}\r\n{}", &SIGNS[..40], &SIGNS[40..76], &SIGNS[76..]);
        assert_eq!(said(&wrapped), SAID);
        assert_eq!(said(SIGNS.trim_end_matches('=')), SAID);
        assert_eq!(said(&SIGNS[..SIGNS.len() - 6]), SAID[..SAID.len() - 3]);
        assert_eq!(said(&format!("{SIGNS}\n\n____\nlist mailing list")), format!("{SAID}\n____\nlist mailing list\n"));
        assert_eq!(said(&format!("Caution: from outside\n\n{SIGNS}")), format!("Caution: from outside\n{SAID}"));
        assert_eq!(said("Lumora kettle exploded and burned me"), "Lumora kettle exploded and burned me\n");
        assert_eq!(said("紅隼水壺爆炸"), "紅隼水壺爆炸\n");
        assert_eq!((said("YWJj"), said(""), said("%%%%")), ("abc".to_owned(), String::new(), "%%%%\n".to_owned()));
    }
}
