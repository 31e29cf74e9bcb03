//! The name in a line that says who wrote and often when: `by Anna, 3 May 2026`, `von Anna am 3. Mai`, `作者：王`, `Anna says:`.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use regex::Regex;

use crate::collect::normalise::time;
use crate::model::Moment;

/// No name is longer; what is longer is a sentence.
const NAME_CHARS_MAX: usize = 60;

/// A line with a name and a time is no longer.
const LINE_BYTES_MAX: usize = 200;

/// What stands before a name. The short words of other languages are names of people, too, where they begin with a capital.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?i:(?:(?:posted|written|reviewed|submitted|asked|answered|started|created|sent|review|comment|geschrieben|verfasst|bewertet|bewertung|erstellt|gepostet|beitrag|publié|rédigé|écrit|avis|escrito|publicado|enviado|scritto|inserito|geschreven|geplaatst)\s+(?:by|from|von|par|por|da|di|door))\s*:?\s+|by\s*:?\s+|(?:posted by|author|username|user|reviewer|autor|autorin|auteur|benutzer|nutzer|verfasser|poster)\s*:\s*|(?:作者|用户|用戶|使用者|昵称|暱稱|楼主|樓主|网友|網友|发帖人|發文者|评论人|評論人|投稿者|名前|글쓴이|작성자)\s*[:：]\s*)|(?:von|par|por|door|od|av|af|от|przez)\s+)",
    )
});

/// What stands after a name where the words of the person follow.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\s*(?:\b(?:says|said|wrote|writes|schrieb|schreibt|sagte|sagt|a écrit|a dit|dijo|dice|ha scritto|escribió)|说|說|写道|寫道|发表于|發表於|发布于|發佈於)\s*[:：]?$",
    )
});

/// `opened 3 hours ago by Anna`: the name stands last.
static LAST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:opened|posted|submitted|created|asked|started|written|reviewed|published|geschrieben|erstellt|publié|publicado|geplaatst)\b.*\s(?:by|von|par|por|door)\s+(\S.*)$",
    )
});

/// What joins a name and a time.
static JOINT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\s(?:于|在)|於|[\s,;|/·•・–—»>(\-:]|\b(?:on|at|am|le|el|il|op|den|posted|verfasst am|geschrieben am|mon|tue|wed|thu|fri|sat|sun)\b\.?)+$",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Whether a line begins with what stands before a name alone.
pub(super) fn is_announced(line: &str) -> bool {
    BEFORE.is_match(line)
}

/// The name alone; the line as it is where it is no such line.
pub(super) fn name(line: &str) -> String {
    let whole = line.trim();
    if whole.len() > LINE_BYTES_MAX {
        return whole.to_owned();
    }
    let first = whole.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let announced = BEFORE.find(first).map_or(first, |before| &first[before.end()..]);
    let announced = LAST.captures(announced).and_then(|last| last.get(1)).map_or(announced, |name| name.as_str());
    let undated = without_time(announced);
    let named = AFTER.find(undated).filter(|after| after.start() > 0).map_or(undated, |after| &undated[..after.start()]);
    let named = named.trim().trim_end_matches([',', '|', '·', '•', '・', '»', ':', '：', '-', '–', '—']).trim();
    let sound = !named.is_empty() && named.chars().count() <= NAME_CHARS_MAX && named.len() < whole.len();
    // Of several lines the first is the name only where something marks it as one.
    let marked = named.len() < first.len() || first.len() == whole.len();
    if sound && marked { named.to_owned() } else { whole.to_owned() }
}

/// A line up to the time it ends with.
fn without_time(line: &str) -> &str {
    let far = Moment::from_secs(4_000_000_000);
    let starts = line.char_indices().filter(|(at, _)| *at > 0);
    // From the right: the shortest end that is a time, so that no part of the name is taken for one.
    let mut begins: Vec<usize> = starts
        .filter(|(at, _)| line[..*at].ends_with([' ', ',', '|', '·', '•', '・', '(', '»', '於', '\u{a0}']))
        .map(|(at, _)| at)
        .collect();
    begins.reverse();
    let is_time = |at: &usize| time::parse(line[*at..].trim_end_matches([')', ':', '.', ' ']), &TimeZone::UTC, far).is_some();
    let Some(at) = begins.into_iter().find(is_time) else { return line };
    let before = &line[..at];
    let name = JOINT.find(before).map_or(before, |joint| &before[..joint.start()]);
    if name.trim().is_empty() { line } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_lines() {
        for (line, wanted) in [
            ("by Anna K.", "Anna K."),
            ("By Chen Wei", "Chen Wei"),
            ("Posted by bob_77 on November 18, 2026", "bob_77"),
            ("Anna, 3 May 2026", "Anna"),
            ("Emil · 2 days ago", "Emil"),
            ("Dora Müller | 2026-10-30 10:00", "Dora Müller"),
            ("von Frida Olsen am 17. September 2026", "Frida Olsen"),
            ("by shiva » 12 Jan 2018, 12:27", "shiva"),
            ("作者：王小明", "王小明"),
            ("Anna K. says:", "Anna K."),
            ("Review by Anna / (Posted on 2026-11-20)", "Anna"),
            ("小王 发表于 2026-11-20 10:00", "小王"),
            ("#50 opened Nov 20, 2026 by anna_k", "anna_k"),
            ("submitted 3 hours ago by bob_77", "bob_77"),
            ("林小姐 於 2026年11月30日 15:12", "林小姐"),
            ("林小姐於2026年11月30日", "林小姐"),
            ("小王 于 2026-11-20 10:00", "小王"),
            ("王于 2026-11-20", "王于"),
            ("Marie le 3 mai 2026", "Marie"),
            ("Jan de Vries op 3 mei 2026", "Jan de Vries"),
            ("Anna K.", "Anna K."),
            ("Von Trapp", "Von Trapp"),
            ("Byron", "Byron"),
            ("Reader 3", "Reader 3"),
            ("agent 007", "agent 007"),
            ("2026-11-20", "2026-11-20"),
            ("by", "by"),
            ("", ""),
        ] {
            assert_eq!(name(line), wanted, "{line}");
        }
        assert!(is_announced("by Anna") && is_announced("作者：王") && !is_announced("Byron") && !is_announced("Von Trapp"));
    }
}
