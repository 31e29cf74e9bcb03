//! `[log]`: how loud, and in which form.

use tracing_subscriber::EnvFilter;

use crate::problem::Table;
use crate::settings::values::choice;
use crate::settings::{LogFormat, LogOptions};

pub(in crate::settings) fn read(mut table: Table) -> LogOptions {
    let formats = [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = choice(&mut table, "format", &formats).unwrap_or(LogFormat::Auto);
    let level = table.filled_text("level").unwrap_or_else(|| "info".to_owned());
    if let Err(error) = EnvFilter::try_new(&level) {
        table.complain("level", format!("this is no filter: {error}"), "Write \"info\", \"debug\" or \"info,hearken::collect=debug\".");
    }
    table.finish();
    LogOptions { format, level }
}
