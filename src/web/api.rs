//! `/v1/incidents`: the same answers as a link gives, for programs.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Web;
use super::acknowledge::{CAUSE_CHARS_MAX, NAME_CHARS_READ, NOTE_CHARS_MAX, cut, is_too_long, one_line};
use super::auth::caller;
use super::error::ApiError;
use super::peer::Client;
use crate::model::{Action, IncidentState, Listed, Via};
use crate::respond::acknowledge::{Actor, Effect, NAME_CHARS_MAX};
use crate::store::IncidentFilter;
use crate::tasks::answer::{self, Origin};

/// Incidents of one listing.
const LIST_MAX: i64 = 500;

/// The body of an answer; every field may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AnswerBody {
    /// Who answers; the token's name where it is left out.
    actor: Option<String>,
    note: String,
    /// For `hand-over`.
    department: Option<String>,
    /// For `resolve`.
    cause: Option<String>,
    remedy: Option<String>,
}

/// Which incidents a listing shows.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Filter {
    state: Option<String>,
    department: Option<String>,
    limit: Option<i64>,
}

/// `POST /v1/incidents/{id}/{verb}`: `acknowledge`, `not-ours`, `false-alarm`, `hand-over`, `resolve`.
pub(super) async fn answer(
    State(web): State<Web>,
    Path((id, verb)): Path<(String, String)>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let caller = caller(&web.context.live().settings.web, &headers, &body, web.context.clock.now())?;
    let fields: AnswerBody = if body.is_empty() {
        AnswerBody::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| ApiError::Invalid(format!("the body is not as it should be: {error}")))?
    };
    let action = action(&verb, &fields)?;
    let name = fields.actor.map(|name| one_line(&name, NAME_CHARS_READ)).filter(|name| !name.is_empty());
    if name.as_deref().is_some_and(is_too_long) {
        return Err(ApiError::Invalid(format!("`actor` is longer than {NAME_CHARS_MAX} characters")));
    }
    let note = cut(&fields.note, NOTE_CHARS_MAX);
    let actor = Actor { name: name.unwrap_or(caller.name), via: Via::Api, note, generation: None };
    let call_id = caller.call_id.map(|call| format!("{verb} {id} {call}"));
    let origin = Origin { ip: Some(client.0.to_string()), agent: None, call_id };
    let answered = answer::answer(&web.context, &id, &action, &actor, &origin).await?.ok_or(ApiError::NotFound)?;
    if let Effect::NotPossible { department } = &answered.effect {
        return Err(ApiError::Invalid(format!(
            "it cannot be handed over to `{department}`: there is no such department, or it is there already"
        )));
    }
    Ok(Json(json!({ "effect": answered.effect, "incident": answered.incident })))
}

/// Of an answer that there is not so much is repeated.
const VERB_CHARS_MAX: usize = 40;

fn action(verb: &str, fields: &AnswerBody) -> Result<Action, ApiError> {
    Ok(match verb {
        "acknowledge" => Action::Acknowledge,
        "not-ours" => Action::NotOurs,
        "false-alarm" => Action::FalseAlarm,
        "hand-over" => {
            let department = fields.department.clone().ok_or_else(|| ApiError::Invalid("`department` is missing".to_owned()))?;
            Action::HandOver { department }
        }
        "resolve" => {
            let text = |name: &str, field: &Option<String>| {
                let text = cut(field.as_deref().unwrap_or_default(), CAUSE_CHARS_MAX);
                if text.is_empty() { Err(ApiError::Invalid(format!("`{name}` is missing"))) } else { Ok(text) }
            };
            Action::Resolve { cause: text("cause", &fields.cause)?, remedy: text("remedy", &fields.remedy)?, over: None }
        }
        _ => return Err(ApiError::NoSuchAnswer(one_line(verb, VERB_CHARS_MAX))),
    })
}

/// `GET /v1/incidents?state=open&department=..&limit=..`, newest first.
pub(super) async fn list(
    State(web): State<Web>,
    filter: Result<Query<Filter>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    caller(&web.context.live().settings.web, &headers, b"", web.context.clock.now())?;
    let Query(filter) = filter.map_err(|error| ApiError::Invalid(format!("the question is not as it should be: {error}")))?;
    let state = filter.state.map(|word| word.parse::<IncidentState>());
    let state = state.transpose().map_err(|_| ApiError::Invalid("`state` is open, acknowledged or resolved".to_owned()))?;
    let limit = filter.limit.unwrap_or(100).clamp(1, LIST_MAX);
    let incidents = web.context.store.listed(&IncidentFilter { state, department: filter.department, since: None, limit }).await?;
    Ok(Json(json!({ "incidents": incidents })))
}

/// `GET /v1/incidents/{id}`: the case with its mentions, deliveries and history.
pub(super) async fn show(State(web): State<Web>, Path(id): Path<String>, headers: HeaderMap) -> Result<Json<Value>, ApiError> {
    caller(&web.context.live().settings.web, &headers, b"", web.context.clock.now())?;
    let store = &web.context.store;
    let incident = store.incident(&id).await?.ok_or(ApiError::NotFound)?;
    let mentions = store.incident_mentions(&id).await?;
    let incident = Listed::of(incident, mentions.first().map(|(_, verdict)| verdict.category_names()));
    let mentions: Vec<Value> = mentions.iter().map(|(mention, verdict)| json!({ "mention": mention, "verdict": verdict })).collect();
    let (deliveries, events) = (store.incident_deliveries(&id).await?, store.incident_events(&id).await?);
    let (told, pages) = (store.tellings(&id).await?, store.rechecks(&id).await?);
    Ok(Json(
        json!({ "incident": incident, "mentions": mentions, "told": told, "deliveries": deliveries, "events": events, "pages": pages }),
    ))
}
