//! The TOML shape, its checks, and secrets: from the operator's files to the options that the stages own.

mod checks;
mod load;
mod mask;
mod merge;
mod names;
pub mod presets;
mod secrets;
mod sections;
#[cfg(test)]
mod tests;
mod values;

pub use load::{Loaded, Readable, begun_here, default_path, defaults, load, load_here, readable_here};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::collect::holidays::Holidays;
use crate::collect::source::{CollectOptions, SourceOptions};
use crate::decide::brand::Brand;
use crate::decide::opinion::OpinionOptions;
use crate::model::Secret;
use crate::outbound::OutboundOptions;
use crate::respond::deliver::Channel;
use crate::respond::department::Department;
use crate::respond::route::{RespondOptions, Route};

/// Enough that two sections are not alike by chance.
const FINGERPRINT_BYTES: usize = 8;

/// Everything the operator decided, checked. Immutable: a reload makes a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub company: Company,
    pub store: StoreOptions,
    pub rules_dir: PathBuf,
    /// A shadow rule has shown what it does after this.
    pub shadow_for: Duration,
    /// Message templates that override the built-in ones.
    pub templates_dir: Option<PathBuf>,
    pub web: WebOptions,
    pub log: LogOptions,
    pub http: OutboundOptions,
    pub collect: CollectOptions,
    pub respond: RespondOptions,
    pub run: RunOptions,
    pub reload: ReloadOptions,
    pub heartbeat: Option<Heartbeat>,
    pub second_opinion: Option<OpinionOptions>,
    pub brands: Vec<Brand>,
    pub sources: Vec<SourceOptions>,
    pub channels: Vec<Channel>,
    pub departments: Vec<Department>,
    pub routes: Vec<Route>,
}

impl Settings {
    /// The sections in which two settings differ, as the operator names them: for the log of a reload.
    #[must_use]
    pub fn changed(&self, other: &Self) -> Vec<&'static str> {
        let Self {
            company,
            store,
            rules_dir,
            shadow_for,
            templates_dir,
            web,
            log,
            http,
            collect,
            respond,
            run,
            reload,
            heartbeat,
            second_opinion,
            brands,
            sources,
            channels,
            departments,
            routes,
        } = self;
        let sections = [
            ("company", *company == other.company),
            ("store", *store == other.store),
            ("rules", *rules_dir == other.rules_dir && *shadow_for == other.shadow_for),
            ("templates", *templates_dir == other.templates_dir),
            ("web", *web == other.web),
            ("log", *log == other.log),
            ("http", *http == other.http),
            ("collect", *collect == other.collect),
            ("respond", *respond == other.respond),
            ("run", *run == other.run),
            ("reload", *reload == other.reload),
            ("heartbeat", *heartbeat == other.heartbeat),
            ("second_opinion", *second_opinion == other.second_opinion),
            ("brand", *brands == other.brands),
            ("source", *sources == other.sources),
            ("channel", *channels == other.channels),
            ("department", *departments == other.departments),
            ("route", *routes == other.routes),
        ];
        sections.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }

    /// Hashes of the sections by which is decided what is heard, judged and told, and to whom: machines that share a store have the same.
    /// Where a machine listens, logs and looks for its files is its own, and secrets are not in it.
    #[must_use]
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        let hash = |section: &dyn std::fmt::Debug| -> String {
            let digest = Sha256::digest(format!("{section:?}"));
            digest.iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect()
        };
        let sections: [(&str, String); 9] = [
            ("company", hash(&self.company)),
            ("collect", hash(&self.collect)),
            ("respond", hash(&self.respond)),
            ("second_opinion", hash(&self.second_opinion)),
            ("brand", hash(&self.brands)),
            ("source", hash(&self.sources)),
            ("channel", hash(&self.channels)),
            ("department", hash(&self.departments)),
            ("route", hash(&self.routes)),
        ];
        sections.into_iter().map(|(name, hash)| (name.to_owned(), hash)).collect()
    }

    /// What differs and only a restart can take up: the store, the listening address, the daemon's own options and its log.
    #[must_use]
    pub fn needs_restart(&self, other: &Self) -> Vec<&'static str> {
        let keys = [
            ("store.url", self.store.url == other.store.url),
            ("web.listen", self.web.listen == other.web.listen),
            ("log", self.log == other.log),
            ("run", self.run == other.run),
        ];
        keys.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    pub name: String,
    pub timezone: TimeZone,
    /// `zh-TW`, `zh-CN` or `en`: pages and departments that state none.
    pub language: String,
    /// Under which names we answer on the pages of others.
    pub reply_names: Vec<String>,
    /// Days on which the silence of sources says nothing, where they have no days of their own.
    pub holidays: Holidays,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// `sqlite:///path` or `postgres://...`; a password comes from `password_file`.
    pub url: Secret,
    /// Items without a brand are forgotten this long after they were last seen.
    pub keep_items: Duration,
    /// Resolved incidents with their mentions are kept this long.
    pub keep_incidents: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WebOptions {
    pub listen: SocketAddr,
    /// What links in mails begin with; may have a path (behind a proxy).
    pub public_url: Url,
    /// Signs links; two at once while a key is changed, the new one first.
    pub link_keys: Vec<Secret>,
    pub tokens: Vec<ApiToken>,
    /// Verify signed API calls (Standard Webhooks), two at once while a key is changed.
    pub signing_secrets: Vec<Secret>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Who acts, in the incident's history.
    pub name: String,
    pub token: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOptions {
    pub format: LogFormat,
    /// `info`, or a filter as `info,hearken::collect=debug`.
    pub level: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Journald's own fields under systemd, text elsewhere.
    Auto,
    Text,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Names this daemon in leases; host name and process id where none is given.
    pub node: Option<String>,
    /// Work taken by a daemon that died is free again after this.
    pub lease: Duration,
    /// Longest wait for work under way when stopping.
    pub stop_within: Duration,
}

/// `[reload]`: what a changed set of rules must not do before it is put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReloadOptions {
    /// How far back the changed rules are tried.
    pub backtest_over: Duration,
    /// Refused when, on an average day of that time, more would have been warned of than are now.
    pub most_new_warnings_per_day: Option<u64>,
    /// The same for warnings that would have been lost.
    pub most_lost_warnings_per_day: Option<u64>,
}

/// An outward address that is asked only while the whole pipeline is sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    pub url: Url,
    pub every: Duration,
}
