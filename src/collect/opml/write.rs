//! `[[source]]` tables to OPML: feeds as every reader knows them, pages with the attributes of FreshRSS where XPath can say the same,
//! and each key as an attribute of ours, so that nothing is lost on the way back. Credentials are never written.

use toml::{Table, Value};
use url::Url;

use super::css::{alternatives, to_xpath};
use super::{FRESHRSS, HEARKEN, is_private};

/// A list, and what is to be said about it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub opml: String,
    pub remarks: Vec<String>,
}

/// Writes sources as their tables stand in the settings. `title` is that of the list.
#[must_use]
pub fn write(title: &str, sources: &[Table]) -> Written {
    let mut written = Written::default();
    written.opml.push_str(&format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\" xmlns:frss=\"{FRESHRSS}\" xmlns:hearken=\"{HEARKEN}\">\n  <head>\n    <title>{}</title>\n  </head>\n  <body>\n",
        escaped(title)
    ));
    for source in sources {
        let line = outline(source, &mut written.remarks);
        written.opml.push_str(&line);
    }
    written.opml.push_str("  </body>\n</opml>\n");
    written
}

fn outline(source: &Table, remarks: &mut Vec<String>) -> String {
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, kind) = (text("name"), text("kind"));
    let url = without_secrets(name, text("url"), remarks);
    let mut attributes = vec![("text".to_owned(), name.to_owned()), ("title".to_owned(), name.to_owned())];
    let scraped = match (kind, source.get("select").and_then(Value::as_table)) {
        ("page", Some(select)) => scraping(select),
        _ => None,
    };
    let word = match (kind, scraped.is_some()) {
        ("feed", _) => "rss".to_owned(),
        (_, true) => "HTML+XPath".to_owned(),
        (kind, false) => {
            remarks.push(format!("`{name}` ({kind}) means something to Hearken alone: another reader cannot use it"));
            format!("hearken:{kind}")
        }
    };
    attributes.push(("type".to_owned(), word));
    attributes.push(("xmlUrl".to_owned(), url));
    attributes.extend(scraped.unwrap_or_default());
    let mut kept = Kept::default();
    own("", source, &mut attributes, &mut kept);
    if !kept.private.is_empty() {
        remarks.push(format!("`{name}`: credentials stay here ({})", kept.private.join(", ")));
    }
    let attributes: String = attributes.iter().map(|(key, value)| format!(" {key}=\"{}\"", escaped(value))).collect();
    format!("    <outline{attributes}/>\n")
}

/// The page's selectors in XPath; none where one of those that matter cannot be said.
fn scraping(select: &Table) -> Option<Vec<(String, String)>> {
    let css = |key: &str| select.get(key).and_then(Value::as_str);
    let mut attributes = vec![("frss:xPathItem".to_owned(), items(css("container"), css("item")?)?)];
    for (ours, theirs) in [("title", "Title"), ("text", "Content"), ("author", "Author"), ("time", "Timestamp"), ("link", "Uri")] {
        let xpath = match css(ours) {
            Some(css) => field(css, ours)?,
            None if ours == "text" => ".".to_owned(),
            None => continue,
        };
        attributes.push((format!("frss:xPathItem{theirs}"), xpath));
    }
    Some(attributes)
}

/// Items are looked for in the container alone. The selector of an item may begin at the container or above it, as our own reader
/// takes it: each of its alternatives is matched in the whole document, and counts where it lies inside.
fn items(container: Option<&str>, item: &str) -> Option<String> {
    let Some(container) = container.map(str::trim) else { return to_xpath(item, false) };
    let paths = alternatives(item)?.into_iter().map(|one| {
        let one = one.trim();
        if one.strip_prefix(container).is_some_and(|rest| rest.starts_with([' ', '>'])) {
            return to_xpath(one, false);
        }
        if !one.contains(COMBINATORS) {
            return to_xpath(&format!("{container} {one}"), false);
        }
        let outer = to_xpath(container, false).filter(|_| !container.contains(COMBINATORS))?;
        Some(format!("{}[ancestor::{}]", to_xpath(one, false)?, outer.strip_prefix("//")?))
    });
    Some(paths.collect::<Option<Vec<String>>>()?.join(" | "))
}

/// What stands between the elements of a selector, or between selectors.
const COMBINATORS: [char; 5] = [' ', '>', '+', '~', ','];

fn field(written: &str, ours: &str) -> Option<String> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte));
    let (css, attribute) = match written.rsplit_once('@') {
        Some((css, name)) if is_name(name) => (css.trim(), Some(name)),
        _ => (written, (ours == "link").then_some("href")),
    };
    let path = if css.is_empty() { ".".to_owned() } else { to_xpath(css, true)? };
    match attribute {
        // An attribute behind a list of paths would belong to the last one alone.
        Some(_) if path.contains(" | ") => None,
        Some(attribute) => Some(format!("{path}/@{attribute}")),
        None => Some(path),
    }
}

/// Keys that are not written.
#[derive(Default)]
struct Kept {
    private: Vec<String>,
}

/// Every other key as an attribute of ours: what stands in a table as `table.key`, and what is a table there as TOML writes it on a line.
fn own(prefix: &str, table: &Table, attributes: &mut Vec<(String, String)>, kept: &mut Kept) {
    for (key, value) in table {
        let name = format!("{prefix}{key}");
        match value {
            _ if matches!(name.as_str(), "name" | "url") => {}
            _ if is_private(&name) => kept.private.push(name),
            Value::Table(inner) if prefix.is_empty() => own(&format!("{key}."), inner, attributes, kept),
            value => attributes.extend(open(&name, value, kept).map(|value| (format!("hearken:{name}"), value.to_string()))),
        }
    }
}

/// A value without the credentials in it; none where nothing else is.
fn open(name: &str, value: &Value, kept: &mut Kept) -> Option<Value> {
    let Value::Table(table) = value else { return Some(value.clone()) };
    let mut shown = Table::new();
    for (key, value) in table {
        let name = format!("{name}.{key}");
        if is_private(&name) {
            kept.private.push(name);
        } else if let Some(value) = open(&name, value, kept) {
            shown.insert(key.clone(), value);
        }
    }
    (table.is_empty() || !shown.is_empty()).then_some(Value::Table(shown))
}

/// An address without the parameters that carry a key.
fn without_secrets(name: &str, written: &str, remarks: &mut Vec<String>) -> String {
    let Ok(mut url) = Url::parse(written) else { return written.to_owned() };
    let secret =
        |key: &str| is_private(key) || ["key", "apikey", "sig", "signature", "auth", "pwd"].contains(&key.to_ascii_lowercase().as_str());
    let pairs: Vec<(String, String)> = url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
    let (hidden, shown): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(key, _)| secret(key));
    if hidden.is_empty() {
        return written.to_owned();
    }
    url.set_query(None);
    if !shown.is_empty() {
        url.query_pairs_mut().extend_pairs(shown);
    }
    let keys: Vec<&str> = hidden.iter().map(|(key, _)| key.as_str()).collect();
    remarks.push(format!("`{name}`: its address is written without `{}`, which looks like a credential", keys.join("`, `")));
    url.into()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push_str(&format!("&#{};", u32::from(c))),
            // XML has no way to write these.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_those_within_the_container() {
        let reviews = "//*[@id='reviews']";
        let review = "//*[contains(concat(' ', normalize-space(@class), ' '), ' review ')]";
        let is = |container, item, wanted: String| assert_eq!(items(container, item), Some(wanted), "{container:?} {item}");
        is(None, "#reviews .review", format!("{reviews}{review}"));
        is(Some("#reviews"), ".review", format!("{reviews}{review}"));
        is(Some("#reviews"), "#reviews .review", format!("{reviews}{review}"));
        is(Some("#reviews"), "li, p", format!("{reviews}//li | {reviews}//p"));
        is(Some("#reviews"), "main li", "//main//li[ancestor::*[@id='reviews']]".to_owned());
        assert_eq!(items(Some("main ul"), "body li"), None, "what cannot be said is not guessed at");
    }

    #[test]
    fn what_stays_here_is_called_what_it_is() {
        let text = "name = 'n'\nkind = 'json'\nurl = 'https://a.example/'\n[json]\nitems = '/a'\ntext = { join = ['/b'] }\nbody = { q = 'tea', auth = { token = 'x' } }\n[json.parameters]\nkey = { file = 'x' }\n[headers]\nCookie = { file = 'x' }";
        let written = write("t", &[text.parse().expect("a table")]);
        let remarks = written.remarks.join("\n");
        assert!(remarks.contains("credentials stay here (headers, json.body.auth.token, json.parameters)"), "{remarks}");
        assert!(written.opml.contains("hearken:json.text=\"{ join = [&quot;/b&quot;] }\""), "{}", written.opml);
        assert!(written.opml.contains("hearken:json.body=\"{ q = &quot;tea&quot; }\""), "{}", written.opml);
    }
}
