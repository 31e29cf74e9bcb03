//! Trouble of sources, channels and files, told in the language of whoever reads it.

use super::*;
use hearken::model::{Failing, FailureKind, Over, Phrase, Told};
use hearken::respond::incident::Subject;
use hearken::respond::message::{Message, plain};

/// As `blindness` raises it.
fn login_page() -> Told {
    let title = Phrase::said("source_title").with("source", "茶友論壇").with("kind", FailureKind::LoginPage);
    let lines = vec![
        Phrase::said("address").with("address", "https://forum.example.com/"),
        Phrase::said("since").with("since", OPENED.minus(Duration::from_mins(60))),
        Phrase::said("what").with("what", Phrase::said("what_login")),
        Phrase::gap(),
        Failing::from(FailureKind::LoginPage).step_told(),
    ];
    Told::new(title, lines)
}

fn trouble(key: &str, told: Option<Told>) -> Incident {
    let (title, detail) = told.as_ref().map(plain).unwrap_or_default();
    Incident { kind: IncidentKind::Source, key: key.into(), brand: None, category: None, title, detail, told, ..incident() }
}

fn context<'a>(story: &'a Story, trouble: &'a Incident, language: &'a str) -> MessageContext<'a> {
    MessageContext { incident: trouble, mention: None, verdict: None, also_told: &[], ..story.context(MessageKind::Warning, language) }
}

fn said(story: &Story, trouble: &Incident, language: &str) -> Message {
    render(&Templates::default(), &context(story, trouble, language))
}

#[test]
fn trouble_is_told_in_the_readers_language() {
    let story = Story::new();
    let trouble = trouble("source:茶友論壇", Some(login_page()));
    let chinese = said(&story, &trouble, "zh-TW");
    assert!(chinese.subject.contains("來源「茶友論壇」讀不到：要求登入的頁面"), "{}", chinese.subject);
    for part in
        ["網址：https://forum.example.com/", "開始時間：2026-11-18 18:06", "狀況：頁面要求登入", "這個網址顯示登入頁：請改用公開的網址。"]
    {
        assert!(chinese.text.contains(part), "{part} is missing in {}", chinese.text);
    }
    assert!(!chinese.text.contains("Since") && !chinese.text.contains("login"), "{}", chinese.text);
    let english = said(&story, &trouble, "en");
    assert!(english.text.contains("Since: 2026-11-18 18:06") && english.subject.contains("cannot be read: login page"), "{}", english.text);
    assert!(trouble.detail.contains("Since: 2026-11-18T10:06:40Z\nWhat happened: the page asks to log in\n\n"), "{}", trouble.detail);
}

#[test]
fn webhooks_and_pages_tell_trouble_in_the_readers_language_too() {
    let (story, templates) = (Story::new(), Templates::default());
    let trouble = trouble("source:茶友論壇", Some(login_page()));
    let body = webhook_body(&templates, &context(&story, &trouble, "zh-CN"), OPENED, false);
    assert_eq!(body["data"]["title"], "来源“茶友論壇”无法读取：要求登录的页面");
    let text = body["data"]["text"].as_str().expect("a text");
    assert!(text.contains("情况：页面要求登录\n\n该网址显示登录页"), "{text}");
    let case = CasePage { incident: &trouble, mention: None, verdict: None, ..story.page() };
    let page = render_page(&templates, &PageContext { language: "zh-TW", company: "蘭汀", page: Page::Case(case) });
    assert!(page.contains("要求登入的頁面") && page.contains("狀況：頁面要求登入") && !page.contains("What happened"), "{page}");
}

#[test]
fn what_ended_by_itself_says_so_in_the_readers_language() {
    let (story, templates) = (Story::new(), Templates::default());
    let over = Some(Over::Source);
    let (cause, remedy) = ("it is over by itself".to_owned(), "the source answers again".to_owned());
    let note = Status::Resolved { by: "Hearken".into(), cause, remedy, note: String::new(), page: None, over }.to_note();
    let trouble = trouble("source:茶友論壇", Some(Told { over, ..login_page() }));
    let context = MessageContext { kind: MessageKind::Status, note: &note, ..context(&story, &trouble, "zh-TW") };
    let mail = render(&templates, &context);
    assert!(mail.text.contains("狀況已自行恢復") && mail.text.contains("來源已恢復正常"), "{}", mail.text);
    assert!(!mail.text.contains("answers again"), "{}", mail.text);
    let body = webhook_body(&templates, &context, OPENED, false);
    assert_eq!(body["data"]["status"]["remedy"], "來源已恢復正常");
}

#[test]
fn what_an_earlier_release_stored_is_shown_as_it_stands() {
    let story = Story::new();
    let file = "a-name-of-a-file-that-somebody-dropped.csv";
    let title = format!("Source survey: a file could not be taken whole: {file}");
    let detail = "Since: 2026-11-18T03:05:00Z\nerror: unknown key\n --> hearken.toml:3:1\n  |\n3 | colour = 1\n  |   ^^^^^^";
    let drawn = said(&story, &Incident { title, detail: detail.into(), ..trouble("files:survey", None) }, "zh-CN");
    assert!(drawn.subject.contains(file) && drawn.text.contains("Since: 2026-11-18T03:05:00Z"), "{}", drawn.subject);
    assert!(
        drawn.text.contains("\n  |   ^^^^^^\n") && drawn.html.contains("white-space:pre-wrap;font-family:ui-monospace"),
        "{}",
        drawn.text
    );
    assert!(!drawn.text.contains("目前无法读取"), "the source is read: {}", drawn.text);
}

#[test]
fn lines_of_files_stand_as_they_are_between_words_of_ours() {
    let story = Story::new();
    let lines = vec![
        Phrase::raw("error: unknown key\n --> hearken.toml:3:1\n  |\n3 | colour = 1\n  |   ^^^^^^"),
        Phrase::gap(),
        Phrase::said("check"),
    ];
    let told = Told::new(Phrase::said("reload_title"), lines);
    let subject = Subject::trouble(IncidentKind::Ops, "ops:reload", Severity::High, told);
    let refused = Incident { title: subject.title, detail: subject.detail, ..trouble(&subject.key, subject.told) };
    let mail = said(&story, &refused, "zh-TW");
    assert!(mail.text.contains("\n  |   ^^^^^^\n\n請執行 `hearken check`"), "{}", mail.text);
}
