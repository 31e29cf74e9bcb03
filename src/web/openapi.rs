//! `GET /v1/openapi.json`: the contract with programs (OpenAPI 3.1). It stands in a file of its own, which the tests hold every answer to.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Web;

const DOCUMENT: &str = include_str!("openapi.json");

/// The document, with this version and the address by which others reach us. It says nothing that the manual does not, so it needs no token.
pub(super) async fn show(State(web): State<Web>) -> Json<Value> {
    Json(filled(web.context.live().settings.web.public_url.as_str()))
}

fn filled(public_url: &str) -> Value {
    let mut document: Value = serde_json::from_str(DOCUMENT).expect("a test reads the document");
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["servers"] = json!([{ "url": public_url.trim_end_matches('/') }]);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_its_version_and_where_it_is_reached() {
        let document = filled("https://hearken.example/desk/");
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["servers"][0]["url"], "https://hearken.example/desk");
    }
}
