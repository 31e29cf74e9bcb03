//! Watching our own reply: what a look at a mention's page says that was not known before. Pure; the looking is elsewhere.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{EventKind, Moment};

/// From this share of a text on it counts as unchanged: pages cut, wrap and decorate.
const UNCHANGED: f64 = 0.9;
/// Below this share a text is not there: words that any review has in common.
const THERE: f64 = 0.4;
/// An edit is told again when this much of the text has changed since.
const EDITED_AGAIN: f64 = 0.1;
/// So often in a row a text has to be missing before it is gone: pages are cached, reordered and cut.
const MISSING_TIMES: u32 = 2;

/// What a look showed.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// The text, or this share of it, from 0 to 1. `listed`: its source still lists the item, so that words which are missing were
    /// rewritten and not taken away. `elsewhere`: an answer of ours that stands somewhere else on a page with another text.
    /// `share` says how alike the two are; `left` how much of the words that were warned of still stands there, whatever was added.
    Text {
        share: f64,
        left: f64,
        rating: Option<f64>,
        rating_max: Option<f64>,
        answer: Option<String>,
        elsewhere: Option<String>,
        listed: bool,
    },
    /// The page answers that it is gone (404, 410).
    NotThere { status: u16 },
    /// The page or the source did not let us see: a login, a captcha, a fault of the server.
    Hidden { why: String },
    /// The page could not be seen, but the source still lists the item.
    Listed,
}

/// What is known of a mention's page; kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// What the last look came to.
    pub state: Option<PageState>,
    /// Of the text as it was warned of, what was last seen.
    pub share: Option<f64>,
    /// Last seen, or as warned of.
    pub rating: Option<f64>,
    pub answer: Option<String>,
    /// Looks in a row that saw the page without the text.
    pub missing: u32,
    /// It was gone or hidden and has not been seen since, whatever its source lists.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
    /// The hash of the words on the page that were judged last, where they are others than those that were warned of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<i64>,
    /// A look has found the text there: only then does a page without it say that it is gone.
    pub shown: bool,
    /// The place in the budget of its domain that the next look waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_at: Option<Moment>,
    /// The revision of the mention that `share` and `rating` belong to.
    pub revision: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageState {
    Unchanged,
    Edited,
    /// Missing once; not yet believed.
    Missing,
    Gone,
    CannotSee,
    /// The page does not show it to us; its source still lists it.
    Listed,
}

impl PageState {
    /// As listings and phrases have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Gone => "gone",
            Self::CannotSee => "cannot_see",
            Self::Listed => "listed",
        }
    }
}

/// Something new about a page; each is told once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    Edited {
        /// Of the text as it was warned of, in percent.
        left_percent: u32,
    },
    Rating {
        from: Option<f64>,
        to: f64,
        most: Option<f64>,
    },
    Answered {
        by: String,
    },
    AnswerGone {
        by: String,
    },
    Gone {
        why: String,
    },
    /// It was gone or could not be seen, and is there.
    Back,
    CannotSee {
        why: String,
    },
}

impl Finding {
    /// The line of the history it becomes.
    #[must_use]
    pub const fn event(&self) -> EventKind {
        match self {
            Self::Edited { .. } => EventKind::PageEdited,
            Self::Rating { .. } => EventKind::PageRating,
            Self::Answered { .. } => EventKind::PageAnswered,
            Self::AnswerGone { .. } => EventKind::PageAnswerGone,
            Self::Gone { .. } => EventKind::PageGone,
            Self::Back => EventKind::PageBack,
            Self::CannotSee { .. } => EventKind::PageUnseen,
        }
    }
}

/// What is known after a look, and what of it is new.
#[must_use]
pub fn decide(known: &Known, sight: &Sight) -> (Known, Vec<Finding>) {
    match sight {
        Sight::NotThere { status } => gone(known, format!("the page answers {status}")),
        Sight::Hidden { why } => hidden(known, why),
        // What the page says is not known: neither that it is unchanged nor that anything is new there, nor that what was gone is back.
        Sight::Listed if known.state == Some(PageState::Gone) => (known.clone(), Vec::new()),
        Sight::Listed => (Known { state: Some(PageState::Listed), missing: 0, away: is_away(known), ..known.clone() }, Vec::new()),
        Sight::Text { share, listed: true, .. } if *share < THERE && !known.shown => decide(known, &Sight::Listed),
        Sight::Text { share, listed: false, .. } if *share < THERE && known.state == Some(PageState::Gone) => (known.clone(), Vec::new()),
        // Pages that need scripts, a consent or a login we do not recognise never show it.
        Sight::Text { share, listed: false, .. } if *share < THERE && !known.shown => {
            hidden(known, "the page has never shown the text to us")
        }
        Sight::Text { share, listed: false, .. } if *share < THERE => {
            let missing = known.missing.saturating_add(1);
            let known = Known { missing, ..known.clone() };
            if missing >= MISSING_TIMES {
                return gone(&known, format!("the page is there and its text was missing {missing} times in a row"));
            }
            (Known { state: Some(PageState::Missing), ..known }, Vec::new())
        }
        Sight::Text { share, left, rating, rating_max, answer, elsewhere, .. } => {
            // It may be that to another text: it says that an answer that was there still is, and not that one came.
            let answer = answer.as_ref().or(elsewhere.as_ref().filter(|_| known.answer.is_some()));
            there(known, (*share, *left), (*rating, *rating_max), answer.map(String::as_str))
        }
    }
}

fn hidden(known: &Known, why: &str) -> (Known, Vec<Finding>) {
    let is_news = !matches!(known.state, Some(PageState::CannotSee | PageState::Gone));
    let state = if known.state == Some(PageState::Gone) { PageState::Gone } else { PageState::CannotSee };
    let finding = is_news.then(|| Finding::CannotSee { why: why.to_owned() });
    (Known { state: Some(state), ..known.clone() }, finding.into_iter().collect())
}

fn gone(known: &Known, why: String) -> (Known, Vec<Finding>) {
    let finding = (known.state != Some(PageState::Gone)).then_some(Finding::Gone { why });
    (Known { state: Some(PageState::Gone), ..known.clone() }, finding.into_iter().collect())
}

fn is_away(known: &Known) -> bool {
    known.away || matches!(known.state, Some(PageState::Gone | PageState::CannotSee))
}

fn back(known: &Known) -> Vec<Finding> {
    is_away(known).then_some(Finding::Back).into_iter().collect()
}

fn there(
    known: &Known,
    (share, left): (f64, f64),
    (rating, most): (Option<f64>, Option<f64>),
    answer: Option<&str>,
) -> (Known, Vec<Finding>) {
    let mut findings = back(known);
    let edited = share < UNCHANGED;
    let told = known.share.filter(|before| *before < UNCHANGED);
    if edited && told.is_none_or(|before| (before - share).abs() >= EDITED_AGAIN) {
        findings.push(Finding::Edited { left_percent: percent(left) });
    }
    if let Some(to) = rating.filter(|to| known.rating != Some(*to) && known.rating.is_some()) {
        findings.push(Finding::Rating { from: known.rating, to, most });
    }
    match (&known.answer, answer) {
        (None, Some(by)) => findings.push(Finding::Answered { by: by.to_owned() }),
        // It stands nowhere on the page, whatever else was rewritten there.
        (Some(by), None) => findings.push(Finding::AnswerGone { by: by.clone() }),
        _ => {}
    }
    let answer = answer.map(str::to_owned);
    let share = match told {
        Some(before) if edited && (before - share).abs() < EDITED_AGAIN => before,
        _ => share,
    };
    let state = if edited { PageState::Edited } else { PageState::Unchanged };
    let (share, rating) = (Some(share), rating.or(known.rating));
    (Known { state: Some(state), share, rating, answer, missing: 0, shown: true, away: false, ..known.clone() }, findings)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
fn percent(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u32
}

/// When the page is looked at again; none when it has been looked at long enough after the end of the case.
#[must_use]
pub fn next_look(resolved_at: Option<Moment>, every: Duration, until: Duration, wait: Option<Duration>, now: Moment) -> Option<Moment> {
    let next = now.plus(every.max(wait.unwrap_or_default()));
    let last = resolved_at.map(|at| at.plus(until));
    last.is_none_or(|last| next <= last).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(share: f64) -> Sight {
        Sight::Text { share, left: share, rating: None, rating_max: None, answer: None, elsewhere: None, listed: false }
    }

    fn known() -> Known {
        Known { rating: Some(1.0), ..Known::default() }
    }

    /// What is told of one look after the other.
    fn told(sights: &[Sight]) -> Vec<Finding> {
        let mut known = known();
        let mut all = Vec::new();
        for sight in sights {
            let (after, findings) = decide(&known, sight);
            known = after;
            all.extend(findings);
        }
        all
    }

    #[test]
    fn nothing_new_says_nothing() {
        assert_eq!(told(&[text(1.0), text(0.95), text(1.0), Sight::Listed]), []);
    }

    #[test]
    fn an_edit_is_told_once_and_again_when_it_goes_on() {
        assert_eq!(
            told(&[text(0.7), text(0.68), text(0.72), text(0.5)]),
            [Finding::Edited { left_percent: 70 }, Finding::Edited { left_percent: 50 }]
        );
    }

    #[test]
    fn what_was_added_is_an_edit_that_left_the_words_as_they_were() {
        let longer =
            Sight::Text { share: 0.42, left: 1.0, rating: Some(1.0), rating_max: None, answer: None, elsewhere: None, listed: false };
        assert_eq!(told(&[text(1.0), longer.clone(), longer]), [Finding::Edited { left_percent: 100 }]);
    }

    #[test]
    fn a_rating_that_is_raised_and_an_answer_are_told_once() {
        let seen = Sight::Text {
            share: 1.0,
            left: 1.0,
            rating: Some(4.0),
            rating_max: Some(5.0),
            answer: Some("Acme".into()),
            elsewhere: None,
            listed: false,
        };
        let rating = Finding::Rating { from: Some(1.0), to: 4.0, most: Some(5.0) };
        assert_eq!(told(&[seen.clone(), seen.clone()]), [rating.clone(), Finding::Answered { by: "Acme".into() }]);
        assert_eq!(told(&[seen, text(1.0)]), [rating, Finding::Answered { by: "Acme".into() }, Finding::AnswerGone { by: "Acme".into() }]);
    }

    #[test]
    fn gone_is_believed_of_the_server_at_once_and_of_a_text_the_second_time() {
        assert!(matches!(told(&[Sight::NotThere { status: 410 }, Sight::NotThere { status: 404 }])[..], [Finding::Gone { .. }]));
        assert_eq!(told(&[text(1.0), text(0.1), text(1.0), text(0.1)]), []);
        assert!(matches!(told(&[Sight::NotThere { status: 404 }, text(0.1), text(0.1)])[..], [Finding::Gone { .. }]));
        assert!(matches!(told(&[text(1.0), text(0.1), text(0.1), text(0.1), text(1.0)])[..], [Finding::Gone { .. }, Finding::Back]));
    }

    #[test]
    fn a_page_that_was_rewritten_says_so_whatever_its_source_lists() {
        let listed =
            |share| Sight::Text { share, left: share, rating: None, rating_max: None, answer: None, elsewhere: None, listed: true };
        let answered = Sight::Text {
            share: 1.0,
            left: 1.0,
            rating: None,
            rating_max: None,
            answer: Some("Acme".into()),
            elsewhere: None,
            listed: true,
        };
        let by = || "Acme".to_owned();
        assert_eq!(
            told(&[answered, listed(0.05), listed(0.05)]),
            [Finding::Answered { by: by() }, Finding::Edited { left_percent: 5 }, Finding::AnswerGone { by: by() }]
        );
        let elsewhere =
            Sight::Text { share: 0.5, left: 0.5, rating: None, rating_max: None, answer: None, elsewhere: Some(by()), listed: true };
        assert_eq!(told(&[text(1.0), elsewhere.clone()]), [Finding::Edited { left_percent: 50 }], "somebody else was answered, perhaps");
        let answered =
            Sight::Text { share: 1.0, left: 1.0, rating: None, rating_max: None, answer: Some(by()), elsewhere: None, listed: true };
        assert_eq!(told(&[answered, elsewhere]), [Finding::Answered { by: by() }, Finding::Edited { left_percent: 50 }], "still there");
        let (known, findings) = decide(&known(), &listed(0.05));
        assert_eq!((known.state, findings), (Some(PageState::Listed), vec![]), "it never showed the text: what it says is not known");
        let (known, _) = decide(&decide(&known, &text(1.0)).0, &Sight::Listed);
        assert_eq!(known.state, Some(PageState::Listed), "nor is it unchanged where it cannot be seen");
    }

    #[test]
    fn what_cannot_be_seen_is_not_gone() {
        let hidden = || Sight::Hidden { why: "the page asks to log in".into() };
        assert!(matches!(told(&[hidden(), hidden(), hidden(), text(1.0)])[..], [Finding::CannotSee { .. }, Finding::Back]));
        let seen_before = told(&[text(1.0), text(0.1), hidden(), text(0.1)]);
        assert!(matches!(seen_before[..], [Finding::CannotSee { .. }, Finding::Gone { .. }]));
        assert!(matches!(told(&[text(0.1), text(0.1), text(0.1)])[..], [Finding::CannotSee { .. }]), "it never showed the text");
        assert!(matches!(told(&[hidden(), Sight::Listed])[..], [Finding::CannotSee { .. }]), "nobody has seen it again");
        assert!(matches!(told(&[hidden(), Sight::Listed, text(1.0), text(1.0)])[..], [Finding::CannotSee { .. }, Finding::Back]));
        let gone = || Sight::NotThere { status: 410 };
        assert!(
            matches!(told(&[gone(), hidden(), Sight::Listed, hidden()])[..], [Finding::Gone { .. }]),
            "a fault of the server brings nothing back"
        );
        assert!(matches!(told(&[gone(), hidden(), text(1.0)])[..], [Finding::Gone { .. }, Finding::Back]));
    }

    #[test]
    fn looks_end_some_time_after_the_case() {
        const DAY: Duration = Duration::from_hours(24);
        let now = Moment::from_secs(1_000_000);
        assert_eq!(next_look(None, DAY, DAY * 7, None, now), Some(now.plus(DAY)));
        assert_eq!(next_look(Some(now), DAY, DAY * 7, None, now), Some(now.plus(DAY)));
        assert_eq!(next_look(Some(now.minus(DAY * 7)), DAY, DAY * 7, None, now), None);
        assert_eq!(next_look(None, DAY, DAY * 7, Some(DAY * 2), now), Some(now.plus(DAY * 2)), "the site asked for a pause");
    }
}
