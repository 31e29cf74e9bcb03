//! Of which language a few words look that no list knows: by letters and endings that the others do without.

/// Endings of words of so many letters or more.
const LEAST_LETTERS: usize = 7;
const GERMAN: &[&str] = &["ung", "ungen", "keit", "heit", "lich", "liche", "schaft", "igkeit"];
const DUTCH: &[&str] = &["heid", "lijk", "lijke", "eerd", "loos"];
/// English words, and names, with the letters `ij`.
const NO_DUTCH: &[&str] = &["hijack", "beijing", "dijon", "fiji", "bijou"];
/// Of Finnish, Swedish or Estonian, which write `ä` and `ö`, too.
const NORTHERN: &[&str] = &["å", "ää", "öö", "yy", "kk", "uu", "aa", "ii"];

/// `de`, `nl` or `fr`; none where nothing tells.
pub(super) fn looks(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let northern = NORTHERN.iter().any(|letters| lower.contains(letters));
    lower.split(|letter: char| !letter.is_alphabetic()).find_map(|word| of_word(word, northern))
}

fn of_word(word: &str, northern: bool) -> Option<&'static str> {
    let ends = |endings: &[&str]| word.len() >= LEAST_LETTERS && endings.iter().any(|ending| word.ends_with(ending));
    if word.contains(['ß', 'ü']) || (word.contains(['ä', 'ö']) && !northern) || ends(GERMAN) {
        Some("de")
    } else if word.contains(['è', 'ê', 'û', 'ç', 'œ']) || ["é", "ée", "és", "ées"].iter().any(|ending| word.ends_with(ending)) {
        Some("fr")
    } else if (word.contains("ij") && !NO_DUTCH.iter().any(|other| word.contains(other))) || ends(DUTCH) {
        Some("nl")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_endings_tell() {
        for (text, lang) in [
            ("Falsche Größe geschickt", Some("de")),
            ("Online Termin unmöglich", Some("de")),
            ("Heizung ausgefallen", Some("de")),
            ("Gâteau brûlé", Some("fr")),
            ("Réclamation ignorée", Some("fr")),
            ("Klacht genegeerd", Some("nl")),
            ("Eindeloos", Some("nl")),
            ("Hijacked bags", None),
            ("Hyvää päivää", None),
            ("Young staff hung about", None),
            ("Terrible", None),
        ] {
            assert_eq!(looks(text), lang, "{text}");
        }
    }
}
