//! Sources that fail together and alone.

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const NOW: Moment = Moment::from_secs(1_800_000_000);

fn fine(name: &str, host: &str) -> Sight {
    Sight {
        name: name.into(),
        host: host.into(),
        failure: None,
        failing_since: None,
        last_polled_at: Some(NOW.minus(HOUR / 60)),
        last_success_at: Some(NOW.minus(HOUR / 60)),
        down: false,
        told_as: None,
    }
}

/// Failing for an hour, down.
fn failing(name: &str, host: &str, kind: FailureKind) -> Sight {
    let since = NOW.minus(HOUR);
    Sight { failure: Some(kind), failing_since: Some(since), last_success_at: Some(since.minus(HOUR / 4)), down: true, ..fine(name, host) }
}

fn many(count: usize, of: impl Fn(&str) -> Sight) -> Vec<Sight> {
    (0..count).map(|number| of(&format!("s{number:02}"))).collect()
}

fn found(sights: &[Sight], open: &[&str]) -> Vec<(String, usize)> {
    let open = open.iter().map(|key| (*key).to_owned()).collect();
    causes(sights, &open, 6 * HOUR, NOW).into_iter().map(|(cause, taken)| (cause.key(), taken.len())).collect()
}

fn one(key: &str, count: usize) -> Vec<(String, usize)> {
    vec![(key.to_owned(), count)]
}

#[test]
fn a_source_alone_is_its_own_cause() {
    let others = many(5, |name| fine(name, "a.example"));
    let of = |kind| [others.clone(), vec![failing("x", "a.example", kind)]].concat();
    assert_eq!(found(&of(FailureKind::Timeout), &[]), one("source:x", 1));
    assert_eq!(found(&[failing("x", "a.example", FailureKind::Dns)], &[]), one("source:x", 1), "the only one there is");
    let told = [others, vec![Sight { told_as: Some("source:x".into()), ..failing("x", "a.example", FailureKind::Timeout) }]].concat();
    assert_eq!(found(&told, &["source:x"]), []);
}

#[test]
fn forty_sources_of_a_host_are_one_cause() {
    let reddit = many(40, |name| failing(name, "reddit.com", FailureKind::Throttled));
    let all = [reddit.clone(), vec![fine("other", "b.example")]].concat();
    assert_eq!(found(&all, &[]), one("host:reddit.com", 40));
    let mut early = all.clone();
    early.iter_mut().skip(1).for_each(|sight| sight.down = false);
    assert_eq!(found(&early, &[]), one("host:reddit.com", 40), "the first that is down takes the others with it");
    let part = [reddit[..25].to_vec(), many(15, |name| fine(&format!("f{name}"), "reddit.com")), vec![fine("other", "b.example")]].concat();
    assert_eq!(found(&part, &[]), one("host:reddit.com", 25));
    let mixed: Vec<Sight> = (0..40)
        .map(|number| {
            let kinds = [FailureKind::Dns, FailureKind::Timeout, FailureKind::Server, FailureKind::Connect];
            failing(&format!("s{number}"), "reddit.com", kinds[number % 4])
        })
        .chain([fine("other", "b.example")])
        .collect();
    assert_eq!(found(&mixed, &[]), one("host:reddit.com", 40), "an outage has many words");
}

#[test]
fn some_moved_pages_of_a_host_are_each_their_own() {
    let pages = [many(2, |name| failing(name, "a.example", FailureKind::NotFound)), many(9, |name| fine(&format!("f{name}"), "a.example"))];
    assert_eq!(found(&pages.concat(), &[]).len(), 2);
    let rebuilt = [many(8, |name| failing(name, "a.example", FailureKind::Drift)), vec![fine("b", "b.example")]].concat();
    assert_eq!(found(&rebuilt, &[]), one("host:a.example", 8), "a site that was rebuilt");
}

#[test]
fn who_fails_later_joins_without_being_told_of() {
    let told = |name: &str| Sight { told_as: Some("host:a.example".into()), ..failing(name, "a.example", FailureKind::Timeout) };
    let late = Sight { down: false, ..failing("late", "a.example", FailureKind::Dns) };
    let all = [many(5, told), vec![late, fine("b", "b.example")]].concat();
    assert_eq!(found(&all, &["host:a.example"]), one("host:a.example", 1));
    let own = [many(5, told), vec![failing("own", "a.example", FailureKind::Parse), fine("b", "b.example")]].concat();
    assert_eq!(found(&own, &["host:a.example"]), one("source:own", 1), "but not who has trouble of its own");
}

#[test]
fn nothing_reached_anywhere_is_one_cause() {
    let hosts = |kind: FailureKind| {
        (0..30).map(|number| failing(&format!("s{number}"), &format!("h{}.example", number % 7), kind)).collect::<Vec<_>>()
    };
    let all = hosts(FailureKind::Dns);
    assert_eq!(found(&all, &[]), one(NETWORK, 30));
    let mut with_local = all.clone();
    with_local.push(fine("bridge", "127.0.0.1:1200"));
    assert_eq!(found(&with_local, &[]), one(NETWORK, 30), "this machine always reaches itself");
    let mut one_reads = all.clone();
    one_reads.push(fine("reads", "z.example"));
    assert!(found(&one_reads, &[]).iter().all(|(key, _)| key != NETWORK), "something is reached");
    assert!(found(&hosts(FailureKind::Server), &[]).iter().all(|(key, _)| key != NETWORK), "they answer");
    let old_trouble =
        [all.clone(), vec![Sight { told_as: Some("source:old".into()), ..failing("old", "o.example", FailureKind::NotFound) }]].concat();
    assert_eq!(found(&old_trouble, &["source:old"]), one(NETWORK, 30));
}

#[test]
fn the_network_needs_minutes_and_half_of_the_sources() {
    let began = |minutes: u32| -> Vec<Sight> {
        (0..10)
            .map(|number| {
                let since = NOW.minus(HOUR / 60 * minutes);
                let sight = failing(&format!("s{number}"), &format!("h{number}.example"), FailureKind::Connect);
                Sight { failing_since: Some(since), last_success_at: Some(since.minus(HOUR / 60)), down: false, ..sight }
            })
            .collect()
    };
    assert_eq!(found(&began(5), &[]), []);
    assert_eq!(found(&began(11), &[]), one(NETWORK, 10));
    let unpolled = many(30, |name| {
        let long_ago = NOW.minus(5 * HOUR);
        Sight { last_polled_at: Some(long_ago), last_success_at: Some(long_ago), ..fine(name, "d.example") }
    });
    assert_eq!(found(&[began(11), unpolled].concat(), &[]), [], "most were not asked since");
}

#[test]
fn what_is_no_place_on_a_network_is_never_taken_with_others() {
    let files = many(4, |name| failing(name, "", FailureKind::Drift));
    assert_eq!(found(&files, &[]).len(), 4);
}

#[test]
fn keys_lead_back_to_causes() {
    for cause in [Cause::Network, Cause::Host("a.example:8080".into()), Cause::Source("shop: reviews".into())] {
        assert_eq!(Cause::from_key(&cause.key()), Some(cause));
    }
    assert_eq!(Cause::from_key("silent:x"), None);
}
