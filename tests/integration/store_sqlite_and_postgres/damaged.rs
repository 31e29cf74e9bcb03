//! Files that are full, read-only, cut off or newer; servers that are not there.

use std::fs;
use std::path::Path;

use hearken::store::{Store, StoreError};

use super::on_sqlite;
use super::samples::{at, raised, warning};

use crate::world::not_run::not_run;

fn address(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// A closed store with a few incidents, so that it has more than one page.
async fn filled(path: &Path) {
    let store = Store::open(&address(path)).await.expect("the store opens");
    for n in 0..50 {
        raised(&store, &format!("H-{n}"), &[warning(&format!("d_{n}"), &format!("H-{n}"), "a@example.test")]).await;
    }
    store.close().await;
}

#[tokio::test]
async fn a_cut_off_file_is_called_damaged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.db");
    filled(&path).await;
    let whole = fs::metadata(&path).expect("it is there").len();
    for kept in [whole / 2, 4_096, 100, 17] {
        let file = fs::OpenOptions::new().write(true).open(&path).expect("it opens");
        file.set_len(kept).expect("cut");
        let error = Store::open(&address(&path)).await.expect_err("it is damaged");
        assert!(matches!(error, StoreError::Corrupt(_)), "{kept} bytes: {error:?}");
        assert!(!error.is_temporary());
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let text = "Groceries: tea, rice, soap.\n".repeat(200);
    fs::write(&path, &text).expect("written");
    let error = Store::open(&address(&path)).await.expect_err("it is no database");
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
}

#[tokio::test]
async fn a_missing_folder_is_unreachable() {
    let error = Store::open("sqlite:///nonexistent/hearken.db").await.expect_err("there is no folder");
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_read_only_file_is_called_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kept.db");
    filled(&path).await;
    let error = Store::open(&format!("{}?mode=ro", address(&path))).await.expect_err("it cannot keep a promise");
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
}

#[tokio::test]
async fn lost_wal_files_do_not_hinder_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hearken.db");
    filled(&path).await;
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.path().join(format!("hearken.db{end}")));
    }
    let store = Store::open(&address(&path)).await.expect("it opens");
    assert!(store.incident("H-49").await.expect("read").is_some());
}

#[tokio::test]
async fn a_copy_taken_from_a_killed_daemon_has_everything() {
    on_sqlite(|bench| async move {
        raised(&bench.store, "H-1", &[]).await;
        // The files as a kill -9 leaves them: never closed, the log not folded in.
        let path = bench.url.trim_start_matches("sqlite://").to_owned();
        let folder = tempfile::tempdir().expect("a folder");
        for end in ["", "-wal"] {
            fs::copy(format!("{path}{end}"), folder.path().join(format!("killed.db{end}"))).expect("copied");
        }
        let store = Store::open(&address(&folder.path().join("killed.db"))).await.expect("it opens");
        assert!(store.incident("H-1").await.expect("read").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_its_password_unsaid() {
    for url in ["postgres://ops:tr0ub4dor@127.0.0.1:1/hearken", "postgres://ops:tr0ub4dor@bad host/x", "mysql://ops:tr0ub4dor@h/x"] {
        let error = Store::open(url).await.expect_err("nobody listens");
        assert!(!format!("{error} {error:?}").contains("tr0ub4dor"), "{error:?}");
    }
    let error = Store::open("postgres://ops:tr0ub4dor@127.0.0.1:1/hearken").await.expect_err("nobody listens");
    assert!(error.is_temporary(), "{error:?}");
}

#[tokio::test]
async fn a_store_in_memory_is_refused() {
    assert!(Store::open("sqlite::memory:").await.is_err());
}

/// A file system of half a megabyte; none where we may not mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=768k", "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").args(["-l"]).arg(self.0.path()).output();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_survived() {
    let Some(disk) = SmallDisk::mount() else {
        not_run("mounting a small file system is not permitted here");
        return;
    };
    let ballast = disk.0.path().join("ballast");
    let store = Store::open(&address(&disk.0.path().join("full.db"))).await.expect("the store opens");
    raised(&store, "H-first", &[warning("d_first", "H-first", "a@example.test")]).await;
    // Fill what is left, to the last byte.
    let mut left = fs::File::create(&ballast).expect("ballast");
    while std::io::Write::write_all(&mut left, &[7; 512]).is_ok() {}
    drop(left);

    let mut error = None;
    for n in 0..200 {
        let id = format!("H-{n}");
        if let Err(full) = store.raise(&super::samples::incident(&id, &id), &[]).await {
            error = Some((n, full));
            break;
        }
    }
    let (n, error) = error.expect("the disk is full");
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert!(error.is_temporary());
    assert!(store.incident("H-first").await.expect("it still reads").is_some());
    assert!(store.incident(&format!("H-{n}")).await.expect("read").is_none(), "nothing is kept by halves");

    fs::remove_file(&ballast).expect("room again");
    raised(&store, "H-after", &[]).await;
    assert_eq!(store.due_escalations(at(10_000), 1_000).await.expect("list").len(), n + 2);
}
