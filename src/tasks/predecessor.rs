//! Leases of a daemon that died on this machine are taken back at the start: its warnings would wait until the lease ends, while the
//! ladder goes on.

use std::path::Path;

use super::context::Context;
use crate::store::{Engine, StoreError};

/// Random letters at the end of an owner's name.
const LETTERS: usize = 8;

/// The name of this daemon in leases: node, process, and a few random letters, so that one that starts again under the same process number
/// does not mistake its predecessor's leases for its own.
pub(super) fn owner(node: Option<&str>, random: &str) -> String {
    let letters: String = random.chars().take(LETTERS).collect();
    format!("{}-{}-{letters}", node.map_or_else(host_name, str::to_owned), std::process::id())
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "host".to_owned() } else { name.to_owned() }
}

/// Takes back what a predecessor had taken when it died. Machines that share a server are told apart by `run.node` alone, for host names
/// of two may be the same; a file is of one machine.
pub(super) async fn take_back(context: &Context) -> Result<(), StoreError> {
    if context.store.engine() == Engine::Postgres && context.live().settings.run.node.is_none() {
        return Ok(());
    }
    for other in context.store.lease_owners().await?.iter().filter(|other| is_dead(other, &context.owner, runs)) {
        let (sources, deliveries) = context.store.take_back(other).await?;
        tracing::info!(owner = other, sources, deliveries, "what a daemon had taken that is no more was taken back");
    }
    Ok(())
}

/// Whether `other` is of our node and its process is no more. One with our own number was before us.
fn is_dead(other: &str, own: &str, runs: impl Fn(&str) -> bool) -> bool {
    let (Some((other_node, other_process)), Some((node, process))) = (parts(other), parts(own)) else { return false };
    other != own && other_node == node && (other_process == process || !runs(other_process))
}

fn parts(owner: &str) -> Option<(&str, &str)> {
    owner.rsplit_once('-').and_then(|(rest, _)| rest.rsplit_once('-'))
}

/// Whether there is a process of that number. Where that cannot be seen there may be.
fn runs(process: &str) -> bool {
    let processes = Path::new("/proc");
    !processes.join("self").exists() || processes.join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dead_process_of_our_own_node_is_a_predecessor() {
        let alive = |process: &str| process == "77";
        let dead = |other: &str| is_dead(other, "shop-1-42-abcdefgh", alive);
        assert!(dead("shop-1-41-aaaaaaaa"), "its process is no more");
        assert!(dead("shop-1-42-aaaaaaaa"), "in a container every daemon has the same number");
        assert!(!dead("shop-1-77-aaaaaaaa"), "a process of that number runs");
        assert!(!dead("shop-2-41-aaaaaaaa"), "of another machine nothing is known");
        assert!(!dead("shop-1-42-abcdefgh"), "ourselves");
        assert!(!dead("pid41-aaaaaaaa"), "a name of an earlier release says no node");
        assert!(runs(&std::process::id().to_string()));
        assert_eq!(parts(&owner(Some("a-b"), "0123456789")), Some(("a-b", std::process::id().to_string().as_str())));
    }
}
