//! The shipped configuration, where values come from, and that no secret is ever shown.

mod reach;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::load::gather;
use super::secrets::Surroundings;
use super::{Loaded, Settings, load};
use crate::collect::source::SourceOptions;
use crate::model::Severity;
use crate::problem::{Problem, Problems, render};
use crate::respond::deliver::ChannelKind;

const MINIMAL: &str = r#"
[company]
name = "Example"
[[brand]]
name = "Example Tea"
[[source]]
name = "blog"
kind = "feed"
url = "https://www.example.com/feed.xml"
[[channel]]
name = "mail"
kind = "smtp"
host = "localhost"
tls = "none"
from = "hearken@example.com"
[[department]]
name = "care"
members = [{ name = "Wang", mail = "wang@example.com" }]
channels = ["mail"]
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn put(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("closed");
        path
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Loaded, Vec<Problem>> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(&self.0.path().join("hearken.toml"), environment, Some(&self.0.path().join("credentials")))
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/hearken.toml")
}

fn sound(loaded: Result<Loaded, Vec<Problem>>) -> Settings {
    match loaded {
        Ok(loaded) => {
            assert!(loaded.warnings.is_empty(), "{}", render(&loaded.warnings, false));
            loaded.settings
        }
        Err(problems) => panic!("{}", render(&problems, false)),
    }
}

fn messages(loaded: Result<Loaded, Vec<Problem>>) -> Vec<String> {
    let problems = loaded.map_or_else(|problems| problems, |loaded| loaded.warnings);
    problems.into_iter().map(|problem| problem.message).collect()
}

#[test]
fn the_shipped_file_is_sound_as_it_stands() {
    let settings = sound(load(&shipped(), [], None));
    assert_eq!(settings.respond.ops, "care");
    assert_eq!(settings.brands.len(), 1);
    assert!(settings.web.listen.ip().is_loopback());
    assert!(settings.web.link_keys.is_empty());
}

/// Every example of the shipped file switched on, with the files it names.
fn with_examples(folder: &Folder) -> String {
    let key = "0123456789abcdef0123456789abcdef";
    for name in [
        "store",
        "link-key",
        "link-key-old",
        "ticket-system",
        "feed-login",
        "mail",
        "models",
        "proxy",
        "tracker",
        "tracker-old",
        "chat",
        "chat-old",
        "alerts",
        "shop",
    ] {
        folder.put(&format!("secrets/{name}"), &format!("{key}\n"));
    }
    for name in ["signing", "signing-old", "tickets", "tickets-old", "desk", "desk-old"] {
        folder.put(&format!("secrets/{name}"), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n");
    }
    folder.put("secrets/cookies", "sid=0123456789abcdef\n");
    folder.put("secrets/company-ca.pem", "-----BEGIN CERTIFICATE-----\n");
    for dir in ["rules", "config/templates", "survey"] {
        fs::create_dir_all(folder.0.path().join(dir)).expect("made");
    }
    let text = fs::read_to_string(shipped()).expect("the shipped file");
    let on = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_shipped_examples_are_sound_and_explain_every_key() {
    let folder = Folder::new();
    let text = with_examples(&folder).replace("\"../rules\"", "\"rules\"").replace("\"templates\"", "\"config/templates\"");
    let text = text.replace("/var/lib/hearken/survey", &folder.0.path().join("survey").to_string_lossy());
    let path = folder.put("hearken.toml", &text);
    let surroundings = Surroundings { folder: folder.0.path().to_owned(), credentials_dir: None, environment: BTreeMap::new() };
    let problems = Problems::default();
    let settings = sound(gather(&path, &surroundings, &problems));
    assert_eq!((settings.sources.len(), settings.channels.len(), settings.routes.len()), (9, 2, 2));
    assert!(settings.heartbeat.is_some());

    let form = |key: &String| ["_file", "_env", "_credential"].iter().any(|form| key.ends_with(form)) && key != "ca_file";
    let missing: Vec<String> = problems
        .known_keys()
        .into_iter()
        .filter(|key| !form(key) && !matches!(key.as_str(), "file" | "env" | "credential"))
        .filter(|key| {
            let shown = [format!("{key} = "), format!("{key}_file = "), format!("[{key}]"), format!(".{key}]")];
            !shown.iter().any(|shown| text.contains(shown))
        })
        .collect();
    assert!(missing.is_empty(), "config/hearken.toml does not explain {missing:?}");
}

#[test]
fn nothing_but_secrets_is_covered() {
    let text = with_examples(&Folder::new());
    let shown = super::mask::masked(&text);
    let covered: Vec<&str> = text.lines().zip(shown.lines()).filter(|(line, shown)| line != shown).map(|(line, _)| line).collect();
    // Of a proxy's address it is what stands before the `@`.
    let secret = |line: &&str| line.starts_with("headers = ") || line.starts_with("proxy = ");
    assert!(covered.iter().all(secret), "{covered:?}");
}

#[test]
fn a_mark_and_windows_line_ends_do_no_harm() {
    let folder = Folder::new();
    folder.put("hearken.toml", &format!("\u{feff}{}", MINIMAL.replace('\n', "\r\n")));
    sound(folder.load(&[]));
    folder.put("hearken.toml", &format!("\u{feff}nam = 1\r\n{}", MINIMAL.replace('\n', "\r\n")));
    let problems = folder.load(&[]).expect_err("an unknown key");
    assert_eq!(problems[0].place.line_column(), Some((1, 1)));
}

#[test]
fn the_environment_goes_above_the_files() {
    let folder = Folder::new();
    folder.put("hearken.toml", &format!("{MINIMAL}\n[web]\nlisten = \"127.0.0.1:1\"\n[http]\nallow_private = [\"10.0.0.0/8\"]\n"));
    let settings = sound(folder.load(&[
        ("HEARKEN__WEB__LISTEN", "127.0.0.1:2"),
        ("HEARKEN__HTTP__ALLOW_PRIVATE", "192.168.0.0/16, fd00::/8"),
        ("HEARKEN__COLLECT__MAX_ITEMS", "7"),
        ("HEARKEN__STORE__URL", "postgres://me@db/x"),
        ("HEARKEN__STORE__PASSWORD", "p@ss/word"),
        ("HEARKEN_TEST_POSTGRES", "of no concern"),
    ]));
    assert_eq!(settings.web.listen.port(), 2);
    assert_eq!(settings.http.allow_private.len(), 2);
    assert_eq!(settings.collect.max_items, 7);
    assert_eq!(settings.store.url.expose(), "postgres://me:p%40ss%2Fword@db/x");
}

#[test]
fn variables_that_set_nothing_are_refused_by_name() {
    let folder = Folder::new();
    folder.put("hearken.toml", MINIMAL);
    for (name, help) in [
        ("HEARKEN__WEB__LISTN", "Did you mean `HEARKEN__WEB__LISTEN`?"),
        ("HEARKEN__WBE__LISTEN", "Did you mean `HEARKEN__WEB__LISTEN`?"),
        ("HEARKEN__WEB_LISTEN", "Write HEARKEN__SECTION__KEY"),
        ("HEARKEN__BRAND__NAME", "Set it in a file"),
    ] {
        let problems = folder.load(&[(name, "x")]).expect_err(name);
        let text = render(&problems, false);
        assert_eq!(problems.len(), 1, "{text}");
        assert!(text.contains(name) && text.contains(help), "{text}");
    }
}

#[test]
fn drop_ins_are_read_in_order_and_leftovers_are_not() {
    let folder = Folder::new();
    folder.put("hearken.toml", MINIMAL);
    let source = |name: &str| format!("[[source]]\nname = \"{name}\"\nkind = \"feed\"\nurl = \"https://example.com/{name}\"\n");
    folder.put("conf.d/20-b.toml", &source("b"));
    folder.put("conf.d/10-a.toml", &source("a"));
    for leftover in [".30-c.toml", ".30-c.toml.swp", "30-c.toml~", "#30-c.toml#", "30-c.toml.bak", "README"] {
        folder.put(&format!("conf.d/{leftover}"), "this is not TOML");
    }
    let loaded = folder.load(&[]).expect("sound");
    let names: Vec<_> = loaded.settings.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["blog", "a", "b"]);
    assert_eq!(loaded.files.len(), 3);
}

fn smtp_password(settings: &Settings) -> Option<String> {
    settings.channels.iter().find_map(|channel| match &channel.kind {
        ChannelKind::Smtp(smtp) => smtp.password.as_ref().map(|secret| secret.expose().to_owned()),
        ChannelKind::Webhook(_) => None,
    })
}

#[test]
fn a_secret_comes_from_a_file_a_variable_or_a_credential() {
    let folder = Folder::new();
    folder.put("secrets/mail", "hunter2 \r\n");
    folder.put("credentials/mail", "hunter2 \n");
    for form in ["password_file = \"secrets/mail\"", "password_env = \"MAIL\"", "password_credential = \"mail\""] {
        let login = format!("from = \"hearken@example.com\"\nusername = \"hearken\"\n{form}");
        folder.put("hearken.toml", &MINIMAL.replace("from = \"hearken@example.com\"", &login));
        let settings = sound(folder.load(&[("MAIL", "hunter2 ")]));
        assert_eq!(smtp_password(&settings).as_deref(), Some("hunter2 "), "{form}");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_a_problem() {
    let folder = Folder::new();
    folder.put("empty", "\n");
    folder.put("long", &"x".repeat(20_000));
    folder.put("lines", "one\ntwo\n");
    for (form, message) in [
        ("password_file = \"nowhere\"", "nowhere cannot be read: no such file or directory"),
        ("password_file = \"empty\"", "empty is empty"),
        ("password_file = \".\"", "cannot be read: is a directory"),
        ("password_file = \"long\"", "long is too long for a secret"),
        ("password_file = \"lines\"", "lines has more than one line"),
        ("password_env = \"MAIL\"", "there is no environment variable MAIL"),
        ("password_credential = \"mail\"", "mail cannot be read: no such file or directory"),
        ("password_credential = \"../mail\"", "this is no credential's name"),
        ("password_file = \"lines\"\npassword_env = \"MAIL\"", "`password` is given in 2 ways"),
    ] {
        let login = format!("from = \"hearken@example.com\"\nusername = \"hearken\"\n{form}");
        folder.put("hearken.toml", &MINIMAL.replace("from = \"hearken@example.com\"", &login));
        let found = messages(folder.load(&[]));
        assert!(found.iter().any(|found| found.ends_with(message)), "{form}: {found:?}");
    }
}

#[test]
fn a_secret_file_that_everyone_may_read_is_warned_of() {
    let folder = Folder::new();
    let path = folder.put("mail", "hunter2\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened");
    let login = "from = \"hearken@example.com\"\nusername = \"hearken\"\npassword_file = \"mail\"";
    folder.put("hearken.toml", &MINIMAL.replace("from = \"hearken@example.com\"", login));
    let found = messages(folder.load(&[]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("everyone on this machine may read"), "{found:?}");
}

#[test]
fn no_secret_is_shown_whatever_is_wrong_with_its_line() {
    let folder = Folder::new();
    for line in [
        "password = \"hunter2\"",
        "pasword = \"hunter2\"",
        "password = [\"hunter2\"]",
        "password = { value = \"hunter2\" }",
        "password = \"hunter2",
        "password = hunter2",
        "password hunter2",
        "\"password\" = 'hunter2' x",
        "password = \"hunter2\"\npassword = \"hunter2\"",
        "password_file = \"nowhere\" password = \"hunter2\"",
        "host = \"smtp://me:hunter2@mail.example.com\"",
        "headers = { Authorization = \"Bearer hunter2\", X-Other = \"hunter2\" }",
    ] {
        let text = MINIMAL.replace("tls = \"none\"", &format!("username = \"hearken\"\n{line}"));
        folder.put("hearken.toml", &text);
        let problems = folder.load(&[]).map_or_else(|problems| problems, |loaded| loaded.warnings);
        assert!(!problems.is_empty(), "{line}");
        let shown = format!("{}{:?}", render(&problems, false), problems);
        assert!(!shown.contains("hunter2"), "{line}: {}", render(&problems, false));
    }
}

#[test]
fn what_changed_is_named_by_its_sections() {
    let folder = Folder::new();
    folder.put("hearken.toml", MINIMAL);
    let before = sound(folder.load(&[]));
    assert!(before.changed(&sound(folder.load(&[]))).is_empty());
    folder.put("hearken.toml", &MINIMAL.replace("feed.xml", "other.xml"));
    let after = sound(folder.load(&[("HEARKEN__WEB__LISTEN", "127.0.0.1:2")]));
    assert_eq!(after.changed(&before), ["web", "source"]);
    assert_eq!(after.needs_restart(&before), ["web.listen"]);
}

#[test]
fn categories_are_compared_with_those_of_the_rules() {
    let folder = Folder::new();
    folder.put("hearken.toml", &format!("{MINIMAL}\n[[route]]\ndepartment = \"care\"\ncategories = [\"logistic\"]\n"));
    let loaded = folder.load(&[]).expect("sound");
    let found = loaded.unknown_categories(["logistics", "price"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].help.as_deref(), Some("Did you mean `logistics`?"));
    assert!(loaded.unknown_categories(["logistic"]).is_empty());
}

/// The one source of the settings with these lines in it.
fn source_with(folder: &Folder, lines: &str) -> Result<SourceOptions, Vec<String>> {
    folder.put("hearken.toml", &MINIMAL.replace("kind = \"feed\"\n", &format!("kind = \"feed\"\n{lines}\n")));
    match folder.load(&[]) {
        Ok(mut loaded) => Ok(loaded.settings.sources.remove(0)),
        Err(problems) => Err(problems.into_iter().map(|problem| problem.message).collect()),
    }
}

#[test]
fn a_source_has_a_pace_unless_its_interval_is_fixed() {
    let folder = Folder::new();
    let minutes = |lines: &str| {
        let source = source_with(&folder, lines).expect("sound");
        let bounds = source.pace.map(|bounds| (bounds.least.as_secs() / 60, bounds.most.as_secs() / 60));
        (source.interval.as_secs() / 60, bounds)
    };
    assert_eq!(minutes(""), (15, Some((5, 30))));
    assert_eq!(minutes("interval = \"auto\""), (15, Some((5, 30))));
    assert_eq!(minutes("interval = \"10m\""), (10, None));
    assert_eq!(minutes("interval_min = \"2h\""), (120, Some((120, 120))), "one bound moves the other where it must");
    assert_eq!(minutes("interval_max = \"2m\""), (2, Some((2, 2))));
    assert_eq!(minutes("interval_min = \"1m\"\ninterval_max = \"24h\""), (15, Some((1, 1440))));
    let told = source_with(&folder, "silent_after = \"20m\"").expect_err("no longer than the ceiling");
    assert_eq!(told, ["`silent_after` is no longer than the time between two polls"]);
}

#[test]
fn credentials_say_when_they_expire_and_where_they_are_from() {
    let folder = Folder::new();
    let later = 1_900_000_000;
    folder.put("jar", &format!("# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t{later}\tsid\thunter2\n"));
    // {"alg":"none"} and {"exp":1900000001}.
    folder.put("token", "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjE5MDAwMDAwMDF9.x\n");
    folder.put("key", "hunter2\n");
    let headers = "headers = { Authorization = { file = \"token\" }, X-Key = { file = \"key\", expires = 2030-01-01 } }";
    let source = source_with(&folder, &format!("cookies_file = \"jar\"\n{headers}")).expect("sound");
    let cookie = source.headers.iter().find(|(name, _)| name == "Cookie").map(|(_, value)| value.expose());
    assert_eq!(cookie, Some("sid=hunter2"));
    let said = |name: &str, seconds| (format!("the file {}", folder.0.path().join(name).display()), seconds);
    let found: Vec<_> = source.credentials.iter().map(|one| (one.from.clone(), one.expires.as_secs())).collect();
    assert_eq!(found, [said("token", later + 1), said("key", 1_893_456_000), said("jar", later)]);

    folder.put("jar", "# one line\nthis is hunter2\n");
    let told = source_with(&folder, "cookies_file = \"jar\"").expect_err("no cookie");
    assert!(told.len() == 1 && told[0].starts_with("line 2 of ") && !told[0].contains("hunter2"), "{told:?}");
    folder.put("jar", "other.example\tTRUE\t/\tFALSE\t0\tsid\thunter2\n");
    let told = source_with(&folder, "cookies_file = \"jar\"").expect_err("of another site");
    assert!(told.len() == 1 && told[0].ends_with("holds no cookie for www.example.com"), "{told:?}");
    let both = "cookies_file = \"jar\"\nheaders = { cookie = { file = \"key\" } }";
    assert_eq!(source_with(&folder, both).expect_err("twice"), ["there is a `Cookie` among the headers as well"]);
}

#[test]
fn a_proxy_is_its_address_a_user_and_a_password_of_a_file() {
    let folder = Folder::new();
    folder.put("password", "hunter2\n");
    let lines = "proxy = \"http://ear@proxy.example.com:3128/\"\nproxy_password_file = \"password\"";
    let proxy = source_with(&folder, lines).expect("sound").proxy.expect("a proxy");
    assert_eq!((proxy.url.as_str(), proxy.user.as_deref()), ("http://proxy.example.com:3128/", Some("ear")));
    assert_eq!(proxy.password.as_ref().map(crate::model::Secret::expose), Some("hunter2"));
    assert!(!format!("{proxy:?}").contains("hunter2"));
    assert_eq!(source_with(&folder, "proxy = \"socks5://10.0.0.1\"").expect_err("no port"), ["the proxy has no port"]);
}
