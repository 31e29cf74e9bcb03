//! `/a/{token}`: the link in a mail. GET shows the case and changes nothing; a person's POST answers.

use axum::Extension;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::peer::Client;
use crate::model::{Action, EventKind, Incident, Via, worst};
use crate::respond::acknowledge::{Actor, Effect, LinkClaims, LinkError, NAME_CHARS_MAX, token, verify};
use crate::respond::message::{Answer, Asked, CasePage, Page, PageContext, Reopened, render_page};
use crate::store::{Event, StoreError};
use crate::tasks::answer::{self, Origin};
use crate::tasks::live::Live;

/// As much of a name is looked at, to say that it is too long.
pub(super) const NAME_CHARS_READ: usize = 300;
/// Longest note that is kept; the form allows the same.
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
    match page(&web, &claims, &claims.recipient, Asked::default()).await {
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
    let name = one_line(&fields.name, NAME_CHARS_READ);
    let action = action(fields);
    let asked = Asked {
        name_missing: name.is_empty(),
        // What the page proposes is the operator's own word for the recipient.
        name_too_long: is_too_long(&name) && name != one_line(&claims.recipient, NAME_CHARS_READ),
        closing_missing: matches!(&action, Some(Action::Resolve { cause, remedy, .. }) if cause.is_empty() || remedy.is_empty()),
    };
    let (Some(action), true) = (action, asked == Asked::default()) else {
        return page(web, claims, &name, asked).await.map(|page| (StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let actor = Actor { name, via: Via::Link, note: note(fields, &action), generation: Some(claims.generation) };
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(|agent| cut(agent, AGENT_CHARS_MAX));
    let origin = Origin { ip: Some(client.0.to_string()), agent, call_id: None };
    let live = web.context.live();
    let Some(answered) = answer::answer(&web.context, &claims.incident, &action, &actor, &origin).await? else {
        return Ok(unknown(&live, claims));
    };
    if matches!(answered.effect, Effect::Moved { .. })
        && let Some(renewed) = renewed(web, claims, &answered.incident, &web.context.store.incident_events(&claims.incident).await?)
    {
        return Ok(renewed);
    }
    let page = Page::Answered(Answer {
        incident: &answered.incident,
        moved: answered.moved,
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

async fn page(web: &Web, claims: &LinkClaims, name: &str, asked: Asked) -> Result<Response, StoreError> {
    let live = web.context.live();
    let Some(incident) = web.context.store.incident(&claims.incident).await? else { return Ok(unknown(&live, claims)) };
    let history = web.context.store.incident_events(&incident.id).await?;
    if claims.generation != incident.generation {
        return Ok(renewed(web, claims, &incident, &history).unwrap_or_else(|| moved(&live, claims, &incident)));
    }
    let (mention, verdict) = worst(web.context.store.incident_mentions(&incident.id).await?).unzip();
    let answers = web.context.store.incident_acknowledgements(&incident.id).await?.into_iter().map(|answer| answer.row);
    let notes: Vec<(String, String)> = answers.filter(|row| !row.note.is_empty()).map(|row| (row.actor, row.note)).collect();
    let worse = reopened(&history);
    Ok(case(&live, claims, &incident, (mention.as_ref(), verdict.as_ref()), &notes, worse.as_ref(), (name, asked)))
}

/// How often a case got worse after an answer since it came to its department.
fn reopenings(history: &[Event]) -> i64 {
    let moves = [EventKind::HandedOver, EventKind::NotOurs];
    let since = history.iter().rev().take_while(|event| !moves.iter().any(|kind| event.kind == kind.as_str()));
    i64::try_from(since.filter(|event| event.kind == EventKind::Reopened.as_str()).count()).unwrap_or(i64::MAX)
}

/// The same recipient's link to the case as it is now, where it got worse since the link was made and is with the same department: what
/// is answered has to be seen first.
fn renewed(web: &Web, claims: &LinkClaims, incident: &Incident, history: &[Event]) -> Option<Response> {
    if claims.generation > incident.generation || claims.generation < incident.generation - reopenings(history) {
        return None;
    }
    let now = LinkClaims { generation: incident.generation, ..claims.clone() };
    // Beside this one, whatever a proxy puts before our paths.
    token(&web.context.link_keys(), &now).map(|token| Redirect::to(&token).into_response())
}

/// That the case got worse after somebody had taken it up.
fn reopened(history: &[Event]) -> Option<Reopened> {
    let event = history.iter().rev().find(|event| event.kind == EventKind::Reopened.as_str())?;
    let severity = |field: &str| event.detail[field].as_str()?.parse().ok();
    let by = event.detail["taken_up_by"].as_str().unwrap_or_default().to_owned();
    Some(Reopened { by, from: severity("before")?, to: severity("severity")? })
}

/// The link was made before the case went to another department: there is nothing to answer here any more.
fn moved(live: &Live, claims: &LinkClaims, incident: &Incident) -> Response {
    let page = Page::Answered(Answer {
        incident,
        moved: true,
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
    worse: Option<&Reopened>,
    (name, asked): (&str, Asked),
) -> Response {
    let page = Page::Case(CasePage {
        incident,
        mention,
        verdict,
        timezone: live.timezone_of(&claims.department),
        departments: &live.settings.departments,
        notes,
        worse,
        name,
        asked,
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

/// Whether a name is longer than one that is kept.
pub(super) fn is_too_long(name: &str) -> bool {
    name.chars().count() > NAME_CHARS_MAX
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
