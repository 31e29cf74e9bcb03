//! The store's troubles as the whole daemon meets them: cut off, from the future, read-only, full; and a clock that starts in 1970.

use std::fs;
use std::path::Path;
use std::process::Command;

use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::house::{House, until};
use crate::world::disk::Disk;
use crate::world::program;

/// What `DESIGN.md` promises for trouble with the store.
const EXIT_STORAGE: i32 = 4;

/// It does not start: exit code 4, and a sentence with these words in its log.
async fn refuses(house: &House, words: &str) {
    let mut daemon = house.home.launch().start();
    let status = daemon.ended().await;
    assert_eq!(status.code(), Some(EXIT_STORAGE), "{}", daemon.log());
    let log = daemon.log();
    assert!(log.contains(words), "no `{words}` in\n{log}");
}

#[tokio::test]
async fn a_cut_off_file() {
    let house = House::known(None, "1h").await;
    let file = house.home.path("hearken.db");
    // Folds the log in, so that the file is all there is.
    house.started().await.stop().await;
    let whole = fs::metadata(&file).expect("it is there").len();
    fs::OpenOptions::new().write(true).open(&file).expect("it opens").set_len(whole / 2).expect("cut");
    refuses(&house, "the store is damaged").await;
    assert!(house.home.last_log().contains("`hearken restore FILE`"), "{}", house.home.last_log());
}

#[tokio::test]
async fn a_schema_of_a_later_release() {
    let house = House::known(None, "1h").await;
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", house.home.path("hearken.db").display());
    let mut connection = AnyConnection::connect(&url).await.expect("it opens");
    connection.execute("INSERT INTO schema_steps (version, name) VALUES (99, 'later')").await.expect("written");
    connection.close().await.expect("closed");
    refuses(&house, "run the newer release, or restore a backup").await;
}

#[tokio::test]
async fn a_folder_that_is_not_there() {
    let house = House::build(Some("sqlite:///nonexistent/hearken.db"), "1h").await;
    refuses(&house, "the store cannot be reached").await;
}

#[tokio::test]
async fn a_file_that_cannot_be_written() {
    let Some(disk) = Disk::mount("8m") else { return };
    let house = House::known(Some(&disk.store()), "1h").await;
    house.started().await.stop().await;
    disk.make_read_only();
    refuses(&house, "\"hearken does not start\"").await;
}

/// What is in the store can be looked up where nothing can be written to it, with what a killed daemon left in its log.
#[tokio::test]
async fn a_file_system_that_is_read_only_can_be_looked_into() {
    let Some(disk) = Disk::mount("16m") else { return };
    let house = House::known(Some(&disk.store()), "1h").await;
    let mut daemon = house.started().await;
    house.publish(3);
    house.all_told().await;
    daemon.kill().await;
    disk.make_read_only();
    let config = house.home.path("hearken.toml");
    looked_into(&config, false).await;
    // Without the log's index SQLite reads the file alone: what the log alone has is missing, and that is said.
    disk.make_writable();
    fs::remove_file(disk.path("hearken.db-shm")).expect("it is there");
    disk.make_read_only();
    let said = program::run(&config, &["sources"]).await;
    assert!(said.remarks().contains("hearken.db-wal alone cannot be read there"), "{}{}", said.text(), said.remarks());
    // A store that was closed is whole.
    disk.make_writable();
    house.started().await.stop().await;
    disk.make_read_only();
    looked_into(&config, true).await;
    let refused = program::run(&config, &["sources", "reset", "forum"]).await;
    assert!(refused.ended(EXIT_STORAGE).remarks().contains("can be read but not written"), "{}", refused.remarks());
}

async fn looked_into(config: &Path, whole: bool) {
    let incidents = program::run(config, &["incidents", "--json"]).await;
    let json = incidents.ended(0).json();
    let ids: Vec<&str> = json["incidents"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), 3, "{json}");
    assert!(incidents.remarks().contains("it is opened to be read only"), "{}", incidents.remarks());
    assert!(!whole || !incidents.remarks().contains("may be missing"), "{}", incidents.remarks());
    for words in [vec!["sources"], vec!["whynot", "never arrived"], vec!["incidents", "show", ids[0]], vec!["deliveries"], vec!["rules"]] {
        program::run(config, &words).await.ended(0);
    }
}

/// What came while the disk was full is told once there is room.
#[tokio::test]
async fn a_disk_that_fills_up_while_it_runs() {
    let Some(disk) = Disk::mount("6m") else { return };
    let house = House::known(Some(&disk.store()), "1h").await;
    let mut daemon = house.started().await;
    let ballast = disk.fill();
    house.publish(20);
    until("it says that the disk is full", || async { house.home.last_log().contains("disk is full") }).await;
    let said = program::run(&house.home.path("hearken.toml"), &["sources"]).await;
    assert_eq!(said.0.status.code(), Some(EXIT_STORAGE), "{}", said.text());
    nothing_is_kept(&said.text());
    let json = program::run(&house.home.path("hearken.toml"), &["sources", "--json"]).await.json();
    assert_eq!(
        (&json["sources"][0]["health"], &json["sources"][0]["health_class"]),
        (&"nothing kept".into(), &"not_kept".into()),
        "{json}"
    );
    assert!(json["nothing_kept"].as_str().is_some_and(|why| why.contains("disk is full")), "{json}");
    fs::remove_file(ballast).expect("room again");
    house.all_told().await;
    let said = program::run(&house.home.path("hearken.toml"), &["sources"]).await;
    assert!(said.ended(0).text().contains("fine"), "{}", said.text());
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= tally.cut, "{tally:?}");
}

fn nothing_is_kept(said: &str) {
    assert!(said.contains("Nothing can be kept: ") && said.contains("Make room on the disk"), "{said}");
    assert!(said.contains("nothing kept") && !said.contains("fine"), "{said}");
}

/// The same where nobody may mount: no file of the daemon grows any more, as under a quota.
#[tokio::test]
async fn a_quota_that_is_used_up_while_it_runs() {
    let house = House::known(None, "1h").await;
    let mut daemon = house.home.launch().under("trap '' XFSZ; exec \"$0\" \"$@\"").start();
    daemon.ready().await;
    let sizes = ["hearken.db", "hearken.db-wal"].map(|name| fs::metadata(house.home.path(name)).map_or(0, |file| file.len()));
    let most = sizes.into_iter().max().unwrap_or_default() + 8192;
    limit(daemon.id(), &most.to_string());
    house.publish(20);
    until("it says that it is not ready", || async { daemon.request("GET /readyz", "").await.is_some_and(|(status, _)| status == 503) })
        .await;
    // In blocks of 512 bytes.
    let beside = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", most / 512);
    let mut sources = Command::new("sh");
    sources.arg("-c").arg(beside).arg(env!("CARGO_BIN_EXE_hearken")).args(["sources", "--config"]).arg(house.home.path("hearken.toml"));
    let said = tokio::task::spawn_blocking(move || sources.output()).await.expect("no panic").expect("it runs");
    nothing_is_kept(&String::from_utf8_lossy(&said.stdout));
    limit(daemon.id(), "unlimited");
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= tally.cut, "{tally:?}");
}

fn limit(process: u32, bytes: &str) {
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(set.expect("prlimit(1)").success());
}

/// A machine without a battery starts in 1970 and learns the time later.
#[tokio::test]
async fn a_clock_that_starts_in_1970() {
    let house = House::build(None, "1h").await;
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let mut daemon = house.home.launch().env("HEARKEN_CLOCK_OFFSET_S", &format!("-{}", now_s - 60)).start();
    daemon.ready().await;
    let store = house.open().await;
    until("the forum is known", || async { store.source("forum").await.expect("read").is_some_and(|source| source.baselined) }).await;
    store.close().await;
    house.publish(2);
    house.all_told().await;
    daemon.kill().await;
    house.publish(2);
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    house.tally().await;
}
