//! A company on an SQLite file: a late parcel that was told, a praise, one of the first poll, and one without a brand.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hearken::collect::normalise::identity::identities;
use hearken::decide::{Judge, Subject, brand::Brand, likeness, load};
use hearken::model::{
    Delivery, DeliveryKind, Fingerprint, Identity, IncidentKind, Item, LadderStep, Mention, Moment, NewDelivery, NewIncident, Recipient,
    Severity, SourceState, Verdict,
};
use hearken::problem::Problems;
use hearken::store::{AttemptRow, NewSource, Next, PollCommit, SeenItem, Store};

use crate::world::program::{self, Said};

pub(crate) const INCIDENT: &str = "H-7K3QF2MA";
pub(crate) const LATE: &str = "https://shop.example/reviews/1";
pub(crate) const PRAISE: &str = "https://shop.example/reviews/2";
pub(crate) const OLD: &str = "https://shop.example/reviews/3";
pub(crate) const NAMELESS: &str = "https://shop.example/reviews/4";
const OWNER: &str = "node-1";
const LEASE: Duration = Duration::from_secs(60);

pub(crate) struct Company {
    folder: tempfile::TempDir,
}

/// 2026-11-18 19:06:40 in Taipei, and later.
fn at(seconds: i64) -> Moment {
    Moment::from_secs(1_795_000_000 + seconds)
}

impl Company {
    /// Settings alone.
    pub(crate) fn without_store(mail_port: u16, hook: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let text = include_str!("company.toml")
            .replace("{rules}", &rules.display().to_string())
            .replace("{port}", &mail_port.to_string())
            .replace("{hook}", hook);
        std::fs::write(folder.path().join("hearken.toml"), text).expect("written");
        Self { folder }
    }

    /// Settings and a store with a history.
    pub(crate) async fn new() -> Self {
        let company = Self::without_store(25, "http://127.0.0.1:9/");
        let store = company.store().await;
        remember(&store).await;
        store.close().await;
        company
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(&format!("sqlite://{}", self.path("hearken.db").display())).await.expect("the store opens")
    }

    /// A folder with one rule file, beside the configured ones.
    pub(crate) fn rules(&self, name: &str, text: &str) -> String {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).expect("made");
        std::fs::write(folder.join("own.toml"), text).expect("written");
        folder.display().to_string()
    }

    /// Puts one rule file in the place of the shipped rules.
    pub(crate) fn in_force(&self, text: &str) -> String {
        let (folder, settings) = (self.rules("rules", text), self.path("hearken.toml"));
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").display().to_string();
        let changed = std::fs::read_to_string(&settings).expect("settings").replace(&shipped, &folder);
        std::fs::write(settings, changed).expect("written");
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the real program with this company's settings.
    pub(crate) fn run(&self, words: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hearken"));
        command.args(words).arg("--config").arg(self.path("hearken.toml")).env("USER", "lin").env_remove("SUDO_USER");
        Said(command.output().expect("it runs"))
    }

    /// The same off the test's own threads, which play the world that the program talks to.
    pub(crate) async fn run_beside(&self, words: &[&str]) -> Said {
        program::run(&self.path("hearken.toml"), words).await
    }
}

fn judge() -> Judge {
    let problems = Problems::default();
    let rules = load::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &problems);
    assert!(!problems.any_error());
    let brand = Brand { name: "Lanting".into(), aliases: vec!["蘭亭".into()], ..Brand::default() };
    Judge::new(rules, &[brand])
}

fn mention(judge: &Judge, link: &str, text: &str, baseline: bool) -> (Mention, Verdict) {
    let verdict = judge.judge(&Subject { text, source: Some("shop"), ..Subject::default() });
    let (text_hash, simhash) = likeness::fingerprints(None, text);
    let mention = Mention {
        id: format!("m_{}", link.rsplit('/').next().unwrap_or_default()),
        source: "shop".into(),
        identity: identity(link).0,
        url: Some(link.into()),
        title: None,
        text: text.into(),
        author: None,
        rating: None,
        rating_max: None,
        published: None,
        seen_at: at(0),
        lang: verdict.lang.clone(),
        brands: verdict.brands.clone(),
        revision: 1,
        baseline,
        text_hash,
        simhash,
        extra: std::collections::BTreeMap::new(),
    };
    (mention, verdict)
}

fn identity(link: &str) -> Identity {
    identities("shop", &[Item { url: Some(link.into()), ..Item::default() }])[0]
}

fn seen(mention: Option<(Mention, Verdict)>, link: &str) -> SeenItem {
    SeenItem { identity: identity(link), fingerprint: Fingerprint(identity(link).0 ^ 1), mention, stands_for: None }
}

async fn remember(store: &Store) {
    let source = |name: &str, host: &str| NewSource {
        name: name.into(),
        kind: "feed".into(),
        url: format!("https://{host}/feed.xml"),
        host: host.into(),
        reading: 1,
        changed_due_at: at(0),
        first_due_at: at(0),
    };
    store.sync_sources(&[source("shop", "shop.example"), source("forum", "forum.example")], at(0)).await.expect("sources");
    let judge = judge();
    let late = mention(&judge, LATE, "蘭亭的椅子訂了十天還沒收到貨,\u{1b}[31m客服也不回", false);
    let praise = mention(&judge, PRAISE, "蘭亭的椅子很舒服,非常滿意,推薦給大家", false);
    let old = mention(&judge, OLD, "蘭亭的桌子壞了,客服不理人", true);
    let items = vec![seen(Some(late.clone()), LATE), seen(Some(praise.clone()), PRAISE), seen(Some(old), OLD), seen(None, NAMELESS)];
    for state in store.claim_due_sources(OWNER, at(0), LEASE, 10, 10).await.expect("claimed") {
        poll(store, state, &items).await;
    }
    open(store, &late.0, &praise.0).await;
    send(store).await;
}

async fn poll(store: &Store, state: SourceState, items: &[SeenItem]) {
    let polled = SourceState { next_due_at: at(900), last_polled_at: Some(at(0)), ..state };
    if polled.name == "shop" {
        let state = SourceState { last_success_at: Some(at(0)), last_item_at: Some(at(0)), baselined: true, ..polled };
        let commit = PollCommit { owner: OWNER.into(), state, items: items.to_vec(), now: at(0) };
        return store.commit_poll(&commit).await.expect("kept");
    }
    let state = SourceState {
        failures: 3,
        failure: Some(hearken::model::FailureKind::Dns),
        failure_detail: Some("no such host".into()),
        failing_since: Some(at(-1800)),
        ..polled
    };
    store.commit_unchanged(OWNER, &state).await.expect("kept");
}

fn recipient(name: &str) -> Recipient {
    Recipient {
        department: "logistics".into(),
        name: name.into(),
        address: format!("{}@lanting.example", name.to_lowercase()),
        channel: "mail".into(),
        language: "en".into(),
    }
}

async fn open(store: &Store, late: &Mention, praise: &Mention) {
    let mut opening = store.begin_opening(at(1), 10).await.expect("begun");
    let incident = NewIncident {
        id: INCIDENT.into(),
        kind: IncidentKind::Mention,
        key: late.id.clone(),
        severity: Severity::High,
        brand: Some("Lanting".into()),
        category: Some("logistics".into()),
        department: "logistics".into(),
        also: vec!["care".into()],
        title: "訂了十天還沒收到貨".into(),
        detail: String::new(),
        told: None,
        opened_at: at(1),
        escalate_at: Some(at(901)),
        ladder: vec![LadderStep { name: "lead".into(), after_s: 900, recipients: vec![recipient("Lead")] }],
    };
    assert!(opening.open(&incident, late).await.expect("opened"));
    opening.event(INCIDENT, "opened", at(1), "hearken", &serde_json::json!({ "severity": "high" })).await.expect("noted");
    let told: Vec<NewDelivery> = ["Mei", "Lin"].map(|name| warning(&recipient(name))).to_vec();
    opening.deliver(&told).await.expect("put out");
    opening.acted(late, "opened").await.expect("acted");
    opening.acted(praise, "not_a_complaint").await.expect("acted");
    opening.commit().await.expect("committed");
}

fn warning(to: &Recipient) -> NewDelivery {
    let id = format!("d_{}", to.name.to_lowercase());
    NewDelivery {
        message_id: format!("{id}@lanting.example"),
        id,
        incident: INCIDENT.into(),
        generation: 1,
        kind: DeliveryKind::Warning,
        step: 0,
        department: to.department.clone(),
        name: to.name.clone(),
        recipient: to.address.clone(),
        channel: to.channel.clone(),
        language: to.language.clone(),
        due_at: at(1),
        note: String::new(),
    }
}

/// Mei has hers; Lin's address is refused for good.
async fn send(store: &Store) {
    for claimed in store.claim_due_over("mail", OWNER, at(2), LEASE, 10).await.expect("claimed") {
        let Delivery { id, name, attempts, .. } = claimed.delivery;
        let (outcome, reply, next) = match name.as_str() {
            "Mei" => ("delivered", "250 2.0.0 taken", Next::Delivered),
            _ => ("permanent", "RCPT: 550 5.1.1 no such user", Next::Dead),
        };
        let row = AttemptRow { number: attempts, started_at: at(2), finished_at: at(3), outcome: outcome.into(), reply: reply.into() };
        store.record_attempt(OWNER, &id, &row, next).await.expect("recorded");
    }
}
