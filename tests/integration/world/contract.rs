//! What `/v1/openapi.json` promises, held against every answer of `/v1` that a story sees: a status that is named there, and the shape.

use std::collections::BTreeSet;

use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../src/web/openapi.json");

/// What of JSON Schema the document uses; with another word the check would look away.
const WORDS: [&str; 13] = [
    "$ref",
    "type",
    "format",
    "enum",
    "oneOf",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "description",
    "minimum",
    "maximum",
    "default",
];

/// The document as it is shipped.
pub(crate) fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the contract is JSON")
}

/// Path and method of everything that is described.
pub(crate) fn operations() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let of = |(path, item): (&String, &Value)| {
        let methods: Vec<String> = item.as_object().expect("an item").keys().cloned().collect();
        methods.into_iter().map(|method| (path.clone(), method)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// Panics where an answer is not as the contract has it. Of addresses that it does not describe it says nothing.
pub(crate) fn hold(method: &str, path: &str, status: u16, content_type: Option<&str>, body: &str) {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let Some(path) = path.find("/v1/").map(|at| &path[at..]) else { return };
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut fitting: Vec<&String> = paths.keys().filter(|template| fits(template, path)).collect();
    // `/v1/a/{b}` is less than `/v1/a/b`.
    fitting.sort_by_key(|template| template.contains('{'));
    let Some(template) = fitting.first() else { return };
    let said = format!("{method} {template}: {status}");
    let Some(operation) = paths[*template].get(method.to_ascii_lowercase()) else {
        assert!(status == 405 || method == "HEAD", "{said}: the contract knows no such method");
        return;
    };
    let response = operation["responses"].get(status.to_string()).unwrap_or_else(|| panic!("{said} is not in the contract\n{body}"));
    let response = resolved(&document, response);
    let Some(contents) = response.get("content").and_then(Value::as_object) else {
        assert_eq!(body, "", "{said}: the contract promises nothing");
        return;
    };
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let content = contents.get(kind).unwrap_or_else(|| panic!("{said}: `{kind}` is not in the contract\n{body}"));
    if kind == "application/json" {
        let value: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{said}: {error}\n{body}"));
        if let Err(fault) = check(&document, &content["schema"], &value, "$") {
            panic!("{said}: {fault}\n{body}");
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let same = |(wanted, given): (&&str, &&str)| wanted == given || (wanted.starts_with('{') && !given.is_empty());
    wanted.len() == given.len() && wanted.iter().zip(&given).all(same)
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("{place} is nowhere in the contract")),
        None => value,
    }
}

/// Whether a value has the shape of a schema; else where it has not.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolved(document, schema);
    for word in schema.as_object().expect("a schema").keys() {
        assert!(WORDS.contains(&word.as_str()), "`{word}` is a word that nobody checks");
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let fitting = ways.iter().filter(|way| check(document, way, value, at).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{at} fits {fitting} of {} shapes: {value}", ways.len())) };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        kinds => kinds.as_array().expect("a type").iter().filter_map(Value::as_str).collect(),
    };
    if !kinds.iter().any(|kind| is_a(kind, value)) {
        return Err(format!("{at} should be {kinds:?} and is {value}"));
    }
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        return Err(format!("{at} should be one of {words:?} and is {value}"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values.iter().enumerate().try_for_each(|(index, value)| check(document, items, value, &format!("{at}[{index}]")))?;
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !fields.contains_key(*name)) {
        return Err(format!("{at} lacks `{missing}`"));
    }
    for (name, value) in fields {
        match schema["properties"].get(name) {
            Some(own) => check(document, own, value, &format!("{at}.{name}"))?,
            None if schema["additionalProperties"] == true => {}
            None => return Err(format!("{at}.{name} is not in the contract")),
        }
    }
    Ok(())
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("`{other}` is no type"),
    }
}
