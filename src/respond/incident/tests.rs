//! Every decision about a mention.

use std::time::Duration;

use super::super::route::Route;
use super::super::samples::{World, incident, mention, route_to, verdict};
use super::*;
use crate::model::{Effect, FailureKind, Phrase, Span, Told};
use crate::respond::edit::News;

const TEXT: &str = "訂了十天還沒收到貨，客服也不回";
const NOW: Moment = Moment::from_secs(1_795_000_600);

fn candidate(same_item: bool, incident: Incident) -> Candidate {
    let told = World::new().context().recipients("logistics");
    Candidate { incident, text_hash: 77, simhash: 0b1111, same_item, next_event: 4, told, wordings: Vec::new(), other_words: false }
}

fn decided(mention: &Mention, verdict: &Verdict, similar: &[Candidate]) -> Decision {
    let world = World::new();
    decide(mention, verdict, similar, &world.context(), &mut Ids::new([5; 32]), NOW)
}

fn bad(severity: Severity) -> Verdict {
    verdict(severity, &["logistics"])
}

fn resolved() -> Incident {
    Incident { state: IncidentState::Resolved, resolved_at: Some(NOW), acknowledged_by: Some("Mei".into()), ..incident() }
}

/// Kind, step and recipient of a row.
type Row<'a> = (DeliveryKind, i64, &'a str);

fn kinds(deliveries: &[NewDelivery]) -> Vec<Row<'_>> {
    deliveries.iter().map(|row| (row.kind, row.step, row.recipient.as_str())).collect()
}

#[test]
fn a_complaint_opens_an_incident_with_its_warnings() {
    let Decision::Open { incident, deliveries } = decided(&mention(TEXT), &bad(Severity::Medium), &[]) else { panic!("not opened") };
    assert_eq!((incident.department.as_str(), incident.key.as_str()), ("logistics", "mention:shop-feed:41"));
    assert_eq!(incident.escalate_at, Some(NOW.plus(Duration::from_mins(15))));
    assert_eq!(incident.ladder.len(), 3, "its own two steps, and ops behind them");
    assert_eq!(incident.title, TEXT);
    let warning = DeliveryKind::Warning;
    assert_eq!(kinds(&deliveries), [(warning, 0, "mei@example.com"), (warning, 0, "tom@example.com"), (warning, 0, "hook")]);
    assert!(deliveries.iter().all(|row| row.due_at == NOW && row.incident == incident.id && row.generation == 1));
}

#[test]
fn a_critical_one_tells_management_beside_it() {
    let Decision::Open { incident, deliveries } = decided(&mention(TEXT), &bad(Severity::Critical), &[]) else { panic!("not opened") };
    assert_eq!(incident.also, ["management"]);
    let told: Vec<_> = deliveries.iter().map(|row| row.recipient.as_str()).collect();
    assert_eq!(told, ["mei@example.com", "tom@example.com", "hook", "boss@example.com"]);
}

#[test]
fn a_baseline_is_quiet() {
    let old = Mention { baseline: true, ..mention(TEXT) };
    assert_eq!(decided(&old, &bad(Severity::Critical), &[]), Decision::Quiet(QuietReason::Baseline));
}

fn joined(decision: &Decision) -> Option<(EventKind, i64, Vec<Row<'_>>)> {
    match decision {
        Decision::Join { incident, event, deliveries, .. } => Some((*event, incident.mentions, kinds(deliveries))),
        _ => None,
    }
}

#[test]
fn an_edit_that_changes_nothing_is_silent() {
    let decision = decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(true, incident())]);
    assert_eq!(joined(&decision), Some((EventKind::Edited, 1, vec![])));
}

#[test]
fn an_edit_for_the_worse_is_told_to_those_who_know_and_warns_who_is_new() {
    let decision = decided(&mention(TEXT), &bad(Severity::Critical), &[candidate(true, incident())]);
    let (warning, status) = (DeliveryKind::Warning, DeliveryKind::Status);
    let expected =
        vec![(warning, 0, "boss@example.com"), (status, 4, "mei@example.com"), (status, 4, "tom@example.com"), (status, 4, "hook")];
    assert_eq!(joined(&decision), Some((EventKind::Worse, 1, expected)));
    let Decision::Join { incident, .. } = decision else { panic!("not joined") };
    assert_eq!((incident.severity, incident.also.as_slice()), (Severity::Critical, ["management".to_owned()].as_slice()));
}

#[test]
fn an_edit_about_something_else_is_for_those_responsible_now() {
    let elsewhere = verdict(Severity::Medium, &["product_quality"]);
    let mut world = World::new();
    world.routes.insert(0, Route { categories: vec!["product_quality".into()], ..route_to("management") });
    let decided = |candidate| decide(&mention(TEXT), &elsewhere, &[candidate], &world.context(), &mut Ids::new([5; 32]), NOW);
    let Decision::Join { incident: turned, deliveries, .. } = decided(candidate(true, incident())) else { panic!("not joined") };
    assert_eq!((turned.also.as_slice(), turned.category.as_deref()), (["management".to_owned()].as_slice(), Some("product_quality")));
    assert_eq!(kinds(&deliveries), [(DeliveryKind::Warning, 0, "boss@example.com")]);
    let Decision::Open { incident: anew, .. } = decided(candidate(true, resolved())) else { panic!("not opened") };
    assert_eq!(anew.detail, "follows H-7K3QF2MA");
    let copy = decided(candidate(false, incident()));
    assert_eq!(joined(&copy), Some((EventKind::Joined, 2, vec![])), "a copy is the case it was");
    world.routes.remove(0);
    let nobody = decide(&mention(TEXT), &elsewhere, &[candidate(true, incident())], &world.context(), &mut Ids::new([5; 32]), NOW);
    assert_eq!(joined(&nobody), Some((EventKind::Edited, 1, vec![])), "nobody else is responsible for that");
}

#[test]
fn nothing_but_status_goes_out_after_an_acknowledgement_while_it_is_mild() {
    let known = Incident { state: IncidentState::Acknowledged, acknowledged_by: Some("Mei".into()), severity: Severity::Low, ..incident() };
    let decision = decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(true, known)]);
    let Decision::Join { deliveries, .. } = &decision else { panic!("not joined") };
    assert_eq!(deliveries.len(), 3);
    assert!(deliveries.iter().all(|row| row.kind == DeliveryKind::Status));
}

#[test]
fn an_edit_into_praise_is_noted() {
    let praise = Verdict { complaint: false, ..bad(Severity::None) };
    let own = decided(&mention(TEXT), &praise, &[candidate(true, incident())]);
    assert_eq!(joined(&own), Some((EventKind::NoLongerComplaint, 1, vec![])));
    let other = decided(&mention(TEXT), &praise, &[candidate(false, incident())]);
    assert_eq!(other, Decision::Quiet(QuietReason::NotAComplaint));
}

#[test]
fn who_knows_the_case_hears_what_its_author_wrote_on_and_no_alarm() {
    let known = |severity: Severity| {
        let told = Wording { title: None, text: Some("The kettle exploded.".into()), verdict: bad(severity) };
        Candidate { wordings: vec![told], ..candidate(true, Incident { severity, ..incident() }) }
    };
    let heard = |now: &str, verdict: &Verdict, before: Candidate| {
        let decision = decided(&Mention { title: None, ..mention(now) }, verdict, std::slice::from_ref(&before));
        let Decision::Join { incident, deliveries, .. } = decision else { panic!("not joined") };
        assert_eq!((incident.state, incident.escalate_at), (before.incident.state, before.incident.escalate_at), "its ladder goes on");
        assert!(deliveries.iter().all(|row| row.kind == DeliveryKind::Status) && deliveries.len() % before.told.len() == 0);
        deliveries.first().and_then(|row| Status::from_note(&row.note))
    };
    let (critical, medium) = (bad(Severity::Critical), bad(Severity::Medium));
    let also = |sentence: &str| vec![sentence.to_owned()];
    let died = heard("The kettle exploded. My baby died.", &critical, known(Severity::Critical));
    assert_eq!(died, Some(Status::WroteOn { also: also("My baby died.") }));
    assert_eq!(heard("The kettle exploded!", &critical, known(Severity::Critical)), None);
    assert_eq!(heard("The kettle exploded. Please hurry.", &medium, known(Severity::Medium)), None);
    let solved = heard("The kettle exploded. EDIT: solved, they refunded me", &medium, known(Severity::Medium));
    assert_eq!(solved, Some(Status::TakenBack { also: also("EDIT: solved, they refunded me") }));
    let praise = Verdict { complaint: false, ..bad(Severity::None) };
    assert_eq!(heard("", &praise, known(Severity::Medium)), Some(Status::TakenBack { also: Vec::new() }), "emptied");
    let mut again = known(Severity::Medium);
    again.wordings.push(Wording { title: None, text: Some("All is well.".into()), verdict: praise.clone() });
    assert_eq!(heard("", &praise, again), None, "that is told once");
}

#[test]
fn an_edit_after_the_end_opens_again_only_when_it_got_worse() {
    let same = decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(true, resolved())]);
    assert_eq!(same, Decision::Quiet(QuietReason::AlreadyResolved { incident: "H-7K3QF2MA".into() }));
    let Decision::Open { incident: opened, .. } = decided(&mention(TEXT), &bad(Severity::High), &[candidate(true, resolved())]) else {
        panic!("not opened")
    };
    assert_eq!(opened.detail, "follows H-7K3QF2MA");
    assert_ne!(opened.id, "H-7K3QF2MA");
    let stored = Incident { detail: opened.detail, ..incident() };
    assert_eq!(follows(&stored), Some("H-7K3QF2MA"));
}

#[test]
fn an_unresolved_incident_of_the_item_comes_before_a_resolved_one() {
    let similar = [candidate(true, resolved()), candidate(true, Incident { id: "H-00000002".into(), ..incident() })];
    let Decision::Join { incident, .. } = decided(&mention(TEXT), &bad(Severity::Medium), &similar) else { panic!("not joined") };
    assert_eq!(incident.id, "H-00000002");
}

#[test]
fn a_copy_joins_where_it_is_about_the_same_brand() {
    let other_brand = Mention { brands: vec!["Kestrel".into()], ..mention(TEXT) };
    for (mention, joins) in [(mention(TEXT), true), (other_brand, false)] {
        let decision = decided(&mention, &bad(Severity::Medium), &[candidate(false, incident())]);
        assert_eq!(joined(&decision).map(|(_, mentions, _)| mentions), joins.then_some(2), "{mention:?}");
    }
}

#[test]
fn the_same_text_later_is_another_incident() {
    let old = Incident { opened_at: NOW.minus(Duration::from_hours(25)), ..incident() };
    assert!(matches!(decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(false, old)]), Decision::Open { .. }));
}

#[test]
fn the_same_text_elsewhere_after_the_end() {
    let again = decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(false, resolved())]);
    let Decision::Open { incident: opened, .. } = &again else { panic!("another customer waits for an answer: {again:?}") };
    let stored = Incident { detail: opened.detail.clone(), ..incident() };
    assert_eq!(Copied::by(&stored), Some(Copied { incident: "H-7K3QF2MA".into(), closed_at: NOW, by: "Mei".into() }), "{}", opened.detail);
    assert_eq!(follows(&stored), None);
    let wrong = Incident { cause: Some(FALSE_ALARM.into()), ..resolved() };
    let quiet = decided(&mention(TEXT), &bad(Severity::Medium), &[candidate(false, wrong)]);
    assert_eq!(quiet, Decision::Quiet(QuietReason::FalseAlarm { incident: "H-7K3QF2MA".into() }));
}

#[test]
fn a_false_alarm_is_one_under_another_title_too() {
    let wrong = || Incident { cause: Some(FALSE_ALARM.into()), ..resolved() };
    let titled = Mention { text_hash: 1, simhash: 0b1111, title: Some("大家看看".into()), ..mention(TEXT) };
    let quiet = decided(&titled, &bad(Severity::Medium), &[candidate(false, wrong())]);
    assert_eq!(quiet, Decision::Quiet(QuietReason::FalseAlarm { incident: "H-7K3QF2MA".into() }));
    let read_by_many = decided(&titled, &bad(Severity::High), &[candidate(false, wrong())]);
    assert_eq!(read_by_many, quiet, "more readers make it no truer");
    let part = |part| Reason { spans: vec![Span { part, start: 0, end: 1 }], ..Reason::named("late".into(), Some("logistics"), 2.0) };
    let says_more = |reasons| Verdict { reasons, ..bad(Severity::High) };
    let same = decided(&titled, &says_more(vec![part(Part::Text)]), &[candidate(false, wrong())]);
    assert_eq!(same, quiet, "what its text says was judged before");
    let worse = decided(&titled, &says_more(vec![part(Part::Title)]), &[candidate(false, wrong())]);
    assert!(matches!(worse, Decision::Open { .. }), "what its title adds was not judged before: {worse:?}");
    let near = Mention { simhash: 0b0111, ..titled };
    assert!(
        matches!(decided(&near, &bad(Severity::Medium), &[candidate(false, wrong())]), Decision::Open { .. }),
        "a word more may be the one"
    );
}

#[test]
fn what_worsens_after_its_ladder_climbs_again() {
    let ladder = World::new().context().case_ladder("logistics");
    let steps = i64::try_from(ladder.len()).expect("a few");
    let told = Incident { step: steps, escalate_at: None, ladder: ladder.clone(), category: Some("price".into()), ..incident() };
    let Decision::Join { incident: worse, .. } = decided(&mention(TEXT), &bad(Severity::High), &[candidate(true, told.clone())]) else {
        panic!("not joined")
    };
    assert_eq!((worse.escalate_at, worse.step), (Some(NOW.plus(ladder[0].after())), steps));
    assert_eq!(worse.ladder[ladder.len()..], ladder[..]);
    assert_eq!(worse.category.as_deref(), Some("logistics"), "what it is about now");
    let answered = Incident { state: IncidentState::Acknowledged, ..told };
    let Decision::Join { incident: calm, .. } = decided(&mention(TEXT), &bad(Severity::High), &[candidate(true, answered)]) else {
        panic!("not joined")
    };
    assert_eq!(calm.escalate_at, calm.ladder.first().map(|step| NOW.plus(step.after())), "what they took up was milder");
}

#[test]
fn what_gets_worse_after_its_answer_is_told_anew_once_for_each_step_that_matters() {
    let taken_up = |severity| Incident {
        state: IncidentState::Acknowledged,
        acknowledged_by: Some("Mei".into()),
        acknowledged_at: Some(NOW),
        also: vec!["care".into()],
        step: 1,
        severity,
        ..incident()
    };
    let lead =
        Recipient { name: "Lena".into(), address: "lead@example.com".into(), ..World::new().context().recipients("logistics")[0].clone() };
    let of = |before: Incident, severity| {
        let mut known = candidate(true, before);
        known.told.push(lead.clone());
        decided(&mention(TEXT), &bad(severity), &[known])
    };
    let decision = of(taken_up(Severity::Medium), Severity::Critical);
    let (warning, status) = (DeliveryKind::Warning, DeliveryKind::Status);
    let everyone = ["mei@example.com", "tom@example.com", "hook", "cara@example.com", "boss@example.com"].map(|who| (warning, 0, who));
    let expected = [&everyone[..], &[(status, 4, "lead@example.com")]].concat();
    assert_eq!(joined(&decision), Some((EventKind::Reopened, 1, expected)));
    let Decision::Join { incident: anew, deliveries, .. } = decision else { panic!("not joined") };
    let note = Status::Reopened { by: "Mei".into(), from: Severity::Medium, to: Severity::Critical, also: Vec::new() };
    assert!(deliveries.iter().all(|row| row.generation == 2 && Status::from_note(&row.note) == Some(note.clone())));
    assert_eq!((anew.state, anew.generation, anew.step, anew.acknowledged_by), (IncidentState::Open, 2, 0, None));
    assert_eq!((anew.escalate_at, anew.ladder.len()), (Some(NOW.plus(Duration::from_mins(15))), 3));
    for (before, after, event) in [
        (Severity::Low, Severity::Medium, EventKind::Worse),
        (Severity::Medium, Severity::High, EventKind::Reopened),
        (Severity::High, Severity::Critical, EventKind::Reopened),
        (Severity::Critical, Severity::Critical, EventKind::Edited),
        (Severity::Critical, Severity::High, EventKind::Edited),
    ] {
        assert_eq!(joined(&of(taken_up(before), after)).map(|(event, ..)| event), Some(event), "{before} {after}");
    }
    let open = of(Incident { state: IncidentState::Open, ..taken_up(Severity::Medium) }, Severity::Critical);
    assert_eq!(joined(&open).map(|(event, ..)| event), Some(EventKind::Worse), "nobody has taken it up yet");
}

/// A critical case, told in these words, and an edit that says more of weight.
fn says_more(before: Incident) -> (Candidate, Verdict) {
    let reason =
        |rule: &str| Reason { effect: Effect::Raises, severity: Some(Severity::Critical), ..Reason::named(rule.into(), None, 1.0) };
    let told = Verdict { reasons: vec![reason("severity.harm")], ..bad(Severity::Critical) };
    let now = Verdict { reasons: vec![reason("severity.harm"), reason("severity.threat")], ..told.clone() };
    let wordings = vec![Wording { title: None, text: Some("燙傷了".into()), verdict: told }];
    let before = Incident { severity: Severity::Critical, also: vec!["management".into()], ..before };
    (Candidate { wordings, ..candidate(true, before) }, now)
}

#[test]
fn an_edit_that_says_more_of_weight_is_told_in_every_state_of_its_case() {
    let by = |name: &str| Status::Edited {
        by: name.into(),
        what: vec![News::Grave { rule: "severity.threat".into() }],
        also: vec![TEXT.into()],
    };
    let notes = |deliveries: &[NewDelivery]| deliveries.iter().map(|row| Status::from_note(&row.note)).collect::<Vec<_>>();
    let (open, now) = says_more(incident());
    let decision = decided(&mention(TEXT), &now, &[open]);
    let status = DeliveryKind::Status;
    let heard = vec![(status, 4, "mei@example.com"), (status, 4, "tom@example.com"), (status, 4, "hook")];
    assert_eq!(joined(&decision), Some((EventKind::Edited, 1, heard)));
    let Decision::Join { incident: open, deliveries, edit, .. } = decision else { panic!("not joined") };
    assert!(notes(&deliveries).iter().all(|note| *note == Some(by(""))), "{deliveries:?}");
    assert_eq!(edit.map(|edit| edit.news.len()), Some(1));
    assert_eq!(open.escalate_at, Some(NOW.plus(Duration::from_mins(15))), "its ladder was at an end");

    let taken_up =
        Incident { state: IncidentState::Acknowledged, acknowledged_by: Some("Mei".into()), acknowledged_at: Some(NOW), ..incident() };
    let (taken_up, now) = says_more(taken_up);
    let Decision::Join { incident: anew, event, deliveries, .. } = decided(&mention(TEXT), &now, &[taken_up]) else { panic!("not joined") };
    assert_eq!((event, anew.state, anew.generation), (EventKind::Reopened, IncidentState::Open, 2));
    assert!(
        deliveries.iter().all(|row| row.kind == DeliveryKind::Warning) && notes(&deliveries).iter().all(|note| *note == Some(by("Mei")))
    );

    let (closed, now) = says_more(resolved());
    let Decision::Open { incident: follower, deliveries } = decided(&mention(TEXT), &now, &[closed]) else { panic!("not opened") };
    assert_eq!(follower.detail, "follows H-7K3QF2MA");
    assert!(notes(&deliveries).iter().all(|note| *note == Some(by(""))), "{deliveries:?}");

    // What was told is told to nobody twice.
    let (mut known, now) = says_more(incident());
    known.wordings.push(Wording { title: None, text: Some(TEXT.into()), verdict: now.clone() });
    assert_eq!(joined(&decided(&mention(TEXT), &now, &[known.clone()])), Some((EventKind::Edited, 1, vec![])));
    let closed = Candidate { incident: Incident { severity: Severity::Critical, ..resolved() }, ..known };
    assert!(matches!(decided(&mention(TEXT), &now, &[closed]), Decision::Quiet(QuietReason::AlreadyResolved { .. })));
}

#[test]
fn trouble_goes_to_ops() {
    let world = World::new();
    let title = Phrase::said("source_title").with("source", "shop-feed").with("kind", FailureKind::Dns);
    let told = Told::new(title, vec![Phrase::said("step_dns")]);
    let subject = Subject::trouble(IncidentKind::Source, "source:shop-feed", Severity::High, told.clone());
    let (opened, deliveries) = open_trouble(subject, &world.context(), &mut Ids::new([6; 32]), NOW);
    assert_eq!((opened.department.as_str(), opened.escalate_at), ("ops", None));
    assert_eq!((opened.title.as_str(), opened.told), ("Source shop-feed cannot be read: host name not found", Some(told)));
    assert!(opened.detail.starts_with("No address is to be had"), "{}", opened.detail);
    assert_eq!(kinds(&deliveries), [(DeliveryKind::Warning, 0, "ops@example.com")]);
}

#[test]
fn a_case_without_words_is_named_by_its_stars() {
    let stars =
        Mention { title: None, text: String::new(), rating: Some(1.0), rating_max: Some(5.0), author: Some("Joe".into()), ..mention("") };
    assert_eq!(super::title(&stars), "★☆☆☆☆ 1/5, Joe");
    assert_eq!(super::title(&Mention { title: Some(" ".into()), text: "Cold.".into(), ..stars }), "Cold.");
}
