//! `/a/{token}`: the link in a mail. GET shows the case and changes nothing; a person's POST answers.

use axum::Extension;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde::Deserialize;

use super::Web;
use super::peer::Client;
use crate::model::{Action, Incident, Via};
use crate::respond::acknowledge::{Actor, Effect, LinkClaims, LinkError, verify};
use crate::respond::message::{Answer, CasePage, Page, PageContext, render_page};
use crate::store::StoreError;
use crate::tasks::answer::{self, Origin};
use crate::tasks::live::Live;

/// Longest name and note that are kept; the form allows the same.
pub(super) const NAME_CHARS_MAX: usize = 100;
pub(super) const NOTE_CHARS_MAX: usize = 2_000;
pub(super) const CAUSE_CHARS_MAX: usize = 500;
/// Longest `User-Agent` that is kept.
const AGENT_CHARS_MAX: usize = 200;

/// What the page's form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    action: String,
    name: String,
    note: String,
    department: String,
    cause: String,
    remedy: String,
}

/// `GET /a/{token}`
pub(super) async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    let claims = match claims(&web, &token) {
        Ok(claims) => claims,
        Err(error) => return invalid(&web.context.live(), error == LinkError::Expired),
    };
    match page(&web, &claims, &claims.recipient, (false, false)).await {
        Ok(page) => page,
        Err(error) => unavailable(&error),
    }
}

/// `POST /a/{token}`
pub(super) async fn answer(
    State(web): State<Web>,
    Path(token): Path<String>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let claims = match claims(&web, &token) {
        Ok(claims) => claims,
        Err(error) => return invalid(&web.context.live(), error == LinkError::Expired),
    };
    match act(&web, &claims, &fields, client, &headers).await {
        Ok(response) => response,
        Err(error) => unavailable(&error),
    }
}

async fn act(web: &Web, claims: &LinkClaims, fields: &Fields, client: Client, headers: &HeaderMap) -> Result<Response, StoreError> {
    let name = one_line(&fields.name, NAME_CHARS_MAX);
    let action = action(fields);
    let closing_missing = matches!(&action, Some(Action::Resolve { cause, remedy, .. }) if cause.is_empty() || remedy.is_empty());
    let (Some(action), false, false) = (action, name.is_empty(), closing_missing) else {
        return page(web, claims, &name, (name.is_empty(), closing_missing))
            .await
            .map(|page| (StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let actor = Actor { name, via: Via::Link, note: note(fields, &action), generation: Some(claims.generation) };
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(|agent| cut(agent, AGENT_CHARS_MAX));
    let origin = Origin { ip: Some(client.0.to_string()), agent, call_id: None };
    let live = web.context.live();
    let Some(answered) = answer::answer(&web.context, &claims.incident, &action, &actor, &origin).await? else {
        return Ok(unknown(&live, claims));
    };
    let page = Page::Answered(Answer {
        incident: &answered.incident,
        action: &action,
        effect: &answered.effect,
        timezone: live.timezone_of(&claims.department),
        departments: &live.settings.departments,
    });
    Ok(rendered(&live, language(&live, claims), page))
}

/// What was typed beside an answer. Cause and remedy belong to the end of a case; typed with another answer they are kept all the same.
fn note(fields: &Fields, action: &Action) -> String {
    let closing = [&fields.cause, &fields.remedy];
    let also = closing.into_iter().filter(|_| !matches!(action, Action::Resolve { .. }));
    let typed = std::iter::once(&fields.note).chain(also).map(|text| text.trim()).filter(|text| !text.is_empty());
    cut(&typed.collect::<Vec<_>>().join("\n"), NOTE_CHARS_MAX)
}

fn action(fields: &Fields) -> Option<Action> {
    Some(match fields.action.as_str() {
        "acknowledge" => Action::Acknowledge,
        "not_ours" => Action::NotOurs,
        "false_alarm" => Action::FalseAlarm,
        "hand_over" => Action::HandOver { department: fields.department.clone() },
        "resolve" => {
            Action::Resolve { cause: cut(&fields.cause, CAUSE_CHARS_MAX), remedy: cut(&fields.remedy, CAUSE_CHARS_MAX), over: None }
        }
        _ => return None,
    })
}

async fn page(web: &Web, claims: &LinkClaims, name: &str, missing: (bool, bool)) -> Result<Response, StoreError> {
    let live = web.context.live();
    let Some(incident) = web.context.store.incident(&claims.incident).await? else { return Ok(unknown(&live, claims)) };
    if claims.generation != incident.generation {
        return Ok(moved(&live, claims, &incident));
    }
    let first = web.context.store.incident_mentions(&incident.id).await?.into_iter().next();
    let (mention, verdict) = first.unzip();
    let answers = web.context.store.incident_acknowledgements(&incident.id).await?.into_iter().map(|answer| answer.row);
    let notes: Vec<(String, String)> = answers.filter(|row| !row.note.is_empty()).map(|row| (row.actor, row.note)).collect();
    Ok(case(&live, claims, &incident, (mention.as_ref(), verdict.as_ref()), &notes, (name, missing)))
}

/// The link was made before the case went to another department: there is nothing to answer here any more.
fn moved(live: &Live, claims: &LinkClaims, incident: &Incident) -> Response {
    let page = Page::Answered(Answer {
        incident,
        action: &Action::Acknowledge,
        effect: &Effect::Moved { department: incident.department.clone() },
        timezone: live.timezone_of(&claims.department),
        departments: &live.settings.departments,
    });
    rendered(live, language(live, claims), page)
}

fn case(
    live: &Live,
    claims: &LinkClaims,
    incident: &Incident,
    (mention, verdict): (Option<&crate::model::Mention>, Option<&crate::model::Verdict>),
    notes: &[(String, String)],
    (name, (name_missing, closing_missing)): (&str, (bool, bool)),
) -> Response {
    let page = Page::Case(CasePage {
        incident,
        mention,
        verdict,
        timezone: live.timezone_of(&claims.department),
        departments: &live.settings.departments,
        notes,
        name,
        name_missing,
        closing_missing,
    });
    rendered(live, language(live, claims), page)
}

fn claims(web: &Web, token: &str) -> Result<LinkClaims, LinkError> {
    verify(&web.context.link_keys(), token, web.context.clock.now())
}

fn invalid(live: &Live, expired: bool) -> Response {
    let page = rendered(live, &live.settings.company.language, Page::Invalid { expired });
    (if expired { StatusCode::GONE } else { StatusCode::NOT_FOUND }, page).into_response()
}

/// The link is genuine, and so the case was there: before a backup was put back, or until it was forgotten.
fn unknown(live: &Live, claims: &LinkClaims) -> Response {
    (StatusCode::GONE, rendered(live, language(live, claims), Page::Unknown { incident: &claims.incident })).into_response()
}

fn language<'a>(live: &'a Live, claims: &LinkClaims) -> &'a str {
    let department = live.settings.departments.iter().find(|department| department.name == claims.department);
    department.map_or(live.settings.company.language.as_str(), |department| &department.language)
}

fn rendered(live: &Live, language: &str, page: Page<'_>) -> Response {
    Html(render_page(&live.templates, &PageContext { language, company: &live.settings.company.name, page })).into_response()
}

/// The person must know that nothing was taken down.
fn unavailable(error: &StoreError) -> Response {
    tracing::error!(%error, "an answer could not be kept");
    let text = "Nothing was recorded: the store does not answer. Please try again in a minute.\n此刻無法記錄，請稍後再試。\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], text).into_response()
}

/// A name stands in subjects, lists and logs.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    cut(&text.replace(['\r', '\n'], " "), chars_max)
}

/// Without control characters other than line ends, at most so long.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    let clean = text.chars().filter(|letter| !letter.is_control() || *letter == '\n').take(chars_max);
    clean.collect::<String>().trim().to_owned()
}
