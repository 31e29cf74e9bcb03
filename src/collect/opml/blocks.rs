//! Outlines to `[[source]]` blocks: names that are free, addresses that are new, and every remark about what could not be taken over.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::read::{Outline, Remark};
use super::{dots, is_private, xpath};
use crate::collect::extract::page::Picks;
use crate::collect::normalise::identity::normal_link;
use crate::collect::source::PageSelectors;

/// As long as the settings let a name be.
const NAME_CHARS: usize = 80;
/// The settings' bounds of an interval, in seconds.
const INTERVAL_LEAST: u64 = 60;
const INTERVAL_MOST: u64 = 7 * 24 * 3600;

/// What is there already.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Names in lower case, as the settings compare them.
    names: BTreeSet<String>,
    /// Addresses, as `normal_link` has them, and who has them.
    urls: BTreeMap<String, String>,
}

impl Taken {
    pub fn add(&mut self, name: &str, url: &str) {
        self.names.insert(name.to_lowercase());
        self.urls.insert(normal_link(url), name.to_owned());
    }

    /// A name nobody has: the wanted one, else with a number behind it.
    fn free(&self, wanted: &str) -> String {
        let base = one_line(wanted);
        let numbered = (2..).map(|number| {
            let end = format!(" ({number})");
            let room = NAME_CHARS - end.len();
            format!("{}{end}", base.chars().take(room).collect::<String>().trim_end())
        });
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| !self.names.contains(&name.to_lowercase())).unwrap_or(base)
    }
}

/// What was made of a list.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub toml: String,
    pub sources: usize,
    pub known: usize,
    pub remarks: Vec<Remark>,
}

/// Makes blocks of outlines. `brands` are the configured ones in lower case with the name they belong to.
#[must_use]
pub fn blocks(outlines: &[Outline], mut taken: Taken, brands: &BTreeMap<String, String>) -> Made {
    let mut made = Made::default();
    for outline in outlines {
        let mut block = Block { outline, remarks: Vec::new() };
        let text = block.address().and_then(|url| {
            if let Some(name) = taken.urls.get(&normal_link(url.as_str())) {
                block.remark(false, format!("{url} is a source already: `{name}`"));
                made.known += 1;
                return None;
            }
            let keys = block.keys(&url)?;
            let wanted = outline.title.clone().unwrap_or_else(|| format!("{}{}", url.host_str().unwrap_or_default(), url.path()));
            let name = taken.free(&wanted);
            taken.add(&name, url.as_str());
            Some(block.text(&name, &url, &keys, brands))
        });
        if let Some(text) = text {
            made.toml.push_str(&text);
            made.sources += 1;
        }
        made.remarks.append(&mut block.remarks);
    }
    made
}

struct Block<'a> {
    outline: &'a Outline,
    remarks: Vec<Remark>,
}

/// Keys of a block after name and address, and those of its tables.
#[derive(Default)]
struct Keys {
    plain: Vec<(String, String)>,
    tables: BTreeMap<String, Vec<(String, String)>>,
}

impl Block<'_> {
    fn remark(&mut self, left_out: bool, words: String) {
        self.remarks.push(Remark { place: self.outline.place, words, left_out });
    }

    /// The address, in a form the settings take.
    fn address(&mut self) -> Option<Url> {
        let written = self.outline.xml_url.trim();
        let lower = written.to_ascii_lowercase();
        let meant = match lower.strip_prefix("feed:") {
            Some(rest) if rest.starts_with("http") => written["feed:".len()..].to_owned(),
            Some(rest) if rest.starts_with("//") => format!("http:{}", &written["feed:".len()..]),
            _ => written.to_owned(),
        };
        let sound = Url::parse(&meant).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut url) = sound else {
            self.remark(true, format!("`{written}` is no web address: left out"));
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            let cleared = url.set_username("").and_then(|()| url.set_password(None));
            if cleared.is_err() {
                return None;
            }
            self.remark(false, format!("the credentials in the address of {url} were not copied: send them as `headers` from a file"));
        }
        Some(url)
    }

    /// What the outline says of the source; none where it cannot be one of ours.
    fn keys(&mut self, url: &Url) -> Option<Keys> {
        self.unspoken();
        let seconds = self.outline.freshrss.get("ttl").and_then(|ttl| ttl.trim().parse::<i64>().ok()).unwrap_or(0);
        if seconds < 0 {
            self.remark(true, format!("{url} is muted there: left out"));
            return None;
        }
        if !self.outline.own.is_empty() {
            return self.own();
        }
        let mut keys = Keys::default();
        match self.outline.kind.as_str() {
            "html+xpath" => {
                keys.plain.push(("kind".to_owned(), quoted("page")));
                keys.tables.insert("select".to_owned(), self.selectors()?);
            }
            "json+dotnotation" => {
                keys.plain.push(("kind".to_owned(), quoted("json")));
                keys.tables.insert("json".to_owned(), self.pointers()?);
            }
            kind if kind.contains("xpath") || kind.contains("dotnotation") => {
                self.remark(true, format!("{url} is read as \"{kind}\" there, which Hearken does not read: left out"));
                return None;
            }
            _ => keys.plain.push(("kind".to_owned(), quoted("feed"))),
        }
        if seconds > 0 {
            let bounded = seconds.unsigned_abs().clamp(INTERVAL_LEAST, INTERVAL_MOST);
            keys.plain.push(("interval".to_owned(), quoted(&format!("{bounded}s"))));
        }
        Some(keys)
    }

    /// What a feed reader does and Hearken does not.
    fn unspoken(&mut self) {
        let secret = ["CURLOPT_COOKIE", "CURLOPT_COOKIEFILE", "CURLOPT_HTTPHEADER"];
        let named = |names: &[&str]| {
            self.outline.freshrss.keys().filter(|key| names.contains(&key.as_str())).cloned().collect::<Vec<_>>().join(", ")
        };
        let (credentials, way) = (named(&secret), named(&["CURLOPT_PROXY", "CURLOPT_POST", "CURLOPT_POSTFIELDS", "CURLOPT_USERAGENT"]));
        if !credentials.is_empty() {
            self.remark(false, format!("`{credentials}` was not copied: give this source its `headers` from a file"));
        }
        if !way.is_empty() {
            self.remark(false, format!("`{way}` has no counterpart here and was not taken over"));
        }
    }

    /// Our own export: its keys as they were, but for what a list must not decide.
    fn own(&mut self) -> Option<Keys> {
        let mut keys = Keys::default();
        for (key, literal) in &self.outline.own {
            let parts: Vec<&str> = key.split('.').collect();
            let sound = parts.len() <= 2 && parts.iter().all(|part| is_key(part)) && is_literal(literal);
            if !sound || is_private(key) {
                self.remarks.push(Remark { place: self.outline.place, words: format!("`{key}` was not taken over"), left_out: true });
                continue;
            }
            if key == "ignore_robots" && literal == "true" {
                let words = "`ignore_robots = true` is taken over: keep it only where you own the site".to_owned();
                self.remarks.push(Remark { place: self.outline.place, words, left_out: false });
            }
            match parts.as_slice() {
                ["name" | "url"] => {}
                [key] => keys.plain.push(((*key).to_owned(), literal.clone())),
                [table, key] => keys.tables.entry((*table).to_owned()).or_default().push(((*key).to_owned(), literal.clone())),
                _ => {}
            }
        }
        if keys.plain.iter().any(|(key, _)| key == "kind") {
            return Some(keys);
        }
        self.remark(true, "`kind` is missing among the attributes of Hearken: left out".to_owned());
        None
    }

    /// Where things stand in the JSON of an endpoint.
    fn pointers(&mut self) -> Option<Vec<(String, String)>> {
        let outline = self.outline;
        let fields = [
            ("jsonItem", "items"),
            ("jsonItemUid", "id"),
            ("jsonItemTitle", "title"),
            ("jsonItemContent", "text"),
            ("jsonItemAuthor", "author"),
            ("jsonItemTimestamp", "time"),
            ("jsonItemUri", "link"),
        ];
        let mut pointers = Vec::new();
        for (theirs, ours) in fields {
            let Some(dots) = outline.freshrss.get(theirs) else { continue };
            match dots::pointer(dots) {
                Ok(pointer) => pointers.push((ours.to_owned(), quoted(&pointer))),
                Err(why) => self.remark(true, format!("{theirs} `{dots}`: {why}. `{ours}` is left out")),
            }
        }
        // Without a path the document itself is the list.
        if !outline.freshrss.contains_key("jsonItem") {
            pointers.push(("items".to_owned(), quoted("$")));
        }
        let has = |key: &str| pointers.iter().any(|(known, _)| known == key);
        if has("items") && (has("title") || has("text")) {
            return Some(pointers);
        }
        self.remark(true, format!("{} names no list, or neither a title nor a text in it: left out", outline.xml_url));
        None
    }

    fn selectors(&mut self) -> Option<Vec<(String, String)>> {
        let outline = self.outline;
        let item = outline.freshrss.get("xPathItem").map_or("", String::as_str);
        let item = match xpath::items(item) {
            Ok((css, note)) => {
                note.into_iter().for_each(|note| self.remark(false, format!("xPathItem: {note}")));
                css
            }
            Err(why) => {
                self.remark(true, format!("xPathItem `{item}` cannot be a CSS selector: {why}. `{}` is left out", outline.xml_url));
                return None;
            }
        };
        let mut select = vec![("item".to_owned(), item.clone())];
        let fields = [("Title", "title"), ("Content", "text"), ("Author", "author"), ("Timestamp", "time"), ("Uri", "link")];
        for (theirs, ours) in fields {
            let name = format!("xPathItem{theirs}");
            let Some(xpath) = outline.freshrss.get(&name) else { continue };
            if let Some(css) = self.field(&name, xpath, ours) {
                select.push((ours.to_owned(), css));
            }
        }
        for theirs in ["xPathItemUid", "xPathItemTimeFormat"].into_iter().filter(|name| outline.freshrss.contains_key(*name)) {
            self.remark(false, format!("{theirs} is not needed here: ids and times are found without it"));
        }
        self.proven(&item, &select)?;
        Some(select.into_iter().map(|(key, css)| (key, quoted(&css))).collect())
    }

    fn field(&mut self, name: &str, xpath: &str, ours: &str) -> Option<String> {
        let field = match xpath::field(xpath) {
            Ok(field) => field,
            Err(why) => {
                self.remark(true, format!("{name} `{xpath}` cannot be a CSS selector: {why}. `{ours}` is left out"));
                return None;
            }
        };
        field.note.into_iter().for_each(|note| self.remark(false, format!("{name}: {note}")));
        match (field.css, field.attribute) {
            (Some(css), Some(attribute)) => Some(format!("{css}@{attribute}")),
            (Some(css), None) => {
                if ours == "link" {
                    self.remark(false, format!("{name} `{xpath}` reads a text there; here the `href` of the element is read"));
                }
                Some(css)
            }
            (None, Some(attribute)) => Some(format!("@{attribute}")),
            // The whole text of the item is what is read without a selector.
            (None, None) if ours == "text" => None,
            (None, None) => {
                self.remark(true, format!("{name} `{xpath}` is the whole item: `{ours}` is left out"));
                None
            }
        }
    }

    /// A last look with the reader's own eyes.
    fn proven(&mut self, item: &str, select: &[(String, String)]) -> Option<()> {
        let of = |key: &str| select.iter().find(|(known, _)| known == key).map(|(_, css)| css.clone());
        let selectors = PageSelectors {
            item: item.to_owned(),
            title: of("title"),
            text: of("text"),
            author: of("author"),
            time: of("time"),
            link: of("link"),
            pages: 1,
            ..PageSelectors::default()
        };
        match Picks::parse(&selectors) {
            Ok(_) => Some(()),
            Err(why) => {
                self.remark(true, format!("{why}: `{}` is left out", self.outline.xml_url));
                None
            }
        }
    }

    fn text(&self, name: &str, url: &Url, keys: &Keys, brands: &BTreeMap<String, String>) -> String {
        let mut text = format!("# Line {} of the list.", self.outline.place.line);
        if !self.outline.folders.is_empty() {
            let folders: Vec<String> = self.outline.folders.iter().map(|folder| one_line(folder)).collect();
            text.push_str(&format!(" Folder: {}.", folders.join(" / ")));
        }
        if let Some(site) = &self.outline.html_url {
            text.push_str(&format!(" Site: {}", one_line(site)));
        }
        text.push('\n');
        let brand = self.outline.folders.iter().rev().find_map(|folder| brands.get(&folder.trim().to_lowercase()));
        text.push_str(&format!("[[source]]\nname = {}\nurl = {}\n", quoted(name), quoted(url.as_str())));
        if let Some(brand) = brand.filter(|_| !keys.plain.iter().any(|(key, _)| key == "brand")) {
            text.push_str(&format!("# brand = {}    # if every item there is about it, whether it says so or not\n", quoted(brand)));
        }
        keys.plain.iter().for_each(|(key, literal)| text.push_str(&format!("{key} = {literal}\n")));
        for (table, keys) in &keys.tables {
            text.push_str(&format!("[source.{table}]\n"));
            keys.iter().for_each(|(key, literal)| text.push_str(&format!("{key} = {literal}\n")));
        }
        text.push('\n');
        text
    }
}

fn is_key(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// One TOML value on one line, and nothing behind it that could be another key, nor in it what could name a file.
fn is_literal(literal: &str) -> bool {
    let one_line = !literal.contains(['\n', '\r']);
    let parsed = toml::from_str::<toml::Table>(&format!("value = {literal}"));
    one_line && parsed.is_ok_and(|table| table.len() == 1 && table.get("value").is_some_and(|value| !holds_private(value)))
}

fn holds_private(value: &toml::Value) -> bool {
    match value {
        toml::Value::Table(table) => table.iter().any(|(key, value)| is_private(key) || holds_private(value)),
        toml::Value::Array(values) => values.iter().any(holds_private),
        _ => false,
    }
}

/// A TOML string on one line.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Somebody's words on one line, as long as a name may be.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(NAME_CHARS).collect();
    let line = line.trim().to_owned();
    if line.is_empty() { "source".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    fn made(body: &str) -> Made {
        let opml = format!("<opml xmlns:f=\"https://freshrss.org/opml\" version=\"2.0\"><body>\n{body}\n</body></opml>");
        blocks(
            &read(opml.as_bytes()).expect("a list").outlines,
            Taken::default(),
            &BTreeMap::from([("acme".to_owned(), "Acme".to_owned())]),
        )
    }

    #[test]
    fn names_in_any_script_are_free_and_addresses_come_once() {
        let made = made(
            "<outline text='客服\n論壇' xmlUrl='https://a.example/1'/><outline text='客服 論壇' xmlUrl='https://a.example/2'/>\
             <outline text='again' xmlUrl='http://www.a.example/1/'/><outline xmlUrl='feed://b.example/rss'/><outline text='x' xmlUrl='/x'/>",
        );
        let names: Vec<&str> = made.toml.lines().filter(|line| line.starts_with("name")).collect();
        assert_eq!(names, ["name = \"客服 論壇\"", "name = \"客服 論壇 (2)\"", "name = \"b.example/rss\""]);
        assert_eq!((made.sources, made.known, made.remarks.len()), (3, 1, 2), "{:?}", made.remarks);
        assert!(made.remarks[0].words.contains("is a source already: `客服 論壇`"));
    }

    #[test]
    fn folders_stay_as_a_comment_and_a_hint() {
        let made = made("<outline text='Shops'><outline text='ACME'><outline text='a' xmlUrl='https://a.example/1'/></outline></outline>");
        assert!(made.toml.contains("Folder: Shops / ACME.") && made.toml.contains("# brand = \"Acme\""), "{}", made.toml);
    }

    #[test]
    fn a_scraped_page_becomes_selectors_or_a_reason() {
        let made = made(
            "<outline text='p' type='HTML+XPath' xmlUrl='https://a.example/p' f:xPathItem='//div[@class=\"r\"]' f:xPathItemTitle='descendant::h2' \
             f:xPathItemContent='.' f:xPathItemUri='.//a/@href' f:xPathItemAuthor='\"Anonymous\"' f:ttl='3600' f:CURLOPT_COOKIE='s=hunter2'/>\
             <outline text='q' type='HTML+XPath' xmlUrl='https://a.example/q' f:xPathItem='//div[text()]/preceding::b'/>\
             <outline text='j' type='JSON+DotNotation' xmlUrl='https://a.example/j' f:jsonItem='a.b'/>\
             <outline text='x' type='XML+XPath' xmlUrl='https://a.example/x' f:xPathItem='//a'/>",
        );
        for line in
            ["kind = \"page\"", "interval = \"3600s\"", "item = \"div[class=\\\"r\\\"]\"", "title = \"h2\"", "link = \"a[href]@href\""]
        {
            assert!(made.toml.lines().any(|known| known == line), "{line} is missing in\n{}", made.toml);
        }
        assert!(!made.toml.contains("author") && !made.toml.contains("hunter2") && made.sources == 1);
        let words: String = made.remarks.iter().map(|remark| remark.words.as_str()).collect();
        assert!(
            words.contains("xPathItemAuthor `\"Anonymous\"`")
                && words.contains("preceding")
                && words.contains("names no list")
                && words.contains("xml+xpath"),
            "{words}"
        );
        assert!(!words.contains("hunter2"));
    }

    #[test]
    fn a_foreign_list_cannot_read_our_files() {
        let own = |key: &str, value: &str| {
            format!("<outline text='x' xmlUrl='https://a.example/x' xmlns:h='urn:hearken:opml:1' h:kind='\"feed\"' h:{key}='{value}'/>")
        };
        for (key, value) in [
            ("headers", "{ Authorization = { file = \"/etc/passwd\" } }"),
            ("headers.Authorization", "\"x\""),
            ("interval", "\"5m\"\nheaders = 1"),
            ("brand", "{ file = \"/etc/passwd\" }"),
            ("password_file", "\"/etc/passwd\""),
        ] {
            let made = made(&own(key, &value.replace('\n', "&#10;")));
            assert!(!made.toml.contains("passwd") && !made.toml.contains("headers"), "{key}: {}", made.toml);
            assert_eq!(made.remarks.len(), 1, "{key}: {:?}", made.remarks);
        }
    }
}
