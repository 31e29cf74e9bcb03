//! The contract with programs: it is served, it names every route, and what it says of shapes can fail. That the answers have them is looked
//! at wherever a story asks (`world::contract`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::browser::ask;
use crate::world::contract::{check, document, operations};
use crate::world::daemon::World;
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::review::Review;

/// What the router has below `/v1`, as path and method.
fn routes() -> BTreeSet<(String, String)> {
    let router = include_str!("../../../src/web/mod.rs");
    let mut routes = BTreeSet::new();
    for line in router.split(".route(").skip(1) {
        let path = line.split('"').nth(1).expect("a path");
        let handlers = line.split(".layer(").next().unwrap_or_default();
        let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| handlers.contains(&format!("{method}(")));
        routes.extend(methods.filter(|_| path.starts_with("/v1/")).map(|method| (path.to_owned(), method.to_owned())));
    }
    routes
}

#[test]
fn every_route_stands_in_the_contract() {
    let routes = routes();
    assert!(routes.len() >= 6, "{routes:?}");
    assert_eq!(operations(), routes);
}

#[test]
fn a_shape_can_fail() {
    let document = document();
    let of = |name: &str, value: &Value| check(&document, &json!({ "$ref": format!("#/components/schemas/{name}") }), value, "$");
    assert_eq!(of("Error", &json!({ "error": { "code": "busy", "message": "later" } })), Ok(()));
    for (name, value) in [
        ("Error", json!({ "error": { "code": "busy" } })),
        ("Error", json!({ "error": { "code": "busy", "message": 7 } })),
        ("Error", json!({ "error": { "code": "busy", "message": "later", "more": 1 } })),
        ("Effect", json!({ "effect": "already" })),
        ("Effect", json!({ "effect": "vanished" })),
    ] {
        assert!(of(name, &value).is_err(), "{name} {value}");
    }
}

#[tokio::test]
async fn a_program_finds_the_contract_and_everything_in_it() {
    let mut world = World::start(Plan::with(|plan| plan.public_url = "https://hearken.test/desk/")).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    for path in ["/v1/openapi.json", "/desk/v1/openapi.json"] {
        let reply = ask(world.address(), "GET", path, &[], b"").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
        let served = reply.json();
        assert_eq!(served["servers"][0]["url"], "https://hearken.test/desk");
        assert_eq!(served["paths"], document()["paths"]);
    }
    let bearer = format!("Bearer {API_TOKEN}");
    let head = [("Authorization", bearer.as_str())];
    for (path, method) in operations() {
        let path =
            path.replace("{id}", &incident.id).replace("{verb}", "acknowledge").replace("{source}", "nobody").replace("{callback}", "0");
        let status = ask(world.address(), &method.to_ascii_uppercase(), &path, &head, b"").await.status;
        assert!(status != 405 && status < 500, "{method} {path}: {status}");
    }
    for query in ["limit=many", "state=asleep", "limit=1&limit=2"] {
        let reply = ask(world.address(), "GET", &format!("/v1/incidents?{query}"), &head, b"").await;
        assert_eq!((reply.status, reply.json()["error"]["code"].as_str()), (422, Some("invalid")), "{query}: {}", reply.body);
    }
    world.finish().await;
}
