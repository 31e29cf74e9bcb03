//! Times, spans of time, stars and lists as a person reads them.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::words::Words;
use crate::model::{Mention, Moment};

/// More stars than this are shown as numbers alone.
const STARS_MAX: f64 = 10.0;

/// `2026-11-22 18:42`.
pub(super) fn time(moment: Moment, zone: &TimeZone) -> String {
    moment.to_timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2026-11-22`.
pub(super) fn day(moment: Moment, zone: &TimeZone) -> String {
    moment.to_timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// `18:42`, or with its day where that is another one than `beside`'s.
pub(super) fn time_beside(moment: Moment, beside: Moment, zone: &TimeZone) -> String {
    let zoned = moment.to_timestamp().to_zoned(zone.clone());
    let same_day = zoned.date() == beside.to_timestamp().to_zoned(zone.clone()).date();
    zoned.strftime(if same_day { "%H:%M" } else { "%m-%d %H:%M" }).to_string()
}

/// `Asia/Taipei`; an offset where the zone has no name.
pub(super) fn zone(zone: &TimeZone, at: Moment) -> String {
    zone.iana_name().map_or_else(|| zone.to_offset(at.to_timestamp()).to_string(), ToOwned::to_owned)
}

/// `45 分鐘`, `2 小時`, `3 天`: the largest unit that fits twice, else minutes.
pub(super) fn span(words: &Words, language: &str, span: Duration) -> String {
    let minutes = (span.as_secs() / 60).max(1);
    let (key, count) = match minutes {
        0..120 => ("span.minutes", minutes),
        120..2880 => ("span.hours", minutes / 60),
        _ => ("span.days", minutes / 1440),
    };
    words.say(language, key, &[("count", &count.to_string())])
}

/// `30 hours`, `3 天`: whole, rounded down, in days from three on.
pub(super) fn long_span(words: &Words, language: &str, span: Duration) -> String {
    let (key, count) = match span.as_secs() {
        secs if secs >= 3 * 86_400 => ("long_days", secs / 86_400),
        secs if secs >= 2 * 3600 => ("long_hours", secs / 3600),
        secs => ("long_minutes", secs / 60),
    };
    let key = if count == 1 { format!("span.{key}_one") } else { format!("span.{key}") };
    words.say(language, &key, &[("count", &count.to_string())])
}

/// `★★☆☆☆ 2/5`; numbers alone where the scale is unknown or long.
pub fn rating(mention: &Mention) -> Option<String> {
    let rating = mention.rating.filter(|rating| rating.is_finite())?;
    let number = rating.to_string();
    let Some(most) = mention.rating_max.filter(|most| most.is_finite() && *most >= 1.0) else { return Some(number) };
    let figures = format!("{number}/{most}");
    if most > STARS_MAX || rating > most || rating < 0.0 {
        return Some(figures);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both lie between 0 and STARS_MAX")]
    let (full, all) = (rating.round() as usize, most.round() as usize);
    Some(format!("{}{} {figures}", "★".repeat(full), "☆".repeat(all.saturating_sub(full))))
}

/// What else the source says, by its own names and on one line each: at most this many, and nothing that is a document.
pub(super) fn extra(mention: &Mention, most: usize) -> Vec<(String, String)> {
    let shown = mention.own_fields().filter(|(name, value)| *name != "kind" && !value.is_object());
    let said = shown.map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    said.take(most).collect()
}

/// Names after each other, in the manner of the language.
pub(super) fn list(language: &str, names: &[String]) -> String {
    names.join(if language.starts_with("zh") { "、" } else { ", " })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::mention;
    use super::*;

    const AT: Moment = Moment::from_secs(1_795_000_000);

    #[test]
    fn times_are_those_of_the_department() {
        let taipei = TimeZone::get("Asia/Taipei").expect("a zone");
        assert_eq!(time(AT, &taipei), "2026-11-18 19:06");
        assert_eq!(time(AT, &TimeZone::UTC), "2026-11-18 11:06");
        assert_eq!(time_beside(AT, AT, &taipei), "19:06");
        assert_eq!(time_beside(AT.plus(Duration::from_hours(6)), AT, &taipei), "11-19 01:06");
        assert_eq!(zone(&taipei, AT), "Asia/Taipei");
    }

    #[test]
    fn spans_use_the_unit_that_says_enough() {
        let words = Words::built_in();
        let said: Vec<String> =
            [1, 900, 7199, 7200, 172_800].into_iter().map(|seconds| span(&words, "zh-TW", Duration::from_secs(seconds))).collect();
        assert_eq!(said, ["1 分鐘", "15 分鐘", "119 分鐘", "2 小時", "2 天"]);
    }

    #[test]
    fn stars_are_as_many_as_the_scale_has() {
        let stars = |rating, most| rating_of(rating, most).unwrap_or_default();
        assert_eq!(stars(Some(1.0), Some(5.0)), "★☆☆☆☆ 1/5");
        assert_eq!(stars(Some(2.5), Some(5.0)), "★★★☆☆ 2.5/5");
        assert_eq!(stars(Some(7.0), Some(100.0)), "7/100");
        assert_eq!(stars(Some(9.0), Some(5.0)), "9/5");
        assert_eq!(stars(Some(3.0), None), "3");
        assert_eq!(stars(Some(f64::NAN), Some(5.0)), "");
        assert_eq!(stars(None, Some(5.0)), "");
    }

    fn rating_of(value: Option<f64>, most: Option<f64>) -> Option<String> {
        rating(&Mention { rating: value, rating_max: most, ..mention("x") })
    }
}
