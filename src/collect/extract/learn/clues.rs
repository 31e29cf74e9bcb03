//! What a class, a link or a few characters tell: who, when, an answer, or that it is only furniture.

use std::sync::LazyLock;

use regex::Regex;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Names of elements that hold what people say.
static SAID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|[^a-z])(?:posts?|comments?|reviews?|messages?|repl(?:y|ies)|answers?|feedback|opinions?|testimonials?|bewertung(?:en)?|kommentare?|rezension(?:en)?|beitrag|avis|commentaires?|opiniones?|floor|push|pinglun|huifu|liuyan|talk-post|postcontainer|postbody|postbit)(?:$|[^a-z])",
    )
});

static SAID_WITHIN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)post|comment|review|message|reply|answer|feedback|bewertung|kommentar"));

/// Names of what stands around it.
static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)nav|menu|foot|header|heading|side|related|recommend|widget|breadcrumb|signature|quote|sponsor|advert|promo|teaser|share|social|cookie|banner|pagin|toolbar|avatar|userinfo|user-info|user_info|postprofile|smil|emoji|attach|ingredient|instruction|step|form|modal|popup|category|product|tags?(?:$|[^a-z])|meta",
    )
});

static AUTHOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)author|user|nick|poster|member|profile|byline|writer|reviewer|commenter|vcard|verfasser|screen-?name|(?:^|[-_])fn$|(?:^|[-_])name$",
    )
});

static PERSON_LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)/(?:u|user|users|member|members|profile|profiles|people|author|authors|account)[/-]|member\.php|memberlist\.php|profile\.php|[?&]uid=|space-uid|action=profile|viewprofile|mode=viewprofile",
    )
});

static TIMED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)date|time|posted|publish|ago(?:$|[^a-z])|datum|permalink"));

/// A day, a clock or a distance, as short texts have it.
static WHEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix) \b\d{4}[-/.]\d{1,2}[-/.]\d{1,2} | \b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4} | \d{1,2}:\d{2} | \d\s*[年月日] | \d\s*(?:秒|分钟|分鐘|小时|小時|天|周|週|个月|個月|年)前
        | \b\d{1,2}(?:st|nd|rd|th)?\.?\s+(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|janv|f[eé]vr|mars|avr|juin|juil|ao[uû]t|d[eé]c)
        | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}
        | \b(?:\d+|an?|one)\s*(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[smhdwy])\s+ago
        | \bvor\s+\d | \bil\s+y\s+a\s+\d | \bhace\s+\d | \b(?:yesterday|today|gestern|heute|hier|ayer)\b | 昨天|今天|前天 | \d+\s*(?:ano|jaar|ans?|tahun)\b ",
    )
});

/// Ways to answer, point at or judge one post.
const ANSWERS: &[&str] = &[
    "reply",
    "quote",
    "report",
    "permalink",
    "like",
    "likes",
    "share",
    "helpful",
    "flag",
    "upvote",
    "save",
    "give award",
    "antworten",
    "zitieren",
    "zitat",
    "melden",
    "beitrag melden",
    "répondre",
    "citer",
    "signaler",
    "responder",
    "citar",
    "denunciar",
    "rispondi",
    "beantwoorden",
    "reageren",
    "ответить",
    "цитировать",
    "пожаловаться",
    "回复",
    "回覆",
    "引用",
    "举报",
    "檢舉",
    "赞",
    "讚",
    "返信",
    "답글",
    "link permanente",
    "report post",
    "reply to this",
    "add message",
    "message poster",
    "svara",
    "cevapla",
    "trả lời",
    "report post to moderator",
    "quote message in reply?",
];

/// Whether an element's name says that someone speaks in it (above 1), or that it is furniture (below).
pub(super) fn hint(word: &str) -> f64 {
    let furniture = if FURNITURE.is_match(word) { 0.45 } else { 1.0 };
    let said = if SAID.is_match(word) {
        1.6
    } else if SAID_WITHIN.is_match(word) {
        1.3
    } else {
        1.0
    };
    said * furniture * if is_made(word) { 0.8 } else { 1.0 }
}

/// A name made by a tool, new with each release of the site.
pub(super) fn is_made(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let mixed = word.chars().any(|c| c.is_ascii_uppercase()) && word.chars().any(|c| c.is_ascii_lowercase()) && digits > 0;
    digits >= 3 || mixed || word.starts_with("css-") || word.starts_with("sc-")
}

pub(super) fn names_author(names: &str) -> bool {
    AUTHOR.is_match(names)
}

pub(super) fn is_person_link(href: &str) -> bool {
    PERSON_LINK.is_match(href)
}

/// What in an address says that it leads to a person.
pub(super) fn person_mark(href: &str) -> Option<&str> {
    PERSON_LINK.find(href).map(|found| found.as_str()).filter(|mark| mark.chars().all(|c| c.is_ascii() && !matches!(c, '"' | '\\')))
}

pub(super) fn names_time(names: &str) -> bool {
    TIMED.is_match(names)
}

pub(super) fn tells_time(text: &str) -> bool {
    text.len() <= 120 && WHEN.is_match(text)
}

pub(super) fn is_answer(label: &str) -> bool {
    let label = label.trim().trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    label.len() <= 40 && ANSWERS.contains(&label.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(hint("comment") > hint("item") && hint("item") > hint("sidebar-item"));
        assert!(hint("talk-post") > 1.0 && hint("css-1a2b3c") < 1.0);
        assert!(names_author("comment-author") && names_author("username") && !names_author("filename-list"));
        assert!(is_person_link("/members/ann.12/") && is_person_link("home.php?mod=space&uid=7") && !is_person_link("/unit/7"));
        assert!(is_answer(" Reply ") && is_answer("[回复]") && !is_answer("Reply to everything he said"));
        for text in ["2026-11-22", "22.11.2026", "Nov 22, 2026", "3 hours ago", "昨天 14:05", "vor 3 Tagen", "22. November 2026"] {
            assert!(tells_time(text), "{text}");
        }
        assert!(!tells_time("version 2") && !tells_time("a mars bar"));
    }
}
