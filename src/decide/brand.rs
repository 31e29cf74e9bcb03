//! What we listen for.

use super::fold::fold_word;
use super::script::is_han;

/// One `[[brand]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Unique; how mails and figures name it.
    pub name: String,
    /// Every other spelling, in any script; the name itself counts too.
    pub aliases: Vec<String>,
    /// Phrases that contain a name and are not us: a hit inside one does not count.
    pub exclude: Vec<String>,
    /// Other firms that people measure us against: what a text says of one of them is not said of us (`parted.rs`).
    pub rivals: Vec<String>,
}

/// The words of a brand, folded.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) names: Vec<String>,
    pub(super) excluded: Vec<String>,
    pub(super) rivals: Vec<String>,
}

/// Whether two spellings are one to the matcher.
#[must_use]
pub fn reads_the_same(one: &str, other: &str) -> bool {
    fold_word(one) == fold_word(other)
}

/// A name of fewer letters is not also looked for in one piece: it would stand in too much.
const JOINED_LEAST: usize = 4;
/// What stands between the words of a name where people write it as one: `PX-Mart`, `PX_Mart`, `#PXMart`.
const JOINTS: [&str; 3] = ["", "-", "_"];

impl Brand {
    /// Its names and its excluded phrases, folded; what folds to nothing is left out, for it would stand everywhere. A name of several
    /// words is looked for in one piece, too, and one with an apostrophe without it: nobody thinks of all of these when writing aliases.
    pub(super) fn words(&self) -> Words {
        let fold_all =
            |words: &mut dyn Iterator<Item = &String>| words.map(|word| fold_word(word)).filter(|word| !word.is_empty()).collect();
        let names = in_all_spellings(fold_all(&mut std::iter::once(&self.name).chain(&self.aliases)));
        let mut rivals = in_all_spellings(fold_all(&mut self.rivals.iter()));
        rivals.retain(|rival| !names.contains(rival));
        Words { names, excluded: fold_all(&mut self.exclude.iter()), rivals }
    }
}

fn in_all_spellings(mut names: Vec<String>) -> Vec<String> {
    for spelling in names.iter().flat_map(|name| spellings(name).into_iter().chain(spaced(name))).collect::<Vec<_>>() {
        if !names.contains(&spelling) {
            names.push(spelling);
        }
    }
    names
}

/// A name that changes its script oftener is written with all of the spaces or with none.
const MOST_SEAMS: usize = 3;

/// A name of Chinese characters beside letters or digits, with and without a space at each seam: phones and editors put it there by
/// themselves (`50 嵐`, `85 度 C`).
fn spaced(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut last, mut space) = (None, false);
    for letter in name.chars() {
        let side = if is_han(letter) { Some(true) } else { letter.is_ascii_alphanumeric().then_some(false) };
        let is_seam = matches!((last, side), (Some(last), Some(side)) if last != side);
        if letter == ' ' {
            space = true;
            continue;
        }
        match parts.last_mut() {
            Some(part) if !is_seam => {
                part.extend(space.then_some(' '));
                part.push(letter);
            }
            _ => parts.push(letter.to_string()),
        }
        (last, space) = (side, false);
    }
    let seams = parts.len().saturating_sub(1);
    let choices: Vec<u32> = if seams > MOST_SEAMS { vec![0, u32::MAX] } else { (0..1 << seams).collect() };
    let joined = |choice: u32| {
        let joint = |seam: usize| if choice >> seam & 1 == 1 { " " } else { "" };
        parts.iter().enumerate().fold(String::new(), |name, (at, part)| name + if at == 0 { "" } else { joint(at - 1) } + part)
    };
    choices.into_iter().map(joined).filter(|spelling| spelling != name).collect()
}

/// Other ways in which a name in Latin letters is written.
fn spellings(name: &str) -> Vec<String> {
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '\'' | '-'));
    let letters = name.chars().filter(char::is_ascii_alphanumeric).count();
    if !is_plain || letters < JOINED_LEAST {
        return Vec::new();
    }
    let bare = name.replace('\'', "");
    let parts: Vec<&str> = bare.split([' ', '-']).filter(|part| !part.is_empty()).collect();
    let joined = JOINTS.map(|joint| fold_word(&parts.join(joint)));
    joined.into_iter().filter(|spelling| spelling != name && !spelling.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_several_words_is_known_in_one_piece() {
        let of = |name: &str| {
            let mut words = Brand { name: name.to_owned(), ..Brand::default() }.words().names;
            words.sort();
            words
        };
        let mart = of("PX Mart");
        assert!(mart.contains(&"px mart".to_owned()) && mart.contains(&"pxmart".to_owned()), "{mart:?}");
        assert!(of("50 lan").contains(&"50lan".to_owned()));
        assert!(of("Domino's").contains(&"dominos".to_owned()));
        assert_eq!(of("HP 3"), [fold_word("HP 3")], "too short to stand for itself");
        assert_eq!(of("全聯"), [fold_word("全聯")]);
        assert_eq!(of("Kestrel"), ["kestrel"]);
    }

    #[test]
    fn a_name_in_two_scripts_is_known_with_and_without_the_spaces_that_editors_put_there() {
        let of = |name: &str| {
            let mut words = Brand { name: name.to_owned(), ..Brand::default() }.words().names;
            words.sort();
            words
        };
        assert_eq!(of("50嵐"), ["50 岚", "50岚"]);
        assert_eq!(of("50 嵐"), ["50 岚", "50岚"]);
        assert_eq!(of("85度C"), ["85 度 c", "85 度c", "85度 c", "85度c"]);
        assert_eq!(of("a1中b2文c3字d"), ["a1 中 b2 文 c3 字 d", "a1中b2文c3字d"]);
    }
}
