//! From an entry's first appearance in an answer of the site to the arrival of its warning at the receiver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use crate::Asked;
use crate::daemon::{Daemon, Plan, made_rules};
use crate::feeds::{BRAND, Feeds};
use crate::site::{Site, free_listener, header};

/// When the warning about an entry came, by feed and entry.
pub(crate) type Arrived = Arc<Mutex<HashMap<(usize, usize), Instant>>>;

pub(crate) fn run(asked: &Asked, runtime: &Runtime) {
    let folder = tempfile::tempdir().expect("a folder");
    // Each feed is polled once a second and shows one new entry each time: as many feeds as entries a second.
    let feeds = asked.number("--rate", 100);
    let seconds = asked.number("--seconds", 30) as u64;
    let mut made = Feeds::new(20, 100);
    made.complains = true;
    let site = Site::new(made);
    let port = runtime.block_on(site.listen(None));
    let arrived = Arrived::default();
    let hook = runtime.block_on(receiver(Arc::clone(&arrived)));
    let plan = Plan {
        program: asked.program(),
        feeds,
        hosts: asked.number("--hosts", feeds),
        port,
        tls: false,
        store: asked.text("--store", "sqlite"),
        rules: made_rules(folder.path(), 1_000),
        interval: "1s",
        hook,
        http: String::new(),
    };
    let mut daemon = Daemon::start(&plan, &folder.path().join("hearken"));
    let text = "SELECT count(*) FROM sources WHERE baselined = 1";
    let wanted = i64::try_from(feeds).ok();
    daemon.wait("every feed has been read once", |daemon| daemon.ask(text) == wanted);
    let before = daemon.cpu();
    site.ever_new(true);
    std::thread::sleep(Duration::from_secs(seconds));
    site.ever_new(false);
    let cpu = daemon.cpu() - before;
    std::thread::sleep(Duration::from_secs(5));
    let (served, arrived) = (site.served.lock().expect("it is whole"), arrived.lock().expect("it is whole"));
    let mut waits: Vec<f64> =
        served.iter().filter_map(|(entry, at)| Some(arrived.get(entry)?.saturating_duration_since(*at).as_secs_f64() * 1e3)).collect();
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits.get(((waits.len() as f64 * part) as usize).min(waits.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
    println!(
        "{} entries served in {seconds} s ({:.0} a second), {} warnings: median {:.1} ms, 90 % {:.1} ms, 99 % {:.1} ms, longest {:.1} ms; {:.2} CPU s",
        served.len(),
        served.len() as f64 / seconds as f64,
        waits.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        cpu
    );
    assert_eq!(waits.len(), served.len(), "every entry was warned of");
}

/// Takes every webhook call and notes which entry it is about.
pub(crate) async fn receiver(arrived: Arrived) -> u16 {
    let listener = free_listener().await;
    let port = listener.local_addr().expect("it listens").port();
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            let arrived = Arc::clone(&arrived);
            tokio::spawn(async move {
                let (mut got, mut buffer) = (Vec::new(), vec![0; 32 * 1024]);
                loop {
                    if let Some((entry, end)) = call(&got) {
                        if let Some(entry) = entry {
                            arrived.lock().expect("it is whole").entry(entry).or_insert_with(Instant::now);
                        }
                        got.drain(..end);
                        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                            return;
                        }
                        continue;
                    }
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => return,
                        Ok(read) => got.extend_from_slice(&buffer[..read]),
                    }
                }
            });
        }
    });
    port
}

/// The entry a whole call is about, and where the call ends.
fn call(got: &[u8]) -> Option<(Option<(usize, usize)>, usize)> {
    let head_end = got.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&got[..head_end]);
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    let body = String::from_utf8_lossy(got.get(head_end..head_end + length)?).into_owned();
    // The text begins with the brand and the entry's number.
    let number = body.split(&format!("{BRAND} ")).find_map(|rest| {
        let (feed, rest) = rest.split_once('/')?;
        let (entry, _) = rest.split_once(':')?;
        Some((feed.parse().ok()?, entry.parse().ok()?))
    });
    Some((number, head_end + length))
}
