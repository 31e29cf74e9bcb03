//! `[company]`: who we are, for mails and pages, and what holds where a department says nothing else.

use jiff::tz::TimeZone;

use super::section;
use crate::collect::holidays::Holidays;
use crate::problem::Table;
use crate::settings::Company;
use crate::settings::values::{holidays, language, phrases, zone};

/// Never fails: a company whose keys are wrong is read as far as it is right, and the problems keep it from being used.
pub(in crate::settings) fn read(root: &mut Table) -> Company {
    if !root.has("company") {
        root.absent("company", "`[company]` is missing", "Add `[company]` with `name = \"...\"`.");
        return Company {
            name: String::new(),
            timezone: TimeZone::UTC,
            language: "en".to_owned(),
            reply_names: Vec::new(),
            holidays: Holidays::default(),
        };
    }
    let mut table = section(root, "company");
    let company = Company {
        name: table.required_text("name").unwrap_or_default(),
        timezone: zone(&mut table, "timezone").unwrap_or(TimeZone::UTC),
        language: language(&mut table, "language").unwrap_or_else(|| "en".to_owned()),
        reply_names: phrases(&mut table, "reply_names").into_iter().map(|(_, name)| name).collect(),
        holidays: holidays(&mut table).unwrap_or_default(),
    };
    table.finish();
    company
}
