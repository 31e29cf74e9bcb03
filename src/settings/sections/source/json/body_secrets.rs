//! `body_secrets` of `[source.json]`: what of the body is secret, in files of its own like the values of `headers`.

use serde_json::Value as Json;

use super::super::Reading;
use super::super::door::credential;
use crate::collect::credential::Credential;
use crate::collect::extract::endpoint::RequestBody;
use crate::collect::fetch::body::set_member;
use crate::model::Secret;
use crate::problem::Table;
use crate::settings::values::secrets;

/// Each secret with its pointer or field, where the body has a place for it.
pub(super) fn read(
    table: &mut Table,
    body: Option<&RequestBody>,
    reading: &Reading<'_>,
    credentials: &mut Vec<Credential>,
) -> Vec<(String, Secret)> {
    if !table.has("body_secrets") {
        return Vec::new();
    }
    let has_body = table.has("body");
    let found = secrets(table, "body_secrets", reading.surroundings, &reading.company.timezone);
    credentials.extend(found.iter().filter_map(|secret| credential(secret, || format!("{} of the body", secret.name))));
    // A `body` that is wrong has been complained of.
    let Some(body) = body else {
        if !has_body {
            let help = "Add `body = { query = \"...\" }`; a secret of the query is one of `parameters`, one of a header of `headers`.";
            table.complain("body_secrets", "`body_secrets` without a `body`", help);
        }
        return Vec::new();
    };
    for secret in &found {
        if let Some((message, help)) = misplaced(body, &secret.name) {
            table.complain("body_secrets", message, help);
        }
    }
    found.into_iter().map(|secret| (secret.name, secret.value)).collect()
}

/// What is wrong with a place in the body, and what would be right.
fn misplaced(body: &RequestBody, name: &str) -> Option<(String, String)> {
    let Ok(mut document) = serde_json::from_str::<Json>(&body.text) else {
        let is_pointer = name.starts_with('/');
        let help = "Write the field's name alone; a pointer leads into a `body` of JSON.";
        return is_pointer.then(|| (format!("`{name}` is a pointer, and the `body` is a form"), help.to_owned()));
    };
    if !name.starts_with('/') {
        return Some((format!("`{name}` is no pointer into the `body`"), format!("Write it as \"/{name}\".")));
    }
    if set_member(&mut document, name, Json::from("")).is_some() {
        return None;
    }
    let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
    let help = "Give the `body` a table there: `body = { auth = {} }` for \"/auth/token\".";
    Some((format!("the `body` has no table at `{parent}`"), help.to_owned()))
}
