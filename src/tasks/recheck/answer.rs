//! Whether our answer stands right behind a text: under one of our names, or as what the page itself calls the owner's answer.

use crate::collect::extract::replies;
use crate::collect::extract::structured::replies::Reply;
use crate::decide::fold::fold;

/// The beginning of an answer by which it is found again.
const ANSWER_CHARS: usize = 40;
/// Words that may stand beside our name in the line of an answer: "2 days ago", "replied". More of them are a sentence about us.
const WORDS_BESIDE: usize = 3;
/// How an answer is named that a page marks without a name.
const OWNER: &str = "the owner";
/// Words of an answer's line that may stand beside our name however long it is.
const ANSWERS: [&str; 10] = ["回覆", "回复", "回應", "replied", "reply", "response", "responded", "answer", "antwort", "réponse"];

/// Who answers; `after` is what the page shows behind the text.
pub(super) fn find(names: &[String], document: &str, after: &str) -> Option<String> {
    let lines: Vec<&str> = after.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(name) = names.iter().find(|name| lines.iter().any(|line| signs(line, name))) {
        return Some(name.clone());
    }
    let folded = fold(after);
    let headed = replies::HEADINGS.iter().any(|heading| folded.text().contains(fold(heading).text().trim()));
    let marked = || replies::marked(document).iter().any(|answer| folded.text().contains(fold(&beginning(answer)).text().trim()));
    (headed || marked()).then(|| OWNER.to_owned())
}

/// Who answers of those whom the page marks up below the text.
pub(super) fn marked_up(names: &[String], replies: &[Reply]) -> Option<String> {
    let by = |name: &&String| replies.iter().filter_map(|reply| reply.author.as_deref()).any(|author| signs(author, name));
    let owner = || replies.iter().find(|reply| reply.owner).map(|reply| reply.author.clone().unwrap_or_else(|| OWNER.to_owned()));
    names.iter().find(by).cloned().or_else(owner)
}

/// Whether a line names who answers, and is no sentence about them. Spaces count here, which a folded text has no more.
fn signs(line: &str, name: &str) -> bool {
    let (folded, name) = (fold(line), fold(name));
    let name = name.text().trim();
    let Some(at) = folded.text().find(name).filter(|_| !name.is_empty()) else { return false };
    let (start, end) = folded.span(line, at, at + name.len());
    let (before, after) = (line.get(..start).unwrap_or_default(), line.get(end..).unwrap_or_default());
    let joined = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let of_answers = |part: &str, holds: fn(&str, &str) -> bool| {
        let part = fold(part);
        ANSWERS.iter().any(|word| holds(part.text().trim(), fold(word).text().trim()))
    };
    let answers = of_answers(after, |part, word| part.starts_with(word));
    if joined(before.chars().next_back()) || (joined(after.chars().next()) && !answers) {
        return false;
    }
    let words = |part: &str| part.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    let says_so = answers || after.trim_start().starts_with([':', '：']) || of_answers(before, |part, word| part.contains(word));
    says_so || words(before) + words(after) <= WORDS_BESIDE
}

fn beginning(answer: &str) -> String {
    answer.lines().next().unwrap_or_default().chars().take(ANSWER_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(after: &str) -> Option<String> {
        find(&["紅隼客服".to_owned(), "Acme Support".to_owned()], "", after)
    }

    #[test]
    fn our_name_at_the_head_of_a_line_is_an_answer() {
        for after in ["紅隼客服 回覆：非常抱歉", "有幫助 (3)\n红隼客服\n2026-11-21\n抱歉", "紅隼客服回覆\n抱歉"]
        {
            assert_eq!(by(after).as_deref(), Some("紅隼客服"), "{after}");
        }
        for after in [
            "Helpful?\nAcme Support · 2 days ago\nWe are sorry",
            "Response from Acme Support\nx",
            "Acme Support: we are sorry for the trouble you had",
        ] {
            assert_eq!(by(after).as_deref(), Some("Acme Support"), "{after}");
        }
    }

    #[test]
    fn of_marked_up_replies_our_name_counts_before_the_owners() {
        let reply = |author: &str, owner| Reply { author: Some(author.to_owned()), text: "x".to_owned(), owner };
        let names = ["紅隼客服".to_owned()];
        assert_eq!(marked_up(&names, &[reply("阿珍", false), reply("Shop", true), reply("红隼客服", false)]).as_deref(), Some("紅隼客服"));
        assert_eq!(marked_up(&names, &[reply("阿珍", false), reply("Shop", true)]).as_deref(), Some("Shop"));
        assert_eq!(marked_up(&names, &[Reply { author: None, ..reply("", true) }]).as_deref(), Some(OWNER));
        assert_eq!(marked_up(&names, &[reply("阿珍", false)]), None, "anybody may comment");
    }

    #[test]
    fn a_sentence_about_us_is_none() {
        for after in
            ["紅隼客服很差，沒人理", "打給紅隼客服都不接", "Acme Support never answered any of my mails", "Acme Supporters club", ""]
        {
            assert_eq!(by(after), None, "{after}");
        }
    }

    #[test]
    fn what_a_page_calls_the_owners_answer_is_one() {
        assert_eq!(by("Response from the owner 3 days ago\nSorry").as_deref(), Some(OWNER));
        let page = "<p>late</p><div class='merchant-reply'>We are sorry to hear that</div>";
        assert_eq!(find(&[], page, "We are sorry to hear that").as_deref(), Some(OWNER));
        assert_eq!(find(&[], page, "another review"), None);
    }
}
