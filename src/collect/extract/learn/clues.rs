//! What a class, a link or a few characters tell: who, when, an answer, or that it is only furniture.

use std::sync::LazyLock;

use regex::Regex;
use scraper::ElementRef;

use crate::collect::normalise::rating;

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
        r"(?i)author|authi(?:$|[^a-z])|user|nick|poster|member|profile|byline|writer|reviewer|commenter|customer|consumer|vcard|verfasser|autor|auteur|benutzer|pseudo|screen-?name|avatar[a-z_-]*_(?:title|name)$|(?:^|[-_])(?:by|fn|who|from|whom)$|(?:^|[-_])by(?:[-_]|$)|(?:^|[-_])name$",
    )
});

static PERSON_LINK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)/(?:u|user|users|member|members|profile|profiles|people|author|authors|account)[/-]|member\.php|memberlist\.php|profile\.(?:php|asp|cfm)|user_?info\.|user_?profile[=./]|showuser=|[?&]uid=|space-uid|action=profile|viewprofile|mode=viewprofile",
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

/// A rank, a number or a badge beside a name.
static RANK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)title|rank|role|group|badge|banner|status|level|avatar|icon|letter|initial|stat(?:s|istic)|count|posts?$|points|karma|score|location|place|city|country|joined|since|online|signature|reputation|verified|buyer|owner$|details$|label|says",
    )
});

/// The words beside a picture of a person are the name.
static BESIDE_PICTURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)avatar[a-z_-]*_(?:title|name)$"));

static TITLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|[^a-z])(?:title|headline|heading|subject|topic|betreff|titre|titel|titulo|biaoti|summary)(?:$|[^a-z])|(?:^|[^a-z0-9])h[1-6](?:$|[^a-z0-9])|title_|(?:review|post|thread|entry|item|news|article|content|story)-?_?(?:title|headline|subject)",
    )
});

static RATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:^|[^a-z])(?:all)?(?:stars?|ratings?|rated?|score|grade|sterne?|bewertung|etoiles?|estrellas|valoracion|stelle|pingfen|xing)(?:$|[^a-z])|(?-i:Star|Rating|Score)|allstar|starrating|ratingstar|stars?rating|star-?rating|rating-?(?:value|star)|reviewrating",
    )
});

/// What is given to what is said, not by it.
static VOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)vote|karma|likes?(?:$|[^a-z])|points|column-score|unvoted|helpful|useful"));

/// Times that are not those of the post.
static ANOTHER_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)join|regist|since|birth|edit|modified|last-?(?:active|activity|seen|visit|post)|postprofile|userinfo|user-info|user_info|user_details|userdetails|mitglied|experience",
    )
});

static TELLS_ANOTHER_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:(?:date )?join(?:ed|date)?\b|join date|regist(?:er|riert|ered|rierung)|member since|mitglied seit|dabei seit|inscrit|date d'inscription|miembro desde|registrado|last edited|edited|zuletzt|bearbeitet|modifi|last (?:active|seen|post)|注册|註冊|最后登录|編輯|编辑|本帖最后由|date of experience)",
    )
});

/// Links that do something, or lead to none.
static ACTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:javascript|mailto|tel|data):|^#?$|[/=?&_.-](?:quote|report|reply|newreply|login|signin|register|share|votes?|likes?|reactions?|unlike|history|edit|delete|flag|search|sendmessage|bookmark|subscribe|follow)(?:$|[/=?&_.#-])|mode=(?:quote|reply|report)|posting\.php|action=(?:reply|report|quote)|replytocom|[?&]authorid=|facebook\.com/share|twitter\.com/intent|quote/?$",
    )
});

/// What in an address says that it leads to the place of one post.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)#(?:comment|post|msg|reply|answer|pid|p|c|entry|review)|showpost|findcomment|goto=findpost|[?&]pid=|/(?:posts?|comments?|reviews?|customer-reviews)/|/post-|/post/\d+/?$|postid=|viewtopic\.php\?p=",
    )
});

const PLACE_LABELS: &[&str] = &[
    "permalink",
    "link",
    "direct link",
    "read more",
    "more",
    "weiterlesen",
    "mehr",
    "lire la suite",
    "leer más",
    "阅读全文",
    "閱讀全文",
    "查看更多",
    "查看全文",
    "full review",
    "see full review",
    "full story",
    "details",
];

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

/// What stands around lists; narrower than what makes a list's own name unlikely.
pub(super) fn is_furniture(names: &str) -> bool {
    static AROUND: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)(?:^|[^a-z])(?:nav|navbar|navigation|menu|footer|sidebar|breadcrumbs?|related|recommend(?:ed|ations?)?|popular|trending|widget|sponsored|social|share|toolbar|pagination|masthead|tags?)(?:$|[^a-z])",
        )
    });
    // `js-navigation-item` says what a script does with it.
    !names.starts_with("js-") && AROUND.is_match(names)
}

/// What stands under everything that somebody says.
pub(super) fn is_signature(names: &str) -> bool {
    static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)signature|signatur(?:$|[^a-z])|(?:^|[^a-z])sig(?:$|[^a-z])"));
    SIGNATURE.is_match(names)
}

/// A name made by a tool, new with each release of the site.
pub(super) fn is_made(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let mixed = word.chars().any(|c| c.is_ascii_uppercase()) && word.chars().any(|c| c.is_ascii_lowercase()) && digits > 0;
    digits >= 3 || mixed || word.starts_with("css-") || word.starts_with("sc-")
}

/// `customer-review-title` names the title of what somebody says; `user-title` is somebody's rank.
pub(super) fn names_author(names: &str) -> bool {
    AUTHOR.is_match(names) && !(TITLED.is_match(names) && SAID_WITHIN.is_match(names) && !BESIDE_PICTURE.is_match(names))
}

/// A heading under which people speak.
pub(super) fn announces_said(heading: &str) -> bool {
    static ANNOUNCES: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)\b(?:reviews?|testimonials?|comments?|opinions?|feedback|ratings|(?:customers?|clients?|guests?|people|users?|they) (?:say|said|think|thought|tell)|bewertungen|kundenstimmen|kundenmeinungen|rezensionen|kommentare|erfahrungen|avis|commentaires|témoignages|opiniones|reseñas|valoraciones|comentarios|recensioni|opinioni|recensies|beoordelingen|reacties|отзывы|комментарии|đánh giá|bình luận)\b|評論|评论|評價|评价|評語|评语|留言|口碑|心得|回饋|反馈|レビュー|口コミ|クチコミ|お客様の声|コメント|리뷰|후기|댓글",
        )
    });
    heading.chars().count() <= ANNOUNCING_CHARS_MAX && ANNOUNCES.is_match(heading)
}

/// A longer heading tells something itself.
const ANNOUNCING_CHARS_MAX: usize = 60;

pub(super) fn is_person_link(href: &str) -> bool {
    PERSON_LINK.is_match(href)
}

/// What in an address says that it leads to a person.
pub(super) fn person_mark(href: &str) -> Option<&str> {
    PERSON_LINK.find(href).map(|found| found.as_str()).filter(|mark| mark.chars().all(|c| c.is_ascii() && !matches!(c, '"' | '\\')))
}

/// What in an address says that it leads to one post's own place.
pub(super) fn place_mark(href: &str) -> Option<&str> {
    let mark = PLACE.find(href)?.as_str().split(|c: char| c.is_ascii_digit()).next()?;
    (leads_somewhere(href) && mark.chars().all(|c| c.is_ascii() && !matches!(c, '"' | '\\'))).then_some(mark)
}

/// Neither to a person nor to a form, and not nowhere.
pub(super) fn leads_somewhere(href: &str) -> bool {
    let href = href.trim();
    !href.is_empty() && !ACTION.is_match(href) && !is_person_link(href)
}

/// `#12`, `12`, `permalink`.
pub(super) fn is_place_label(label: &str) -> bool {
    let label = label.trim().trim_end_matches(['…', '.', '»', '›', '→', '>', ' ']).to_lowercase();
    let number = label.trim_start_matches(['#', '№']).trim_end_matches(['#', '楼', '樓', 'f']);
    PLACE_LABELS.contains(&label.as_str())
        || ["permalink", "permanent link", "direct link", "link to this"].iter().any(|start| label.starts_with(start))
        || (!number.is_empty() && number.len() <= 6 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn names_title(names: &str) -> bool {
    TITLED.is_match(names)
}

pub(super) fn names_rating(names: &str) -> bool {
    RATED.is_match(names) && !VOTED.is_match(names)
}

/// `data-rating` and the like.
pub(super) fn rating_attributes(element: ElementRef<'_>) -> impl Iterator<Item = &str> {
    let names = element.value().attrs().map(|(name, _)| name);
    names.filter(|name| name.starts_with("data-") && names_rating(name))
}

/// Words of a label that say it is a rating, as they stand there.
pub(super) fn rating_mark(label: &str) -> Option<&'static str> {
    const MARKS: [&str; 14] =
        ["out of", "stars", "star", "Sterne", "von 5", "of 5", "sur 5", "/5", "/ 5", "étoile", "estrella", "stelle", "星", "gwiazd"];
    let mark = MARKS.into_iter().find(|mark| label.contains(mark))?;
    (label.len() < 60 && rating::parse(label).is_some()).then_some(mark)
}

/// `★★☆☆☆`, `4/5`, `4 out of 5`: nothing else can be meant.
pub(super) fn is_rating_alone(text: &str) -> bool {
    let text = text.trim();
    let drawn = text.contains(['★', '☆', '⭐']);
    let scaled = ["/5", "/ 5", "/10", "/ 10", " of 5", "von 5", "sur 5"].iter().any(|scale| text.contains(scale));
    text.chars().count() <= 24 && (drawn || scaled) && rating::parse(text).is_some()
}

/// `12 points`, `3 likes`: given to what is said, not by it.
pub(super) fn tells_votes(text: &str) -> bool {
    static VOTES: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)\d\s*(?:points?|(?:up|down)?votes?|likes?|karma|comments?|replies|个?赞|個?讚|人)(?:$|[^a-z])"));
    VOTES.is_match(text)
}

/// A rank or a number beside a name, by what it is called.
pub(super) fn is_rank(names: &str) -> bool {
    RANK.is_match(names) && !BESIDE_PICTURE.is_match(names)
}

/// What stands where names stand and is none.
pub(super) fn is_no_name(text: &str) -> bool {
    const NONE: &[&str] = &[
        "verified",
        "verified buyer",
        "verified owner",
        "verified purchase",
        "(verified owner)",
        "verifizierter kauf",
        "reviewed",
        "says:",
        "by",
        "v.i.p.",
    ];
    let lower = text.trim().to_lowercase();
    NONE.contains(&lower.as_str()) || rating_mark(text).is_some() || text.contains(['★', '☆'])
}

/// Of joining or of a change, by what it is called.
pub(super) fn is_of_another_time(names: &str) -> bool {
    ANOTHER_TIME.is_match(names)
}

/// The same, by its first words.
pub(super) fn tells_another_time(text: &str) -> bool {
    // The line with the first time decides: a name may stand above it.
    let dated = text.lines().find(|line| WHEN.is_match(line)).unwrap_or(text);
    TELLS_ANOTHER_TIME.is_match(dated) || TELLS_ANOTHER_TIME.is_match(text)
}

pub(super) fn names_time(names: &str) -> bool {
    TIMED.is_match(names)
}

pub(super) fn tells_time(text: &str) -> bool {
    // `today` is a time where little else is said.
    text.len() <= 120 && WHEN.find(text).is_some_and(|when| text.len() <= 40 || when.as_str().contains(|c: char| c.is_ascii_digit()))
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
        assert!(names_author("user-title") && !names_author("customer-review-title") && names_author("reviewer-name"));
        assert!(names_author("comment-author") && names_author("username") && !names_author("filename-list"));
        assert!(is_person_link("/members/ann.12/") && is_person_link("home.php?mod=space&uid=7") && !is_person_link("/unit/7"));
        assert!(tells_votes("12 points") && tells_votes("3 likes") && !tells_votes("4.5 of 5"));
        assert!(is_answer(" Reply ") && is_answer("[回复]") && !is_answer("Reply to everything he said"));
        for text in ["2026-11-22", "22.11.2026", "Nov 22, 2026", "3 hours ago", "昨天 14:05", "vor 3 Tagen", "22. November 2026"] {
            assert!(tells_time(text), "{text}");
        }
        assert!(!tells_time("version 2") && !tells_time("a mars bar"));
    }
}
