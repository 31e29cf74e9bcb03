//! Leases of a worker that is no more are taken back: its warnings would wait until the lease ends, while the ladder goes on.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::driver::{Activation, Ended};
use crate::store::{Engine, LETTERS, Role, StoreError};

/// How often it is looked for those of other machines that died.
pub(super) const LOOKED_EVERY: Duration = Duration::from_secs(5);
/// Looks in a row at which a worker must be gone. A server that starts anew has forgotten who is there, and whoever is there says so again
/// with its own next look.
const LOOKS: usize = 3;

/// The name of this worker in leases: node, process, its role, and random letters, so that no two ever have the same name.
pub(super) fn owner(node: Option<&str>, role: Role, random: &str) -> String {
    let letters: String = std::iter::once(role.letter()).chain(random.chars()).take(LETTERS).collect();
    format!("{}-{}-{letters}", node.map_or_else(host_name, str::to_owned), std::process::id())
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "host".to_owned() } else { name.to_owned() }
}

/// At the start on a file: nobody but us works on it, so whoever had taken something is no more.
pub(super) async fn take_back(context: &Context) -> Result<(), StoreError> {
    match context.store.engine() {
        Engine::Sqlite => look(context, 1).await.map(drop),
        Engine::Postgres => Ok(()),
    }
}

/// Where machines share a server: shows that we are there, and takes back what those had taken that are gone.
pub(super) async fn act(context: Arc<Context>) -> Ended {
    if context.store.engine() == Engine::Sqlite {
        return Ok(Activation::default());
    }
    context.presence.renew().await?;
    Ok(Activation { handled: look(&context, LOOKS).await?, next_at: None })
}

/// Takes back what those had taken that were gone at so many looks in a row.
async fn look(context: &Context, looks: usize) -> Result<u64, StoreError> {
    let gone = context.presence.gone(&context.store, context.store.lease_owners().await?).await?;
    let dead: Vec<String> = {
        let mut missed = context.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.retain(|worker, _| gone.workers.contains(worker));
        for worker in &gone.workers {
            *missed.entry(worker.clone()).or_default() += 1;
        }
        missed.iter().filter(|(_, times)| **times >= looks).map(|(worker, _)| worker.clone()).collect()
    };
    let mut taken = 0;
    for worker in &dead {
        let (sources, deliveries) = context.store.take_back(worker).await?;
        taken += sources + deliveries;
        tracing::info!(owner = worker, sources, deliveries, "what a daemon had taken that is no more was taken back");
    }
    if taken > 0 {
        context.wakes.all();
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_named_by_node_process_role_and_chance() {
        let name = owner(Some("a-b"), Role::Round, "0123456789abcdef");
        assert_eq!(name, format!("a-b-{}-r0123456789a", std::process::id()));
        assert_eq!(Role::of(&name), Some(Role::Round));
        assert_eq!(Role::of(&owner(None, Role::Daemon, "0123456789abcdef")), Some(Role::Daemon));
    }
}
