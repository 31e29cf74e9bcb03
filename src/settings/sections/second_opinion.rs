//! `[second_opinion]`: another judge for doubtful verdicts, off where there is none.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::decide::opinion::OpinionOptions;
use crate::problem::{Data, Place, Problem, Table};
use crate::settings::secrets::Surroundings;
use crate::settings::values::{count, is_loopback, span, web_address};

/// Around the score at which a text becomes a complaint, 0.67.
const BAND: (f64, f64) = (0.5, 0.75);
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(2);
const TIMEOUT: Duration = Duration::from_secs(20);
const PER_DAY: usize = 200;
const MOST_PER_DAY: usize = 100_000;

pub(in crate::settings) fn read(mut table: Table, surroundings: &Surroundings) -> Option<OpinionOptions> {
    if !table.has("url") {
        table.missing("url", "url = \"https://models.example.com/v1/chat/completions\"");
    }
    let url = web_address(&mut table, "url");
    let model = table.required_text("model");
    let key = surroundings.secret(&mut table, "key");
    let band = if table.has("band") { band(&mut table) } else { Some(BAND) };
    let timeout = span(&mut table, "timeout", TIMEOUTS, TIMEOUT);
    let per_day = u32::try_from(count(&mut table, "per_day", 1..=MOST_PER_DAY, PER_DAY)).unwrap_or(u32::MAX);
    if url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_loopback(url)) {
        let help = "Write https:// wherever it is offered.";
        table.problems().add(Problem::warning(table.place_of("url"), "reviews would go in clear over the network", help));
    }
    table.finish();
    Some(OpinionOptions { url: url?, model: model?, key, band: band?, timeout, per_day })
}

/// Two numbers from 0 to 1, the lower first; in the environment, one string with a comma.
fn band(table: &mut Table) -> Option<(f64, f64)> {
    let value = table.value("band")?;
    #[expect(clippy::cast_precision_loss, reason = "what is not 0 or 1 is refused")]
    let numbers: Vec<Option<f64>> = match (&value.data, &value.place) {
        (Data::List(values), _) => values
            .iter()
            .map(|value| match &value.data {
                Data::Float(number) => Some(*number),
                Data::Integer(number) => Some(*number as f64),
                _ => None,
            })
            .collect(),
        (Data::Text(text), Place::Named(_)) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
        _ => Vec::new(),
    };
    match numbers.as_slice() {
        [Some(low), Some(high)] if (0.0..=1.0).contains(low) && (0.0..=1.0).contains(high) && low < high => Some((*low, *high)),
        _ => {
            table.complain("band", "`band` is not a lower and a higher number from 0 to 1", "Write `band = [0.5, 0.75]`.");
            None
        }
    }
}
