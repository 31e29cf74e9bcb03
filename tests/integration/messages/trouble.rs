//! Trouble of sources, channels and files, told in the language of whoever reads it.

use super::*;

/// As `blindness` and `reload` write it.
#[test]
fn trouble_is_told_in_the_readers_language() {
    let (story, templates) = (Story::new(), Templates::default());
    let said = |trouble: &Incident, language| {
        let context = MessageContext {
            incident: trouble,
            mention: None,
            verdict: None,
            also_told: &[],
            ..story.context(MessageKind::Warning, language)
        };
        render(&templates, &context)
    };
    let detail = "Address: https://forum.example.com/\nSince: 2026-11-18T03:05:00Z\nWhat happened: a form with a password\n\nThe address shows a login page: choose a public one.";
    let trouble = Incident {
        kind: IncidentKind::Source,
        key: "source:茶友論壇".into(),
        brand: None,
        category: None,
        title: "Source 茶友論壇 cannot be read: login_page".into(),
        detail: detail.into(),
        ..incident()
    };
    let chinese = said(&trouble, "zh-TW");
    assert!(chinese.subject.contains("來源「茶友論壇」讀不到：要求登入的頁面"), "{}", chinese.subject);
    for part in ["網址：https://forum.example.com/", "開始時間：2026-11-18 11:05", "這個網址顯示登入頁：請改用公開的網址。"]
    {
        assert!(chinese.text.contains(part), "{part} is missing in {}", chinese.text);
    }
    assert!(!chinese.text.contains("Since") && !chinese.text.contains("login_page"), "{}", chinese.text);
    let english = said(&trouble, "en");
    assert!(english.text.contains("Since: 2026-11-18 11:05") && english.subject.contains("cannot be read: login page"), "{}", english.text);
    let file = "a-rather-long-name-of-a-file-that-somebody-dropped.csv";
    let title = format!("Source survey: a file could not be taken whole: {file}");
    let detail = "error: unknown key\n --> hearken.toml:3:1\n  |\n3 | colour = 1\n  |   ^^^^^^";
    let drawn = said(&Incident { key: "files:survey".into(), title, detail: detail.into(), ..trouble }, "zh-CN");
    assert!(drawn.subject.contains(file), "{}", drawn.subject);
    assert!(
        drawn.text.contains("\n  |   ^^^^^^\n") && drawn.html.contains("white-space:pre-wrap;font-family:ui-monospace"),
        "{}",
        drawn.text
    );
    assert!(!drawn.text.contains("目前无法读取"), "the source is read: {}", drawn.text);
}
