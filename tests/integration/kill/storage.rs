//! The store's troubles as the whole daemon meets them: shared, cut off, from the future, read-only, full; and a clock that starts in 1970.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::house::{House, until};

/// What `DESIGN.md` promises for trouble with the store.
const EXIT_STORAGE: i32 = 4;

/// A file system of its own; none where we may not mount.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        println!("not run: mounting a small file system is not permitted here");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn store(&self) -> String {
        format!("sqlite://{}", self.path("hearken.db").display())
    }

    fn make_read_only(&self) {
        let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(self.0.path()).status().expect("mount(8)");
        assert!(remount.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).output();
    }
}

/// It does not start: exit code 4, and a sentence with these words in its log.
async fn refuses(house: &House, words: &str) {
    let mut daemon = house.home.launch().start();
    let status = daemon.ended().await;
    assert_eq!(status.code(), Some(EXIT_STORAGE), "{}", daemon.log());
    let log = daemon.log();
    assert!(log.contains(words), "no `{words}` in\n{log}");
}

#[tokio::test]
async fn two_daemons_on_one_file_do_nothing_twice() {
    let house = House::known(None, "1h").await;
    let (mut one, mut other) = (house.started().await, house.started().await);
    for _ in 0..4 {
        let asked = house.site.requests("/forum.xml").len();
        house.publish(2);
        until("another poll", || async { house.site.requests("/forum.xml").len() > asked }).await;
    }
    house.all_told().await;
    one.stop().await;
    other.stop().await;
    assert_eq!(house.tally().await.duplicates, 0);
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

/// What came while the disk was full is told once there is room.
#[tokio::test]
async fn a_disk_that_fills_up_while_it_runs() {
    let Some(disk) = Disk::mount("2m") else { return };
    let house = House::known(Some(&disk.store()), "1h").await;
    let mut daemon = house.started().await;
    let mut ballast = fs::File::create(disk.path("ballast")).expect("a file");
    while ballast.write_all(&[7; 512]).is_ok() {}
    drop(ballast);
    house.publish(20);
    until("it says that the disk is full", || async { house.home.last_log().contains("disk is full") }).await;
    fs::remove_file(disk.path("ballast")).expect("room again");
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= tally.cut, "{tally:?}");
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
