//! What somebody wrote above a mail that is quoted below it: in a forward, or where a program drops the headers of an answer.

use crate::collect::normalise::text::from_markup;

/// What the line begins with behind which a program quotes a whole mail, in lower case: RFC 3676 has none, so these are what the common
/// programs write. Dashes and underscores around them are left out.
const HEADS: [&str; 16] = [
    "forwarded message",
    "original message",
    "begin forwarded message",
    "original appointment",
    "轉寄郵件",
    "轉寄的郵件",
    "轉寄訊息",
    "原始郵件",
    "原始訊息",
    "轉寄",
    "转发邮件",
    "转发的邮件",
    "原始邮件",
    "转发",
    "weitergeleitete nachricht",
    "message transféré",
];
/// How the first line of a quoted mail's own headers begins, where no head stands above them.
const SENDERS: [&str; 6] = ["from:", "寄件者", "寄件人", "发件人", "von:", "de :"];
/// How the line ends that names whose words follow, "On Monday, Mei wrote:".
const WROTE: [&str; 5] = ["wrote:", "寫道：", "写道：", "寫道:", "写道:"];
/// Letters by which somebody says something; fewer are "FYI".
const LETTERS_MIN: usize = 4;

/// The words above what is quoted; none where nothing is quoted there or nothing is said above it.
pub(super) fn above(text: Option<&str>, html: Option<&str>) -> Option<String> {
    let of_markup = || html.map(from_markup);
    let text = text.filter(|text| !text.trim().is_empty()).map(str::to_owned).or_else(of_markup)?;
    let mut own = String::new();
    for line in text.lines() {
        if begins_quote(line) {
            let said = own.chars().filter(|letter| letter.is_alphanumeric()).count();
            return (said >= LETTERS_MIN).then(|| own.trim().to_owned());
        }
        own.push_str(line);
        own.push('\n');
    }
    None
}

fn begins_quote(line: &str) -> bool {
    let line = line.trim();
    let bare = line.trim_matches(['-', '_', '=', '*', ' ', ':', '：']).to_lowercase();
    let is_rule = line.len() >= RULE_CHARS && line.chars().all(|letter| matches!(letter, '-' | '_'));
    let is_head = line.starts_with(['-', '_']) && HEADS.iter().any(|head| bare.starts_with(head));
    let begins = |words: &[&str]| words.iter().any(|word| line.to_lowercase().starts_with(word));
    line.starts_with('>')
        || is_rule
        || is_head
        || begins(&["begin forwarded message"])
        || begins(&SENDERS)
        || WROTE.iter().any(|end| line.ends_with(end))
}

/// A line of as many dashes or underscores parts two mails; fewer part a signature.
const RULE_CHARS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_above_a_quoted_mail_are_ones_own() {
        for quoted in [
            "---------- Forwarded message ---------\nFrom: Hearken",
            "-----Original Message-----\nx",
            "________________________________\n寄件者: Hearken",
            "寄件者: Hearken\n主旨: [高]",
            "發信人 於 2026年11月30日 寫道：\n> x",
            "> 紅隼水壺漏水",
            "---------- 轉寄郵件 ----------",
            "Begin forwarded message:\n",
        ] {
            let mail = format!("這位客人今天又打來，\n說杯蓋也裂了。\n\n{quoted}\nhttps://hearken.example.com/a/x");
            assert_eq!(above(Some(&mail), None).as_deref(), Some("這位客人今天又打來，\n說杯蓋也裂了。"), "{quoted}");
        }
        let html = "<p>客人說杯蓋也裂了</p><div class=gmail_quote>---------- Forwarded message ---------<br>From: x</div>";
        assert_eq!(above(None, Some(html)).as_deref(), Some("客人說杯蓋也裂了"));
    }

    #[test]
    fn where_nothing_is_said_above_or_nothing_is_quoted_there_are_none() {
        assert_eq!(above(Some("FYI\n> x"), None), None);
        assert_eq!(above(Some("> x\n收到，我來處理"), None), None, "below is an answer");
        assert_eq!(above(Some("客人說杯蓋也裂了 - 急"), None), None);
        assert_eq!(above(None, None), None);
    }
}
