//! `[source.json]`: where a service's answer has its list, and what is read from each entry.

use serde_json::Value as Json;

use super::Reading;
use super::door::credential;
use crate::collect::credential::Credential;
use crate::collect::extract::endpoint::field::{Field, Part};
use crate::collect::extract::endpoint::path::Path;
use crate::collect::extract::endpoint::{JsonOptions, Markup, RequestBody};
use crate::problem::{Data, Problem, Problems, Table, Value};
use crate::settings::values::{choice, secrets};

mod body_secrets;
mod paging;

const POINTER: &str = "Write a pointer as \"/data/list\" or a path as \"$.data.list[*].node\"; `hearken probe URL --source NAME` tries it.";
const FIELD: &str = "Write a pointer as \"/title\", a path as \"$.user.name\", a template as \"https://x.example/t/{id}\", \
     a list of such (the first that is there), or { join = [...] } (all that are there).";
/// Lists in lists and joints in joints.
const DEPTH_MAX: usize = 4;

pub(super) fn options(mut table: Table, reading: &Reading<'_>, credentials: &mut Vec<Credential>) -> Option<JsonOptions> {
    let items = items(&mut table);
    let container = path(&mut table, "container");
    let lines = table.flag("lines").unwrap_or(false);
    let markup =
        choice(&mut table, "markup", &[("html", Markup::Html), ("plain", Markup::Plain), ("auto", Markup::Seen)]).unwrap_or_default();
    let [id, title, text, author, rating, rating_max, time, updated, link] =
        ["id", "title", "text", "author", "rating", "rating_max", "time", "updated", "link"].map(|key| field(&mut table, key));
    if !["title", "text", "rating"].iter().any(|key| table.has(key)) {
        table.absent("text", "nothing of an entry is read", "Add `text = \"/pointer\"`, or `title`, or `rating`.");
    }
    let ratings = ratings(&mut table);
    let extra = extra(&mut table);
    let replies = listed(&mut table, "replies");
    let expect = expect(&mut table);
    let parameters = secrets(&mut table, "parameters", reading.surroundings, &reading.company.timezone);
    credentials.extend(parameters.iter().filter_map(|parameter| credential(parameter, || format!("the parameter {}", parameter.name))));
    let parameters = parameters.into_iter().map(|parameter| (parameter.name, parameter.value)).collect();
    let body = body(&mut table);
    let body_secrets = body_secrets::read(&mut table, body.as_ref(), reading, credentials);
    let paging = paging::read(&mut table, body.as_ref());
    table.finish();
    Some(JsonOptions {
        items: items?,
        container,
        lines,
        markup,
        id,
        title,
        text,
        author,
        rating,
        rating_max,
        time,
        updated,
        link,
        ratings,
        extra,
        replies,
        expect,
        parameters,
        body,
        body_secrets,
        paging,
    })
}

/// Where the list is. Lines of JSON are their own list.
fn items(table: &mut Table) -> Option<Vec<Path>> {
    if !table.has("items") {
        if table.flag("lines") == Some(true) {
            return Some(vec![Path::whole()]);
        }
        table.missing("items", "items = \"/pointer/to/the/list\"");
        return None;
    }
    let found = listed(table, "items");
    (!found.is_empty()).then_some(found)
}

/// One path, or a list of them.
fn listed(table: &mut Table, key: &str) -> Vec<Path> {
    let Some(value) = table.value(key) else { return Vec::new() };
    let problems = table.problems().clone();
    let values = match value.data {
        Data::List(values) => values,
        data => vec![Value { place: value.place, data }],
    };
    values.into_iter().filter_map(|value| one_path(key, &value, &problems)).collect()
}

/// The path under `key`.
fn path(table: &mut Table, key: &str) -> Option<Path> {
    let value = table.value(key)?;
    one_path(key, &value, table.problems())
}

fn one_path(key: &str, value: &Value, problems: &Problems) -> Option<Path> {
    let Data::Text(text) = &value.data else {
        problems.add(Problem::error(value.place.clone(), format!("`{key}` is no pointer or path"), POINTER));
        return None;
    };
    // The document itself is the list.
    if matches!(text.as_str(), "" | "$") {
        return Some(Path::whole());
    }
    match Path::parse(text) {
        Ok(path) => Some(path),
        Err(why) => {
            problems.add(Problem::error(value.place.clone(), format!("`{text}` is no pointer or path: {why}"), POINTER));
            None
        }
    }
}

/// How a field is read; a mistake in one alternative leaves the others.
fn field(table: &mut Table, key: &str) -> Option<Field> {
    let value = table.value(key)?;
    let field = parts(key, value, table.problems(), 0);
    (!field.0.is_empty()).then_some(field)
}

fn parts(key: &str, value: Value, problems: &Problems, depth: usize) -> Field {
    let Value { place, data } = value;
    let wrong = |message: String| {
        problems.add(Problem::error(place.clone(), message, FIELD));
        Field(Vec::new())
    };
    match data {
        _ if depth > DEPTH_MAX => wrong(format!("`{key}` goes too deep")),
        Data::Text(text) => match Part::parse(&text) {
            Ok(part) => Field(vec![part]),
            Err(why) => wrong(format!("`{key}` cannot be read from `{text}`: {why}")),
        },
        Data::List(values) if values.is_empty() => wrong(format!("`{key}` is an empty list")),
        Data::List(values) => Field(values.into_iter().flat_map(|value| parts(key, value, problems, depth + 1).0).collect()),
        Data::Table(entries) => {
            let mut table = Table::new(place.clone(), entries, problems);
            let Some(join) = table.value("join") else {
                table.missing("join", "join = [\"/pros\", \"/cons\"]");
                table.finish();
                return Field(Vec::new());
            };
            table.finish();
            let Data::List(values) = join.data else {
                return wrong(format!("`join` of `{key}` is no list"));
            };
            let fields: Vec<Field> = values.into_iter().map(|value| parts(key, value, problems, depth + 1)).collect();
            Field(vec![Part::Join(fields.into_iter().filter(|field| !field.0.is_empty()).collect())])
        }
        _ => wrong(format!("`{key}` is neither a string, a list nor a table")),
    }
}

/// `[source.json.ratings]`: words and the ratings they stand for.
fn ratings(table: &mut Table) -> std::collections::BTreeMap<String, f64> {
    let Some(inner) = table.table("ratings") else { return std::collections::BTreeMap::new() };
    let problems = inner.problems().clone();
    let number = |entry: crate::problem::Entry| match entry.value.data {
        Data::Float(number) if number.is_finite() => Some((entry.key, number)),
        #[expect(clippy::cast_precision_loss, reason = "ratings are far below 2^52")]
        Data::Integer(number) => Some((entry.key, number as f64)),
        _ => {
            let message = format!("`{}` stands for no number", entry.key);
            problems.add(Problem::error(entry.value.place, message, "Write `FIVE = 5` or `true = 5`."));
            None
        }
    };
    inner.into_entries().into_iter().filter_map(number).collect()
}

/// `[source.json.extra]`: names of the operator's own.
fn extra(table: &mut Table) -> Vec<(String, Field)> {
    let Some(inner) = table.table("extra") else { return Vec::new() };
    let problems = inner.problems().clone();
    let named = inner.into_entries().into_iter().map(|entry| (parts(&entry.key, entry.value, &problems, 0), entry.key));
    named.filter(|(field, _)| !field.0.is_empty()).map(|(field, name)| (name, field)).collect()
}

/// `[source.json.expect]`: pointers, and what has to be there.
fn expect(table: &mut Table) -> Vec<(Path, Vec<Json>)> {
    let Some(inner) = table.table("expect") else { return Vec::new() };
    let problems = inner.problems().clone();
    let mut found = Vec::new();
    for entry in inner.into_entries() {
        let path = match Path::parse(&entry.key) {
            Ok(path) => path,
            Err(why) => {
                let message = format!("`{}` is no pointer or path: {why}", entry.key);
                problems.add(Problem::error(entry.key_place, message, "Write `\"/code\" = 0`, with the pointer in quotes."));
                continue;
            }
        };
        let values = match entry.value.data {
            Data::List(values) => values.iter().map(|value| json(&value.data)).collect(),
            data => vec![json(&data)],
        };
        found.push((path, values));
    }
    found
}

/// What is sent by POST: text as it stands, or a table that becomes JSON.
fn body(table: &mut Table) -> Option<RequestBody> {
    let value = table.value("body")?;
    let body = match &value.data {
        Data::Text(text) => {
            let is_json = serde_json::from_str::<Json>(text).is_ok();
            let content_type = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            if !is_json && text.trim_start().starts_with(['{', '[']) {
                let help = "Write it as a table, `body = { query = \"...\" }`, which is always right.";
                table.complain("body", "this begins like JSON and is none", help);
                return None;
            }
            RequestBody { text: text.clone(), content_type }
        }
        data @ (Data::Table(_) | Data::List(_)) => RequestBody { text: json(data).to_string(), content_type: "application/json" },
        _ => {
            table.complain("body", "`body` is neither a string nor a table", "Write `body = { query = \"...\" }` or `body = \"a=b\"`.");
            return None;
        }
    };
    Some(body)
}

/// A value of TOML as one of JSON.
fn json(data: &Data) -> Json {
    match data {
        Data::Text(text) | Data::Time(text) => Json::from(text.as_str()),
        Data::Integer(number) => Json::from(*number),
        Data::Float(number) => Json::from(*number),
        Data::Flag(flag) => Json::from(*flag),
        Data::List(values) => values.iter().map(|value| json(&value.data)).collect(),
        Data::Table(entries) => Json::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value.data))).collect()),
    }
}
