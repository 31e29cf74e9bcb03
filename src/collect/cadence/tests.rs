//! The cadence of made-up weeks.

use super::*;

/// 2026-11-02, a Monday.
const MONDAY: i64 = 20_759;

fn day(day: i64, arrivals: u32) -> DayCount {
    let polls = [("unchanged".to_owned(), 90), ("items".to_owned(), arrivals.max(1))].into();
    DayCount { day, polls, new: arrivals, arrivals, longest_gap_s: 0, excused_s: 0 }
}

/// As many arrivals as the rhythm has for each weekday, for eight weeks before `MONDAY`.
fn weeks(rhythm: [u32; 7]) -> Vec<DayCount> {
    (MONDAY - 56..MONDAY).map(|number| day(number, rhythm[weekday(number)] + u32::try_from(number % 3).unwrap_or(0) % 2)).collect()
}

fn at(day: i64, hour: i64) -> Moment {
    Moment::from_secs((day * 24 + hour) * 3600)
}

fn hours(span: Duration) -> u64 {
    span.as_secs() / 3600
}

#[test]
fn days_are_those_of_the_sources_zone() {
    assert_eq!(weekday(MONDAY), 0);
    assert_eq!(date_of(MONDAY), "2026-11-02");
    let taipei = TimeZone::get("Asia/Taipei").expect("a zone");
    assert_eq!(day_of(at(MONDAY, 0), &TimeZone::UTC), MONDAY);
    assert_eq!(day_of(at(MONDAY, 17), &taipei), MONDAY + 1);
}

#[test]
fn twelve_a_day_and_none_for_a_day_is_told() {
    let (cadence, days) = learn(&weeks([12; 7]), MONDAY, &Holidays::default());
    let cadence = cadence.expect("eight weeks are enough");
    assert_eq!(days, 56);
    assert_eq!(in_words(&cadence), "usually 12 a day");
    let told = hours(limit(&cadence, at(MONDAY, 10), &TimeZone::UTC, &Holidays::default()));
    assert!((24..48).contains(&told), "{told} h");
}

#[test]
fn a_weekend_without_any_is_no_silence() {
    let cadence = learn(&weeks([12, 12, 12, 12, 12, 0, 0]), MONDAY, &Holidays::default()).0.expect("learnt");
    assert_eq!(in_words(&cadence), "usually 12 a day, none a day on weekends".replace("none", "0.3"));
    let friday_evening = at(MONDAY + 4, 18);
    let told = hours(limit(&cadence, friday_evening, &TimeZone::UTC, &Holidays::default()));
    assert!(told > 62, "Monday 8:00 is {} hours later, told after {told}", 62);
    assert!(told < 110, "but on Tuesday: {told}");
}

#[test]
fn a_long_gap_of_the_past_is_patience_for_the_future() {
    let mut days = weeks([12; 7]);
    days[20].longest_gap_s = 4 * DAY_S;
    let cadence = learn(&days, MONDAY, &Holidays::default()).0.expect("learnt");
    assert_eq!(hours(limit(&cadence, at(MONDAY, 10), &TimeZone::UTC, &Holidays::default())), 6 * 24);
}

#[test]
fn first_days_seldom_items_and_unread_days_teach_nothing() {
    let all = weeks([12; 7]);
    assert_eq!(learn(&all[all.len() - 13..], MONDAY, &Holidays::default()), (None, 13), "first days");
    assert_eq!(learn(&all, MONDAY + 60, &Holidays::default()), (None, 0), "all too old");
    let seldom: Vec<DayCount> = (MONDAY - 56..MONDAY).map(|number| day(number, u32::from(number % 10 == 0))).collect();
    assert_eq!(learn(&seldom, MONDAY, &Holidays::default()).0, None);
    let unread: Vec<DayCount> =
        all.iter().map(|day| DayCount { polls: [("dns".to_owned(), 90), ("unchanged".to_owned(), 5)].into(), ..day.clone() }).collect();
    assert_eq!(learn(&unread, MONDAY, &Holidays::default()), (None, 0), "days on which the source could not be read");
}

#[test]
fn a_source_that_gets_quieter_is_believed() {
    let mut days = weeks([12; 7]);
    let before =
        limit(&learn(&days, MONDAY, &Holidays::default()).0.expect("learnt"), at(MONDAY, 10), &TimeZone::UTC, &Holidays::default());
    for day in days.iter_mut().rev().take(14) {
        day.arrivals = 1;
    }
    let after = limit(&learn(&days, MONDAY, &Holidays::default()).0.expect("learnt"), at(MONDAY, 10), &TimeZone::UTC, &Holidays::default());
    assert!(after > before * 4, "{before:?} before, {after:?} now");
}

#[test]
fn a_silence_does_not_become_usual_while_it_lasts() {
    let mut days = weeks([12; 7]);
    let before = learn(&days, MONDAY, &Holidays::default()).0;
    days.extend((MONDAY..MONDAY + 9).map(|number| DayCount { arrivals: 0, new: 0, ..day(number, 0) }));
    assert_eq!(renewed(before.clone(), true, &days, MONDAY + 9, &Holidays::default()), (before.clone(), 56));
    assert_ne!(renewed(before.clone(), false, &days, MONDAY + 9, &Holidays::default()).0, before, "afterwards the pause counts");
}

#[test]
fn a_break_that_others_had_too_and_holidays_are_no_measure() {
    let usual = learn(&weeks([12; 7]), MONDAY, &Holidays::default()).0.expect("learnt");
    let mut days = weeks([12; 7]);
    for day in &mut days[30..40] {
        (day.arrivals, day.new) = (0, 0);
    }
    let (spoilt, count) = learn(&days, MONDAY, &Holidays::default());
    let at = at(MONDAY + 1, 10);
    let limit = |cadence: &Cadence| limit(cadence, at, &TimeZone::UTC, &Holidays::default());
    assert!(
        count == 56 && limit(&spoilt.expect("learnt")) > limit(&usual) * 3 / 2,
        "ten days without any make a source that may be silent"
    );
    let mut holidays = Holidays::default();
    holidays.add(&format!("{}..{}", date_of(days[30].day), date_of(days[39].day))).expect("holidays");
    let (known, count) = learn(&days, MONDAY, &holidays);
    assert!(count == 46 && limit(&known.expect("learnt")) <= limit(&usual) * 11 / 10);
    days[40].excused_s = 10 * DAY_S + 50_000;
    let (excused, count) = learn(&days, MONDAY, &Holidays::default());
    assert!(count == 46 && limit(&excused.expect("learnt")) <= limit(&usual) * 11 / 10);
}

#[test]
fn figures_are_told_in_words() {
    assert_eq!(in_words(&Cadence { items: [3.0 / 7.0; 7], ..Cadence::default() }), "usually 3 a week");
    assert_eq!(
        in_words(&Cadence { items: [12.0, 12.0, 12.0, 12.0, 12.0, 2.0, 2.0], ..Cadence::default() }),
        "usually 12 a day, 2 a day on weekends"
    );
    assert_eq!(span_in_words(Duration::from_hours(30)), "30 hours");
    assert_eq!(span_in_words(Duration::from_hours(80)), "3 days");
    assert_eq!(span_in_words(Duration::from_secs(61)), "1 minute");
}
