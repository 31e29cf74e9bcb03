//! A `[[source]]` block that `hearken check` accepts.

use url::Url;

use crate::collect::source::PageSelectors;

/// As long as the settings let a name be.
const NAME_CHARS: usize = 80;

/// How a source is read.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Feed,
    /// By selectors or, where there are none, by the page's own markup; and where it goes on.
    Page(PageSelectors, Option<Url>),
    /// Where the list is, and the fields, as pointers.
    Json(String, Vec<(&'static str, String)>),
}

/// Every item is about this brand, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Brand {
    /// The page is one of reviews, and says itself what they are of.
    Named(String),
    /// Somebody has to say so.
    Perhaps(String),
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) url: Url,
    /// What the source calls itself.
    pub(super) title: Option<String>,
    pub(super) kind: Kind,
    /// What was read is a file that does not say where it is from.
    pub(super) is_placeless: bool,
    /// Where no company's zone was known.
    pub(super) timezone: Option<String>,
    /// The name of its times says that they are Greenwich's.
    pub(super) is_in_utc: bool,
    /// With the highest rating that was seen.
    pub(super) rating_max: Option<(f64, f64)>,
    pub(super) brand: Option<Brand>,
}

impl Block {
    pub(super) fn new(url: Url, title: Option<String>, kind: Kind) -> Self {
        Self { url, title, kind, is_placeless: false, timezone: None, is_in_utc: false, rating_max: None, brand: None }
    }

    /// The title, or host and path, in one line.
    pub(super) fn name(&self) -> String {
        let place = format!("{}{}", self.url.host_str().unwrap_or_default().trim_start_matches("www."), self.url.path());
        let wanted = self.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&place);
        let line = wanted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = line.trim_end_matches('/').chars().take(NAME_CHARS).collect();
        let cut = cut.trim().to_owned();
        if cut.is_empty() { "source".to_owned() } else { cut }
    }

    pub(super) fn text(&self) -> String {
        let kind = match self.kind {
            Kind::Feed => "feed",
            Kind::Page(..) => "page",
            Kind::Json(..) => "json",
        };
        let mut text = format!("[[source]]\nname = {}\nkind = \"{kind}\"\nurl = {}\n", quoted(&self.name()), quoted(self.url.as_str()));
        if self.is_placeless {
            text.push_str("# Write the address here that the file is from (--base-url).\n");
        }
        if let Some(zone) = &self.timezone {
            let words = if self.is_in_utc {
                "# The service says that its times are in this zone.\n"
            } else {
                "# Times without a zone were read so. Write the site's own zone,\n# or take the line out for the company's.\n"
            };
            text.push_str(words);
            text.push_str(&format!("timezone = {}\n", quoted(zone)));
        }
        if let Some((most, seen)) = self.rating_max {
            text.push_str(&format!("# The best rating the site gives; the highest here is {seen}.\nrating_max = {most}\n"));
        }
        text.push_str(&self.brand_lines());
        match &self.kind {
            Kind::Feed => {}
            Kind::Page(selectors, next) => text.push_str(&page(selectors, next.as_ref())),
            Kind::Json(list, fields) => {
                text.push_str(&format!("[source.json]\nitems = {}\n", quoted(list)));
                fields.iter().for_each(|(key, pointer)| text.push_str(&format!("{key} = {}\n", quoted(pointer))));
            }
        }
        text
    }

    /// Whoever reviews a thing seldom says its name: without a brand of its own such a source is silent.
    fn brand_lines(&self) -> String {
        match &self.brand {
            None => String::new(),
            Some(Brand::Named(name)) => {
                format!("# Every item counts as about it, whether it names it or not.\nbrand = {}\n", quoted(name))
            }
            Some(Brand::Perhaps(name)) => {
                format!(
                    "# Only items that name a brand count. If all of them are about one,\n# whether they name it or not, write\n#brand = {}\n",
                    quoted(name)
                )
            }
        }
    }
}

fn page(selectors: &PageSelectors, next: Option<&Url>) -> String {
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
    let mut text = String::new();
    if !given.is_empty() || next.is_some() {
        text.push_str("[source.select]\n");
        given.iter().for_each(|line| text.push_str(line));
    }
    if let Some(next) = next {
        text.push_str(&format!("# It goes on at {next}\n# To read more pages in each poll:\n#pages = 3\n"));
    }
    text
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
        let title = Some("a \"title\"\nof two lines \u{7}".to_owned());
        let mut block = Block::new(url.clone(), title, Kind::Page(selectors, Some(url.clone())));
        block.timezone = Some("UTC".to_owned());
        block.rating_max = Some((5.0, 4.5));
        block.brand = Some(Brand::Named("a \"brand\"".to_owned()));
        let read: toml::Table = toml::from_str(&block.text()).expect("TOML");
        let source = &read["source"][0];
        assert_eq!(source["name"].as_str(), Some("a \"title\" of two lines"));
        assert_eq!(source["select"]["item"].as_str(), Some("li[class^=\"r\"]"));
        assert_eq!((source["timezone"].as_str(), source["brand"].as_str()), (Some("UTC"), Some("a \"brand\"")));
        assert_eq!(source["rating_max"].as_integer(), Some(5));
        assert_eq!(Block::new(url, None, Kind::Feed).name(), "shop.example/r");
        block.brand = Some(Brand::Perhaps("x".to_owned()));
        assert!(toml::from_str::<toml::Table>(&block.text()).expect("TOML")["source"][0].get("brand").is_none());
    }
}
