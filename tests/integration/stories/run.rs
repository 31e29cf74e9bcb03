//! The service: its health, its heartbeat, its stop, its log; and the real program under signals.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::world::daemon::{World, link};
use crate::world::plan::{API_SECRET, API_TOKEN, HOOK_SECRET, LINK_KEY, Plan, write_secret};
use crate::world::receiver::Answer;
use crate::world::review::{Review, old, rss};
use crate::world::site;
use crate::world::smtp::{Act, At, Smtpd};

#[tokio::test]
async fn health_readiness_and_figures_say_how_things_stand() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("ten-days"));
    world.poll().await;
    let health = world.get("/healthz").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let ready = world.get("/readyz").await;
    assert_eq!(ready.status, 200);
    let ready = ready.json();
    assert_eq!((&ready["ready"], &ready["sources"]), (&true.into(), &1.into()));
    assert!(ready["rule_set"].as_str().is_some_and(|hash| !hash.is_empty()));
    for task in ["poll", "open_incidents", "deliver", "escalate", "reload", "prune", "heartbeat", "watchdog"] {
        assert!(ready["tasks"][task]["activations"].as_u64().is_some_and(|times| times > 0), "{task}");
    }
    let figures = world.get("/metrics").await;
    assert!(figures.header("content-type").is_some_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
    for line in [
        "hearken_polls_total{source=\"forum\",outcome=\"items\"} 2",
        "hearken_openings_total{outcome=\"opened\"} 1",
        "hearken_attempts_total{channel=\"mail\",outcome=\"delivered\"} 2",
        "hearken_outbox_deliveries{state=\"delivered\"} 3",
        "hearken_incidents{state=\"open\",severity=\"medium\"} 1",
        "hearken_sources 1",
        "hearken_verdicts_waiting 0",
    ] {
        assert!(figures.body.lines().any(|known| known == line), "{line} is missing in\n{}", figures.body);
    }
    let front = world.get("/").await;
    assert!(!front.body.contains("還沒收到") && !front.body.contains("H-"), "no case without a link or a token");
    world.finish().await;
}

#[tokio::test]
async fn the_front_page_says_in_the_companys_language_what_cannot_be_seen() {
    let more = |name: &str| format!("[[source]]\nname = \"{name}\"\nkind = \"feed\"\nurl = \"{{site}}/{name}.xml\"\ninterval = \"1m\"\n");
    let mut world = World::prepare(Plan::with(|plan| plan.more = more("gone") + &more("away"))).await;
    world.run().await;
    world.poll().await;
    let front = world.get("/").await.body;
    assert!(front.contains("lang=\"zh-TW\"") && front.contains("color-scheme: light dark"), "{front}");
    assert!(front.contains("3 個來源中有 2 個現在讀不到"), "{front}");
    ["/gone.xml", "/away.xml"].into_iter().for_each(|path| world.site.serve(path, rss(&[old()])));
    world.pass(Duration::from_hours(2)).await;
    let well = world.get("/").await.body;
    assert!(well.contains("所有來源都讀得到"), "{well}");
    world.finish().await;
}

#[tokio::test]
async fn the_heartbeat_goes_out_only_while_the_pipeline_is_sound() {
    let plan = Plan::with(|plan| {
        plan.more = "[heartbeat]\nurl = \"{site}/alive\"\nevery = \"1m\"\n".to_owned();
        plan.departments = plan.departments.replace("\"30m\"", "\"20d\"").replace("\"1h\"", "\"20d\"");
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/alive", site::Answer::status(204));
    world.run().await;
    world.quiet().await;
    world.pass(Duration::from_mins(1)).await;
    assert_eq!(world.site.requests("/alive").len(), 2);
    world.poll().await;
    world.hook.answer_once(Answer::status(429).header("Retry-After", "3600"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到，打電話去問都說在路上，完全沒有人負責。"));
    world.poll().await;
    world.pass(Duration::from_mins(16)).await;
    let before = world.site.requests("/alive").len();
    world.pass(Duration::from_mins(2)).await;
    assert_eq!(
        world.site.requests("/alive").len(),
        before,
        "one call has been due for a quarter of an hour: the watcher outside has to notice"
    );
    let ready = world.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["ready"].as_bool()), (200, Some(true)), "a restart would not mend it");
    assert_eq!(ready.json()["unsound"].as_array().map(Vec::len), Some(1));
    world.pass(Duration::from_hours(1)).await;
    world.pass(Duration::from_mins(2)).await;
    assert!(world.site.requests("/alive").len() > before, "it goes on when the outbox is empty");
    world.finish().await;
}

#[tokio::test]
async fn a_stop_finishes_the_mail_under_way_and_the_next_start_sends_the_rest() {
    let mut world = World::start(Plan::default()).await;
    let hold = world.mail.hold(At::DotOf("hong@kestrel.test"));
    world.publish(Review::late("ten-days"));
    let due = world.store().next_source_due().await.expect("the store answers").expect("a source");
    world.clock.set(due);
    hold.reached(Duration::from_mins(1)).await;
    world.begin_stop();
    let release = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        hold.release();
    };
    tokio::join!(release, world.stop());
    world.run().await;
    world.quiet().await;
    world.pass(Duration::from_mins(3)).await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "each once");
    assert_eq!(world.hook.requests().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_changes_nothing() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("ten-days")).await;
    for _ in 0..3 {
        world.restart().await;
        world.poll().await;
    }
    assert_eq!((world.mailed().len(), world.hook.requests().len(), world.incidents().await.len()), (2, 1, 1));
    world.finish().await;
}

#[tokio::test]
async fn what_ops_and_log_are_told_of_a_failing_receiver_holds_no_secret() {
    let mut plan = Plan::with(|plan| plan.hook = "headers = { X-Key = { file = \"{folder}/header.secret\" } }".to_owned());
    plan.departments = plan.departments.replace("\"30m\"", "\"20d\"").replace("\"1h\"", "\"20d\"");
    let mut world = World::prepare(plan).await;
    write_secret(&world.folder().join("header.secret"), "header-secret-of-the-stories");
    world.run().await;
    world.poll().await;
    world.hook.answer_once(Answer::status(401).body("no such key: header-secret-of-the-stories"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.troubles("channel:hook").await.len(), 1);
    let told = world.mails_to("ops@kestrel.test").remove(0).body("text/plain");
    assert!(told.contains("401"), "{told}");
    assert!(!told.contains("header-secret-of-the-stories"), "a receiver that repeats our secret does not publish it: {told}");
    assert!(!world.log.text().contains("header-secret-of-the-stories"));
    world.pass(Duration::from_mins(20)).await;
    world.finish().await;
}

/// The real program over the story's folder; it ends with the test.
struct Program {
    child: Child,
    /// Whatever it has said so far.
    said: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    fn start(world: &World) -> Self {
        let config = std::fs::read_to_string(world.config()).expect("the settings").replace("\"1m\"", "\"2s\"");
        std::fs::write(world.config(), config).expect("it is written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_hearken"))
            .args(["run", "--config"])
            .arg(world.config())
            .env("RUST_LOG", "debug")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let readers = vec![tokio::spawn(gather(out, Arc::clone(&said))), tokio::spawn(gather(err, Arc::clone(&said)))];
        Self { child, said, readers }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().expect("nobody panicked with it")).into_owned()
    }

    /// Where it listens: it takes a free port by itself, for one we chose could be anybody's by then.
    async fn address(&self, world: &World) -> SocketAddr {
        world.until("it listens", || async { self.listens().is_some() }).await;
        let line = self.listens().expect("it was there");
        let address = line.split_once("address=").expect("it says where").1;
        address.split_whitespace().next().and_then(|address| address.parse().ok()).expect("an address")
    }

    /// The line that says so, once it is whole.
    fn listens(&self) -> Option<String> {
        let said = self.said();
        said.split_inclusive('\n').find(|line| line.contains("hearken listens") && line.ends_with('\n')).map(str::to_owned)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().expect("kill runs").success());
    }

    /// All it ever said, once it has ended by itself.
    async fn ended(mut self) -> String {
        let ended = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await.expect("it stops in time").expect("it ended");
        for reader in std::mem::take(&mut self.readers) {
            reader.await.expect("it is read");
        }
        assert_eq!(ended.code(), Some(0), "{}", self.said());
        self.said()
    }
}

#[tokio::test]
async fn a_daemon_started_by_hand_holds_little_memory_too() {
    let world = World::prepare(Plan::default()).await;
    let program = Program::start(&world);
    program.address(&world).await;
    let environment =
        std::fs::read_to_string(format!("/proc/{}/environ", program.child.id().expect("it runs"))).expect("it is ours to read");
    let told = |line: &str| environment.split('\0').any(|known| known == line);
    assert!(told("MALLOC_ARENA_MAX=1") && told("MALLOC_MMAP_THRESHOLD_=1048576") && told("RUST_LOG=debug"), "{environment}");
    program.signal("TERM");
    program.ended().await;
    world.finish().await;
}

async fn gather(mut from: impl AsyncRead + Unpin, into: Arc<Mutex<Vec<u8>>>) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        into.lock().expect("nobody panicked with it").extend_from_slice(&bytes[..read]);
    }
}

async fn get(address: SocketAddr, path: &str) -> String {
    crate::world::browser::ask(address, "GET", path, &[], b"").await.body
}

#[tokio::test]
async fn the_real_program_warns_reloads_on_sighup_stops_on_sigterm_and_keeps_its_secrets() {
    let mut plan = Plan::with(|plan| {
        plan.smtpd = Smtpd::default();
        plan.mail = "username = \"alerts\"\npassword_file = \"{folder}/mail.secret\"\nca_file = \"{folder}/ca.pem\"".to_owned();
        plan.source = "headers = { Authorization = { file = \"{folder}/feed.secret\" } }".to_owned();
        plan.more = "[log]\nformat = \"text\"\nlevel = \"trace\"\n".to_owned();
    });
    plan.collect = "host_gap = \"0s\"".to_owned();
    let mut world = World::prepare(plan).await;
    std::fs::copy(world.mail.authority.ca_file(), world.folder().join("ca.pem")).expect("it is copied");
    write_secret(&world.folder().join("mail.secret"), "hunter2");
    write_secret(&world.folder().join("feed.secret"), "Bearer feed-secret-of-the-stories");
    let program = Program::start(&world);
    let address = program.address(&world).await;
    assert_eq!(get(address, "/healthz").await, "ok\n");
    world
        .until("the forum is known", || async {
            get(address, "/metrics").await.contains("hearken_polls_total{source=\"forum\",outcome=\"items\"}")
        })
        .await;
    world.mail.on(At::Dot, Act::reply("451 4.3.0 busy")).times(1);
    world.publish(Review::late("ten-days"));
    let mails = world.mail.wait_for_mails(1, Duration::from_mins(1)).await;
    assert!(get(address, &link(&mails[0])).await.contains("還沒收到"));
    program.signal("HUP");
    world
        .until("the files are read again", || async {
            get(address, "/metrics").await.contains("hearken_reloads_total{outcome=\"in_force\"} 1")
        })
        .await;
    let pages = [get(address, "/readyz").await, get(address, "/metrics").await, get(address, "/").await].concat();
    program.signal("TERM");
    let log = program.ended().await;
    assert!(log.contains("an incident was opened") && log.contains("stopped"), "{log}");
    for secret in [LINK_KEY, HOOK_SECRET, API_TOKEN, API_SECRET, "hunter2", "feed-secret-of-the-stories", "/a/v1."] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!pages.contains(secret), "{secret} is on a page");
    }
    let asked = world.site.requests("/forum.xml");
    assert_eq!(asked[0].header("authorization"), Some("Bearer feed-secret-of-the-stories"), "they were used");
    world.leave();
}
