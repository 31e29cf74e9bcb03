//! What is kept of a comparison: counts, the rules behind them, mails by department and day, and a few samples.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Plan, Side, Stand, Told};
use crate::model::{Effect, Mention, Moment, Severity, Verdict};
use crate::respond::message::clean::one_line;
use crate::respond::route::Routed;

/// Characters kept of a sample's text.
const TEXT_CHARS: usize = 400;
const DAY: Duration = Duration::from_hours(24);

/// What would be different.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub rule_set_before: String,
    pub rule_set_after: String,
    pub since: Moment,
    /// Mentions compared.
    pub mentions: u64,
    /// Those of first polls, which were left out.
    pub left_out: u64,
    /// From the first compared mention to now, at least one.
    pub days: f64,
    /// Warned of, then and now.
    pub warned_before: u64,
    pub warned_after: u64,
    pub newly_warned: Group,
    pub no_longer_warned: Group,
    /// Warned of by both, with another severity, category or department.
    pub moved: Group,
    /// Judged otherwise, and told by neither.
    pub otherwise_quiet: u64,
    /// First warnings by department, escalations and statuses not counted.
    pub mails: BTreeMap<String, Mails>,
    #[serde(skip)]
    plan: Kept,
}

#[derive(Clone, Debug)]
struct Kept {
    samples: usize,
    timezone: TimeZone,
    now: Moment,
    first: Option<Moment>,
}

/// One kind of change.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Group {
    pub count: u64,
    /// How often a rule came to count, or counted no more, in one of these.
    pub rules_gained: BTreeMap<String, u64>,
    pub rules_lost: BTreeMap<String, u64>,
    /// The worst and newest.
    pub samples: Vec<Sample>,
}

/// Messages to one department.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Mails {
    pub before: u64,
    pub after: u64,
    pub per_day_before: f64,
    pub per_day_after: f64,
    /// On the day that had most.
    pub most_before: u64,
    pub most_after: u64,
    #[serde(skip)]
    days: BTreeMap<Date, [u64; 2]>,
}

/// One mention that is judged otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    pub mention: String,
    pub source: String,
    pub url: Option<String>,
    pub seen_at: Moment,
    pub text: String,
    pub before: Judged,
    pub after: Judged,
    /// Rules that count after and not before, and the other way round.
    pub rules_gained: Vec<String>,
    pub rules_lost: Vec<String>,
    /// Rules that count in both, with another weight or effect.
    pub rules_weighed: Vec<String>,
}

/// One side of a sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    pub complaint: bool,
    pub severity: Severity,
    pub categories: Vec<String>,
    pub told: Told,
}

impl Comparison {
    pub(super) fn new(before: &str, after: &str, plan: &Plan) -> Self {
        let kept = Kept { samples: plan.samples, timezone: plan.timezone.clone(), now: plan.now, first: None };
        Self {
            rule_set_before: before.to_owned(),
            rule_set_after: after.to_owned(),
            since: plan.since,
            mentions: 0,
            left_out: 0,
            days: 1.0,
            warned_before: 0,
            warned_after: 0,
            newly_warned: Group::default(),
            no_longer_warned: Group::default(),
            moved: Group::default(),
            otherwise_quiet: 0,
            mails: BTreeMap::new(),
            plan: kept,
        }
    }

    /// Whether anybody would be told of anything else.
    #[must_use]
    pub const fn changes(&self) -> bool {
        self.newly_warned.count + self.no_longer_warned.count + self.moved.count > 0
    }

    /// So many of this kind on an average day.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of mentions are far below 2^52")]
    pub fn per_day(&self, count: u64) -> f64 {
        count as f64 / self.days
    }

    pub(super) fn take(&mut self, mention: &Mention, [before, after]: [Stand; 2], sides: [Side<'_>; 2]) {
        self.mentions += 1;
        let first = *self.plan.first.get_or_insert(mention.seen_at);
        self.days = (self.plan.now.since(first).as_secs_f64() / DAY.as_secs_f64()).max(1.0);
        self.warned_before += u64::from(before.routed().is_some());
        self.warned_after += u64::from(after.routed().is_some());
        for (at, stand) in [&before, &after].into_iter().enumerate() {
            if let Some(routed) = stand.routed() {
                self.count_mails(mention, routed, sides[at], at);
            }
        }
        let most = self.plan.samples;
        match (&before.told, &after.told) {
            (Told::Quiet(_), Told::Warned(_)) => self.newly_warned.take(mention, &before, &after, most),
            (Told::Warned(_), Told::Quiet(_)) => self.no_longer_warned.take(mention, &before, &after, most),
            (Told::Warned(left), Told::Warned(right)) if is_moved(left, right, &before, &after) => {
                self.moved.take(mention, &before, &after, most);
            }
            (Told::Quiet(_), Told::Quiet(_)) => self.otherwise_quiet += u64::from(is_otherwise(&before, &after)),
            _ => {}
        }
    }

    fn count_mails(&mut self, mention: &Mention, routed: &Routed, side: Side<'_>, at: usize) {
        let day = mention.seen_at.to_timestamp().to_zoned(self.plan.timezone.clone()).date();
        let departments = std::iter::once(&routed.department).chain(&routed.also).map(String::as_str);
        for recipient in side.context.recipients_of(departments) {
            self.mails.entry(recipient.department).or_default().add(day, at);
        }
    }

    /// The averages, once all is counted.
    pub(super) fn close(&mut self) {
        let days = self.days;
        for mails in self.mails.values_mut() {
            mails.close(days);
        }
    }
}

impl Mails {
    fn add(&mut self, day: Date, at: usize) {
        let of_day = self.days.entry(day).or_default();
        of_day[at] += 1;
        if at == 0 {
            self.before += 1;
            self.most_before = self.most_before.max(of_day[at]);
        } else {
            self.after += 1;
            self.most_after = self.most_after.max(of_day[at]);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of mails are far below 2^52")]
    fn close(&mut self, days: f64) {
        self.per_day_before = hundredths(self.before as f64 / days);
        self.per_day_after = hundredths(self.after as f64 / days);
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn is_moved(left: &Routed, right: &Routed, before: &Stand, after: &Stand) -> bool {
    before.severity() != after.severity()
        || left.department != right.department
        || left.also != right.also
        || before.categories() != after.categories()
}

fn is_otherwise(before: &Stand, after: &Stand) -> bool {
    before.severity() != after.severity()
        || before.verdict.complaint != after.verdict.complaint
        || before.categories() != after.categories()
}

impl Group {
    fn take(&mut self, mention: &Mention, before: &Stand, after: &Stand, most: usize) {
        self.count += 1;
        let (then, now) = (counting(&before.verdict), counting(&after.verdict));
        let gained: Vec<&str> = now.keys().filter(|rule| !then.contains_key(*rule)).copied().collect();
        let lost: Vec<&str> = then.keys().filter(|rule| !now.contains_key(*rule)).copied().collect();
        let weighed = now.iter().filter(|(rule, how)| then.get(*rule).is_some_and(|before| before != *how));
        let weighed: Vec<&str> = weighed.map(|(rule, _)| *rule).collect();
        gained.iter().for_each(|rule| *self.rules_gained.entry((*rule).to_owned()).or_default() += 1);
        lost.iter().for_each(|rule| *self.rules_lost.entry((*rule).to_owned()).or_default() += 1);
        let worst = before.severity().max(after.severity());
        if !self.has_room(worst, mention, most) {
            return;
        }
        let owned = |rules: Vec<&str>| rules.into_iter().map(str::to_owned).collect();
        self.samples.push(Sample {
            mention: mention.id.clone(),
            source: mention.source.clone(),
            url: mention.url.clone(),
            seen_at: mention.seen_at,
            text: one_line(&format!("{} {}", mention.title.as_deref().unwrap_or_default(), mention.text), TEXT_CHARS),
            before: before.into(),
            after: after.into(),
            rules_gained: owned(gained),
            rules_lost: owned(lost),
            rules_weighed: owned(weighed),
        });
        self.samples.sort_by_key(Sample::rank);
        self.samples.truncate(most);
    }

    fn has_room(&self, worst: Severity, mention: &Mention, most: usize) -> bool {
        let last = self.samples.last().filter(|_| self.samples.len() >= most);
        most > 0 && last.is_none_or(|last| (Reverse(worst), Reverse(mention.seen_at)) < (last.rank().0, last.rank().1))
    }
}

impl Sample {
    /// The worst first, then the newest.
    fn rank(&self) -> (Reverse<Severity>, Reverse<Moment>, String) {
        (Reverse(self.before.severity.max(self.after.severity)), Reverse(self.seen_at), self.mention.clone())
    }
}

impl From<&Stand> for Judged {
    fn from(stand: &Stand) -> Self {
        Self {
            complaint: stand.verdict.complaint,
            severity: stand.verdict.severity,
            categories: stand.verdict.categories.iter().map(|score| score.category.clone()).collect(),
            told: stand.told.clone(),
        }
    }
}

/// The rules that had a part in a verdict, with what they did; shadow rules and those held back had none.
fn counting(verdict: &Verdict) -> BTreeMap<&str, (Effect, i64)> {
    let counting = verdict.reasons.iter().filter(|reason| matches!(reason.effect, Effect::Counts | Effect::Raises | Effect::Lowers));
    #[expect(clippy::cast_possible_truncation, reason = "weights are small; the cast saturates")]
    counting.map(|reason| (reason.rule.as_str(), (reason.effect, (reason.weight * 1000.0).round() as i64))).collect()
}
