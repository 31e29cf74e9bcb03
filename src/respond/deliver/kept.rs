//! A stranger's text as the ledger takes it.

/// Characters kept of a receiver's answer: enough for a code, an enhanced code and a link.
const KEPT_CHARS: usize = 300;

/// No control characters, at most `KEPT_CHARS` characters.
pub(super) fn keep(text: &str) -> String {
    let clean: String = text.trim().chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    match clean.char_indices().nth(KEPT_CHARS) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_short_and_plain() {
        let kept = keep(&format!(" a\u{1b}[31m\u{0}{}", "長".repeat(1000)));
        assert!(kept.starts_with("a [31m 長"));
        assert_eq!(kept.chars().count(), KEPT_CHARS + 1);
    }
}
