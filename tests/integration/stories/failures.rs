//! Every class of failure side by side, as `hearken sources` tells them: what it is, until when it waits, what to do.

use std::time::Duration;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{Review, page, rss};
use crate::world::site::{Answer, Site};
use crate::world::tls::{Authority, ServerCertificate};

const CAPTCHA: &str =
    "<!doctype html><title>Just a moment...</title><p>Checking your browser before you continue.</p><div class=\"cf-turnstile\"></div>";
const LOGIN: &str = "<!doctype html><title>Log in</title><form><input type=\"password\" name=\"password\"></form>";

fn feed() -> Answer {
    rss(&[Review::new("tea", "閒聊", "今天喝了一杯茶。")])
}

fn html(text: &str) -> Answer {
    Answer::ok("text/html", text)
}

/// What is there at first, and what is there then.
fn cases() -> Vec<(&'static str, Answer, Answer)> {
    let asks = |status: u16| Answer::status(status).header("retry-after", "3600");
    let same = |name: &'static str, answer: Answer| (name, answer.clone(), answer);
    vec![
        ("429 and a wait", feed(), asks(429)),
        ("429", feed(), Answer::status(429)),
        ("503 and a wait", feed(), asks(503)),
        ("503", feed(), Answer::status(503)),
        ("401", feed(), Answer::status(401)),
        ("403", feed(), Answer::status(403)),
        ("400", feed(), Answer::status(400)),
        ("404", feed(), Answer::status(404)),
        same("404 from the first", Answer::status(404)),
        ("410", feed(), Answer::status(410)),
        ("slow", feed(), feed().silent_for(Duration::from_secs(4))),
        ("captcha", feed(), html(CAPTCHA)),
        ("login", feed(), html(LOGIN)),
        ("no feed", feed(), html("<!doctype html><title>Shop</title><p>Welcome to the shop.</p>")),
        ("breaks off", feed(), Answer::ok("application/rss+xml", "<rss version=\"2.0\"><channel>").announcing(90_000)),
        ("damaged packing", feed(), feed().gzip().cut(200)),
        ("damaged", feed(), Answer::ok("application/json", "{\"items\": [}")),
        ("no bytes", feed(), Answer::ok("application/rss+xml", "")),
        same("no bytes from the first", Answer::ok("application/rss+xml", "")),
        ("no items", feed(), rss(&[])),
        same("no items from the first", rss(&[])),
    ]
}

fn path(name: &str) -> String {
    format!("/{}.xml", name.replace(' ', "-"))
}

fn source(name: &str, url: &str) -> String {
    format!("\n[[source]]\nname = \"{name}\"\nkind = \"feed\"\nurl = \"{url}\"\ninterval = \"1m\"\n")
}

fn page_source(name: &str) -> String {
    source(name, &format!("{{site}}/{name}.html")).replace("\"feed\"", "\"page\"")
        + "[source.select]\ncontainer = \"#reviews\"\nitem = \"article\"\ntext = \"p\"\n"
}

/// Ports differ from run to run, and what a resolver says from machine to machine.
fn settled(text: &str) -> String {
    let ports = regex::Regex::new(r"(127\.0\.0\.\d):\d+").expect("a pattern").replace_all(text, "$1:PORT");
    regex::Regex::new(r"(no host: cannot see: dns: ).*").expect("a pattern").replace_all(&ports, "${1}...").into_owned()
}

#[tokio::test]
async fn each_failure_is_told_with_its_own_wait_and_remedy() {
    let far = Site::start_on("0.0.0.0:0").await;
    let tls = Site::start_tls((*Authority::new().server(ServerCertificate::SelfSigned)).clone()).await;
    let port = far.address().port();
    let own: String = cases().iter().map(|(name, ..)| source(name, &format!("{{site}}{}", path(name)))).collect();
    let others = [
        source("no host", "http://nobody.invalid/feed.xml"),
        source("certificate", tls.url("/feed.xml").as_str()),
        source("robots", "{site}/robots.xml"),
        source("budget a", &format!("http://127.0.0.2:{port}/a.xml")),
        source("budget b", &format!("http://127.0.0.2:{port}/b.xml")),
        source("host asks", &format!("http://127.0.0.3:{port}/a.xml")),
        source("host asks too", &format!("http://127.0.0.3:{port}/b.xml")),
        page_source("rebuilt"),
        page_source("elsewhere"),
    ];
    let plan = Plan::with(|plan| {
        plan.more = format!("{own}{}", others.concat());
        plan.collect = "[[collect.budget]]\ndomain = \"127.0.0.2\"\nrequests = 1\nper = \"3h\"\n\
            [[collect.retry_after]]\ndomain = \"127.0.0.3\"\nscope = \"host\"\n"
            .to_owned();
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /robots.xml\n"));
    cases().into_iter().for_each(|(name, first, _)| world.site.serve(&path(name), first));
    ["/a.xml", "/b.xml"].into_iter().for_each(|path| far.serve(path, feed()));
    world.site.serve("/rebuilt.html", page(&[Review::broken("old")]));
    world.site.serve("/elsewhere.html", html("<!doctype html><title>Shop</title><p>Welcome to the shop.</p>"));
    world.run().await;
    world.pass(Duration::from_mins(1)).await;
    cases().into_iter().for_each(|(name, _, then)| world.site.serve(&path(name), then));
    far.serve("/a.xml", Answer::status(429).header("retry-after", "7200"));
    world.site.serve("/rebuilt.html", html("<!doctype html><title>Shop</title><main class=\"new\">reviews</main>"));
    // A minute and its jitter.
    world.pass(Duration::from_secs(67)).await;
    insta::assert_snapshot!("failures_side_by_side", settled(&world.verb(&["sources"]).await.ended(0).text()));
    world.finish().await;
}
