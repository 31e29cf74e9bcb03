//! The demo's own files, in a fresh folder that is removed at the end.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::run::HOOK_SECRET;
use crate::decide::packs::PACKS;
use crate::decide::tone;

/// How often the sample sites are asked.
const INTERVAL: &str = "2s";
/// How long an incident waits for an answer before it climbs: short enough to be watched.
const CLIMB: &str = "2m";

/// Where the demo's world listens.
pub(super) struct Addresses {
    /// Of the daemon's own pages; 0 for a free one.
    pub(super) port: u16,
    pub(super) site: SocketAddr,
    pub(super) smtp: SocketAddr,
    pub(super) hook: SocketAddr,
}

/// Removed when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("hearken-demo-{}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// Writes rules and settings; returns the settings' path.
    pub(super) fn write(&self, addresses: &Addresses) -> io::Result<PathBuf> {
        let rules = self.0.join("rules");
        for (name, text) in PACKS {
            let path = rules.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&rules))?;
            fs::write(path, text)?;
        }
        fs::write(rules.join(tone::FILE), tone::SHIPPED)?;
        let port = free_port(addresses.port)?;
        let settings = [
            ("folder", self.0.display().to_string()),
            ("port", port.to_string()),
            ("site", addresses.site.to_string()),
            ("smtp", addresses.smtp.port().to_string()),
            ("hook", addresses.hook.to_string()),
            ("interval", INTERVAL.to_owned()),
            ("climb", CLIMB.to_owned()),
        ];
        let mut text = include_str!("demo.toml").to_owned();
        for (name, value) in settings {
            text = text.replace(&format!("{{{name}}}"), &value);
        }
        self.write_secret()?;
        let path = self.0.join("hearken.toml");
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Readable by its owner alone, as every secret file should be.
    fn write_secret(&self) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.0.join("hook.secret"))?;
        file.write_all(HOOK_SECRET.as_bytes())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind in /tmp is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Links in mails name the port, so it must be known before the daemon binds it.
fn free_port(wanted: u16) -> io::Result<u16> {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, wanted))?.local_addr().map(|address| address.port())
}
