//! One line of JSON: the shape of `probe`'s lines, or of `classify`'s.

use serde_json::{Map, Value};

use super::fields::{Field, Said};

/// What a line says, or what is wrong with it.
pub(super) fn said(line: &str) -> Result<Said, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("this is no JSON: {error}"))?;
    let Value::Object(map) = value else { return Err("an item is an object: {\"text\": \"...\"}".to_owned()) };
    let mut said = Said::default();
    for field in Field::ALL {
        match text(&map, field) {
            Ok(Some(text)) => drop(said.fields.insert(field, text)),
            Ok(None) => {}
            Err(fault) => said.faults.push(fault),
        }
    }
    Ok(said)
}

/// Texts where texts belong; an id, a time or a rating may be a number too.
fn text(map: &Map<String, Value>, field: Field) -> Result<Option<String>, String> {
    let may_be_number = matches!(field, Field::Id | Field::Rating | Field::RatingMax | Field::Published | Field::Updated);
    match map.get(field.as_str()) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) if may_be_number => Ok(Some(number.to_string())),
        Some(other) => Err(format!("`{field}` is {}, not a text", kind(other))),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
