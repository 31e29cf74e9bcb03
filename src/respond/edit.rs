//! What an edit says that was not told: by it is decided whether people hear of their case again.
//!
//! What is said now is compared with all that was told, every wording of it, and never with the wording before alone: what came, went and
//! came back was told.

mod weight;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::message::clean::shorten;
use crate::model::{Effect, Mention, Part, Reason, Severity, Verdict};

/// A rule of a category that speaks for so much is about something grave: a threat, a fraud. One that raises the severity to that may be about
/// rage or a large sum; it is grave where it is no milder than what was told.
const GRAVE: Severity = Severity::High;
/// A case so bad is told of each further matter,
const TOLD_OF_MATTERS: Severity = Severity::High;
/// unless it is a trifle: a rule of its own speaks for so much.
const MATTERS: Severity = Severity::Medium;
/// New sentences that are quoted: more than fit a phone's screen are read in the whole text.
const SENTENCES_MAX: usize = 6;
/// Characters of each.
const SENTENCE_CHARS: usize = 160;
/// Letters of a sentence that says anything.
const LETTERS_LEAST: usize = 2;

/// What somebody writes under a complaint that is settled,
const SETTLES: [&str; 24] = [
    "solved",
    "resolved",
    "refunded me",
    "got my refund",
    "got my money back",
    "sorted out",
    "took care of it",
    "all good now",
    "my mistake",
    "i was wrong",
    "gelöst",
    "erledigt",
    "geld zurück",
    "已解決",
    "已解决",
    "解決了",
    "解决了",
    "已退款",
    "退款了",
    "退錢了",
    "退钱了",
    "已收到",
    "收到了",
    "誤會",
];
/// unless it stands right before it,
const UNSETTLES: [&str; 11] = ["not", "never", "n't", "be", "nicht", "kein", "没", "沒", "未", "不", "要"];
/// or in the same sentence.
const UNSETTLED: [&str; 10] = ["until", "unless", "if ", "when ", "?", "？", "才", "如果", "等到", "還沒"];

/// A wording that was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    pub title: Option<String>,
    /// None where it is not kept: an earlier release kept the last one alone.
    pub text: Option<String>,
    pub verdict: Verdict,
}

/// Why people hear of an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// It is worse than anything that was told.
    Worse { from: Severity, to: Severity },
    /// A rule about something grave counts, and did so in nothing that was told, or for words that were in nothing that was told.
    Grave { rule: String },
    /// It is about another matter as well.
    Category { category: String },
    /// No word of what was told is left: perhaps another customer's.
    OtherWords,
}

impl News {
    /// For the history, in English.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Worse { from, to } => format!("{from} before, {to} now"),
            Self::Grave { rule } => rule.clone(),
            Self::Category { category } => format!("about {category}"),
            Self::OtherWords => "wholly other words".to_owned(),
        }
    }
}

/// An edit beside what was told before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Empty where nobody need hear of it.
    pub news: Vec<News>,
    /// The sentences that stand in nothing that was told, for people.
    pub also: Vec<String>,
    /// These very words were told.
    pub was_told: bool,
    /// Every sentence that was told last still stands there: who rewrites one says the same again.
    pub keeps_all: bool,
    /// Something of it that was in nothing told is of weight.
    pub weighs: bool,
}

impl Edit {
    /// `told` is all that was told of the case, `severity` the worst of it; `other_words`: the edit is like none of these.
    #[must_use]
    pub fn of(told: &[Wording], severity: Severity, other_words: bool, mention: &Mention, verdict: &Verdict) -> Self {
        let words = Words::of(told);
        let news = news(told, &words, (severity, other_words), mention, verdict);
        let keeps_all = keeps_all(told, mention);
        Self {
            news,
            also: words.sentences_beside(mention),
            was_told: words.0.contains(&whole(mention.title.as_deref(), &mention.text)),
            weighs: weight::weighs(told, &words, keeps_all, mention, verdict),
            keeps_all,
        }
    }

    /// Whether those who know of a case so bad are to read what its author wrote on, although no rule makes news of it: what is of weight,
    /// and that all is well now, which no rule need know.
    #[must_use]
    pub fn is_worth_a_word(&self, told: Severity) -> bool {
        !self.also.is_empty() && ((told >= TOLD_OF_MATTERS && self.weighs) || self.seems_settled())
    }

    /// Whether its author seems to take it back.
    #[must_use]
    pub fn seems_settled(&self) -> bool {
        self.also.iter().any(|sentence| settles(sentence))
    }

    /// Whether it says more, and not only the same in a worse way.
    #[must_use]
    pub fn says_more(&self) -> bool {
        self.news.iter().any(|news| !matches!(news, News::Worse { .. }))
    }
}

fn news(told: &[Wording], words: &Words, (severity, other_words): (Severity, bool), mention: &Mention, verdict: &Verdict) -> Vec<News> {
    let mut news = Vec::new();
    if verdict.severity > severity {
        news.push(News::Worse { from: severity, to: verdict.severity });
    }
    // Where nothing is known of what was told, only the case itself can be compared.
    if told.is_empty() {
        return news;
    }
    let reasons = || told.iter().flat_map(|wording| &wording.verdict.reasons);
    let rules: BTreeSet<&str> = reasons().filter(|reason| reason.complains()).map(|reason| concern(&reason.rule)).collect();
    let mut grave: Vec<&str> = Vec::new();
    for reason in verdict.reasons.iter().filter(|reason| is_grave(reason, severity)) {
        let concern = concern(&reason.rule);
        let is_new = !rules.contains(concern) || words.lack_any_of(reason, mention);
        if is_new && !grave.contains(&concern) {
            grave.push(concern);
            news.push(News::Grave { rule: reason.rule.clone() });
        }
    }
    if verdict.severity >= TOLD_OF_MATTERS {
        let known: BTreeSet<&str> =
            told.iter().flat_map(|wording| &wording.verdict.categories).map(|score| score.category.as_str()).collect();
        let further = verdict.categories.iter().map(|score| score.category.as_str()).filter(|category| !known.contains(category));
        let further = further.filter(|category| verdict.reasons.iter().any(|reason| is_matter(reason, category)));
        news.extend(further.map(|category| News::Category { category: category.to_owned() }));
    }
    news.extend(other_words.then_some(News::OtherWords));
    news
}

/// `told`: the worst that was told.
fn is_grave(reason: &Reason, told: Severity) -> bool {
    let least = if reason.effect == Effect::Raises { GRAVE.max(told) } else { GRAVE };
    reason.complains() && reason.severity >= Some(least)
}

/// Whether a rule, and not the model alone, gives it this category, and no trifle.
fn is_matter(reason: &Reason, category: &str) -> bool {
    reason.category.as_deref() == Some(category) && reason.complains() && reason.severity >= Some(MATTERS)
}

/// What a rule is about: `severity.law_or_press.en` says in another language what `severity.law_or_press` says.
fn concern(rule: &str) -> &str {
    let is_language = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    rule.rsplit_once('.').filter(|(_, last)| is_language(last)).map_or(rule, |(concern, _)| concern)
}

/// The letters of all that was told, as far as it is kept.
struct Words(Vec<String>);

impl Words {
    fn of(told: &[Wording]) -> Self {
        Self(told.iter().filter_map(|wording| Some(whole(wording.title.as_deref(), wording.text.as_deref()?))).collect())
    }

    /// Whether this was in nothing that was told; of what says nothing, and where nothing is kept, that is not said.
    fn lack(&self, words: &str) -> bool {
        let said = letters(words);
        !self.0.is_empty() && said.chars().count() >= LETTERS_LEAST && !self.0.iter().any(|known| known.contains(&said))
    }

    /// The same of any of the words that a rule found.
    fn lack_any_of(&self, reason: &Reason, mention: &Mention) -> bool {
        let part = |part| if part == Part::Title { mention.title.as_deref().unwrap_or_default() } else { mention.text.as_str() };
        reason.spans.iter().filter_map(|span| part(span.part).get(span.start..span.end)).any(|words| self.lack(words))
    }

    fn sentences_beside(&self, mention: &Mention) -> Vec<String> {
        let all = sentences(mention.title.as_deref().unwrap_or_default()).chain(sentences(&mention.text));
        let new = all.filter(|sentence| self.lack(sentence)).take(SENTENCES_MAX);
        new.map(|sentence| shorten(sentence, SENTENCE_CHARS)).collect()
    }
}

/// Each with the marks that end it.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((_, letter)) = letters.next() {
        let is_end = match letter {
            '。' | '！' | '？' | '；' | '…' | '!' | '?' | '\n' => true,
            '.' | ';' => letters.peek().is_none_or(|(_, next)| next.is_whitespace()),
            _ => false,
        };
        if is_end {
            while letters
                .next_if(|(_, next)| matches!(next, '。' | '！' | '？' | '…' | '!' | '?' | '」' | '』' | '”' | '"' | '）' | ')'))
                .is_some()
            {}
            ends.push(letters.peek().map_or(text.len(), |(at, _)| *at));
        }
    }
    ends.push(text.len());
    let begins = std::iter::once(0).chain(ends.clone());
    begins.zip(ends).filter_map(|(from, to)| text.get(from..to)).map(str::trim).filter(|sentence| !sentence.is_empty())
}

fn keeps_all(told: &[Wording], mention: &Mention) -> bool {
    let now = letters(&mention.text);
    let last = told.last().and_then(|wording| wording.text.as_deref());
    last.is_some_and(|last| sentences(last).all(|sentence| now.contains(&letters(sentence))))
}

/// The letters of all that a wording says.
fn whole(title: Option<&str>, text: &str) -> String {
    letters(&format!("{}\n{text}", title.unwrap_or_default()))
}

/// Whether a sentence says that the matter is settled. What follows of it decides no person's case: it is a word to those who know it.
fn settles(sentence: &str) -> bool {
    let said = sentence.to_lowercase();
    let is_said = |at: usize| {
        let before = &said[..at];
        let inside = before.ends_with(|c: char| c.is_ascii_alphabetic());
        !inside && !UNSETTLES.iter().any(|no| before.trim_end().ends_with(no))
    };
    let stands = |word: &&str| said.match_indices(*word).any(|(at, _)| is_said(at));
    !UNSETTLED.iter().any(|no| said.contains(no)) && SETTLES.iter().any(stands)
}

/// What of a text counts when it is compared.
fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{mention, verdict};
    use super::*;
    use crate::model::Span;

    fn reason(rule: &str, category: Option<&str>, severity: Severity) -> Reason {
        let effect = if category.is_some() { Effect::Counts } else { Effect::Raises };
        Reason { effect, severity: Some(severity), ..Reason::named(rule.to_owned(), category, 2.0) }
    }

    fn judged(severity: Severity, reasons: &[Reason]) -> Verdict {
        let categories: Vec<&str> = reasons.iter().filter_map(|reason| reason.category.as_deref()).collect();
        Verdict { reasons: reasons.to_vec(), ..verdict(severity, &categories) }
    }

    fn told(text: &str, verdict: Verdict) -> Wording {
        Wording { title: None, text: Some(text.to_owned()), verdict }
    }

    fn late() -> Reason {
        reason("logistics.late", Some("logistics"), Severity::Medium)
    }

    fn harm() -> Reason {
        reason("severity.bodily_harm", None, Severity::Critical)
    }

    fn heard(before: &[Wording], now: &Verdict) -> Vec<News> {
        Edit::of(before, Severity::Critical, false, &mention("x"), now).news
    }

    #[test]
    fn what_is_grave_and_was_not_told_is_news_and_nothing_is_twice() {
        let first = told("", judged(Severity::Critical, &[late(), harm()]));
        let law = reason("severity.law_or_press", None, Severity::Critical);
        let now = judged(Severity::Critical, &[late(), harm(), law.clone()]);
        let grave = |rule: &str| News::Grave { rule: rule.to_owned() };
        assert_eq!(heard(std::slice::from_ref(&first), &now), [grave("severity.law_or_press")]);
        assert_eq!(heard(&[first.clone(), told("", now.clone())], &now), []);
        assert_eq!(heard(&[told("", now), first.clone()], &judged(Severity::Critical, &[late(), law])), [], "it went and came back");
        let translated = judged(Severity::Critical, &[harm(), reason("severity.bodily_harm.en", None, Severity::Critical)]);
        assert_eq!(heard(std::slice::from_ref(&first), &translated), [], "the same in another language");
        let rage = judged(Severity::Critical, &[harm(), reason("severity.rage", None, Severity::High)]);
        assert_eq!(heard(std::slice::from_ref(&first), &rage), [], "loud is not grave");
        let fraud = judged(Severity::Critical, &[harm(), reason("logistics.sham", Some("logistics"), Severity::High)]);
        assert_eq!(heard(&[first], &fraud), [grave("logistics.sham")], "of a category that was told");
    }

    #[test]
    fn a_grave_rule_that_finds_further_words_is_news_once() {
        let text = "店員打我頭，我要提告。店長威脅我刪文，已報警";
        let found = |words: &[&str]| {
            let spans = words.iter().map(|word| {
                let start = text.find(word).expect("it stands there");
                Span { part: Part::Text, start, end: start + word.len() }
            });
            Reason { spans: spans.collect(), ..reason("severity.law_or_press", None, Severity::Critical) }
        };
        let before = [told("店員打我頭，我要提告", judged(Severity::Critical, &[found(&["提告"])]))];
        let of = |told: &[Wording], words: &[&str]| {
            Edit::of(told, Severity::Critical, false, &mention(text), &judged(Severity::Critical, &[found(words)])).news.len()
        };
        assert_eq!((of(&before, &["提告"]), of(&before, &["提告", "報警"])), (0, 1));
        let both = [before[0].clone(), told(text, judged(Severity::Critical, &[found(&["提告", "報警"])]))];
        assert_eq!(of(&both, &["提告", "報警"]), 0, "told");
        let unkept = [Wording { text: None, ..before[0].clone() }];
        assert_eq!(of(&unkept, &["提告", "報警"]), 0, "nothing is known of its words");
    }

    #[test]
    fn a_rule_that_did_not_count_was_not_told() {
        let feared = Reason { effect: Effect::Feared, ..harm() };
        let before = [told("", judged(Severity::Critical, &[late(), feared.clone()]))];
        assert_eq!(heard(&before, &judged(Severity::Critical, &[late(), harm()])), [News::Grave { rule: "severity.bodily_harm".into() }]);
        assert_eq!(heard(&before, &judged(Severity::Critical, &[late(), feared])), []);
    }

    #[test]
    fn a_further_matter_is_news_of_a_grave_case_alone() {
        let rude = reason("service.rude", Some("service_attitude"), Severity::Medium);
        let before = [told("", judged(Severity::Critical, &[late(), harm()]))];
        let category = News::Category { category: "service_attitude".into() };
        assert_eq!(heard(&before, &judged(Severity::High, &[late(), harm(), rude.clone()])), [category]);
        assert_eq!(heard(&before, &judged(Severity::Medium, &[late(), rude])), [], "a milder text");
        let dear = reason("price.dear", Some("price"), Severity::Low);
        assert_eq!(heard(&before, &judged(Severity::High, &[harm(), dear])), [], "a trifle");
        let heard_alone = Reason { severity: None, ..reason("tone.price", Some("price"), Severity::High) };
        assert_eq!(heard(&before, &judged(Severity::High, &[harm(), heard_alone])), [], "what the model alone hears");
    }

    #[test]
    fn a_worse_text_and_wholly_other_words_are_news() {
        let before = [told("訂了十天", judged(Severity::Medium, &[late()]))];
        let edit = |other, now| Edit::of(&before, Severity::Medium, other, &mention("壞了"), &judged(now, &[late()]));
        assert_eq!(edit(false, Severity::High).news, [News::Worse { from: Severity::Medium, to: Severity::High }]);
        assert!(!edit(false, Severity::High).says_more());
        assert_eq!(edit(true, Severity::Low).news, [News::OtherWords]);
        assert!(edit(true, Severity::Low).says_more());
        let unknown = Edit::of(&[], Severity::Critical, true, &mention("壞了"), &judged(Severity::Critical, &[harm()]));
        assert_eq!(unknown, Edit::default(), "nothing is known of what was told");
    }

    #[test]
    fn what_settles_a_matter_is_heard_as_that() {
        for settled in ["EDIT: solved, they refunded me, thanks", "更新：已退款，謝謝", "They took care of it.", "後來收到了"]
        {
            assert!(settles(settled), "{settled}");
        }
        for open in
            ["It is not solved.", "unresolved", "還沒收到了", "It must be resolved", "退款了嗎？", "Will update if resolved", "沒解決"]
        {
            assert!(!settles(open), "{open}");
        }
    }

    #[test]
    fn those_who_know_a_grave_case_read_what_its_author_wrote_on() {
        let edit = |severity, now: &str| {
            let before = [told("The kettle exploded.", judged(severity, &[harm()]))];
            Edit::of(&before, severity, false, &mention(now), &judged(severity, &[harm()])).is_worth_a_word(severity)
        };
        assert!(edit(Severity::Critical, "The kettle exploded. My baby died."));
        assert!(edit(Severity::Critical, "The kettle exploded and my baby died."), "in the same sentence");
        assert!(!edit(Severity::Critical, "The kettle exploded. Edit: fixed typos. Thanks for reading."), "nothing of weight");
        assert!(!edit(Severity::Critical, "The kettle exploded!"));
        assert!(!edit(Severity::Critical, "The kettle really exploded. It did."), "told again in other words");
        assert!(!edit(Severity::Medium, "The kettle exploded. Please hurry."));
        assert!(edit(Severity::Medium, "The kettle exploded. EDIT: solved, they refunded me"));
    }

    #[test]
    fn the_new_sentences_are_quoted_and_what_was_told_is_not() {
        let wordings =
            [told("訂了十天還沒收到貨。客服不回", judged(Severity::Medium, &[late()])), told("已退款！", judged(Severity::Low, &[]))];
        let also = |text: &str| Words::of(&wordings).sentences_beside(&mention(text));
        assert_eq!(
            also("訂了十天，還沒收到貨！客服不回。更新：今天送醫，「沒有人道歉。」我要提告"),
            ["更新：今天送醫，「沒有人道歉。」", "我要提告"]
        );
        assert_eq!(also("已退款"), [""; 0]);
        assert_eq!(also("Late 3.5 days. Update: it burned my hand; I sue."), ["Late 3.5 days.", "Update: it burned my hand;", "I sue."]);
        assert_eq!(also(&"還有一句。".repeat(40)).len(), SENTENCES_MAX);
        let unkept = Wording { text: None, ..wordings[0].clone() };
        assert_eq!(Words::of(&[unkept]).sentences_beside(&mention("我要提告")), [""; 0]);
    }
}
