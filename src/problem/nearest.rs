//! "Did you mean": the nearest of the names that would have been right.

/// The candidate with the smallest edit distance to `name`, if it is near enough to be meant:
/// at most a third of the longer name, transpositions counting once (Damerau-Levenshtein, restricted).
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().collect();
    candidates
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = candidate.chars().collect();
            let most = name.len().max(letters.len()).div_ceil(3);
            (distance(&name, &letters), most, candidate)
        })
        .filter(|(distance, most, _)| distance <= most)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// What people write for a key of another name, where no key of theirs is near.
const SYNONYMS: [(&str, &str); 26] = [
    ("path", "folder"),
    ("dir", "folder"),
    ("directory", "folder"),
    ("mailbox", "folder"),
    ("address", "url"),
    ("uri", "url"),
    ("link", "url"),
    ("href", "url"),
    ("endpoint", "url"),
    ("feed", "url"),
    ("host", "url"),
    ("server", "url"),
    ("user", "username"),
    ("login", "username"),
    ("pass", "password_file"),
    ("password", "password_file"),
    ("every", "interval"),
    ("period", "interval"),
    ("frequency", "interval"),
    ("schedule", "interval"),
    ("type", "kind"),
    ("title", "name"),
    ("lang", "language"),
    ("locale", "language"),
    ("tz", "timezone"),
    ("level", "severity"),
];

/// The candidate that another word stands for: `folder` for `path`.
#[must_use]
pub fn synonym<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant: Vec<&str> = SYNONYMS.iter().filter(|(word, _)| name.eq_ignore_ascii_case(word)).map(|(_, key)| *key).collect();
    candidates.into_iter().find(|candidate| meant.contains(candidate))
}

fn distance(left: &[char], right: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let mut cost = (above[column] + usize::from(from != to)).min(above[column + 1] + 1).min(line[column] + 1);
            let swapped = row > 0 && column > 0 && left[row - 1] == *to && *from == right[column - 1];
            if swapped {
                cost = cost.min(before[column - 1] + 1);
            }
            line.push(cost);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_ones_own_is_understood() {
        assert_eq!(synonym("path", ["with", "folder"]), Some("folder"), "`with` is two letters away");
        assert_eq!(synonym("Every", ["interval"]), Some("interval"));
        assert_eq!((synonym("path", ["with"]), synonym("folder", ["url"])), (None, None));
    }

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let keys = ["interval", "url", "selectors"];
        assert_eq!(nearest("intervall", keys), Some("interval"));
        assert_eq!(nearest("itnerval", keys), Some("interval"));
        assert_eq!(nearest("ulr", keys), Some("url"));
        assert_eq!(nearest("password", keys), None);
    }
}
