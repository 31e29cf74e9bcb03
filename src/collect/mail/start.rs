//! Where a round begins, and which mails it looks at.

use std::time::Duration;

use super::MailOptions;
use super::cursor::Cursor;
use super::reader::Reader;
use crate::collect::fetch::FetchFailure;
use crate::model::{Mailbox, Moment, SourceState};

/// How far back a mailbox is read whose numbers mean nothing any more (it was made anew, or a reset asked for it): what is older is no news,
/// and may have been forgotten here.
const REACH: Duration = Duration::from_hours(30 * 24);

/// A server's day of arrival is that of its own zone.
const ZONES: Duration = Duration::from_hours(24);

/// Between a mail's own date and its arrival: servers that cannot hand a mail on try for days, seldom for more than one.
const UNDER_WAY_MAX: Duration = Duration::from_hours(24);

/// What is old in a mailbox that was found numbered anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    /// What had arrived by then.
    pub(super) arrived: Moment,
    /// What bears an earlier date: in a mailbox that was copied each mail may have arrived anew.
    pub(super) dated: Moment,
}

impl Before {
    /// What came since the last look may have been under way when listening began, if that is not long ago.
    pub(super) fn of(began: Moment, last_look: Option<Moment>) -> Self {
        let dated = began.min(last_look.unwrap_or(began).minus(UNDER_WAY_MAX));
        // Arrivals are told by the second.
        Self { arrived: Moment::from_secs(began.as_secs()), dated }
    }
}

/// Where a round begins.
pub(super) enum Start {
    /// Nothing is known of this mailbox: what is there is no news.
    First(Mailbox),
    /// It is known, and its numbers mean nothing: it was numbered anew, or a reset asked for everything. What was told before is known by
    /// its id, and what lay there before listening began by when it arrived.
    Anew(Mailbox),
    Known(Mailbox, Cursor),
}

impl Start {
    pub(super) fn of(options: &MailOptions, state: &SourceState, validity: u32, now: Moment) -> Self {
        let place = options.place();
        let begun = |began: Moment| Mailbox { place, began, ..Mailbox::default() };
        // A clock that ran ahead then must not make old what arrived since.
        let known = state.watch.mailbox.clone().map(|mailbox| Mailbox { began: mailbox.began.min(now), ..mailbox });
        // The settings name another mailbox than before.
        if !state.baselined || known.as_ref().is_some_and(|mailbox| mailbox.place != place) {
            return Self::First(begun(now));
        }
        match state.etag.as_deref().and_then(Cursor::read).filter(|cursor| cursor.validity == validity) {
            Some(cursor) => Self::Known(known.unwrap_or_else(|| begun(now)), cursor),
            None => Self::Anew(known.unwrap_or_else(|| begun(now.minus(REACH)))),
        }
    }
}

/// The numbers of the mails that are to be looked at, in their order.
pub(super) async fn new_mails(reader: &mut Reader<'_>, cursor: &Cursor, began: Moment, now: Moment) -> Result<Vec<u32>, FetchFailure> {
    let mut uids = Vec::new();
    if cursor.uid < cursor.until {
        uids = reader.session.search(&criteria_anew(cursor, began, now)).await?;
        uids.retain(|uid| (cursor.uid + 1..=cursor.until).contains(uid));
    }
    let base = cursor.uid.max(cursor.until);
    let new = reader.session.search(&format!("UID {}:* UNDELETED", base.saturating_add(1))).await?;
    // `7:*` means the last mail even where its number is below 7.
    uids.extend(new.into_iter().filter(|uid| *uid > base));
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

/// Of what was there when the mailbox was found numbered anew, that which may be news.
fn criteria_anew(cursor: &Cursor, began: Moment, now: Moment) -> String {
    let since = began.minus(ZONES).max(now.minus(REACH)).to_timestamp().strftime("%d-%b-%Y");
    format!("UID {}:{} UNDELETED SINCE {since}", cursor.uid + 1, cursor.until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::mail::{Login, Mark};
    use crate::model::Secret;

    #[test]
    fn what_is_searched_of_a_mailbox_numbered_anew() {
        let now = Moment::from_secs(1_795_000_000);
        let cursor = Cursor { uid: 6, until: 90, ..Cursor::default() };
        let day = |began: Moment| criteria_anew(&cursor, began, now);
        assert_eq!(day(now), "UID 7:90 UNDELETED SINCE 17-Nov-2026", "with a day to spare");
        assert_eq!(day(Moment::from_secs(0)), "UID 7:90 UNDELETED SINCE 19-Oct-2026", "no further back than what is remembered");
    }

    #[test]
    fn a_date_tells_that_a_mail_is_old_where_nothing_is_under_way_for_so_long() {
        let began = Moment(1_795_000_000_500_000);
        let arrived = Moment::from_secs(1_795_000_000);
        let later = began.plus(Duration::from_hours(90));
        assert_eq!(Before::of(began, Some(later)), Before { arrived, dated: began });
        let soon = began.plus(Duration::from_hours(1));
        assert_eq!(Before::of(began, Some(soon)), Before { arrived, dated: began.minus(Duration::from_hours(23)) });
    }

    #[test]
    fn where_a_round_begins() {
        let now = Moment::from_secs(1_795_000_000);
        let options = |folder: &str| MailOptions {
            username: "a".into(),
            login: Login::Password(Secret::new("b")),
            folder: folder.into(),
            mark: Mark::Seen,
            from: Vec::new(),
            subject: Vec::new(),
        };
        let inbox = options("INBOX");
        let earlier = now.minus(Duration::from_hours(9));
        let mut state = SourceState { baselined: true, etag: Some("imap 7 40".into()), ..SourceState::default() };
        state.watch.mailbox = Some(Mailbox { place: inbox.place(), began: earlier, ..Mailbox::default() });
        let began = |state: &SourceState, options: &MailOptions| match Start::of(options, state, 7, now) {
            Start::First(mailbox) => ("first", mailbox.began),
            Start::Anew(mailbox) => ("anew", mailbox.began),
            Start::Known(mailbox, _) => ("known", mailbox.began),
        };
        assert_eq!(began(&state, &inbox), ("known", earlier));
        assert_eq!(began(&state, &options("Archive")), ("first", now), "another mailbox");
        let renumbered = SourceState { etag: Some("imap 6 40".into()), ..state.clone() };
        assert_eq!(began(&renumbered, &inbox), ("anew", earlier));
        assert_eq!(began(&SourceState { etag: None, ..state.clone() }, &inbox), ("anew", earlier), "a reset");
        assert_eq!(began(&SourceState { baselined: false, ..state.clone() }, &inbox), ("first", now), "it was gone, and is back");
        let of_an_earlier_release = SourceState { watch: crate::model::Watch::default(), ..state };
        assert_eq!(began(&of_an_earlier_release, &inbox), ("known", now));
        assert_eq!(began(&SourceState { etag: None, ..of_an_earlier_release }, &inbox), ("anew", now.minus(REACH)));
    }
}
