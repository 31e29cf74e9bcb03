//! Items on which we ourselves fail: each is set aside and told to ops once, and the others go on. It is kept as known, so that it does not
//! hold up its document, its mail, its push or its file again; one that is edited is judged anew.

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::trouble;
use crate::collect::normalise::Found;
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, Moment, Severity};
use crate::respond::incident::Subject;

/// Of an item's words as many are shown: somebody has to read it in our place.
const WORDS_SHOWN: usize = 300;
/// Of an address and a title.
const NAME_SHOWN: usize = 200;
/// Items listed in one incident; that many are not damaged, we are.
const LISTED: usize = 50;

const ADVICE: &str = "Hearken itself failed in judging these items, so nobody was warned of them: read them in its place. They are kept as \
     known and everything else of the source goes on; an item that is edited is judged anew. Report the fault with what \
     the log says of a panic.";

/// How an item is shown to who reads it in our place.
pub(super) fn shown(found: &Found) -> String {
    let item = &found.item;
    let title = item.title.as_deref().map(|title| cut(title, NAME_SHOWN));
    let link = item.url.as_deref().or(item.id.as_deref()).map(|link| cut(link, NAME_SHOWN));
    let head: Vec<String> = [title, link].into_iter().flatten().collect();
    let head = if head.is_empty() { "an item without title and link".to_owned() } else { head.join(", ") };
    format!("- {head}\n  {}", cut(&item.text, WORDS_SHOWN))
}

fn cut(text: &str, chars: usize) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(chars).collect();
    if line.len() < text.len() { format!("{line}...") } else { line }
}

/// Tells ops, before the items are known: whoever died in between would never tell. While an incident about earlier ones is open, they
/// join it.
pub(super) async fn tell(context: &Context, source: &SourceOptions, aside: &[String], now: Moment) -> Result<(), TaskError> {
    if aside.is_empty() {
        return Ok(());
    }
    let key = trouble::aside_key(&source.name);
    let Some(open) = context.store.open_incident_by_key(&key).await? else {
        return trouble::raise(context, subject(source, key, listed("", aside))).await;
    };
    let subject = subject(source, key, listed(&open.detail, aside));
    context.store.revise(&open.id, &subject.title, &subject.detail, now).await?;
    Ok(())
}

/// The items that were told of and those that join them, each once.
fn listed(told: &str, aside: &[String]) -> Vec<String> {
    let told = told.split_once("\n\n").map(|(items, _)| items).unwrap_or_default();
    let mut items: Vec<String> = Vec::new();
    for line in told.lines().skip(1) {
        match items.last_mut() {
            Some(last) if !line.starts_with("- ") => *last = format!("{last}\n{line}"),
            _ => items.push(line.to_owned()),
        }
    }
    for item in aside {
        if !items.contains(item) && items.len() < LISTED {
            items.push(item.clone());
        }
    }
    items
}

fn subject(source: &SourceOptions, key: String, items: Vec<String>) -> Subject {
    let title = match items.len() {
        1 => format!("Source {}: an item could not be judged", source.name),
        LISTED => format!("Source {}: {LISTED} items and maybe more could not be judged", source.name),
        count => format!("Source {}: {count} items could not be judged", source.name),
    };
    let detail = format!("Address: {}\n{}\n\n{ADVICE}", source.url, items.join("\n"));
    Subject { kind: IncidentKind::Source, key, severity: Severity::Medium, title, detail }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::collect::source::SourceKind;
    use crate::model::{Fingerprint, Identity, Item};

    fn item(title: Option<&str>, text: &str) -> Found {
        let item = Item { title: title.map(str::to_owned), text: text.to_owned(), ..Item::default() };
        Found { item, identity: Identity(1), fingerprint: Fingerprint(1) }
    }

    #[test]
    fn an_item_is_one_paragraph_however_it_is_written() {
        assert_eq!(shown(&item(Some("kettle"), "it\n\n- leaks")), "- kettle\n  it  - leaks");
        assert_eq!(shown(&item(None, &"評".repeat(400))), format!("- an item without title and link\n  {}...", "評".repeat(300)));
    }

    #[test]
    fn whoever_joins_is_listed_once_and_not_for_ever() {
        let source = SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/").expect("an address"));
        let of = |name: &str| shown(&item(Some(name), "words"));
        let first = subject(&source, String::new(), listed("", &[of("a"), of("b")]));
        assert_eq!(first.title, "Source shop: 2 items could not be judged");
        let again = subject(&source, String::new(), listed(&first.detail, &[of("b"), of("c")]));
        assert_eq!(again.title, "Source shop: 3 items could not be judged");
        assert_eq!(again.detail.matches("words").count(), 3, "{}", again.detail);
        let many: Vec<String> = (0..80).map(|number| of(&number.to_string())).collect();
        assert_eq!(listed(&again.detail, &many).len(), LISTED);
        assert!(again.detail.ends_with("says of a panic."));
    }
}
