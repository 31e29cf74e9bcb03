//! The items of a damaged feed, cut out one by one: what is whole is kept, what is broken is left.

/// A document of one item each; a feed this long is not rescued item by item.
pub(super) const ITEMS_MAX: usize = 2_000;

/// The whole items of a damaged document, each wrapped into a feed of its own with the namespaces of the original.
pub(super) fn items(text: &str) -> Vec<String> {
    let kind = if count(text, "item") >= count(text, "entry") { "item" } else { "entry" };
    let namespaces = namespaces(text);
    spans(text, kind).into_iter().take(ITEMS_MAX).map(|item| wrap(kind, item, &namespaces)).collect()
}

/// How many entries a document seems to have, whatever the parser says.
pub(super) fn looks_like(text: &str) -> usize {
    count(text, "item").max(count(text, "entry"))
}

/// The stars of each item in document order (`im:rating`, `g:rating`, `review:rating`, ...), which feed-rs does not read.
pub(super) fn ratings(text: &str) -> Vec<Option<String>> {
    let kind = if count(text, "item") >= count(text, "entry") { "item" } else { "entry" };
    spans(text, kind).into_iter().map(rating).collect()
}

fn rating(item: &str) -> Option<String> {
    let close = item.find("rating>").filter(|at| item[..*at].ends_with([':', '<']))?;
    let value = &item[close + "rating>".len()..];
    let value = value[..value.find('<')?].trim();
    (!value.is_empty() && value.len() <= 32).then(|| value.to_owned())
}

fn count(text: &str, name: &str) -> usize {
    let open = format!("<{name}");
    text.match_indices(&open).filter(|(at, _)| ends_name(&text[at + open.len()..])).count()
}

fn ends_name(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
}

/// From each opening tag to its closing one; an item that another one interrupts is broken.
fn spans<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(&open).map(|found| at + found) {
        let inside = start + open.len();
        if !ends_name(&text[inside..]) {
            at = inside;
            continue;
        }
        let next = text[inside..].find(&open).filter(|found| ends_name(&text[inside + found + open.len()..]));
        match text[inside..].find(&close) {
            Some(end) if next.is_none_or(|next| end < next) => {
                at = inside + end + close.len();
                spans.push(&text[start..at]);
            }
            Some(_) => at = inside + next.unwrap_or(0),
            None => break,
        }
    }
    spans
}

/// Every prefix the document declares, so that items keep theirs.
fn namespaces(text: &str) -> String {
    let head = super::recognise::head(text, 16 * 1024);
    let mut declared = String::new();
    for (at, _) in head.match_indices("xmlns:") {
        let rest = &head[at..];
        let Some(quote_at) = rest.find(['"', '\'']) else { continue };
        let quote = &rest[quote_at..=quote_at];
        let Some(end) = rest[quote_at + 1..].find(quote) else { continue };
        let declaration = &rest[..quote_at + 1 + end + 1];
        let prefix = declaration.split('=').next().unwrap_or_default().trim();
        let sound = prefix.len() > "xmlns:".len() && !declaration.contains(['<', '>']);
        if sound && !declared.contains(&format!(" {prefix}=")) {
            declared.push_str(&format!(" {prefix}={}", &declaration[quote_at..]));
        }
    }
    declared
}

fn wrap(kind: &str, item: &str, namespaces: &str) -> String {
    match kind {
        "item" => format!("<rss version=\"2.0\"{namespaces}><channel><title/>{item}</channel></rss>"),
        _ => format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"{namespaces}>{item}</feed>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_items_are_kept() {
        let text = "<rss xmlns:a='u'><channel><item>1</item><item>2<item a='b'>3</item><items>x</items><item>4</ite";
        assert_eq!(spans(text, "item"), ["<item>1</item>", "<item a='b'>3</item>"]);
        assert_eq!(looks_like(text), 4);
        assert!(items(text)[0].starts_with("<rss version=\"2.0\" xmlns:a='u'><channel>"), "{}", items(text)[0]);
    }
}
