//! More new cases at once than people can read one by one: a bad batch, a broken release, a storm in the media. The first are told singly,
//! the rest is gathered in one mail every few minutes. Each case exists and climbs all the same, and each of its deliveries is a row that
//! the gathered mail accounts for.

use std::collections::BTreeMap;
use std::time::Duration;

use super::deliver::{Channel, ChannelKind};
use super::status::Status;
use crate::model::{DeliveryKind, Moment, NewDelivery, Severity};

/// When messages are gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BurstOptions {
    /// Warnings and escalations to one address, each in a mail of its own, within `within`.
    pub singly: usize,
    /// The same for critical cases, those before counted in.
    pub singly_critical: usize,
    pub within: Duration,
    /// What is beyond is told together, this often.
    pub gather_every: Duration,
}

impl Default for BurstOptions {
    fn default() -> Self {
        Self { singly: 10, singly_critical: 30, within: Duration::from_mins(10), gather_every: Duration::from_mins(3) }
    }
}

/// What is critical waits this part of the time that others wait, and of the time after which the next people of its ladder hear.
const CRITICAL_SHARE: u32 = 6;
const LADDER_SHARE: u32 = 10;
/// Any shorter, and a storm of critical cases is a storm of mails.
const LEAST_WAIT: Duration = Duration::from_secs(10);

/// How often critical cases are told together. `climbs_in`: when the next people hear of this one.
fn critical_every(gather_every: Duration, climbs_in: Option<Duration>) -> Duration {
    let own = gather_every / CRITICAL_SHARE;
    let of_ladder = climbs_in.map_or(own, |wait| wait / LADDER_SHARE);
    own.min(of_ladder).max(LEAST_WAIT).min(gather_every)
}

/// By channel and address, how many were told singly of late.
pub type Lately = BTreeMap<(String, String), u64>;

/// Puts those deliveries off until the next gathered mail that are too many for their address, and counts the others. Mails alone are
/// gathered: a webhook's reader is a program, which wants every case for itself. `climbs_at` is when the next people hear of the case.
pub fn gather(
    deliveries: &mut [NewDelivery],
    (severity, climbs_at): (Severity, Option<Moment>),
    lately: &mut Lately,
    channels: &[Channel],
    options: &BurstOptions,
    now: Moment,
) {
    let (most, every) = if severity >= Severity::Critical {
        (options.singly_critical.max(options.singly), critical_every(options.gather_every, climbs_at.map(|at| at.since(now))))
    } else {
        (options.singly, options.gather_every)
    };
    let is_mail = |name: &str| channels.iter().any(|channel| channel.name == name && matches!(channel.kind, ChannelKind::Smtp(_)));
    // What has a note has news of its own, as a case that was handed over has.
    let counted = |row: &&mut NewDelivery| row.kind != DeliveryKind::Status && row.note.is_empty() && is_mail(&row.channel);
    for row in deliveries.iter_mut().filter(counted) {
        let told = lately.entry((row.channel.clone(), row.recipient.to_lowercase())).or_default();
        if *told < most as u64 {
            *told += 1;
            continue;
        }
        row.due_at = next(now, every);
        row.note = Status::Gathered.to_note();
    }
}

/// The next of the moments at which everyone's gathered mails go out: the same for all rows of an address, without a word between them.
fn next(now: Moment, every: Duration) -> Moment {
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
    if every <= 0 {
        return now;
    }
    Moment(now.0.div_euclid(every).saturating_add(1).saturating_mul(every))
}

#[cfg(test)]
mod tests {
    use super::super::ids::Ids;
    use super::super::notify::Telling;
    use super::super::samples::World;
    use super::*;
    use crate::model::GATHERED;

    const NOW: Moment = Moment::from_secs(1_000_000);

    fn options() -> BurstOptions {
        BurstOptions { singly: 2, singly_critical: 3, ..BurstOptions::default() }
    }

    fn told(count: i64, kind: DeliveryKind, note: &str) -> Vec<NewDelivery> {
        let world = World::new();
        let recipients = world.context().recipients("logistics");
        let mut ids = Ids::new([7; 32]);
        (0..count)
            .flat_map(|step| Telling { incident: "H-1", generation: 1, kind, step, note }.to(&recipients, &world.context(), &mut ids, NOW))
            .collect()
    }

    fn gathered(rows: &[NewDelivery]) -> Vec<&str> {
        rows.iter().filter(|row| row.note == GATHERED).map(|row| row.recipient.as_str()).collect()
    }

    #[test]
    fn the_note_in_the_store_is_the_status() {
        assert_eq!(Status::Gathered.to_note(), GATHERED);
    }

    #[test]
    fn what_is_beyond_the_first_waits_for_one_mail() {
        let channels = World::new().channels;
        let mut rows = told(4, DeliveryKind::Warning, "");
        let mut lately = Lately::new();
        gather(&mut rows, (Severity::High, None), &mut lately, &channels, &options(), NOW);
        assert_eq!(gathered(&rows), ["mei@example.com", "tom@example.com", "mei@example.com", "tom@example.com"], "never a webhook");
        let due: Vec<_> = rows.iter().filter(|row| row.note == GATHERED).map(|row| row.due_at.as_secs()).collect();
        assert_eq!(due, [1_000_080; 4], "all at once, at a full three minutes");
        let mut critical = told(2, DeliveryKind::Escalation, "");
        gather(&mut critical, (Severity::Critical, None), &mut lately, &channels, &options(), NOW);
        assert_eq!(gathered(&critical), ["mei@example.com", "tom@example.com"], "one more singly, and no flood of these either");
    }

    #[test]
    fn what_is_critical_waits_a_part_of_its_ladder_at_most() {
        let minutes = Duration::from_mins;
        assert_eq!(critical_every(minutes(3), None), Duration::from_secs(30));
        assert_eq!(critical_every(minutes(60), Some(minutes(30))), minutes(3));
        assert_eq!(critical_every(minutes(3), Some(minutes(1))), LEAST_WAIT);
        assert_eq!(critical_every(Duration::ZERO, Some(minutes(1))), Duration::ZERO, "a single round has no later moment");
        let (channels, none) = (World::new().channels, BurstOptions { singly: 0, singly_critical: 0, ..options() });
        let mut rows = told(1, DeliveryKind::Warning, "");
        let climbs_at = Some(NOW.plus(minutes(30)));
        gather(&mut rows, (Severity::Critical, climbs_at), &mut Lately::new(), &channels, &none, NOW);
        let waits = rows.iter().filter(|row| row.note == GATHERED).map(|row| row.due_at.since(NOW));
        assert!(waits.clone().count() == 2 && waits.into_iter().all(|wait| wait <= Duration::from_secs(30)));
    }

    #[test]
    fn news_is_not_gathered() {
        let channels = World::new().channels;
        let mut lately = Lately::from([(("mail".into(), "mei@example.com".into()), 9)]);
        let mut rows = told(1, DeliveryKind::Status, "");
        rows.extend(told(1, DeliveryKind::Warning, &Status::More.to_note()));
        gather(&mut rows, (Severity::Low, None), &mut lately, &channels, &options(), NOW);
        assert!(rows.iter().all(|row| row.due_at == NOW), "{rows:?}");
        let mut first = told(1, DeliveryKind::Warning, "");
        gather(&mut first, (Severity::Low, None), &mut lately, &channels, &options(), NOW);
        assert_eq!(gathered(&first), ["mei@example.com"], "each address by itself");
    }
}
