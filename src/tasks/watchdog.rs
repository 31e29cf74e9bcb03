//! Feeds systemd's watchdog, only while the store answers and every loop lives.

use std::sync::Arc;

use super::context::Context;
use super::driver::{Activation, Ended};
use super::{health, reload, systemd};

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let Some(every) = systemd::feed_every() else { return Ok(Activation::default()) };
    let health = health::look(&context).await;
    if health.hung.is_empty() {
        systemd::feed(reload::standing(&context));
    } else {
        let failing = health.hung.join("; ");
        systemd::status(format!("failing: {failing}"));
        tracing::error!(failing, "the watchdog is not fed");
    }
    Ok(Activation { handled: 1, next_at: Some(context.clock.now().plus(every)) })
}
