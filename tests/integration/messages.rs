//! What people read: the warning of a hostile review in every language, its subject, its webhook and its page.

mod edited;
mod trouble;

use std::time::Duration;

use hearken::model::{
    Action, CategoryScore, Effect, Incident, IncidentKind, IncidentState, LadderStep, Mention, Moment, Part, Reason, Recipient, Severity,
    Span, Verdict,
};
use hearken::respond::acknowledge;
use hearken::respond::department::Department;
use hearken::respond::message::{
    Answer, Asked, BODY_BYTES_MAX, CasePage, LANGUAGES, MessageContext, MessageKind, Page, PageContext, Templates, render, render_page,
    test_incident, webhook_body,
};
use hearken::respond::status::Status;
use jiff::tz::TimeZone;

const OPENED: Moment = Moment::from_secs(1_795_000_000);
const TEXT: &str = "在蘭汀訂的椅子，訂了十天還沒收到貨。\n客服說<b>再等等</b>，打電話也不接！\u{202e}詳情見 www.evil.example/退款";

/// A case in the hands of logistics, with everything a message can show.
struct Story {
    incident: Incident,
    mention: Mention,
    verdict: Verdict,
    departments: Vec<Department>,
    also_told: Vec<(Recipient, Moment)>,
    zone: TimeZone,
}

fn span(word: &str) -> Span {
    let start = TEXT.find(word).expect("the word is in the text");
    Span { part: Part::Text, start, end: start + word.len() }
}

fn reason(rule: &str, note: &str, weight: f64, effect: Effect, words: &[&str]) -> Reason {
    let spans = words.iter().map(|word| span(word)).collect();
    let translated: &[(&str, &str)] = match rule {
        "logistics.late" => &[("zh-TW", "配送太慢"), ("zh-CN", "配送太慢")],
        "severity.law" => &[("zh-TW", "提到提告或檢舉")],
        _ => &[],
    };
    let notes = translated.iter().map(|(language, note)| ((*language).to_owned(), (*note).to_owned())).collect();
    let category = (effect != Effect::Raises && weight > 0.0).then(|| "logistics".to_owned());
    let named = Reason::named(rule.into(), category.as_deref(), weight);
    Reason { file: "rules/x.toml".into(), line: 3, effect, spans, note: note.into(), notes, ..named }
}

fn recipient(department: &str, name: &str) -> Recipient {
    let address = format!("{name}@example.com");
    Recipient { department: department.into(), name: name.into(), address, channel: "mail".into(), language: "zh-TW".into() }
}

fn department(name: &str, title: &str) -> Department {
    Department {
        name: name.into(),
        title: title.into(),
        language: "zh-TW".into(),
        timezone: TimeZone::UTC,
        members: vec![],
        channels: vec![],
        fallback: vec![],
        ladder: vec![],
    }
}

fn step(name: &str, minutes: u64, people: &[&str]) -> LadderStep {
    let recipients = people.iter().map(|person| recipient("management", person)).collect();
    LadderStep { name: name.into(), after_s: minutes * 60, recipients }
}

impl Story {
    fn new() -> Self {
        let reasons = vec![
            reason("service.phone", "", 1.5, Effect::Counts, &["電話也不接"]),
            reason("logistics.late", "It comes late.", 2.0, Effect::Counts, &["還沒收到貨", "訂了十天"]),
            reason("price.dear", "太貴", 9.0, Effect::Negated, &["椅子"]),
            reason("sentiment.blame", "Blame.", -1.0, Effect::Counts, &["詳情"]),
            Reason { category: None, ..reason("sentiment.praise", "Praise.", 2.0, Effect::Counts, &["客服"]) },
            reason("severity.law", "A court is named.", 0.0, Effect::Raises, &["退款"]),
        ];
        let categories = vec![CategoryScore { category: "logistics".into(), score: 2.0 }];
        Self {
            incident: incident(),
            mention: mention(),
            verdict: Verdict {
                brands: vec!["蘭汀".into()],
                complaint: true,
                categories,
                severity: Severity::High,
                reasons,
                ..Verdict::default()
            },
            departments: vec![department("logistics", "物流"), department("management", "管理部"), department("care", "客服")],
            also_told: [recipient("logistics", "阿湯"), recipient("logistics", "阿湯"), recipient("care", "小陳")]
                .map(|told| (told, OPENED))
                .to_vec(),
            zone: TimeZone::get("Asia/Taipei").expect("the zone is known"),
        }
    }

    fn context<'a>(&'a self, kind: MessageKind, language: &'a str) -> MessageContext<'a> {
        MessageContext {
            kind,
            incident: &self.incident,
            mention: Some(&self.mention),
            verdict: Some(&self.verdict),
            note: "",
            step: 0,
            at: OPENED,
            language,
            timezone: &self.zone,
            departments: &self.departments,
            also_told: &self.also_told,
            undelivered: &[],
            acknowledge_url: Some("https://hearken.example.com/a/v1.payload.mac"),
            reply_to: None,
            company: "蘭汀家居",
        }
    }

    fn page(&self) -> CasePage<'_> {
        CasePage {
            incident: &self.incident,
            mention: Some(&self.mention),
            verdict: Some(&self.verdict),
            timezone: &self.zone,
            departments: &self.departments,
            notes: &[],
            worse: None,
            name: "王小美",
            asked: Asked::default(),
        }
    }
}

fn incident() -> Incident {
    Incident {
        id: "H-7K3QF2MA".into(),
        kind: IncidentKind::Mention,
        state: IncidentState::Open,
        severity: Severity::High,
        brand: Some("蘭汀".into()),
        category: Some("logistics".into()),
        title: "在蘭汀訂的椅子，訂了十天還沒收到貨。 客服說再等等".into(),
        escalate_at: Some(OPENED.plus(Duration::from_mins(15))),
        ladder: vec![step("組長", 15, &["林組長"]), step("管理層", 600, &["陳經理", "李協理"])],
        mentions: 1,
        ..test_incident("logistics", OPENED)
    }
}

fn mention() -> Mention {
    Mention {
        id: "m_0000000000000001".into(),
        source: "shop-feed".into(),
        identity: 41,
        url: Some("https://shop.example.com/reviews/41?from=<x>".into()),
        title: Some("等不到的椅子".into()),
        text: TEXT.into(),
        author: Some("阿明\r\nBcc: all@example.com".into()),
        rating: Some(1.0),
        rating_max: Some(5.0),
        published: Some(OPENED.minus(Duration::from_hours(2))),
        seen_at: OPENED,
        lang: "zh-Hant".into(),
        brands: vec!["蘭汀".into()],
        revision: 1,
        baseline: false,
        text_hash: 1,
        simhash: 0,
        extra: std::collections::BTreeMap::new(),
    }
}

/// With the invisible character shown that keeps programs from making links.
fn visible(text: &str) -> String {
    text.replace('\u{2060}', "|")
}

#[test]
fn a_warning_in_every_language() {
    let (story, templates) = (Story::new(), Templates::default());
    for language in LANGUAGES {
        let message = render(&templates, &story.context(MessageKind::Warning, language));
        insta::assert_snapshot!(format!("warning_{language}"), visible(&format!("Subject: {}\n\n{}", message.subject, message.text)));
    }
}

#[test]
fn the_html_of_a_warning() {
    let (story, templates) = (Story::new(), Templates::default());
    let message = render(&templates, &story.context(MessageKind::Warning, "zh-TW"));
    insta::assert_snapshot!("warning_html", visible(&message.html));
}

#[test]
fn an_escalation_and_statuses_in_every_language() {
    let (story, templates) = (Story::new(), Templates::default());
    let by = || "王小美".to_owned();
    let statuses = [
        Status::Acknowledged { by: by(), note: "已聯絡客人".into() },
        Status::NotOurs { by: by(), from: "logistics".into(), to: "care".into(), note: String::new() },
        Status::HandedOver { by: by(), from: "logistics".into(), to: "care".into(), note: String::new() },
        Status::FalseAlarm { by: by(), note: String::new() },
        Status::Resolved {
            by: by(), cause: "倉庫缺貨".into(), remedy: "退款並致歉".into(), note: String::new(), page: None, over: None
        },
        Status::Worse { from: Severity::Medium, to: Severity::High, also: Vec::new() },
    ];
    for language in LANGUAGES {
        let escalation =
            MessageContext { step: 1, at: OPENED.plus(Duration::from_mins(15)), ..story.context(MessageKind::Escalation, language) };
        let mut said = vec![first_lines(&templates, &escalation, 1)];
        for status in &statuses {
            let note = status.to_note();
            let context = MessageContext { note: &note, ..story.context(MessageKind::Status, language) };
            said.push(first_lines(&templates, &context, 3));
        }
        insta::assert_snapshot!(format!("news_{language}"), said.join("\n"));
    }
}

fn first_lines(templates: &Templates, context: &MessageContext<'_>, lines: usize) -> String {
    let message = render(templates, context);
    let text: Vec<&str> = message.text.lines().take_while(|line| !line.is_empty()).take(lines).collect();
    format!("{}\n    {}", message.subject, text.join("\n    "))
}

#[test]
fn trouble_and_a_test() {
    let (story, templates) = (Story::new(), Templates::default());
    let trouble = Incident {
        kind: IncidentKind::Source,
        brand: None,
        category: None,
        title: "shop-feed: dns".into(),
        detail: "The name shop.example.com is not known.\nCheck the host name in `url`.".into(),
        ..incident()
    };
    let context =
        MessageContext { incident: &trouble, mention: None, verdict: None, also_told: &[], ..story.context(MessageKind::Warning, "zh-CN") };
    let message = render(&templates, &context);
    insta::assert_snapshot!("trouble_zh-CN", visible(&format!("Subject: {}\n\n{}", message.subject, message.text)));
    let trial = test_incident("logistics", OPENED);
    let context = MessageContext { incident: &trial, kind: MessageKind::Test, acknowledge_url: None, ..context };
    let message = render(&templates, &context);
    insta::assert_snapshot!("test_zh-CN", visible(&format!("Subject: {}\n\n{}", message.subject, message.text)));
}

#[test]
fn a_hostile_review_stays_text() {
    let templates = Templates::default();
    let mut story = Story::new();
    story.mention.text = "</blockquote><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) {{ 7*7 }} {brand}".into();
    story.mention.author = Some("\"><script>alert(2)</script> phish.example".into());
    story.mention.url = Some("javascript:alert(3)".into());
    story.mention.title = Some("<h1>\u{202e}gnorw</h1>".into());
    story.incident.title = "\r\nBcc: x@example.com\r\n\r\n<script>".into();
    story.verdict.reasons.clear();
    let message = render(&templates, &story.context(MessageKind::Warning, "zh-TW"));
    let page = render_page(&templates, &PageContext { language: "zh-TW", company: "<i>蘭汀</i>", page: Page::Case(story.page()) });
    for html in [&message.html, &page] {
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<h1>\u{202e}"), "{html}");
        assert!(!html.contains("href=\"javascript"), "{html}");
        assert!(html.contains("{{ 7*7 }} {brand}"), "{html}");
        assert!(!html.contains('\u{202e}'), "{html}");
        assert!(!html.contains("phish.example") && visible(html).contains("phish.|example"), "{html}");
    }
    assert!(!message.subject.contains(['\r', '\n']) && message.subject.starts_with("[高] 物流 · 蘭汀 · H-7K3QF2MA"), "{}", message.subject);
}

#[test]
fn words_are_given_once_and_praise_never() {
    let templates = Templates::default();
    let mut story = Story::new();
    story.verdict.reasons = vec![
        Reason { category: None, ..reason("sentiment.praise", "Praise.", 2.0, Effect::Counts, &["客服"]) },
        reason("logistics.late", "Late.", 2.0, Effect::Counts, &["還沒收到貨", "訂了十天"]),
        reason("logistics.law", "Law.", 2.0, Effect::Counts, &["退款"]),
        reason("sentiment.blame", "Blame.", -1.0, Effect::Counts, &["還沒收到", "收到貨"]),
        reason("severity.law", "Raised.", 0.0, Effect::Raises, &["退款"]),
    ];
    let text = render(&templates, &story.context(MessageKind::Warning, "zh-CN")).text;
    let why: Vec<&str> = text.lines().skip_while(|line| *line != "为什么通知").skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(why, ["- Raised：“退款” (severity.law)", "- 配送太慢：“還沒收到貨”“訂了十天” (logistics.late)"]);
    assert!(!text.contains("【客服】"), "{text}");
}

#[test]
fn a_subject_keeps_its_thread() {
    let (story, templates) = (Story::new(), Templates::default());
    let subject = |kind| render(&templates, &story.context(kind, "zh-TW")).subject;
    assert_eq!(subject(MessageKind::Warning), subject(MessageKind::Escalation));
    assert_eq!(subject(MessageKind::Status), format!("Re: {}", subject(MessageKind::Warning)));
}

#[test]
fn a_long_review_is_shortened_and_keeps_its_hit() {
    let templates = Templates::default();
    let mut story = Story::new();
    story.mention.text = format!("{}{TEXT}", "很長的前言。".repeat(800));
    let before = story.mention.text.len() - TEXT.len();
    for span in story.verdict.reasons.iter_mut().flat_map(|reason| &mut reason.spans) {
        (span.start, span.end) = (span.start + before, span.end + before);
    }
    let message = render(&templates, &story.context(MessageKind::Warning, "zh-TW"));
    assert!(message.text.contains("【訂了十天還沒收到貨】"), "{}", message.text);
    assert!(message.text.contains("原文共 48") && message.text.chars().count() < 2200, "{}", message.text);
}

#[test]
fn the_body_of_a_webhook() {
    let (story, templates) = (Story::new(), Templates::default());
    let body = webhook_body(&templates, &story.context(MessageKind::Warning, "en"), OPENED, false);
    insta::assert_snapshot!("webhook", serde_json::to_string_pretty(&body).expect("a body is JSON"));
    let note = Status::Worse { from: Severity::Low, to: Severity::High, also: Vec::new() }.to_note();
    let status = MessageContext { note: &note, ..story.context(MessageKind::Status, "en") };
    let body = webhook_body(&templates, &status, OPENED, false);
    assert_eq!((body["type"].as_str(), body["data"]["status"]["to"].as_str()), (Some("incident.status"), Some("high")));
}

#[test]
fn a_webhook_is_never_too_long() {
    let templates = Templates::default();
    let mut story = Story::new();
    story.mention.text = "\u{1f4a9}\"\u{1}".repeat(100_000);
    story.mention.author = Some("作".repeat(5000));
    story.incident.title = "題".repeat(5000);
    story.incident.also = (0..50).map(|number| format!("department-{number}")).collect();
    let sizes: Vec<usize> = [false, true]
        .into_iter()
        .map(|short| webhook_body(&templates, &story.context(MessageKind::Escalation, "zh-TW"), OPENED, short).to_string().len())
        .collect();
    assert!(sizes[0] < BODY_BYTES_MAX && sizes[1] < 6000 && sizes[1] < sizes[0], "{sizes:?}");
}

#[test]
fn the_page_of_a_case() {
    let (story, templates) = (Story::new(), Templates::default());
    let page = |case, language| render_page(&templates, &PageContext { language, company: "蘭汀家居", page: Page::Case(case) });
    insta::assert_snapshot!("page_case", visible(&page(story.page(), "zh-TW")));
    let acknowledged =
        Incident {
            state: IncidentState::Acknowledged, acknowledged_by: Some("阿湯".into()), acknowledged_at: Some(OPENED), ..incident()
        };
    let shown = page(CasePage { incident: &acknowledged, ..story.page() }, "zh-CN");
    assert!(shown.contains("阿湯已于 2026-11-18 19:06 接手处理") && !shown.contains("value=\"acknowledge\""), "{shown}");
    let resolved = Incident { state: IncidentState::Resolved, resolved_at: Some(OPENED), ..acknowledged.clone() };
    let shown = page(CasePage { incident: &resolved, ..story.page() }, "en");
    assert!(shown.contains("Closed 2026-11-18 19:06") && !shown.contains("<form"), "{shown}");
    let unnamed = page(CasePage { name: "", asked: Asked { name_missing: true, ..Asked::default() }, ..story.page() }, "zh-TW");
    assert!(unnamed.contains("請填寫姓名"), "{unnamed}");
}

#[test]
fn what_an_answer_did_in_every_language() {
    let (story, templates) = (Story::new(), Templates::default());
    let hand_over = Action::HandOver { department: "care".into() };
    let cases = [
        (Action::Acknowledge, acknowledge::Effect::TookEffect),
        (Action::NotOurs, acknowledge::Effect::TookEffect),
        (hand_over.clone(), acknowledge::Effect::TookEffect),
        (Action::FalseAlarm, acknowledge::Effect::TookEffect),
        (Action::Resolve { cause: String::new(), remedy: String::new(), over: None }, acknowledge::Effect::TookEffect),
        (Action::Acknowledge, acknowledge::Effect::Already { by: "阿湯".into(), at: OPENED }),
        (Action::Acknowledge, acknowledge::Effect::TooLate { by: "阿湯".into(), at: OPENED }),
        (Action::Acknowledge, acknowledge::Effect::Moved { department: "care".into() }),
        (hand_over, acknowledge::Effect::NotPossible { department: "nowhere".into() }),
    ];
    for language in LANGUAGES {
        let mut said: Vec<String> = Vec::new();
        for (action, effect) in &cases {
            let answer =
                Answer { incident: &story.incident, moved: true, action, effect, timezone: &story.zone, departments: &story.departments };
            said.push(sentences(&templates, language, Page::Answered(answer)));
        }
        said.push(sentences(&templates, language, Page::Invalid { expired: true }));
        said.push(sentences(&templates, language, Page::Invalid { expired: false }));
        insta::assert_snapshot!(format!("answers_{language}"), said.join("\n"));
    }
}

/// The heading and the paragraphs of a page.
fn sentences(templates: &Templates, language: &str, page: Page<'_>) -> String {
    let html = render_page(templates, &PageContext { language, company: "蘭汀家居", page });
    assert!(!html.contains("<script") && html.contains(&format!("<html lang=\"{language}\">")), "{html}");
    let lines = html.lines().filter(|line| line.starts_with("<h1>") || line.starts_with("<p>"));
    lines.map(|line| line.split(['<', '>']).nth(2).unwrap_or_default()).collect::<Vec<_>>().join(" | ")
}
