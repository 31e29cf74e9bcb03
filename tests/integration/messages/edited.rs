//! What an edit says besides, in every language.

use super::*;
use hearken::respond::edit::News;

fn note(by: &str) -> String {
    let what = vec![
        News::Worse { from: Severity::Medium, to: Severity::High },
        News::Grave { rule: "severity.law".into() },
        News::Grave { rule: "own.rule".into() },
        News::Category { category: "price".into() },
        News::OtherWords,
    ];
    let also = vec!["再不處理我就去 evil.example 提告。".to_owned(), "不要 <b>等</b>".to_owned()];
    Status::Edited { by: by.into(), what, also }.to_note()
}

#[test]
fn what_is_new_is_named_in_the_readers_language_and_quoted() {
    let (story, templates) = (Story::new(), Templates::default());
    let expected = [
        ("zh-TW", ["作者改寫了內容", "（原本是「中」，現在是「高」）", "提到提告或檢舉", "own.rule", "也涉及「價格」", "現在還說"]),
        ("zh-CN", ["作者改写了内容", "（原本是“中”，现在是“高”）", "own.rule", "也涉及“价格”", "整段内容都和通知过的不同", "现在还说"]),
        (
            "en",
            ["author edited it", "(medium before, high now)", "own.rule", "also about price", "wholly other words", "It says now, besides"],
        ),
    ];
    for (language, parts) in expected {
        for (kind, by) in [(MessageKind::Status, ""), (MessageKind::Warning, "王小美")] {
            let note = note(by);
            let mail = render(&templates, &MessageContext { note: &note, ..story.context(kind, language) });
            for part in parts.into_iter().chain(["再不處理我就去", "不要 <b>等</b>"]) {
                assert!(mail.text.contains(part), "{part}: {}", mail.text);
            }
            assert!(mail.text.contains(by) && !mail.text.contains("evil.example"), "a stranger's address is no link: {}", mail.text);
            assert!(!mail.html.contains("<b>等"), "{}", mail.html);
        }
    }
}

#[test]
fn a_call_says_it_as_data() {
    let (story, templates, note) = (Story::new(), Templates::default(), note(""));
    let context = MessageContext { note: &note, ..story.context(MessageKind::Status, "en") };
    let body = webhook_body(&templates, &context, OPENED, false);
    assert_eq!(body["data"]["status"]["status"], "edited");
    assert_eq!(body["data"]["status"]["what"][1], serde_json::json!({ "news": "grave", "rule": "severity.law" }));
    assert_eq!(body["data"]["status"]["also"][1], "不要 <b>等</b>");
}

#[test]
fn what_no_desk_takes_says_so() {
    let (story, templates) = (Story::new(), Templates::default());
    let note = Status::Refused { by: "Ops".into(), from: "care".into(), note: "not ours".into() }.to_note();
    let mail = render(&templates, &MessageContext { note: &note, ..story.context(MessageKind::Status, "en") });
    assert!(mail.text.contains("Nobody has taken it up") && mail.text.contains("not ours"), "{}", mail.text);
}
