//! The operator's files of a story: a small company's settings, and knobs for what the story is about.

use std::path::Path;

use hearken::model::Moment;

use super::smtp::{ServerTls, Smtpd};

/// Signs links where the story says nothing else.
pub(crate) const LINK_KEY: &str = "link-key-of-the-stories-0123456789abcdef";
/// Of the webhook receiver.
pub(crate) const HOOK_SECRET: &str = "whsec_c3RvcmllcyBzaWduIHRoZWlyIGNhbGxzIHdpdGggdGhpcyE=";
/// For the interface for programs.
pub(crate) const API_TOKEN: &str = "token-of-the-ticket-system-0123456789";
/// Signs calls of programs.
pub(crate) const API_SECRET: &str = "whsec_cHJvZ3JhbXMgc2lnbiB0aGVpciBjYWxscyBsaWtlIHRoaXM=";

/// What a story starts from. In every text `{site}`, `{hook}`, `{smtp}` and `{folder}` stand for where the world is.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) smtpd: Smtpd,
    /// None: SQLite beside the settings.
    pub(crate) store: Option<String>,
    pub(crate) start: Moment,
    pub(crate) public_url: &'static str,
    /// Lines added under `[web]`, and so on.
    pub(crate) web: String,
    pub(crate) collect: String,
    pub(crate) respond: String,
    /// Lines added to the forum's `[[source]]`, to the mail channel and to the hook.
    pub(crate) source: String,
    pub(crate) mail: String,
    pub(crate) hook: String,
    pub(crate) departments: String,
    pub(crate) routes: String,
    /// Whole tables after all others.
    pub(crate) more: String,
    /// Rule files by name.
    pub(crate) rules: Vec<(String, String)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            smtpd: Smtpd::plain(),
            store: None,
            // 10:00 in Taipei, far from any change of the clocks.
            start: Moment::from_secs(1_795_140_000),
            public_url: "https://hearken.test/",
            web: String::new(),
            collect: String::new(),
            respond: String::new(),
            source: String::new(),
            mail: String::new(),
            hook: String::new(),
            departments: DEPARTMENTS.to_owned(),
            routes: ROUTES.to_owned(),
            more: String::new(),
            rules: vec![("small.toml".to_owned(), RULES.to_owned())],
        }
    }
}

impl Plan {
    /// A plan with changes.
    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut plan = Self::default();
        change(&mut plan);
        plan
    }

    /// Over this store.
    pub(crate) fn over(store: String) -> Self {
        Self::with(|plan| plan.store = Some(store))
    }

    /// The settings as the operator writes them.
    pub(crate) fn settings(&self, places: &[(&str, String)]) -> String {
        let store = self.store.clone().unwrap_or_else(|| "sqlite://{folder}/hearken.db".to_owned());
        let tls = match self.smtpd.tls {
            ServerTls::None => "none",
            ServerTls::StartTls => "starttls",
            ServerTls::Implicit => "implicit",
        };
        // The sites of a story are on this machine and in no hurry to be left alone.
        let collect = if self.collect.contains("host_gap") { self.collect.clone() } else { format!("host_gap = \"0s\"\n{}", self.collect) };
        let Self { public_url, web, respond, source, mail, hook, departments, routes, more, .. } = self;
        let lines = [
            ("store", store.as_str()),
            ("tls", tls),
            ("public_url", public_url),
            ("web", web),
            ("collect", &collect),
            ("respond", respond),
            ("source", source),
            ("mail", mail),
            ("hook_lines", hook),
            ("departments", departments),
            ("routes", routes),
            ("more", more),
        ];
        let mut text = SETTINGS.to_owned();
        for (name, value) in lines.into_iter().chain(places.iter().map(|(name, value)| (*name, value.as_str()))) {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// Writes settings, rules and secrets; what was there before is replaced.
    pub(crate) fn write(&self, folder: &Path, places: &[(&str, String)]) {
        let rules = folder.join("rules");
        let _ = std::fs::remove_dir_all(&rules);
        std::fs::create_dir(&rules).expect("the folder is made");
        for (name, text) in &self.rules {
            std::fs::write(rules.join(name), text).expect("it is written");
        }
        for (name, secret) in [("link-key", LINK_KEY), ("hook.secret", HOOK_SECRET), ("api.token", API_TOKEN), ("api.secret", API_SECRET)] {
            write_secret(&folder.join(name), secret);
        }
        std::fs::write(folder.join("hearken.toml"), self.settings(places)).expect("it is written");
    }
}

/// Readable by its owner alone, as the settings want it.
pub(crate) fn write_secret(path: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, secret).expect("it is written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
}

const SETTINGS: &str = r#"
[company]
name = "Kestrel Kettles"
timezone = "Asia/Taipei"
language = "zh-TW"
[store]
url = "{store}"
[rules]
dir = "{folder}/rules"
[web]
listen = "127.0.0.1:0"
public_url = "{public_url}"
link_key_file = "{folder}/link-key"
signing_secret_file = "{folder}/api.secret"
{web}
[[web.token]]
name = "ticket system"
token_file = "{folder}/api.token"
[http]
allow_private = ["127.0.0.0/8"]
timeout = "2s"
[collect]
{collect}
[respond]
ops = "ops"
{respond}
[[brand]]
name = "紅隼"
aliases = ["Kestrel"]
[[source]]
name = "forum"
kind = "feed"
url = "{site}/forum.xml"
interval = "1m"
{source}
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {smtp}
tls = "{tls}"
from = "Hearken <hearken@kestrel.test>"
timeout = "10s"
{mail}
[[channel]]
name = "hook"
kind = "webhook"
url = "{hook}"
secret_file = "{folder}/hook.secret"
timeout = "2s"
{hook_lines}
{departments}
{routes}
{more}
"#;

const DEPARTMENTS: &str = r#"
[[department]]
name = "logistics"
title = "物流部"
language = "zh-TW"
members = [{ name = "阿宏", mail = "hong@kestrel.test" }, { name = "小芳", mail = "fang@kestrel.test" }]
channels = ["mail", "hook"]
[[department.ladder]]
name = "lead"
after = "30m"
members = [{ name = "物流主管", mail = "lead@kestrel.test" }]
channels = ["mail"]
[[department.ladder]]
name = "management"
after = "1h"
department = "management"

[[department]]
name = "quality"
title = "Quality"
language = "en"
members = [{ name = "Jonas", mail = "jonas@kestrel.test" }]
channels = ["mail"]

[[department]]
name = "management"
title = "管理層"
language = "zh-TW"
members = [{ name = "陳總", mail = "chen@kestrel.test" }]
channels = ["mail"]

[[department]]
name = "ops"
language = "en"
members = [{ name = "Ops", mail = "ops@kestrel.test" }]
channels = ["mail"]
"#;

const ROUTES: &str = r#"
[[route]]
categories = ["logistics"]
department = "logistics"
[[route]]
categories = ["product_quality"]
department = "quality"
[[route]]
severity = "critical"
department = "management"
also = true
"#;

const RULES: &str = r#"
[[rule]]
id = "logistics.late"
category = "logistics"
severity = "medium"
weight = 2.0
any = ["还没收到", "never arrived"]
note = "The goods did not come."
example = [{ text = "訂了十天還沒收到貨", fires = true }]

[[rule]]
id = "quality.broken"
category = "product_quality"
severity = "medium"
weight = 2.0
any = ["坏了", "漏水", "broken"]
note = "It broke."
example = [{ text = "用一週就壞了", fires = true }]

[[rule]]
id = "severity.harm"
kind = "severity"
raise_to = "critical"
any = ["烫伤", "burned my"]
note = "Somebody was hurt."
example = [{ text = "手被燙傷", fires = true }]
"#;
