//! Subscriptions at hubs (W3C WebSub): asks for them, renews them, answers what hubs ask back, and takes in what they deliver.
//! Whatever goes wrong with a hub, the polls go on.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::context::{Context, randomness};
use super::driver::{Activation, Ended, TaskError};
use super::intake::pushed::{self, Origin};
use super::live::Live;
use super::metrics::PushLabels;
use crate::collect::fetch::Body;
use crate::collect::poll::items;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::collect::websub::{Hub, LEASE_ASKED, RETRY_DENIED, VERIFIED_WITHIN, granted, is_callable, renew_at, retry_after};
use crate::model::{Moment, Secret, Subscription, SubscriptionState as State};
use crate::outbound;
use crate::respond::signature::{HubMethods, verify_hub};

/// Subscriptions of one look; hubs are asked one after the other, so that a thousand feeds of one hub do not fall on it at once.
const BATCH: i64 = 20;
/// A node that took a subscription and died is waited for this long.
const CLAIMED_FOR: Duration = Duration::from_mins(5);
/// Redirects of a hub that are followed; the large ones have moved once or twice.
const REDIRECTS_MAX: usize = 3;
/// Bytes of a hub's words that are kept.
const WORDS_BYTES_MAX: usize = 300;
/// A challenge is a short random text; an answer does not become a mirror for more.
const CHALLENGE_BYTES_MAX: usize = 2048;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let mut handled = 0;
    while !context.stopped() {
        let due = context.store.due_subscriptions(context.clock.now(), BATCH).await?;
        if due.is_empty() {
            break;
        }
        for subscription in due {
            let now = context.clock.now();
            context.board.update("websub", |status| status.busy_since = Some(now));
            if context.store.claim_subscription(&subscription, now.plus(CLAIMED_FOR)).await? {
                pursue(&context, subscription).await?;
            }
            handled += 1;
        }
    }
    Ok(Activation { handled, next_at: context.store.next_subscription_due().await? })
}

/// What a good poll's document says of hubs. Asked after its items were kept: a crash in between is mended by the next change.
pub(super) async fn heed(context: &Context, source: &SourceOptions, hub: Option<Hub>, was_pushed: bool) -> Result<(), TaskError> {
    // Whoever runs rounds has nobody whom a hub could call.
    if source.kind != SourceKind::Feed || context.is_round() {
        return Ok(());
    }
    let Some(Hub { hub, topic }) = hub else {
        return if was_pushed { Ok(context.store.drop_hub(&source.name).await?) } else { Ok(()) };
    };
    let fresh = Subscription {
        source: source.name.clone(),
        hub: hub.into(),
        topic: topic.into(),
        state: State::Offered,
        callback: hex(&randomness()?),
        secret: Secret::new(hex(&randomness()?)),
        due_at: Some(context.clock.now()),
        asked_at: None,
        granted_until: None,
        failures: 0,
        detail: None,
        pushes: 0,
        forged: 0,
        last_push_at: None,
    };
    if context.store.offer_hub(&fresh).await? {
        tracing::debug!(source = source.name, hub = fresh.hub, topic = fresh.topic, "the feed names a hub");
        context.wakes.websub.notify_one();
    }
    Ok(())
}

/// Does what is due for one subscription.
async fn pursue(context: &Context, subscription: Subscription) -> Result<(), TaskError> {
    let live = context.live();
    let now = context.clock.now();
    let before = subscription.asked_at;
    if let Err(why) = wanted(&live, &subscription.source) {
        let (state, detail) = (State::Off, Some(why.to_owned()));
        let off = Subscription { state, due_at: None, asked_at: None, granted_until: None, detail, ..subscription };
        context.store.write_subscription(&off, before).await?;
        return Ok(());
    }
    if before.is_some() {
        let after = failed(subscription, "the hub did not call back in time; can it reach web.public_url?", now);
        context.store.write_subscription(&after, before).await?;
        return Ok(());
    }
    let asked = Subscription {
        state: if is_active(&subscription, now) { State::Active } else { State::Asked },
        asked_at: Some(now),
        due_at: Some(now.plus(VERIFIED_WITHIN)),
        ..subscription
    };
    // Before it is asked: a hub may call back before it has answered.
    if !context.store.write_subscription(&asked, before).await? {
        return Ok(());
    }
    if let Err(why) = ask(&live, &asked).await {
        let after = failed(asked, &why, context.clock.now());
        context.store.write_subscription(&after, Some(now)).await?;
    }
    Ok(())
}

/// A lease that still runs goes on while its renewal fails.
fn failed(subscription: Subscription, why: &str, now: Moment) -> Subscription {
    let failures = subscription.failures.saturating_add(1);
    tracing::info!(source = subscription.source, hub = subscription.hub, why, failures, "a hub could not be subscribed to");
    let active = is_active(&subscription, now);
    Subscription {
        state: if active { State::Active } else { State::Failing },
        granted_until: subscription.granted_until.filter(|_| active),
        asked_at: None,
        due_at: Some(now.plus(retry_after(failures))),
        failures,
        detail: Some(cut(why)),
        ..subscription
    }
}

fn is_active(subscription: &Subscription, now: Moment) -> bool {
    subscription.state == State::Active && subscription.granted_until.is_some_and(|until| until > now)
}

/// Whether a source is to be pushed, and why not.
fn wanted<'a>(live: &'a Live, source: &str) -> Result<&'a SourceOptions, &'static str> {
    let source = live.settings.sources.iter().find(|known| known.name == source && known.kind == SourceKind::Feed);
    let source = source.ok_or("the source was taken out of the configuration")?;
    if source.websub == Some(false) {
        return Err("switched off by `websub = false`");
    }
    if !is_callable(&live.settings.web.public_url) {
        return Err("web.public_url is no https address that a hub could call");
    }
    Ok(source)
}

/// Asks the hub; it calls back before it delivers anything.
async fn ask(live: &Live, subscription: &Subscription) -> Result<(), String> {
    let callback = live.settings.web.public_url.join(&format!("v1/websub/{}", subscription.callback)).map_err(|error| error.to_string())?;
    let lease = LEASE_ASKED.as_secs().to_string();
    let fields = [
        ("hub.callback", callback.as_str()),
        ("hub.mode", "subscribe"),
        ("hub.topic", subscription.topic.as_str()),
        ("hub.lease_seconds", lease.as_str()),
        ("hub.secret", subscription.secret.expose()),
    ];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut hub = Url::parse(&subscription.hub).map_err(|error| error.to_string())?;
    for _ in 0..=REDIRECTS_MAX {
        let request = live.outbound.request(Method::POST, &hub).map_err(|error| error.to_string())?;
        let request = request.header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone());
        let response = request.send().await.map_err(|error| outbound::describe(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
            return Err(format!("the hub answered {}", status.as_u16()));
        }
        let location = response.headers().get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
        hub = location.and_then(|location| hub.join(location).ok()).ok_or("the hub redirects to nowhere")?;
    }
    Err(format!("the hub redirects more than {REDIRECTS_MAX} times"))
}

/// What a hub asks back (W3C WebSub, 5.3 and 5.2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Intent {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic")]
    topic: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
    #[serde(rename = "hub.lease_seconds")]
    lease_seconds: Option<u64>,
    #[serde(rename = "hub.reason")]
    reason: String,
}

/// Answers a hub that asks whether we meant it: the challenge for what we asked, nothing for anything else. All that a call can
/// change is the subscription we asked for at this very address.
///
/// # Errors
/// The store's.
pub async fn verify(context: &Context, callback: &str, intent: Intent) -> Result<Option<String>, TaskError> {
    let Some(subscription) = context.store.subscription_called(callback).await? else { return Ok(None) };
    let now = context.clock.now();
    let meant = intent.topic == subscription.topic && wanted(&context.live(), &subscription.source).is_ok();
    // A hub that lost our answer asks again.
    let asked = subscription.asked_at.is_some() || is_active(&subscription, now);
    if !meant || !asked {
        return Ok(None);
    }
    let before = subscription.asked_at;
    match intent.mode.as_str() {
        "subscribe" if !intent.challenge.is_empty() && intent.challenge.len() <= CHALLENGE_BYTES_MAX => {
            let lease = granted(intent.lease_seconds);
            tracing::info!(source = subscription.source, hub = subscription.hub, lease_s = lease.as_secs(), "the hub pushes from now on");
            let active = Subscription {
                state: State::Active,
                granted_until: Some(now.plus(lease)),
                due_at: Some(renew_at(lease, now)),
                asked_at: None,
                failures: 0,
                detail: None,
                ..subscription
            };
            context.store.write_subscription(&active, before).await?;
            context.wakes.websub.notify_one();
            Ok(Some(intent.challenge))
        }
        "denied" => {
            let reason = if intent.reason.is_empty() { "the hub gives no reason".to_owned() } else { cut(&intent.reason) };
            tracing::warn!(source = subscription.source, hub = subscription.hub, reason, "the hub denies the subscription; polls go on");
            let denied = Subscription {
                state: State::Denied,
                granted_until: None,
                asked_at: None,
                due_at: Some(now.plus(RETRY_DENIED)),
                failures: subscription.failures.saturating_add(1),
                detail: Some(reason),
                ..subscription
            };
            context.store.write_subscription(&denied, before).await?;
            Ok(Some(String::new()))
        }
        // We never ask to be unsubscribed: a lease that is not renewed ends by itself.
        _ => Ok(None),
    }
}

/// Whether a hub may deliver at this address.
///
/// # Errors
/// The store's.
pub async fn expects(context: &Context, callback: &str) -> Result<Option<Subscription>, TaskError> {
    let found = context.store.subscription_called(callback).await?;
    let known = |subscription: &Subscription| {
        matches!(subscription.state, State::Asked | State::Active | State::Failing) && wanted(&context.live(), &subscription.source).is_ok()
    };
    Ok(found.filter(known))
}

/// Takes what a hub delivered: the feed, or the part of it that is new. What is not signed by our secret is counted and ignored; the hub
/// is told nothing of it (W3C WebSub, 8).
///
/// # Errors
/// When it could not be kept: the hub has to try again.
pub async fn deliver(
    context: &Context,
    subscription: &Subscription,
    signature: Option<&str>,
    content_type: Option<String>,
    body: Vec<u8>,
) -> Result<(), TaskError> {
    let live = context.live();
    let now = context.clock.now();
    let Ok(source) = wanted(&live, &subscription.source) else { return Ok(()) };
    let secrets = std::slice::from_ref(&subscription.secret);
    let forged = verify_hub(secrets, signature.unwrap_or_default(), &body, HubMethods::WebSub).is_err();
    context.store.count_delivery(&subscription.callback, forged, now).await?;
    let outcome = if forged { "forged" } else { take(context, &live, source, subscription, content_type, body, now).await? };
    let labels = PushLabels { source: source.name.clone(), outcome: outcome.to_owned() };
    context.metrics.pushes.get_or_create(&labels).inc();
    Ok(())
}

async fn take(
    context: &Context,
    live: &Live,
    source: &SourceOptions,
    subscription: &Subscription,
    content_type: Option<String>,
    bytes: Vec<u8>,
    now: Moment,
) -> Result<&'static str, TaskError> {
    let state = context.store.source(&source.name).await?;
    let known = state.as_ref().is_some_and(|state| state.baselined);
    let final_url = Url::parse(&subscription.topic).unwrap_or_else(|_| source.url.clone());
    let body = Body {
        bytes,
        content_type,
        etag: None,
        last_modified: None,
        max_age: None,
        links: Vec::new(),
        cut_off: false,
        final_url,
        next: None,
    };
    let read = items(source, state.as_ref().map_or(&source.name, |state| &state.id), &body, live.settings.collect.max_items, now);
    match read {
        // What a source showed before we knew it is not news; the poll finds out what is.
        Ok(found) if known && !found.is_empty() => {
            let origin = Origin { call_id: None, lives_by_it: false, looked: false };
            pushed::take_in(context, source, &found, &origin, now).await?;
            Ok("taken")
        }
        Ok(_) => {
            hasten(context, source, now).await?;
            Ok("empty")
        }
        Err(failure) => {
            tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, "what the hub delivered cannot be read; the feed is polled");
            hasten(context, source, now).await?;
            Ok("malformed")
        }
    }
}

/// Has the poll look now: something is new, and the delivery does not say what.
///
/// # Errors
/// The store's.
pub async fn hasten_source(context: &Context, subscription: &Subscription) -> Result<(), TaskError> {
    match wanted(&context.live(), &subscription.source) {
        Ok(source) => hasten(context, source, context.clock.now()).await,
        Err(_) => Ok(()),
    }
}

async fn hasten(context: &Context, source: &SourceOptions, now: Moment) -> Result<(), TaskError> {
    // Anybody who knows the address could make us poll as often as he calls: never more often than without a hub.
    let state = context.store.source(&source.name).await?;
    let earliest = state.and_then(|state| state.last_polled_at).map_or(now, |last| last.plus(source.interval)).max(now);
    context.store.hasten_source(&source.name, earliest).await?;
    context.wakes.poll.notify_one();
    Ok(())
}

fn cut(words: &str) -> String {
    let clean: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    clean[..clean.floor_char_boundary(WORDS_BYTES_MAX)].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
