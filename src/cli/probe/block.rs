//! A `[[source]]` block that `hearken check` accepts.

use url::Url;

use crate::collect::source::PageSelectors;

/// As long as the settings let a name be.
const NAME_CHARS: usize = 80;

/// A feed; its title is its name, where it has one.
pub(super) fn feed(url: &Url, title: Option<&str>) -> String {
    head(url, title, "feed")
}

/// A page, by selectors or, where there are none, by its own markup.
pub(super) fn page(url: &Url, title: Option<&str>, selectors: &PageSelectors, next: Option<&Url>) -> String {
    let mut text = head(url, title, "page");
    let PageSelectors { container, item, title, text: words, author, rating, time, link, next: _, pages: _ } = selectors;
    let fields = [
        ("container", container),
        ("item", &Some(item.clone()).filter(|item| !item.is_empty())),
        ("title", title),
        ("text", words),
        ("author", author),
        ("rating", rating),
        ("time", time),
        ("link", link),
    ];
    let given: Vec<String> =
        fields.iter().filter_map(|(key, value)| value.as_ref().map(|value| format!("{key} = {}\n", quoted(value)))).collect();
    if !given.is_empty() || next.is_some() {
        text.push_str("[source.select]\n");
        given.iter().for_each(|line| text.push_str(line));
    }
    if let Some(next) = next {
        text.push_str(&format!("# It goes on at {next}: read more pages in each poll with\n#pages = 3\n"));
    }
    text
}

/// An answer of a service: `list` and `fields` as pointers.
pub(super) fn json(url: &Url, list: &str, fields: &[(&'static str, String)]) -> String {
    let mut text = head(url, None, "json");
    text.push_str(&format!("[source.json]\nitems = {}\n", quoted(list)));
    fields.iter().for_each(|(key, pointer)| text.push_str(&format!("{key} = {}\n", quoted(pointer))));
    text
}

fn head(url: &Url, title: Option<&str>, kind: &str) -> String {
    format!("[[source]]\nname = {}\nkind = \"{kind}\"\nurl = {}\n", quoted(&name(url, title)), quoted(url.as_str()))
}

/// The title, or host and path, in one line.
fn name(url: &Url, title: Option<&str>) -> String {
    let place = format!("{}{}", url.host_str().unwrap_or_default().trim_start_matches("www."), url.path());
    let wanted = title.filter(|title| !title.trim().is_empty()).unwrap_or(&place);
    let line = wanted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.trim_end_matches('/').chars().take(NAME_CHARS).collect();
    let cut = cut.trim().to_owned();
    if cut.is_empty() { "source".to_owned() } else { cut }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_it_the_block_is_toml() {
        let url = Url::parse("https://shop.example/r?a=1&b=\"2\"").expect("an address");
        let selectors = PageSelectors { item: "li[class^=\"r\"]".into(), time: Some("i@title".into()), ..PageSelectors::default() };
        let block = page(&url, Some("a \"title\"\nof two lines \u{7}"), &selectors, Some(&url));
        let read: toml::Table = toml::from_str(&block).expect("TOML");
        let source = &read["source"][0];
        assert_eq!(source["name"].as_str(), Some("a \"title\" of two lines"));
        assert_eq!(source["select"]["item"].as_str(), Some("li[class^=\"r\"]"));
        assert_eq!(name(&url, None), "shop.example/r");
    }
}
