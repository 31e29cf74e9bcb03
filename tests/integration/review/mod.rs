//! What a second look found: states that no task would have looked at again.

use std::path::Path;
use std::time::Duration;

use hearken::clock::Clock;
use hearken::model::{Incident, IncidentKind, LadderStep, Moment, NewIncident, Recipient, Severity};
use hearken::store::{NewSource, Store};
use hearken::tasks::daemon::{Daemon, Start, read_files};
use sqlx::Executor as _;

const NOW: Moment = Moment::from_secs(1_795_000_000);

/// A company with one source that nobody serves and one mail server that is not there.
fn settings(folder: &Path) -> std::path::PathBuf {
    let text = format!(
        r#"
[company]
name = "Wren"
[store]
url = "sqlite://{}"
[rules]
dir = "{}/rules"
[web]
listen = "127.0.0.1:0"
[[brand]]
name = "Wren & Co"
[[source]]
name = "kept"
kind = "feed"
url = "http://127.0.0.1:1/feed"
interval = "10m"
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = 1
tls = "none"
from = "hearken@wren.test"
[[department]]
name = "care"
channels = ["mail"]
members = [{{ name = "Mei", mail = "mei@wren.test" }}]
"#,
        folder.join("hearken.db").display(),
        env!("CARGO_MANIFEST_DIR"),
    );
    let path = folder.join("hearken.toml");
    std::fs::write(&path, text).expect("written");
    path
}

fn incident(id: &str, key: &str) -> NewIncident {
    let lead = Recipient {
        department: "care".to_owned(),
        name: "Lin".to_owned(),
        address: "lin@wren.test".to_owned(),
        channel: "mail".to_owned(),
        language: "en".to_owned(),
    };
    NewIncident {
        id: id.to_owned(),
        kind: IncidentKind::Ops,
        key: key.to_owned(),
        severity: Severity::High,
        brand: None,
        category: None,
        department: "care".to_owned(),
        also: Vec::new(),
        title: "trouble".to_owned(),
        detail: String::new(),
        told: None,
        opened_at: NOW,
        escalate_at: Some(NOW.minus(Duration::from_secs(60))),
        ladder: vec![LadderStep { name: "lead".to_owned(), after_s: 900, recipients: vec![lead] }],
    }
}

async fn store_of(folder: &Path) -> Store {
    Store::open(&format!("sqlite://{}", folder.join("hearken.db").display())).await.expect("the store opens")
}

async fn until(store: &Store, id: &str, is_so: impl Fn(&Incident) -> bool) {
    for _ in 0..2_000 {
        if store.incident(id).await.expect("read").is_some_and(|incident| is_so(&incident)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{id} never came to it");
}

/// A daemon over the folder, until `work` has ended.
async fn while_running(config: std::path::PathBuf, work: impl Future<Output = ()>) {
    let start = Start { config, clock: Clock::settable(NOW) };
    let (live, _) = read_files(&start).expect("the settings are sound");
    let daemon = Daemon::start(start, live).await.expect("it starts");
    let stopper = daemon.stopper();
    let running = daemon.run();
    let ends = async {
        work.await;
        stopper.stop();
    };
    let (ended, ()) = tokio::join!(running, ends);
    ended.expect("no loop died");
}

/// H-00000001 as a damaged page or a stray hand may leave it.
async fn tear_the_first(folder: &Path) {
    let url = format!("sqlite://{}", folder.join("hearken.db").display());
    let mut raw = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.expect("it opens");
    raw.execute("UPDATE incidents SET ladder = 'torn' WHERE id = 'H-00000001'").await.expect("damaged");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_cannot_be_read_does_not_stop_the_ladders_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path());
    let store = store_of(folder.path()).await;
    for (id, key) in [("H-00000001", "a"), ("H-00000002", "b")] {
        store.raise(&incident(id, key), &[]).await.expect("raised");
    }
    tear_the_first(folder.path()).await;
    while_running(config, until(&store, "H-00000002", |incident| incident.step == 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_is_over_and_cannot_be_read_stops_neither_the_start_nor_the_end_of_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path());
    let store = store_of(folder.path()).await;
    for (id, key) in [("H-00000001", "ops:reload"), ("H-00000002", "source:gone"), ("H-00000003", "silent:gone")] {
        store.raise(&incident(id, key), &[]).await.expect("raised");
    }
    tear_the_first(folder.path()).await;
    while_running(config, async {
        until(&store, "H-00000002", |incident| incident.resolved_at.is_some()).await;
        until(&store, "H-00000003", |incident| incident.resolved_at.is_some()).await;
    })
    .await;
    assert!(store.is_open("ops:reload").await.expect("asked"), "what cannot be read stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_is_over_ends_with_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path());
    let store = store_of(folder.path()).await;
    let gone = NewSource {
        name: "gone".to_owned(),
        kind: "feed".to_owned(),
        url: "http://gone.test/feed".to_owned(),
        host: "gone.test".to_owned(),
        reading: 1,
        first_due_at: NOW,
        changed_due_at: NOW,
    };
    store.sync_sources(&[gone], NOW).await.expect("sync");
    for (id, key) in [("H-00000001", "ops:reload"), ("H-00000002", "source:gone"), ("H-00000003", "source:kept")] {
        store.raise(&incident(id, key), &[]).await.expect("raised");
    }
    while_running(config, async {
        until(&store, "H-00000001", |incident| incident.resolved_at.is_some()).await;
        until(&store, "H-00000002", |incident| incident.resolved_at.is_some()).await;
        until(&store, "H-00000003", |incident| incident.resolved_at.is_none() && incident.step == 1).await;
    })
    .await;
}
