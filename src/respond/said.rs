//! What people's answers to an incident say about the verdict that opened it.

use crate::model::Action;

/// What was said, the strongest of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// Nobody answered, or only passed it on.
    Nothing,
    /// Somebody took it up or settled it, and nobody objected: there is no other way to say so.
    Right,
    /// A complaint, at the wrong desk.
    NotOurs,
    FalseAlarm,
}

/// Of the answers that took effect, in any order.
#[must_use]
pub fn said<'a>(actions: impl IntoIterator<Item = &'a Action>) -> Said {
    let one = |action: &Action| match action {
        Action::Acknowledge | Action::Resolve { .. } => Said::Right,
        // Passed on, and judged by nobody yet.
        Action::HandOver { .. } => Said::Nothing,
        Action::NotOurs => Said::NotOurs,
        Action::FalseAlarm => Said::FalseAlarm,
    };
    actions.into_iter().map(one).max().unwrap_or(Said::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_outweighs_an_acknowledgement() {
        let resolve = Action::Resolve { cause: "late".into(), remedy: "refund".into(), over: None };
        assert_eq!(said([]), Said::Nothing);
        assert_eq!(said([&Action::Acknowledge, &resolve]), Said::Right);
        let passed_on = Action::HandOver { department: "care".into() };
        assert_eq!((said([&passed_on]), said([&passed_on, &resolve])), (Said::Nothing, Said::Right));
        assert_eq!(said([&Action::NotOurs, &Action::Acknowledge]), Said::NotOurs);
        assert_eq!(said([&Action::Acknowledge, &Action::NotOurs, &Action::FalseAlarm]), Said::FalseAlarm);
    }
}
