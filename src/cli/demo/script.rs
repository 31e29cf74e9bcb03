//! What the demo shows: each warning as it arrives, and at the end what is missing.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use mailparse::MailHeaderMap as _;
use tokio::sync::mpsc::UnboundedReceiver;

use super::hook::Call;
use super::mailbox::Mail;
use super::samples::SAMPLES;
use super::site::Site;
use crate::cli::exit;
use crate::store::Store;

/// `--once` gives up after this; it needs about eight seconds.
const ONCE_WITHIN: Duration = Duration::from_secs(60);
/// After the last expected warning, `--once` waits this long for one that nobody expects.
const QUIET_FOR: Duration = Duration::from_secs(3);
/// How often the store is asked whether the first polls are done.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The demo's course and what it watches.
pub(super) struct Story {
    pub(super) once: bool,
    pub(super) site: Site,
    pub(super) address: SocketAddr,
    pub(super) mails: UnboundedReceiver<Mail>,
    pub(super) calls: UnboundedReceiver<Call>,
}

/// Slugs of the reviews that were mailed, and of those that reached the webhook.
#[derive(Default)]
struct Told {
    mailed: BTreeSet<&'static str>,
    called: BTreeSet<&'static str>,
}

/// Tells the story; ends by itself only with `--once`.
pub(super) async fn tell(mut story: Story, store: &Store) -> u8 {
    println!("It polls a sample forum (http://{0}/forum.xml) and a sample shop (http://{0}/shop/reviews).", story.address);
    if !baselined(store).await {
        eprintln!("error: the sample sites were not read within {} s", ONCE_WITHIN.as_secs());
        return exit::FINDINGS;
    }
    println!(
        "What stands there already is known and wakes nobody. Now {} new reviews appear ...\n",
        SAMPLES.iter().filter(|sample| !sample.old).count()
    );
    story.site.publish();
    let mut told = Told::default();
    watch(&mut story, &mut told).await;
    summary(&told)
}

/// Waits for the first good poll of every source.
async fn baselined(store: &Store) -> bool {
    let polled = async {
        loop {
            if store.sources().await.is_ok_and(|sources| sources.iter().all(|source| source.baselined)) {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(ONCE_WITHIN, polled).await.is_ok()
}

/// Shows what arrives; returns when `--once` has seen enough, or waited long enough.
async fn watch(story: &mut Story, told: &mut Told) {
    let mut left = ONCE_WITHIN;
    loop {
        if story.once && told.is_complete() {
            left = QUIET_FOR;
        }
        tokio::select! {
            Some(mail) = story.mails.recv() => show_mail(&mail, told),
            Some(call) = story.calls.recv() => show_call(&call, told),
            () = tokio::time::sleep(left), if story.once => return,
        }
    }
}

impl Told {
    fn is_complete(&self) -> bool {
        SAMPLES.iter().filter(|sample| sample.warns).all(|sample| self.mailed.contains(sample.slug) && self.called.contains(sample.slug))
    }
}

fn summary(told: &Told) -> u8 {
    let expected: BTreeSet<&str> = SAMPLES.iter().filter(|sample| sample.warns).map(|sample| sample.slug).collect();
    let wrong: Vec<String> = SAMPLES
        .iter()
        .flat_map(|sample| {
            let slug = sample.slug;
            [(told.mailed.contains(slug), "mailed"), (told.called.contains(slug), "sent to the webhook")]
                .into_iter()
                .filter(move |(was_told, _)| *was_told != sample.warns)
                .map(move |(was_told, way)| format!("`{slug}` was {}{way}", if was_told { "" } else { "not " }))
        })
        .collect();
    if wrong.is_empty() {
        println!("\nAll {} expected warnings were delivered by mail and webhook; nothing else was sent.", expected.len());
        return exit::FINE;
    }
    println!("\nNot as expected: {}.", wrong.join("; "));
    exit::FINDINGS
}

fn show_mail(mail: &Mail, told: &mut Told) {
    let Ok(parsed) = mailparse::parse_mail(&mail.raw) else { return };
    let subject = parsed.headers.get_first_value("Subject").unwrap_or_default();
    let body = parsed.subparts.first().and_then(|part| part.get_body().ok()).unwrap_or_default();
    told.mailed.extend(slugs(&body));
    println!("  mail     {:<28} {subject}", mail.to);
    if let Some(link) = body.split_whitespace().find(|word| word.contains("/a/v1.")) {
        println!("           acknowledge: {link}");
    }
}

fn show_call(call: &Call, told: &mut Told) {
    let data = &call.body["data"];
    told.called.extend(slugs(data["url"].as_str().unwrap_or_default()));
    let field = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    println!(
        "  webhook  {:<28} {} {} {}",
        call.body["type"].as_str().unwrap_or_default(),
        field("incident"),
        field("severity"),
        field("title")
    );
}

/// Which samples a text links to.
fn slugs(text: &str) -> Vec<&'static str> {
    SAMPLES.iter().map(|sample| sample.slug).filter(|slug| text.contains(&format!("/review/{slug}"))).collect()
}
