//! The unit as it ships, under a real systemd: readiness, credential, reload, watchdog, and a stop in the middle of a send.
//!
//! The daemon is this build's binary; its feed and its mail server are played here, on the loopback it shares with us.

mod machine;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use tokio::net::TcpListener;

use crate::world::hold::Hold;
use crate::world::smtp::{At, SmtpServer, Smtpd};
use machine::Machine;

const SOON: Duration = Duration::from_secs(30);
/// A mail whose send was cut off goes again when its lease has run out and the retry is due.
const RETRIED: Duration = Duration::from_secs(120);
/// `TimeoutStopSec` of tests/systemd/quick.conf.
const STOP: Duration = Duration::from_secs(20);
const RUNS: &str = "/var/lib/hearken";

/// A feed that grows when told to, and remembers which of its paths were asked for.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<Shown>>);

#[derive(Default)]
struct Shown {
    titles: Vec<String>,
    asked: Vec<String>,
}

impl Feed {
    async fn start(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/{name}", axum::routing::get(show)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        port
    }

    fn add(&self, title: &str) {
        self.0.lock().unwrap().titles.push(title.to_owned());
    }

    /// Waits until a path was asked for so many times more than by now.
    async fn asked_again(&self, path: &str, times: usize) {
        let count = || self.0.lock().unwrap().asked.iter().filter(|asked| *asked == path).count();
        let (before, begin) = (count(), Instant::now());
        while count() < before + times {
            assert!(begin.elapsed() < SOON, "{path} is not asked for: {:?}", self.0.lock().unwrap().asked);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn show(State(feed): State<Feed>, UrlPath(name): UrlPath<String>) -> (axum::http::StatusCode, String) {
    if name == "robots.txt" {
        return (axum::http::StatusCode::NOT_FOUND, String::new());
    }
    let mut shown = feed.0.lock().unwrap();
    shown.asked.push(name);
    let item = |(at, title): (usize, &String)| {
        format!("<item><guid>{at}</guid><title>{title}</title><link>http://127.0.0.1/{at}</link><description>{title}</description></item>")
    };
    let items: String = shown.titles.iter().enumerate().map(item).collect();
    let feed = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Shop</title>{items}</channel></rss>");
    (axum::http::StatusCode::OK, feed)
}

fn settings(feed: u16, path: &str, mail: u16) -> String {
    format!(
        r#"
[company]
name = "Lantern Tea"
[web]
listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:8420/"
link_key_credential = "link_key"
[http]
allow_private = ["127.0.0.0/8"]
[collect]
host_gap = "0s"
[run]
stop_within = "3s"
lease = "20s"
[[brand]]
name = "Lantern Tea"
[[source]]
name = "shop"
kind = "feed"
url = "http://127.0.0.1:{feed}/{path}"
interval = "1s"
[[channel]]
name = "mail"
kind = "smtp"
host = "localhost"
port = {mail}
ca_file = "ca.pem"
username = "alerts"
password_credential = "smtp_password"
from = "Hearken <hearken@example.test>"
timeout = "10s"
[[department]]
name = "service"
members = [{{ name = "Mei", mail = "mei@example.test" }}]
channels = ["mail"]
[[route]]
department = "service"
severity = "low"
"#
    )
}

const RULES: &str = r#"
[[rule]]
id = "logistics.lost"
category = "logistics"
severity = "high"
weight = 3.0
any = ["never arrived"]
note = "a parcel that never arrived"
[[rule.example]]
text = "my order never arrived"
fires = true
"#;

/// The machine with the daemon on it, configured and not yet started; and the world around it.
struct Scene {
    machine: Machine,
    mail: SmtpServer,
    feed: Feed,
    feed_port: u16,
}

impl Scene {
    async fn set(machine: Machine) -> Self {
        let (mail, feed) = (SmtpServer::start(Smtpd::default()).await, Feed::default());
        feed.add("Lantern Tea is one year old");
        let scene = Self { feed_port: feed.start().await, machine, mail, feed };
        scene.configure(&scene.settings("first"));
        let readable = ["-m", "640", "-g", "hearken"];
        scene.machine.install("/etc/hearken/rules/logistics.toml", &readable, RULES);
        scene.machine.install("/etc/hearken/ca.pem", &readable, &std::fs::read_to_string(scene.mail.authority.ca_file()).unwrap());
        // For root alone: the daemon can only have them through LoadCredential.
        scene.machine.install("/etc/credstore/smtp_password", &["-m", "600"], "hunter2");
        scene.machine.install("/etc/credstore/link_key", &["-m", "600"], &"lantern".repeat(6));
        scene
    }

    fn settings(&self, path: &str) -> String {
        settings(self.feed_port, path, self.mail.port())
    }

    fn configure(&self, settings: &str) {
        self.machine.install("/etc/hearken/hearken.toml", &["-m", "640", "-g", "hearken"], settings);
    }

    fn systemctl(&self, words: &[&str]) -> bool {
        self.machine.run(&[&["systemctl"], words, &["hearken.service"]].concat()).status.success()
    }

    fn main_pid(&self) -> String {
        self.machine.property("MainPID")
    }

    /// Mails whose subject or body tells of this item.
    fn mails_about(&self, item: &str) -> Vec<crate::world::smtp::ReceivedMail> {
        self.mail.mails().into_iter().filter(|mail| mail.body("text/plain").contains(item)).collect()
    }

    async fn wait_for_mail_about(&self, item: &str, within: Duration) {
        let begin = Instant::now();
        while self.mails_about(item).is_empty() {
            let why = || format!("{:?}\n{}", self.mail.commands(), self.machine.journal());
            assert!(begin.elapsed() < within, "no mail about `{item}` within {within:?}:\n{}", why());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unit_lives_under_a_real_systemd() {
    let machine = match Machine::boot(Path::new(env!("CARGO_BIN_EXE_hearken"))) {
        Ok(machine) => machine,
        Err(why) => {
            println!("not run: the unit under a real systemd: {why}");
            return;
        }
    };
    let scene = Scene::set(machine).await;
    a_mistake_in_the_settings_is_no_start(&scene);
    it_is_active_once_it_is_ready(&scene).await;
    a_credential_opens_the_mail_server(&scene).await;
    a_reload_takes_the_new_and_refuses_the_wrong(&scene).await;
    a_daemon_that_hangs_is_started_again(&scene).await;
    a_stop_in_the_middle_of_a_send_loses_nothing(&scene).await;
}

/// Exit code 2 is not restarted: systemd shows it as failed, and says so to whoever started it.
fn a_mistake_in_the_settings_is_no_start(scene: &Scene) {
    scene.configure(&scene.settings("first").replace("[company]", "[compny]"));
    assert!(!scene.systemctl(&["start"]), "a start with a mistake must fail:\n{}", scene.machine.journal());
    assert_eq!(scene.machine.property("ActiveState"), "failed", "{}", scene.machine.journal());
    assert_eq!((scene.machine.property("ExecMainStatus"), scene.machine.property("NRestarts")), ("2".to_owned(), "0".to_owned()));
    assert!(scene.machine.journal().contains("compny"), "the journal names the mistake:\n{}", scene.machine.journal());
    scene.configure(&scene.settings("first"));
}

/// `systemctl start` returns after READY=1: by then there is a status, and the store is in the state folder of its own user.
async fn it_is_active_once_it_is_ready(scene: &Scene) {
    assert!(scene.systemctl(&["start"]), "{}", scene.machine.journal());
    let machine = &scene.machine;
    assert_eq!((machine.property("ActiveState").as_str(), machine.property("Type").as_str()), ("active", "notify"));
    let status = machine.property("StatusText");
    assert!(!status.is_empty() && !status.contains('\n'), "{status}");
    assert_eq!(machine.property("User"), "hearken");
    assert_eq!(machine.said(&["stat", "-c", "%U %a", RUNS]), "hearken 700");
    assert_eq!(machine.said(&["stat", "-c", "%U %a", &format!("{RUNS}/hearken.db")]), "hearken 600");
    scene.feed.asked_again("first", 2).await;
}

/// The fake mail server asks for STARTTLS and for the password that only root can read.
async fn a_credential_opens_the_mail_server(scene: &Scene) {
    scene.feed.add("my parcel from Lantern Tea never arrived");
    scene.wait_for_mail_about("my parcel from Lantern Tea", SOON).await;
    let mail = scene.mails_about("my parcel from Lantern Tea").remove(0);
    assert_eq!((mail.tls, mail.user.as_deref()), (true, Some("alerts")));
    let environment = scene.machine.said(&["sh", "-c", &format!("tr '\\0' '\\n' </proc/{}/environ", scene.main_pid())]);
    assert!(environment.contains("CREDENTIALS_DIRECTORY=") && !environment.contains("hunter2"), "{environment}");
    assert!(!scene.machine.journal().contains("hunter2"), "a secret in the journal");
}

async fn a_reload_takes_the_new_and_refuses_the_wrong(scene: &Scene) {
    let pid = scene.main_pid();
    scene.configure(&scene.settings("second"));
    assert!(scene.systemctl(&["reload"]));
    scene.feed.asked_again("second", 2).await;

    scene.configure(&scene.settings("third").replace("interval", "intervall"));
    assert!(scene.systemctl(&["reload"]));
    let status = scene.machine.wait_for("StatusText", SOON, |status| status.contains("refused"));
    scene.feed.asked_again("second", 2).await;
    assert!(!scene.feed.0.lock().unwrap().asked.contains(&"third".to_owned()), "a set with a mistake was used");
    assert_eq!((scene.main_pid(), scene.machine.property("ActiveState")), (pid, "active".to_owned()), "{status}");
    assert!(scene.machine.journal().contains("intervall"), "the journal names the mistake:\n{}", scene.machine.journal());

    scene.configure(&scene.settings("first"));
    assert!(scene.systemctl(&["reload"]));
    scene.feed.asked_again("first", 2).await;
    scene.machine.wait_for("StatusText", SOON, |status| !status.contains("refused"));
}

async fn a_daemon_that_hangs_is_started_again(scene: &Scene) {
    let (pid, restarts) = (scene.main_pid(), scene.machine.property("NRestarts"));
    // Longer than the watchdog's patience: it is fed, or it would be gone by now.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((scene.main_pid(), scene.machine.property("NRestarts")), (pid.clone(), restarts.clone()), "{}", scene.machine.journal());

    assert!(scene.systemctl(&["kill", "--signal=STOP", "--kill-who=main"]));
    scene.machine.wait_for("NRestarts", SOON * 2, |now| now != restarts);
    scene.machine.wait_for("ActiveState", SOON, |state| state == "active");
    assert_ne!(scene.main_pid(), pid);
    assert!(scene.machine.journal().to_lowercase().contains("watchdog"), "{}", scene.machine.journal());
    scene.feed.asked_again("first", 2).await;
}

/// SIGTERM while the mail server holds its answer to the mail: nobody knows whether it took it. The daemon stops in time, and after the
/// next start the mail is there, twice at most, under one Message-ID.
async fn a_stop_in_the_middle_of_a_send_loses_nothing(scene: &Scene) {
    let hold: Hold = scene.mail.hold(At::Dot);
    scene.feed.add("a second parcel from Lantern Tea never arrived");
    hold.reached(SOON).await;
    let begin = Instant::now();
    assert!(scene.systemctl(&["stop"]), "{}", scene.machine.journal());
    let took = begin.elapsed();
    assert!(took < STOP, "it took {took:?} to stop:\n{}", scene.machine.journal());
    let result = (scene.machine.property("ActiveState"), scene.machine.property("Result"));
    assert_eq!(result, ("inactive".to_owned(), "success".to_owned()), "it was not an orderly stop:\n{}", scene.machine.journal());

    hold.release();
    assert!(scene.systemctl(&["start"]), "{}", scene.machine.journal());
    scene.wait_for_mail_about("a second parcel", RETRIED).await;
    // Whatever was still to come has come when a later warning has.
    scene.feed.add("a third parcel from Lantern Tea never arrived");
    scene.wait_for_mail_about("a third parcel", RETRIED).await;
    let mails = scene.mails_about("a second parcel");
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail.header("Message-ID").expect("every mail has one")).collect();
    assert!(ids.len() == 1 && mails.len() <= 2, "{} mails under {ids:?}", mails.len());
}
