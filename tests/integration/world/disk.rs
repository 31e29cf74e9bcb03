//! A small file system that fills up, or turns read-only.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::not_run::not_run;

/// A file system of its own; none where we may not mount.
pub(crate) struct Disk(tempfile::TempDir);

impl Disk {
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        not_run("mounting a small file system is not permitted here");
        None
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn store(&self) -> String {
        format!("sqlite://{}", self.path("hearken.db").display())
    }

    pub(crate) fn make_read_only(&self) {
        self.remount("remount,ro");
    }

    pub(crate) fn make_writable(&self) {
        self.remount("remount,rw");
    }

    fn remount(&self, how: &str) {
        let remount = Command::new("mount").args(["-o", how]).arg(self.0.path()).status().expect("mount(8)");
        assert!(remount.success());
    }

    /// Leaves no byte free; the file that fills it is given back.
    pub(crate) fn fill(&self) -> PathBuf {
        let ballast = self.path("ballast");
        let mut file = File::create(&ballast).expect("a file");
        while file.write_all(&[7; 512]).is_ok() {}
        ballast
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).output();
    }
}
