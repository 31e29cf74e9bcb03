//! `/metrics` of the real daemon after some activity: the figures are right, and Prometheus' own tool likes their form.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::not_run::not_run;
use crate::world::receiver::Receiver;
use crate::world::site::{Answer, Site};

const SOON: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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

fn settings(site: SocketAddr, hook: &str) -> String {
    format!(
        r#"
[company]
name = "Lantern Tea"
[log]
format = "json"
[web]
listen = "127.0.0.1:0"
[http]
allow_private = ["127.0.0.0/8"]
[collect]
host_gap = "0s"
[[brand]]
name = "Lantern Tea"
[[source]]
name = "the \"good\" shop"
kind = "feed"
url = "http://{site}/feed.xml"
interval = "1s"
[[source]]
name = "gone"
kind = "feed"
url = "http://{site}/gone.xml"
interval = "1s"
[[channel]]
name = "hook"
kind = "webhook"
url = "{hook}"
secret_file = "secret"
[[department]]
name = "service"
channels = ["hook"]
members = [{{ name = "Mei", mail = "mei@example.test" }}]
"#
    )
}

/// With a tag of its own, so that it counts once.
fn feed(titles: &[&str]) -> Answer {
    let items: String = titles.iter().map(|title| format!("<item><guid>{title}</guid><title>{title}</title></item>")).collect();
    Answer::ok("application/rss+xml", format!("<rss version=\"2.0\"><channel><title>Shop</title>{items}</channel></rss>"))
        .etag(&format!("\"{}\"", titles.len()))
}

/// The daemon as a person starts it; killed when dropped.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_hearken"))
            .args(["run", "--config"])
            .arg(folder.join("hearken.toml"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon can be started");
        let mut running = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut log = BufReader::new(running.child.stderr.take().expect("a pipe")).lines();
        let mut seen = String::new();
        for line in log.by_ref().map(|line| line.expect("a line of text")) {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["message"] == "hearken listens" {
                running.address = event["address"].as_str().expect("where it listens").parse().expect("an address");
                // What nobody reads would fill the pipe and stop the daemon.
                std::thread::spawn(move || log.for_each(drop));
                return running;
            }
            seen.push_str(&line);
            seen.push('\n');
        }
        panic!("it ended before it listened:\n{seen}");
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
        assert!(head.starts_with("HTTP/1.1 200 ") && head.to_lowercase().contains("\r\ncontent-type: text/plain; version=0.0.4"), "{head}");
        body.to_owned()
    }

    /// The figures, once each of these lines is among them.
    fn metrics_with(&self, lines: &[&str]) -> String {
        let begin = Instant::now();
        loop {
            let text = self.metrics();
            let missing: Vec<_> = lines.iter().filter(|wanted| !text.lines().any(|line| line == **wanted)).collect();
            if missing.is_empty() {
                return text;
            }
            assert!(begin.elapsed() < SOON, "after {SOON:?} there is no {missing:?} in\n{text}");
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// As systemd stops it.
    fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill can be run");
        assert!(asked.success());
        self.child.wait().expect("a child of ours")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `promtool check metrics` has to say, or why it was not asked.
fn promtool(text: &str) -> Result<String, String> {
    let program =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = program.map_err(|error| format!("promtool: {error}"))?;
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("promtool reads");
    let output = child.wait_with_output().expect("a child of ours");
    let said = [output.stdout, output.stderr].concat();
    Ok(format!("{}{}", String::from_utf8_lossy(&said), if output.status.success() { "" } else { "(refused)" }))
}

/// Every metric has its help and its type before its first sample, and counters end as Prometheus wants.
fn explained(text: &str) {
    for sample in text.lines().filter(|line| !line.starts_with('#')) {
        let name = sample.split(['{', ' ']).next().unwrap_or_default();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        for word in ["HELP", "TYPE"] {
            assert!(text.contains(&format!("# {word} {family} ")), "no {word} for {name}");
        }
        assert_eq!(name.ends_with("_total"), text.contains(&format!("# TYPE {name} counter")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_right_and_in_good_form() {
    let (site, hook) = (Site::start().await, Receiver::start().await);
    site.serve("/feed.xml", feed(&["Lantern Tea is one year old"]));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("rules")).expect("a folder");
    std::fs::write(folder.path().join("rules/logistics.toml"), RULES).expect("written");
    std::fs::write(folder.path().join("secret"), "whsec_bGFudGVybiB0ZWEsIGxhbnRlcm4gdGVhLCBsYW50ZXJu").expect("written");
    std::fs::write(folder.path().join("hearken.toml"), settings(site.address(), hook.url().as_str())).expect("written");
    let daemon = Running::start(folder.path());
    daemon.metrics_with(&["hearken_polls_total{source=\"the \\\"good\\\" shop\",outcome=\"items\"} 1"]);
    site.serve("/feed.xml", feed(&["Lantern Tea is one year old", "my parcel from Lantern Tea never arrived"]));
    let text = daemon.metrics_with(&[
        "hearken_attempts_total{channel=\"hook\",outcome=\"delivered\"} 1",
        "hearken_decisions_total{category=\"logistics\",severity=\"high\"} 1",
        "hearken_incidents{state=\"open\",severity=\"high\"} 1",
        "hearken_outbox_deliveries{state=\"delivered\"} 1",
        "hearken_polls_total{source=\"the \\\"good\\\" shop\",outcome=\"items\"} 2",
        "hearken_acknowledgement_seconds_bucket{le=\"+Inf\"} 0",
        "hearken_sources 2",
        "hearken_sources_failing{kind=\"not_found\"} 1",
    ]);
    assert_eq!(hook.requests().len(), 1);
    explained(&text);
    match promtool(&text) {
        Ok(said) => assert_eq!(said, "", "about\n{text}"),
        Err(why) => not_run(&format!("the form of /metrics by Prometheus' own tool: {why}")),
    }
    let ended = daemon.terminate();
    assert!(ended.success(), "SIGTERM is an orderly stop: {ended}");
}
