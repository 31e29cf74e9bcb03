//! Items on which we ourselves fail: each is set aside and told to ops once, and the others go on. It is kept as known, so that it does not
//! hold up its document, its mail, its push or its file again; one that is edited is judged anew.

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::trouble;
use crate::collect::normalise::Found;
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, Moment, Phrase, Severity, Told};
use crate::respond::incident::Subject;

/// Of an item's words as many are shown: somebody has to read it in our place.
const WORDS_SHOWN: usize = 300;
/// Of an address and a title.
const NAME_SHOWN: usize = 200;
/// Items listed in one incident; that many are not damaged, we are.
const LISTED: usize = 50;

/// How an item is shown to who reads it in our place.
pub(super) fn shown(found: &Found) -> Phrase {
    let item = &found.item;
    let title = item.title.as_deref().map(|title| cut(title, NAME_SHOWN));
    let link = item.url.as_deref().or(item.id.as_deref()).map(|link| cut(link, NAME_SHOWN));
    let head: Vec<String> = [title, link].into_iter().flatten().collect();
    let words = cut(&item.text, WORDS_SHOWN);
    if head.is_empty() {
        Phrase::said("item_nameless").with("words", words)
    } else {
        Phrase::raw(format!("- {}\n  {words}", head.join(", ")))
    }
}

/// A text on one line, of so many characters at most.
pub(super) fn cut(text: &str, chars: usize) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(chars).collect();
    if line.len() < text.len() { format!("{line}...") } else { line }
}

/// Tells ops, before the items are known: whoever died in between would never tell. While an incident about earlier ones is open, they
/// join it.
pub(super) async fn tell(context: &Context, source: &SourceOptions, aside: &[Phrase], now: Moment) -> Result<(), TaskError> {
    if aside.is_empty() {
        return Ok(());
    }
    let key = trouble::aside_key(&source.name);
    let Some(open) = context.store.open_incident_by_key(&key).await? else {
        return trouble::raise(context, subject(source, key, listed(&[], aside))).await;
    };
    let told = open.told.unwrap_or_else(|| Told::as_it_stands(&open.title, &open.detail));
    let subject = subject(source, key, listed(&told.lines, aside));
    context.store.revise(&open.id, &subject.title, &subject.detail, subject.told.as_ref(), now).await?;
    Ok(())
}

/// The items that were told of, which stand between the address and the first gap, and those that join them, each once.
fn listed(told: &[Phrase], aside: &[Phrase]) -> Vec<Phrase> {
    let mut items: Vec<Phrase> = told.iter().skip(1).take_while(|line| !line.is_gap()).cloned().collect();
    for item in aside {
        if !items.contains(item) && items.len() < LISTED {
            items.push(item.clone());
        }
    }
    items
}

fn subject(source: &SourceOptions, key: String, items: Vec<Phrase>) -> Subject {
    let title = match items.len() {
        LISTED => Phrase::said("aside_title_most").with("count", LISTED.to_string()),
        count => Phrase::counted("aside_title", count),
    };
    let mut lines = vec![Phrase::said("address").with("address", source.url.as_str())];
    lines.extend(items);
    lines.extend([Phrase::gap(), Phrase::said("aside_help")]);
    Subject::trouble(IncidentKind::Source, key, Severity::Medium, Told::new(title.with("source", &source.name), lines))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::collect::source::SourceKind;
    use crate::model::{Fingerprint, Identity, Item};

    fn item(title: Option<&str>, text: &str) -> Found {
        let item = Item { title: title.map(str::to_owned), text: text.to_owned(), ..Item::default() };
        Found { item, identity: Identity(1), fingerprint: Fingerprint(1), by_words: false }
    }

    #[test]
    fn an_item_is_one_paragraph_however_it_is_written() {
        assert_eq!(shown(&item(Some("kettle"), "it\n\n- leaks")), Phrase::raw("- kettle\n  it  - leaks"));
        let nameless = Phrase::said("item_nameless").with("words", format!("{}...", "評".repeat(300)));
        assert_eq!(shown(&item(None, &"評".repeat(400))), nameless);
    }

    #[test]
    fn whoever_joins_is_listed_once_and_not_for_ever() {
        let source = SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/").expect("an address"));
        let of = |name: &str| shown(&item(Some(name), "words"));
        let lines = |subject: &Subject| subject.told.as_ref().expect("told").lines.clone();
        let first = subject(&source, String::new(), listed(&[], &[of("a"), of("b")]));
        assert_eq!(first.title, "Source shop: 2 items could not be judged");
        let again = subject(&source, String::new(), listed(&lines(&first), &[of("b"), of("c")]));
        assert_eq!(again.title, "Source shop: 3 items could not be judged");
        assert_eq!(again.detail.matches("words").count(), 3, "{}", again.detail);
        let many: Vec<Phrase> = (0..80).map(|number| of(&number.to_string())).collect();
        assert_eq!(listed(&lines(&again), &many).len(), LISTED);
        assert!(again.detail.ends_with("says of a panic."));
    }
}
