//! `[[department]]`: who is responsible, and who hears of it when nobody answers.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Reading;
use crate::problem::Table;
use crate::respond::department::{Department, Member, Rung, Tell};
use crate::settings::names::Noun;
use crate::settings::values::{language, mail, span_if_there, zone};

const AFTER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24 * 30);

pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<Department> {
    let name = reading.names.declare(Noun::Department, &mut table);
    let title = table.filled_text("title");
    let language = language(&mut table, "language").unwrap_or_else(|| reading.company.language.clone());
    let timezone = zone(&mut table, "timezone").unwrap_or_else(|| reading.company.timezone.clone());
    let members = members(&mut table);
    if !table.has("channels") {
        table.missing("channels", "channels = [\"name of a [[channel]]\"]");
    }
    let channels = reading.names.list(Noun::Channel, &mut table, "channels");
    if table.has("channels") && channels.is_empty() {
        table.complain("channels", "warnings to this department have no way out", "Name at least one `[[channel]]`.");
    }
    let fallback = reading.names.list(Noun::Channel, &mut table, "fallback");
    let ladder: Vec<_> = table
        .tables_written("ladder", "`[[department.ladder]]`, with two brackets, once for each")
        .into_iter()
        .map(|rung| read_rung(rung, name.as_deref(), reading))
        .collect();
    table.finish();
    let name = name?;
    Some(Department {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        language,
        timezone,
        members: members?,
        channels,
        fallback,
        ladder: ladder.into_iter().collect::<Option<_>>()?,
    })
}

/// None where one of them could not be read.
fn members(table: &mut Table) -> Option<Vec<Member>> {
    let mut members: Vec<Member> = Vec::new();
    let mut sound = true;
    for mut one in table.tables_written("members", "`members = [{ name = \"Wang\", mail = \"wang@example.com\" }]`, braces around each") {
        let name = one.required_text("name");
        let address = mail(&mut one, "mail");
        if let (Some(name), Some(mail)) = (name, address) {
            if members.iter().any(|other| other.mail.eq_ignore_ascii_case(&mail)) {
                one.complain("mail", format!("{mail} is listed twice"), "Once is enough: the person would get everything twice.");
            }
            members.push(Member { name, mail });
        } else {
            sound = false;
        }
        one.finish();
    }
    sound.then_some(members)
}

fn read_rung(mut table: Table, own: Option<&str>, reading: &mut Reading<'_>) -> Option<Rung> {
    let name = table.required_text("name");
    if !table.has("after") {
        table.missing("after", "after = \"30m\"");
    }
    let after = span_if_there(&mut table, "after", AFTER);
    let members = members(&mut table);
    let channels = reading.names.list(Noun::Channel, &mut table, "channels");
    let department = reading.names.one(Noun::Department, &mut table, "department");
    let people = table.has("members") || table.has("channels");
    let tell = match department {
        Some(_) if people => {
            table.complain("department", "a step tells a department or people, not both", "Make two steps of it.");
            None
        }
        Some(department) if Some(department.as_str()) == own => {
            table.complain(
                "department",
                format!("the ladder of `{department}` leads back to itself"),
                "Name another department, or people.",
            );
            None
        }
        Some(department) => Some(Tell::Department(department)),
        None if people => members.map(|members| Tell::Members { members, channels }),
        None => {
            let help = "Add `members = [{ name = \"...\", mail = \"...\" }]`, `channels` or `department`.";
            table.absent("members", "this step tells nobody", help);
            None
        }
    };
    table.finish();
    Some(Rung { name: name?, after: after?, tell: tell? })
}
