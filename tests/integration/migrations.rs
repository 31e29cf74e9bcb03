//! The schema's history: the same steps for both engines, none that an old row could break, none undone by an older release.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hearken::store::{NewSource, Store, StoreError};

use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::world::postgres::with_database;

/// File name to text: the engine's own, and those of both.
fn steps(engine: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let own = fs::read_dir(folder.join(engine)).expect("the folder is there");
    let files = own.chain(fs::read_dir(folder.join("both")).expect("the folder is there"));
    files
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read_to_string(&path).expect("it reads")))
        .collect()
}

/// What follows `word` up to the end of the statement, upper case, for each time it stands in the text.
fn after<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = &'t str> {
    text.match_indices(word).map(move |(at, _)| text[at..].split(';').next().unwrap_or_default())
}

#[test]
fn both_engines_have_the_same_steps() {
    let (sqlite, postgres) = (steps("sqlite"), steps("postgres"));
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    let registry = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrate.rs")).expect("it reads");
    let mut last = 0;
    for name in sqlite.keys() {
        let number: u32 = name.split('_').next().and_then(|digits| digits.parse().ok()).expect("a step's file begins with its number");
        assert!(number > last && name.starts_with(&format!("{number:04}_")), "{name}: each step has a number of its own");
        last = number;
        let registered = |folder: &str| registry.contains(&format!("migrations/{folder}/{name}"));
        assert!(registered("both") != (registered("sqlite") && registered("postgres")), "{name} is registered once for each engine");
    }
}

#[test]
fn no_step_demands_a_value_that_old_rows_lack() {
    for (name, text) in steps("sqlite").into_iter().chain(steps("postgres")) {
        let text = text.to_uppercase();
        for column in after(&text, "ADD COLUMN") {
            assert!(!column.contains("NOT NULL") || column.contains("DEFAULT"), "{name}: {column}");
        }
        for column in after(&text, "SET NOT NULL") {
            assert!(text.contains("UPDATE "), "{name} fills the column before it demands it: {column}");
        }
    }
}

#[test]
fn the_first_step_makes_the_same_tables_for_both() {
    let tables = |engine: &str| {
        let text = steps(engine).remove("0001_first.sql").expect("the first step");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--")).map(|line| {
            line.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "KEY").replace("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "KEY")
        });
        lines.map(|line| line.replace(") WITHOUT ROWID;", ");")).collect::<Vec<_>>()
    };
    assert_eq!(tables("sqlite"), tables("postgres"));
}

/// A store of the first release, with a mention that waited to be acted on and one that was.
async fn of_the_first_release(url: &str, engine: &str) {
    let mut connection = AnyConnection::connect(url).await.expect("it connects");
    let first = steps(engine).remove("0001_first.sql").expect("the first step");
    let rows = "CREATE TABLE schema_steps (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL); \
         INSERT INTO schema_steps (version, name) VALUES (1, 'first'); \
         INSERT INTO mentions (id, source, identity, body, seen_at, lang, brands, revision, baseline, text_hash, simhash) \
         VALUES ('m_1', 'shop', 1, 'still waiting', 5, 'en', '[\"Swift\"]', 1, 0, 7, 0), ('m_2', 'shop', 2, 'told', 6, 'en', '[\"Swift\"]', 1, 0, 8, 0); \
         INSERT INTO sources (name, kind, url, host, reading, next_due_at, last_success_at, baselined) \
         VALUES ('shop', 'feed', 'https://one.example/a', 'one.example', 1, 9, 7, 1); \
         INSERT INTO items (source, identity, fingerprint, first_seen_at, last_seen_at, mention) VALUES ('shop', 1, 10, 5, 6, 'm_1'), ('shop', 3, 30, 5, 6, NULL); \
         INSERT INTO verdicts (mention, revision, severity, complaint, rule_set, verdict, decided_at, acted_at, outcome) \
         VALUES ('m_1', 1, 'low', 1, 'abc', '{verdict}', 5, NULL, NULL), ('m_2', 1, 'low', 1, 'abc', '{verdict}', 6, 7, 'opened')";
    let verdict = r#"{"brands":["Swift"],"complaint":true,"sentiment":-0.4,"categories":[],"severity":"low","lang":"en","reasons":[],"rule_set":"abc"}"#;
    let text = format!("{first};{}", rows.replace("{verdict}", verdict));
    sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await.expect("the old schema with its rows");
    connection.close().await.expect("it closes");
}

/// What an older release left is whole after the later steps, and they can be used with it.
async fn taken_over(url: String, engine: &str) {
    sqlx::any::install_default_drivers();
    of_the_first_release(&url, engine).await;
    let store = Store::open(&url).await.expect("the later steps are taken");
    let (waiting, now) = (store.has_pending().await.expect("asked"), hearken::model::Moment(100));
    let doubts = store.doubts(hearken::model::Moment(0), now, 10).await.expect("asked");
    assert!(waiting, "what waited still does");
    assert_eq!(doubts.iter().map(|doubt| doubt.mention.id.as_str()).collect::<Vec<_>>(), ["m_2"]);
    assert!(store.claim_doubt(&doubts[0].mention, "small", hearken::model::Moment(200), now).await.expect("claimed"));
    // What a source remembers goes on under any name.
    let renamed = NewSource {
        name: "store".into(),
        kind: "feed".into(),
        url: "https://one.example/a".into(),
        host: "one.example".into(),
        reading: 1,
        first_due_at: now,
        changed_due_at: now,
    };
    store.sync_sources(&[renamed], now).await.expect("sync");
    let state = store.source("store").await.expect("asked").expect("it is there");
    assert!(state.baselined && state.last_success_at == Some(hearken::model::Moment(7)), "{state:?}");
    assert_eq!(store.known_items(&state.id, &[1, 2, 3].map(hearken::model::Identity)).await.expect("asked").len(), 2);
    assert_eq!(store.mention("m_2").await.expect("asked").expect("it is there").0.source, "store");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_first_release_are_taken_over_by_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    taken_over(format!("sqlite://{}?mode=rwc", folder.path().join("hearken.db").display()), "sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_first_release_are_taken_over_by_postgres() {
    with_database(|url| async move { taken_over(url, "postgres").await }).await;
}

/// Opened at once by four daemons, then told of a later release, then opened again.
async fn history(url: String) {
    let opened = futures_util::future::join_all((0..4).map(|_| Store::open(&url))).await;
    for store in opened {
        store.expect("daemons that start at once are fine").close().await;
    }
    let mut connection = AnyConnection::connect(&url).await.expect("it connects");
    connection.execute("INSERT INTO schema_steps (version, name) VALUES (99, 'later')").await.expect("a later release was here");
    let error = Store::open(&url).await.expect_err("its schema is newer");
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("run the newer release"));
    connection.execute("DELETE FROM schema_steps WHERE version = 99").await.expect("it never was");
    Store::open(&url).await.expect("it opens again").close().await;
    connection.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_by_sqlite() {
    sqlx::any::install_default_drivers();
    let folder = tempfile::tempdir().expect("a folder");
    history(format!("sqlite://{}?mode=rwc", folder.path().join("hearken.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_by_postgres() {
    with_database(history).await;
}
