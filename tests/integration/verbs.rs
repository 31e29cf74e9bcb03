//! The operator's verbs, through the real program: what they say, what they do, and how they end.

mod backtest;
mod company;
mod opml;
mod probe;
mod train;

use std::time::Duration;

use hearken::model::{DeliveryState, Fingerprint, Identity, IncidentState, Moment, Via};
use hearken::store::{MentionFilter, PollCommit, SeenItem, Store};
use insta::assert_snapshot;

use crate::world::receiver::{Answer, Receiver};
use crate::world::smtp::{Act, At, SmtpServer, Smtpd};
use company::{Company, INCIDENT, LATE, NAMELESS, OLD, PRAISE};

const SOON: Duration = Duration::from_mins(1);

#[tokio::test]
async fn listings_say_what_stands() {
    let company = Company::new().await;
    assert_snapshot!("verbs_incidents", company.run(&["incidents"]).ended(0).text());
    assert_snapshot!("verbs_incident", company.run(&["incidents", "show", "7k3qf2ma"]).ended(0).text());
    assert_snapshot!("verbs_sources", company.run(&["sources"]).ended(0).text());
    assert_snapshot!("verbs_deliveries", company.run(&["deliveries"]).ended(0).text());
    assert_snapshot!("verbs_delivery", company.run(&["deliveries", "show", "d_lin"]).ended(0).text());

    assert_eq!(company.run(&["incidents", "list", "--json"]).ended(0).json()["incidents"][0]["id"], INCIDENT);
    assert_eq!(company.run(&["incidents", "show", INCIDENT, "--json"]).ended(0).json()["deliveries"][0]["attempts"][0]["number"], 1);
    assert_eq!(company.run(&["deliveries", "list", "--state", "dead", "--json"]).ended(0).json()["deliveries"][0]["id"], "d_lin");
    let sources = company.run(&["sources", "--json"]).ended(0).json();
    assert_eq!((&sources["sources"][0]["failure"], &sources["sources"][1]["health"]), (&"dns".into(), &"fine".into()));
    for words in [["incidents", "list", "--state", "resolved"], ["incidents", "list", "--department", "care"]] {
        assert_eq!(company.run(&words).ended(0).text(), "No incidents.\n");
    }
    let other = "incidents list --since 0s".split(' ').collect::<Vec<_>>();
    assert_eq!(company.run(&other).ended(0).text(), "No incidents.\n");
}

#[tokio::test]
async fn an_answer_takes_effect_once_and_is_kept() {
    let company = Company::new().await;
    let first = company.run(&["incidents", "ack", "7K3QF2MA", "--note", "calling them", "--as", "Mei"]);
    assert_eq!(first.ended(0).text(), "H-7K3QF2MA is acknowledged. Who was told of it hears so.\n");
    let second = company.run(&["incidents", "ack", INCIDENT]);
    assert!(second.ended(1).text().starts_with("Nothing changed: Mei acknowledged H-7K3QF2MA at 20"), "{}", second.text());

    let store = company.store().await;
    let incident = store.incident(INCIDENT).await.expect("read").expect("it is there");
    assert_eq!(
        (incident.state, incident.escalate_at, incident.acknowledged_by.as_deref()),
        (IncidentState::Acknowledged, None, Some("Mei"))
    );
    let kept = store.incident_acknowledgements(INCIDENT).await.expect("read");
    let kept: Vec<_> = kept.iter().map(|kept| (kept.row.actor.as_str(), kept.row.via, kept.row.took_effect)).collect();
    assert_eq!(kept, [("Mei", Via::CommandLine, true), ("lin", Via::CommandLine, false)]);
    store.close().await;

    let moved = company.run(&["incidents", "hand-over", INCIDENT, "care"]);
    assert_eq!(moved.ended(0).text(), "H-7K3QF2MA is now with care; they are told, and their ladder begins.\n");
    let deliveries = company.run(&["deliveries", "list", "--state", "due", "--json"]).json();
    assert!(deliveries["deliveries"].as_array().is_some_and(|due| due.iter().any(|due| due["department"] == "care")), "{deliveries}");
    let nobody = company.run(&["incidents", "hand-over", INCIDENT, "nobody"]);
    assert_eq!(nobody.ended(2).text(), "Nothing changed: there is no department `nobody`. There are: logistics, care, management, ops.\n");
    let resolved = company.run(&["incidents", "resolve", INCIDENT, "--cause", "strike", "--remedy", "refund", "--json"]);
    let resolved = resolved.ended(0).json();
    assert_eq!((&resolved["effect"]["effect"], &resolved["incident"]["remedy"]), (&"took_effect".into(), &"refund".into()));
    company.run(&["incidents", "false-alarm", INCIDENT]).ended(1);
}

#[tokio::test]
async fn not_ours_goes_on_and_a_false_alarm_ends() {
    let company = Company::new().await;
    assert!(company.run(&["incidents", "not-ours", INCIDENT]).ended(0).text().contains("is now with care"));
    assert!(company.run(&["incidents", "false-alarm", INCIDENT]).ended(0).text().contains("is resolved"));
}

#[tokio::test]
async fn a_wrong_id_is_said_plainly() {
    let company = Company::new().await;
    assert!(company.run(&["incidents", "show", "xyz"]).ended(2).remarks().contains("`xyz` is no incident's id"));
    assert_eq!(company.run(&["incidents", "ack", "H-00000000"]).ended(1).remarks(), "error: there is no incident H-00000000\n");
    assert_eq!(company.run(&["deliveries", "show", "d_0"]).ended(1).remarks(), "error: there is no delivery d_0\n");
    assert!(company.run(&["incidents", "--state", "open", "show", INCIDENT]).ended(2).remarks().contains("behind `list`"));
    assert!(company.run(&["incidents", "list", "--state", "new"]).ended(2).remarks().contains("open, acknowledged, resolved"));
}

#[tokio::test]
async fn a_delivery_is_sent_again_or_dropped() {
    let company = Company::new().await;
    let again = company.run(&["deliveries", "retry", "D_LIN"]);
    assert_eq!(again.ended(0).text(), "d_lin is due now; a running daemon takes it up within seconds.\n");
    assert_eq!(company.run(&["deliveries", "drop", "d_lin"]).ended(0).text(), "d_lin will not be sent any more.\n");
    let store = company.store().await;
    assert_eq!(store.delivery("d_lin").await.expect("read").map(|delivery| delivery.state), Some(DeliveryState::Cancelled));
    store.close().await;
    let late = company.run(&["deliveries", "retry", "d_mei"]);
    assert!(late.ended(1).remarks().contains("d_mei is delivered and cannot be sent again"), "{}", late.remarks());
}

#[tokio::test]
async fn a_retry_of_what_nobody_wants_any_more_says_so() {
    let company = Company::new().await;
    company.run(&["incidents", "ack", INCIDENT]).ended(0);
    let said = company.run(&["deliveries", "retry", "d_lin"]).ended(0).text();
    assert!(said.ends_with("But somebody answered H-7K3QF2MA meanwhile: it will be cancelled instead.\n"), "{said}");
}

#[tokio::test]
async fn a_source_is_polled_anew() {
    let company = Company::new().await;
    assert!(company.run(&["sources", "reset", "forum"]).ended(0).text().starts_with("`forum` is due now"));
    let store = company.store().await;
    let forum = store.source("forum").await.expect("read").expect("it is there");
    assert_eq!((forum.failure, forum.failures), (None, 0));
    store.close().await;
    let said = company.run(&["sources", "reset", "forun"]).ended(1).remarks();
    assert_eq!(said, "error: no source `forun` is polled. Did you mean `forum`?\n");
}

#[tokio::test]
async fn a_backup_is_whole_private_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let company = Company::new().await;
    let copy = company.path("copy.db");
    let name = copy.display().to_string();
    let running = company.store().await;
    let said = company.run(&["backup", &name]).ended(0).text();
    assert!(said.ends_with("sound, with 1 incidents and 3 mentions.\n"), "{said}");
    assert_eq!(std::fs::metadata(&copy).expect("a file").permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&copy).expect("a file");
    assert!(company.run(&["backup", &name]).ended(2).remarks().contains("exists already"));
    assert_eq!(std::fs::read(&copy).expect("a file"), before);
    assert!(company.run(&["backup", "/nowhere/at/all.db"]).ended(4).remarks().contains("in a folder that exists"));
    running.close().await;
    let store = Store::open(&format!("sqlite://{name}")).await.expect("the copy opens");
    assert!(store.incident(INCIDENT).await.expect("read").is_some());
    store.close().await;
}

#[tokio::test]
async fn a_backup_is_restored_over_a_crashed_store_whose_log_lies_beside_it() {
    let company = Company::new().await;
    let (file, copy) = (company.path("hearken.db"), company.path("copy.db"));
    let name = copy.display().to_string();
    company.run(&["backup", &name]).ended(0);
    // As a daemon leaves it that was killed: much in the log, little in the file.
    let crashed = company.store().await;
    crashed.reset_source("forum", Moment::from_secs(1_795_200_000)).await.expect("reset");
    for _ in 0..50 {
        crashed.prove_room(Moment::from_secs(1_795_200_000)).await.expect("there is room");
    }
    let log = |file: &std::path::Path| std::path::PathBuf::from(format!("{}-wal", file.display()));
    let (wal, before) = (std::fs::read(log(&file)).expect("a log"), std::fs::read(&file).expect("a file"));
    crashed.close().await;
    assert!(!wal.is_empty());
    std::fs::write(&file, &before).expect("written");
    std::fs::write(log(&file), &wal).expect("written");
    let said = company.run(&["restore", &name]).ended(0).text();
    assert!(said.contains("sound, with 1 incidents and 3 mentions") && said.contains("Now start the daemon"), "{said}");
    assert!(!log(&file).exists(), "the log of another file does not lie beside it");
    let kept = said.lines().find_map(|line| line.strip_prefix("What was there before lies in ")).expect("it is kept");
    let kept = std::path::PathBuf::from(kept.split(';').next().expect("a path"));
    assert_eq!((std::fs::read(&kept).expect("a file"), std::fs::read(log(&kept)).expect("a log")), (before, wal));
    let store = company.store().await;
    assert_eq!(store.read_through().await.expect("sound"), (1, 3));
    assert!(store.incident(INCIDENT).await.expect("read").is_some());
    store.close().await;
    assert!(company.run(&["incidents"]).ended(0).text().contains(INCIDENT));
    assert!(copy.exists(), "the backup stays");
}

#[tokio::test]
async fn nothing_is_restored_that_is_not_sound_or_over_a_running_daemon() {
    let company = Company::new().await;
    let (file, copy) = (company.path("hearken.db"), company.path("copy.db"));
    let name = copy.display().to_string();
    company.run(&["backup", &name]).ended(0);
    let before = std::fs::read(&file).expect("a file");
    let refused = |path: &std::path::Path, code: i32, words: &str| {
        let said = company.run(&["restore", &path.display().to_string()]).ended(code).remarks();
        assert!(said.contains(words), "{said}");
        assert_eq!(std::fs::read(&file).expect("a file"), before, "it is as it was");
    };
    let whole = std::fs::read(&copy).expect("a file");
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(company.path(name), bytes).expect("written");
        company.path(name)
    };
    refused(&put("empty.db", b""), 4, "no SQLite file");
    refused(&put("packed.db.gz", b"\x1f\x8b\x08"), 4, "no SQLite file");
    refused(&put("cut.db", &whole[..whole.len() / 2]), 4, "is not sound");
    refused(&company.path("nowhere.db"), 2, "there is no file");
    refused(&file, 4, "is the store itself");
    let url = format!("sqlite://{}", file.display());
    let now = Moment::from_secs(1_795_200_000);
    let (store, daemon) = Store::open_to_work(&url, "shop-1-41-d00000000000", now).await.expect("a daemon");
    let said = company.run(&["restore", &name]).ended(4).remarks();
    assert!(said.contains("another daemon works on") && said.contains("Stop it first"), "{said}");
    store.close().await;
    daemon.leave().await;
    let left = std::fs::read_dir(company.path("")).expect("a folder").flatten().map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("restore")).collect();
    assert!(left.is_empty(), "{left:?}");
    std::fs::remove_file(&file).expect("removed");
    company.run(&["restore", &name]).ended(0);
    assert!(file.exists(), "a machine that had no store yet");
}

#[tokio::test]
async fn a_store_that_refuses_ends_with_four_and_a_remedy() {
    let company = Company::without_store(25, "http://127.0.0.1:9/");
    let said = company.run(&["incidents"]).ended(4).remarks();
    assert!(said.contains("there is no store at") && said.contains("`hearken run` makes it"), "{said}");
    assert!(!company.path("hearken.db").exists(), "it belongs to the daemon to make it");
    std::fs::write(company.path("hearken.db"), vec![7; 8192]).expect("written");
    let said = company.run(&["sources"]).ended(4).remarks();
    assert!(said.contains("the store is damaged") && said.contains("`hearken restore FILE`"), "{said}");
    std::fs::write(company.path("hearken.toml"), "nonsense = 1\n").expect("written");
    assert!(company.run(&["route"]).ended(2).remarks().contains("`nonsense` is not known here"), "who would be told is not guessed");
}

#[test]
fn a_route_says_who_hears_when_over_what_and_why() {
    let company = Company::without_store(25, "http://127.0.0.1:9/");
    let at = ["--at", "2026-11-22 18:42"];
    let critical = [&["route", "--category", "logistics", "--severity", "critical"][..], &at].concat();
    assert_snapshot!("verbs_route", company.run(&critical).ended(0).text());
    let care = [&["route", "--severity", "medium", "--json"][..], &at].concat();
    let care = company.run(&care).ended(0).json();
    assert_eq!((&care["routed"]["department"], &care["told"][1]["recipient"]["channel"]), (&"care".into(), &"erp".into()));
    assert_eq!(care["told"][0]["at"], "2026-11-22T10:42:00Z");
    let low = company.run(&["route", "--severity", "low"]).ended(0).text();
    assert!(low.contains("responsible  ops") && low.contains("no [[route]] names who is responsible"), "{low}");
    let none = company.run(&["route", "--severity", "none"]).ended(0).text();
    assert_eq!(none, "Nobody would be told: its severity is none, and `respond.least_severity` is low.\n");
    let nonsense = company.run(&["route", "--category", "nonsense"]).ended(2).remarks();
    assert!(nonsense.contains("category `nonsense`") && nonsense.contains("`logistics`"), "{nonsense}");
    assert!(company.run(&["route", "--brand", "Lantign"]).ended(2).remarks().contains("Did you mean `Lanting`?"));
    assert!(company.run(&["route", "--at", "noon"]).ended(2).remarks().contains("is no time"));
}

#[tokio::test]
async fn whynot_names_the_stage() {
    let company = Company::new().await;
    let told = company.run(&["whynot", LATE]).ended(0).text();
    assert!(told.contains("told as H-7K3QF2MA: 1 of 2 messages arrived, 1 given up"), "{told}");
    assert!(!told.contains('\u{1b}'), "a stranger's text moves no cursor");
    assert!(company.run(&["whynot", PRAISE]).ended(0).text().contains("not told: it is no complaint."));
    let old = company.run(&["whynot", OLD]).ended(0).text();
    assert!(old.contains("not told: it was there when its source was polled for the first time"), "{old}");
    let tracked = company.run(&["whynot", "http://www.shop.example/reviews/2?utm_source=x"]).ended(0).text();
    assert!(tracked.contains("m_2"), "{tracked}");
    let nameless = company.run(&["whynot", NAMELESS]).ended(1).text();
    assert!(nameless.starts_with("Seen by shop, and dropped there: it named no brand."), "{nameless}");
    let unseen = company.run(&["whynot", "https://shop.example/reviews/9"]).ended(1).text();
    assert!(unseen.starts_with("No mention with this address is stored") && unseen.contains("fail now"), "{unseen}");
    assert!(unseen.contains("Not extracted, or without a brand: `shop` polls that host and was read at 2026-11-18 19:06;"), "{unseen}");
    let elsewhere = company.run(&["whynot", "https://blog.example/9"]).ended(1).text();
    assert!(elsewhere.contains("Not fetched: no source polls blog.example."), "{elsewhere}");
    let down = company.run(&["whynot", "https://forum.example/t/9"]).ended(1).text();
    assert!(down.contains("Not fetched: `forum` polls that host and fails since 2026-11-18 18:36 (dns)"), "{down}");
}

#[tokio::test]
async fn whynot_finds_what_is_older_than_what_it_looks_through_and_says_how_far_it_looked() {
    let company = Company::new().await;
    let store = company.store().await;
    let told = store.mentions(&MentionFilter { url: Some(LATE.to_owned()), ..MentionFilter::default() }).await.expect("read").remove(0);
    let now = told.0.seen_at.plus(Duration::from_hours(1));
    let state = store.claim_due_sources("node-9", now.plus(Duration::from_hours(900)), SOON, 10, 1).await.expect("claimed");
    let state = state.into_iter().find(|state| state.name == "shop").expect("it is due");
    let item = |number: i64| {
        let (mut mention, verdict) = told.clone();
        (mention.id, mention.identity, mention.seen_at) = (format!("m_later_{number}"), 1_000_000 + number, now);
        (mention.url, mention.text, mention.title) = (Some(format!("https://shop.example/later/{number}")), format!("蘭亭 {number}"), None);
        mention.text_hash = number;
        SeenItem {
            identity: Identity(mention.identity),
            fingerprint: Fingerprint(number),
            mention: Some((mention, verdict)),
            stands_for: None,
        }
    };
    let items = (0..5_001).map(item).collect();
    store.commit_poll(&PollCommit { owner: "node-9".into(), state, items, now }).await.expect("kept");
    store.close().await;
    let words: String = told.0.text.chars().skip(3).take(8).collect();
    let found = company.run(&["whynot", &words]).ended(0).text();
    assert!(found.contains(INCIDENT), "{words}: {found}");
    let link = company.run(&["whynot", "http://www.shop.example/reviews/1?utm_source=x"]).ended(0).text();
    assert!(link.contains(INCIDENT), "{link}");
    for (what, how) in [("蘭亭的包裹等了一個月還沒收到貨,太離譜了", "another spelling"), ("https://shop.example/reviews/9", "another form")]
    {
        let missed = company.run(&["whynot", what]).ended(1).text();
        assert!(missed.contains("of the newest 5000") && missed.contains(how) && missed.contains("stored mentions"), "{missed}");
    }
}

#[tokio::test]
async fn whynot_finds_a_part_of_a_text_and_judges_what_is_not_stored() {
    let company = Company::new().await;
    let part = company.run(&["whynot", "订了十天还没收到货"]).ended(0).text();
    assert!(part.contains(INCIDENT), "simplified finds traditional: {part}");
    assert!(company.run(&["whynot", "收到"]).ended(0).text().contains(INCIDENT), "a Chinese word is two characters");
    let short = company.run(&["whynot", "no"]).ended(1).text();
    assert!(short.starts_with("No mention says just this, and it is too short"), "{short}");
    let dropped = company.run(&["whynot", "這家店的桌子壞了"]).ended(1).text();
    assert!(dropped.contains("not told, because it names no brand."), "{dropped}");
    let other = company.run(&["whynot", "蘭亭集序的字帖壞了一頁"]).ended(1).text();
    assert!(other.contains("stands only inside \"蘭亭集序\", which its `exclude` lists."), "{other}");
    let heard = company.run(&["whynot", "蘭亭的包裹等了一個月還沒收到貨,太離譜了"]).ended(1).text();
    assert!(heard.contains("for logistics."), "{heard}");
    company.in_force("[[rule]]\nid = \"quality.broken\"\ncategory = \"product_quality\"\nseverity = \"medium\"\nany = [\"坏掉\"]\nnote = \"It broke.\"\n");
    let negated = company.run(&["whynot", "蘭亭的椅子沒有壞掉,很滿意"]).ended(1).text();
    assert!(negated.contains("held back by rules: ") && negated.contains("(its words are negated)"), "{negated}");
}

#[tokio::test]
async fn a_test_reports_the_mail_servers_own_words() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let company = Company::without_store(server.port(), "http://127.0.0.1:9/");
    let said = company.run_beside(&["notify", "test", "mail"]).await;
    assert!(said.ended(0).text().contains("ops@lanting.example: taken. The receiver says: 250"), "{}", said.text());
    assert!(said.text().contains("EHLO") && said.text().contains("encryption  none"), "{}", said.text());
    let mail = server.wait_for_mails(1, SOON).await.remove(0);
    assert!(mail.header("Subject").is_some_and(|subject| subject.to_lowercase().contains("test")), "{:?}", mail.header("Subject"));

    server.on(At::Recipient("nobody@lanting.example"), Act::reply("550 5.1.1 no such user"));
    let refused = company.run_beside(&["notify", "test", "mail", "--to", "nobody@lanting.example"]).await;
    assert!(
        refused.ended(1).text().contains("refused for good") && refused.text().contains("550 5.1.1 no such user"),
        "{}",
        refused.text()
    );
    let unknown = company.run_beside(&["notify", "test", "male"]).await;
    assert_eq!(unknown.ended(2).remarks(), "error: there is no channel `male`. There are: mail, erp.\n");
}

#[tokio::test]
async fn a_test_of_a_webhook_is_signed_and_judged_by_its_status() {
    let receiver = Receiver::start().await;
    let company = Company::without_store(25, receiver.url().as_str());
    let said = company.run_beside(&["notify", "test", "erp"]).await;
    assert!(said.ended(0).text().starts_with("127.0.0.1: taken."), "{}", said.text());
    let request = receiver.wait_for_requests(1, SOON).await.remove(0);
    assert!(request.header("webhook-signature").is_some_and(|signature| signature.starts_with("v1,")));
    receiver.answer_once(Answer::status(401));
    let refused = company.run_beside(&["notify", "test", "erp"]).await;
    assert!(refused.ended(1).text().contains("401"), "{}", refused.text());
    let silent = Company::without_store(1, "http://127.0.0.1:1/");
    assert!(silent.run_beside(&["notify", "test", "mail"]).await.ended(3).text().contains("could not be used"));
    assert!(silent.run_beside(&["notify", "test", "erp", "--to", "a@b.example"]).await.ended(2).remarks().contains("is a webhook"));
}
