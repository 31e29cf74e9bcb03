//! The real daemon in a played world: sites, a mail server, a receiver, a clock that stands still until it is moved.
//!
//! ```ignore
//! let mut world = World::start(Plan::default()).await;   // the forum's old review is known and woke nobody
//! world.publish(Review::late("ten-days"));
//! world.poll().await;                                     // moves the clock to the next poll, waits until all is done
//! assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
//! world.finish().await;                                   // V1, V2, V3, V5, V7 hold; no loop failed or died
//! ```

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hearken::clock::Clock;
use hearken::model::{DeliveryState, Incident, IncidentKind};
use hearken::store::{IncidentFilter, Store};
use hearken::tasks::context::Context;
use hearken::tasks::daemon::{Daemon, LoopDied, Start, Stopper, read_files};
use hearken::tasks::status::StatusBoard;
use tokio::task::JoinHandle;

use super::audit::{self, Declared};
use super::browser::{Reply, ask, form};
use super::log::Log;
use super::plan::Plan;
use super::program::{self, Said};
use super::receiver::Receiver;
use super::review::{Review, old, rss};
use super::site::Site;
use super::smtp::{ReceivedMail, SmtpServer};

/// Whatever the daemon has to do at one moment of its clock is done within this.
const QUIET_WITHIN: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(3);

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) site: Site,
    pub(crate) mail: SmtpServer,
    pub(crate) hook: Receiver,
    pub(crate) plan: Plan,
    pub(crate) log: Log,
    /// What the story does not hold against the daemon.
    pub(crate) declared: Declared,
    forum: Vec<Review>,
    folder: tempfile::TempDir,
    running: Option<Running>,
    finished: bool,
}

struct Running {
    context: Arc<Context>,
    board: StatusBoard,
    stopper: Stopper,
    address: SocketAddr,
    handle: JoinHandle<Result<(), LoopDied>>,
}

impl World {
    /// Everything but the daemon: for stories that prepare their sites first.
    pub(crate) async fn prepare(plan: Plan) -> Self {
        let (site, mail, hook) = (Site::start().await, SmtpServer::start(plan.smtpd.clone()).await, Receiver::start().await);
        let world = Self {
            clock: Clock::settable(plan.start),
            site,
            mail,
            hook,
            plan,
            log: Log::start(),
            declared: Declared::default(),
            forum: vec![old()],
            folder: tempfile::tempdir().expect("a folder"),
            running: None,
            finished: false,
        };
        world.write();
        world.show_forum();
        world
    }

    /// The daemon over a forum whose one old review is known already.
    pub(crate) async fn start(plan: Plan) -> Self {
        let mut world = Self::prepare(plan).await;
        world.run().await;
        world.poll().await;
        assert_eq!(world.mail.mails().len() + world.hook.requests().len(), 0, "what was there before wakes nobody");
        world
    }

    /// Starts the daemon, also again after `stop`.
    pub(crate) async fn run(&mut self) {
        let start = Start { config: self.config(), clock: self.clock.clone() };
        let (live, _) = read_files(&start).unwrap_or_else(|error| panic!("{error:?}"));
        let daemon = Daemon::start(start, live).await.expect("the daemon starts");
        let (context, board, stopper, address) = (daemon.context(), daemon.board(), daemon.stopper(), daemon.address());
        self.running = Some(Running { context, board, stopper, address, handle: tokio::spawn(daemon.run()) });
    }

    /// As SIGTERM does; the loops' errors are looked at, for the board ends with the daemon.
    pub(crate) async fn stop(&mut self) {
        let running = self.running.take().expect("it runs");
        audit::loops(&running.board, &self.declared);
        running.stopper.stop();
        let ended = tokio::time::timeout(QUIET_WITHIN * 2, running.handle).await.expect("it stops in time");
        ended.expect("no panic").expect("no loop died");
    }

    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    /// Begins the stop and does not wait for it.
    pub(crate) fn begin_stop(&self) {
        self.running().stopper.stop();
    }

    /// The end of every story.
    pub(crate) async fn finish(mut self) {
        if self.running.is_none() {
            self.run().await;
        }
        self.quiet().await;
        audit::store(&self.store(), &self.mail.mails(), &self.declared).await;
        self.stop().await;
        audit::log(&self.log.text(), &self.mail.mails());
        self.finished = true;
    }

    /// The end of a story whose daemon ran as a program of its own.
    pub(crate) fn leave(mut self) {
        self.finished = true;
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs")
    }

    pub(crate) fn context(&self) -> Arc<Context> {
        Arc::clone(&self.running().context)
    }

    pub(crate) fn store(&self) -> Store {
        self.running().context.store.clone()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running().address
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("hearken.toml")
    }

    /// Writes the operator's files as the plan has them now.
    pub(crate) fn write(&self) {
        self.plan.write(self.folder.path(), &self.places());
    }

    fn places(&self) -> [(&'static str, String); 4] {
        let site = format!("http://{}", self.site.address());
        let folder = self.folder.path().display().to_string();
        [("site", site), ("hook", self.hook.url().to_string()), ("smtp", self.mail.port().to_string()), ("folder", folder)]
    }

    // What people write.

    /// A new review in the forum, or the edited text of one that is there.
    pub(crate) fn publish(&mut self, review: Review) {
        match self.forum.iter_mut().find(|known| known.id == review.id) {
            Some(known) => *known = review,
            None => self.forum.push(review),
        }
        self.show_forum();
    }

    pub(crate) fn show_forum(&self) {
        self.site.serve("/forum.xml", rss(&self.forum));
    }

    /// The forum shows nothing of what it showed, but goes on.
    pub(crate) fn show_nothing(&self) {
        self.site.serve("/forum.xml", rss(&[Review::new("other", "別的", "今天天氣很好，大家都去爬山了。")]));
    }

    /// A review, polled and acted on; its incident.
    pub(crate) async fn warned_of(&mut self, review: Review) -> Incident {
        let before = self.incidents().await.len();
        self.publish(review);
        self.poll().await;
        let mut incidents = self.incidents().await;
        assert_eq!(incidents.len(), before + 1, "one more incident");
        incidents.remove(0)
    }

    // Time.

    /// Moves the clock on and waits until everything that is due then is done.
    pub(crate) async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        self.quiet().await;
    }

    /// Moves the clock to when every source is due, and waits until all is done.
    pub(crate) async fn poll(&self) {
        let sources = self.store().sources().await.expect("the store answers");
        let due = sources.iter().filter(|source| !source.removed).map(|source| source.next_due_at).max().expect("a source");
        self.clock.set(due.max(self.clock.now()));
        self.quiet().await;
    }

    /// Waits until nothing is under way and nothing is due at this moment of the clock.
    pub(crate) async fn quiet(&self) {
        let quiet = async {
            while !self.is_quiet().await {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        if tokio::time::timeout(QUIET_WITHIN, quiet).await.is_err() {
            panic!("never quiet: {:?}\n{}", self.running().board.snapshot(), self.log.text());
        }
    }

    /// No loop acts, nothing is due, and no loop has acted while we looked.
    async fn is_quiet(&self) -> bool {
        let Some(before) = self.idle() else { return false };
        let (now, store) = (self.clock.now(), self.store());
        let figures = store.figures(now).await.expect("the store answers");
        let claimed = figures.outbox.get(&DeliveryState::Claimed).copied().unwrap_or(0);
        let dues = [
            store.next_source_due().await.expect("the store answers"),
            store.next_delivery_due().await.expect("the store answers"),
            store.next_escalation_due().await.expect("the store answers"),
            store.next_subscription_due().await.expect("the store answers"),
            store.next_recheck_due().await.expect("the store answers"),
        ];
        let due = dues.into_iter().flatten().any(|due| due <= now);
        figures.waiting_verdicts == 0 && claimed == 0 && !due && self.idle() == Some(before)
    }

    /// How often the loops have acted; none while one acts.
    fn idle(&self) -> Option<u64> {
        let snapshot = self.running().board.snapshot();
        let idle = snapshot.values().all(|task| task.busy_since.is_none());
        idle.then(|| snapshot.values().map(|task| task.activations).sum())
    }

    /// Waits for what the story cannot count.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        let comes = async {
            while !holds().await {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        if tokio::time::timeout(QUIET_WITHIN, comes).await.is_err() {
            panic!("it never came about: {what}\n{}", self.log.text());
        }
    }

    /// Lets the daemon notice changed files: it looks every two seconds, and takes them when they stand still.
    pub(crate) async fn take_up(&self) {
        for _ in 0..3 {
            self.pass(Duration::from_secs(2)).await;
        }
    }

    // What came of it.

    /// Newest first.
    pub(crate) async fn incidents(&self) -> Vec<Incident> {
        let filter = IncidentFilter { state: None, department: None, since: None, limit: 1000 };
        self.store().incidents(&filter).await.expect("the store answers")
    }

    /// Those about a source or about ourselves, with a key that begins like this.
    pub(crate) async fn troubles(&self, key: &str) -> Vec<Incident> {
        let all = self.incidents().await;
        all.into_iter().filter(|incident| incident.kind != IncidentKind::Mention && incident.key.starts_with(key)).collect()
    }

    pub(crate) async fn incident(&self, id: &str) -> Incident {
        self.store().incident(id).await.expect("the store answers").expect("it is there")
    }

    /// The kinds of what happened to an incident, oldest first.
    pub(crate) async fn events(&self, id: &str) -> Vec<String> {
        let events = self.store().incident_events(id).await.expect("the store answers");
        events.into_iter().map(|event| event.kind).collect()
    }

    pub(crate) fn mails_to(&self, address: &str) -> Vec<ReceivedMail> {
        self.mail.mails().into_iter().filter(|mail| mail.recipients.iter().any(|recipient| recipient == address)).collect()
    }

    /// Everyone who was mailed, in order, once for each mail.
    pub(crate) fn mailed(&self) -> Vec<String> {
        let mut all: Vec<String> = self.mail.mails().into_iter().flat_map(|mail| mail.recipients).collect();
        all.sort();
        all
    }

    /// The types of the calls that the receiver got.
    pub(crate) fn calls(&self) -> Vec<String> {
        let kind = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).expect("JSON")["type"].as_str().map(str::to_owned);
        self.hook.requests().iter().map(|request| kind(&request.body).expect("a type")).collect()
    }

    /// What a verb of the real program says, beside the daemon and by its clock; without one, by the machine's.
    pub(crate) async fn verb(&self, words: &[&str]) -> Said {
        self.verb_after(Duration::ZERO, words).await
    }

    /// The same, so much later: what it reads stands still meanwhile.
    pub(crate) async fn verb_after(&self, span: Duration, words: &[&str]) -> Said {
        let now = self.running.as_ref().map(|_| self.clock.now().plus(span));
        program::run_at(&self.config(), words, now).await
    }

    // The front door.

    pub(crate) async fn get(&self, path: &str) -> Reply {
        ask(self.address(), "GET", path, &[], b"").await
    }

    /// What a program reads, with its token.
    pub(crate) async fn api_get(&self, path: &str) -> serde_json::Value {
        let bearer = format!("Bearer {}", super::plan::API_TOKEN);
        let reply = ask(self.address(), "GET", path, &[("Authorization", &bearer)], b"").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        ask(self.address(), "POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], &form(fields)).await
    }

    pub(crate) async fn answer(&self, link: &str, action: &str, name: &str) -> Reply {
        self.post(link, &[("action", action), ("name", name)]).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "a story ends with `finish`");
    }
}

/// The path of the link by which the mail's recipient answers.
pub(crate) fn link(mail: &ReceivedMail) -> String {
    let text = mail.body("text/plain");
    let url = text.split_whitespace().find(|word| word.contains("/a/v1.")).unwrap_or_else(|| panic!("no link in {text}"));
    url::Url::parse(url).expect("an address").path().to_owned()
}
