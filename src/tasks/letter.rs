//! From a claimed delivery to what goes over the wire.

use std::cmp::Reverse;

use super::live::Live;
use crate::model::Secret;
use crate::respond::deliver::smtp::Mail;
use crate::respond::link::{LinkClaims, expiry, token};
use crate::respond::message::{self, Message, MessageContext, PartOf};
use crate::respond::notify::{hashed_id, thread_root};
use crate::store::Claimed;

/// The mail of a delivery: the same at every attempt.
pub(super) fn mail(live: &Live, keys: &[Secret], claimed: &Claimed) -> Mail {
    let delivery = &claimed.delivery;
    let url = acknowledge_url(live, keys, claimed);
    let message = message::render(&live.templates, &context(live, claimed, url.as_deref()));
    Mail { thread_root: Some(thread_root(&delivery.incident, &live.domain)), ..addressed(live, claimed, message) }
}

fn addressed(live: &Live, claimed: &Claimed, message: Message) -> Mail {
    let delivery = &claimed.delivery;
    Mail {
        message_id: delivery.message_id.clone(),
        thread_root: None,
        to_name: delivery.name.clone(),
        to_address: delivery.recipient.clone(),
        subject: message.subject,
        text: message.text,
        html: message.html,
        list_id: format!("{}.hearken.{}", list_label(&delivery.department), live.domain),
        date: delivery.created_at,
    }
}

/// The mails that a gathered one comes in, the worst cases first: as many as are shown whole. What is left after a crash between two of
/// them is parted anew in the same order.
pub(super) fn parted(live: &Live, keys: &[Secret], mut claimed: Claimed) -> Vec<(Claimed, Option<PartOf>)> {
    let mut all = std::mem::take(&mut claimed.others);
    if all.is_empty() {
        return vec![(claimed, None)];
    }
    all.push(claimed);
    all.sort_by(|one, other| {
        let key = |claimed: &Claimed| (Reverse(claimed.incident.severity), claimed.incident.opened_at);
        key(one).cmp(&key(other)).then_with(|| one.delivery.id.cmp(&other.delivery.id))
    });
    let counts = {
        let urls: Vec<Option<String>> = all.iter().map(|one| acknowledge_url(live, keys, one)).collect();
        let cases: Vec<MessageContext<'_>> = all.iter().zip(&urls).map(|(one, url)| context(live, one, url.as_deref())).collect();
        message::parts(&live.templates, &cases)
    };
    let (parts, cases) = (counts.len(), all.len());
    let mut rest = all.into_iter();
    let mut mails = Vec::new();
    for (at, count) in counts.into_iter().enumerate() {
        let mut part = rest.by_ref().take(count);
        let Some(first) = part.next() else { break };
        let of = (parts > 1).then_some(PartOf { number: at + 1, parts, cases });
        mails.push((Claimed { others: part.collect(), ..first }, of));
    }
    mails
}

/// One mail for several cases at once. It is another mail where others go with it.
pub(super) fn gathered(live: &Live, keys: &[Secret], claimed: &Claimed, part: Option<PartOf>) -> Mail {
    let all: Vec<&Claimed> = std::iter::once(claimed).chain(&claimed.others).collect();
    let urls: Vec<Option<String>> = all.iter().map(|one| acknowledge_url(live, keys, one)).collect();
    let cases: Vec<MessageContext<'_>> = all.iter().zip(&urls).map(|(one, url)| context(live, one, url.as_deref())).collect();
    let message = message::render_gathered(&live.templates, &cases, part);
    let ids: Vec<&str> = claimed.rows().map(|row| row.message_id.as_str()).collect();
    Mail { message_id: hashed_id(&ids, &live.domain), thread_root: None, ..addressed(live, claimed, message) }
}

/// The JSON of a webhook call.
pub(super) fn body(live: &Live, keys: &[Secret], claimed: &Claimed) -> Vec<u8> {
    let url = acknowledge_url(live, keys, claimed);
    let context = context(live, claimed, url.as_deref());
    message::webhook_body(&live.templates, &context, claimed.delivery.created_at, claimed.shrink).to_string().into_bytes()
}

fn context<'a>(live: &'a Live, claimed: &'a Claimed, url: Option<&'a str>) -> MessageContext<'a> {
    let delivery = &claimed.delivery;
    MessageContext {
        kind: delivery.kind.into(),
        incident: &claimed.incident,
        mention: claimed.mention.as_ref(),
        verdict: claimed.verdict.as_ref(),
        note: &delivery.note,
        step: delivery.step,
        at: delivery.created_at,
        language: &delivery.language,
        timezone: live.timezone_of(&delivery.department),
        departments: &live.settings.departments,
        also_told: &claimed.also_told,
        undelivered: &claimed.undelivered,
        acknowledge_url: url,
        reply_to: live.context().reply_to(&delivery.channel),
        company: &live.settings.company.name,
    }
}

/// The link by which this recipient answers; it expires by the time of the delivery, so that a repeat is the same mail.
fn acknowledge_url(live: &Live, keys: &[Secret], claimed: &Claimed) -> Option<String> {
    let delivery = &claimed.delivery;
    let claims = LinkClaims {
        incident: delivery.incident.clone(),
        generation: delivery.generation,
        recipient: delivery.name.clone(),
        department: delivery.department.clone(),
        step: delivery.step,
        expires_at: expiry(delivery.created_at, live.settings.respond.link_valid),
    };
    token(keys, &claims).map(|token| format!("{}{token}", answer_link(live)))
}

/// What every such link begins with.
pub(super) fn answer_link(live: &Live) -> String {
    format!("{}/a/", live.settings.web.public_url.as_str().trim_end_matches('/'))
}

/// A department's name as one label of a `List-Id` (RFC 2919): letters, digits and hyphens of ASCII.
fn list_label(department: &str) -> String {
    let label: String =
        department.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect();
    let label = label.trim_matches('-').to_owned();
    if label.is_empty() { "department".to_owned() } else { label }
}
