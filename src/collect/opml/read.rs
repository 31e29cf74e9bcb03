//! OPML to outlines, each with its place. A document type is refused with everything in it: no list needs one, and entities are how
//! a small file becomes a large one.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{FRESHRSS, HEARKEN};
use crate::collect::decode::decode;

/// Lists of ten thousand feeds have a few megabytes.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Folders in folders; people use two or three.
const DEPTH_MAX: usize = 64;

/// An outline that names an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// From the outside in.
    pub folders: Vec<String>,
    pub title: Option<String>,
    pub xml_url: String,
    pub html_url: Option<String>,
    /// `type`, in lower case.
    pub kind: String,
    /// Attributes of FreshRSS, by their local names.
    pub freshrss: BTreeMap<String, String>,
    /// Attributes of ours: key and TOML value.
    pub own: BTreeMap<String, String>,
    pub place: Place,
}

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Something to say about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub place: Place,
    pub words: String,
    /// Something of the list is not in what was made of it.
    pub left_out: bool,
}

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub outlines: Vec<Outline>,
    pub remarks: Vec<Remark>,
}

/// Reads a list in any charset.
///
/// # Errors
/// Where and why it is no OPML.
pub fn read(bytes: &[u8]) -> Result<List, Remark> {
    let refuse = |place: Place, words: String| Remark { place, words, left_out: true };
    if bytes.len() > BYTES_MAX {
        return Err(refuse(Place::default(), format!("more than {BYTES_MAX} bytes are no list of feeds")));
    }
    // A declaration stays where it is as long as the text is UTF-8: places are then those of the file.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => decode(bytes, None).text,
    };
    Walk::over(&text).walk().map_err(|(place, words)| refuse(place, words))
}

struct Walk<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Elements that are open; a folder has a name.
    open: Vec<Open>,
    /// Prefixes with their namespaces, and at which depth they were bound.
    bound: Vec<(usize, String, String)>,
    list: List,
    counted: Counted,
    opml: bool,
}

struct Open {
    is_outline: bool,
    folder: Option<String>,
}

/// Lines counted so far, so that a long list is counted once.
#[derive(Default)]
struct Counted {
    offset: usize,
    line: usize,
    line_start: usize,
}

type Fault = (Place, String);

impl<'a> Walk<'a> {
    fn over(text: &'a str) -> Self {
        Self {
            text,
            reader: Reader::from_str(text),
            open: Vec::new(),
            bound: Vec::new(),
            list: List::default(),
            counted: Counted::default(),
            opml: false,
        }
    }

    fn walk(mut self) -> Result<List, Fault> {
        loop {
            let at = self.offset();
            let event = self.reader.read_event().map_err(|error| error.to_string());
            match event {
                Ok(Event::Start(start)) => self.start(&start, at, true)?,
                Ok(Event::Empty(start)) => self.start(&start, at, false)?,
                Ok(Event::End(_)) => {
                    self.open.pop();
                    let depth = self.open.len();
                    self.bound.retain(|(bound, ..)| *bound < depth);
                }
                Ok(Event::DocType(_)) => {
                    return Err((
                        self.place(at),
                        "a document type (<!DOCTYPE>) is not read: take it out, no list of feeds needs one".to_owned(),
                    ));
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => {
                    let at = usize::try_from(self.reader.error_position()).unwrap_or(at);
                    return Err((self.place(at), format!("this is no sound XML: {error}")));
                }
            }
        }
        let end = self.place(self.text.len());
        if !self.open.is_empty() {
            return Err((end, format!("it ends while {} is still open", if self.opml { "an element" } else { "the first element" })));
        }
        if !self.opml {
            return Err((end, "there is no <opml> in it".to_owned()));
        }
        Ok(self.list)
    }

    fn offset(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Places are asked for in rising order, but for an error's, which may lie a little before.
    fn place(&mut self, at: usize) -> Place {
        let at = self.text.floor_char_boundary(at);
        if at < self.counted.offset {
            self.counted = Counted::default();
        }
        let part = &self.text[self.counted.offset..at];
        self.counted.line += part.matches('\n').count();
        if let Some(last) = part.rfind('\n') {
            self.counted.line_start = self.counted.offset + last + 1;
        }
        self.counted.offset = at;
        Place { line: self.counted.line + 1, column: self.text[self.counted.line_start..at].chars().count() + 1 }
    }

    fn start(&mut self, start: &BytesStart<'_>, at: usize, opens: bool) -> Result<(), Fault> {
        let name = text_of(start.local_name().as_ref()).to_ascii_lowercase();
        let is_outline = name == "outline";
        if self.open.is_empty() {
            self.opml |= name == "opml";
            if !self.opml {
                let place = self.place(at);
                return Err((place, format!("this is <{name}>, no <opml>")));
            }
        }
        if self.open.len() >= DEPTH_MAX {
            let place = self.place(at);
            return Err((place, format!("more than {DEPTH_MAX} elements stand in each other")));
        }
        let attributes = self.attributes(start, at)?;
        let folder = if is_outline { self.outline(attributes, at, opens) } else { None };
        if opens {
            self.open.push(Open { is_outline, folder });
        } else {
            let depth = self.open.len();
            self.bound.retain(|(bound, ..)| *bound < depth);
        }
        Ok(())
    }

    /// Names with their prefixes, and values as they are meant.
    fn attributes(&mut self, start: &BytesStart<'_>, at: usize) -> Result<Vec<(String, String)>, Fault> {
        let mut found = Vec::new();
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    let place = self.place(at);
                    return Err((place, format!("an attribute is broken: {error}")));
                }
            };
            let name = text_of(attribute.key.as_ref()).to_owned();
            let raw = text_of(attribute.value.as_ref()).to_owned();
            let value = match quick_xml::escape::unescape(&raw) {
                Ok(value) => value.into_owned(),
                Err(_) => {
                    let place = self.place(at);
                    let words = format!("`{name}` has an `&` that begins no character of XML: it is read as it stands");
                    self.list.remarks.push(Remark { place, words, left_out: false });
                    raw
                }
            };
            if name == "xmlns" || name.starts_with("xmlns:") {
                let prefix = name.strip_prefix("xmlns:").unwrap_or_default().to_owned();
                self.bound.push((self.open.len(), prefix, value));
            } else {
                found.push((name, value.trim().to_owned()));
            }
        }
        Ok(found)
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        let bound = self.bound.iter().rev().find(|(_, known, _)| known == prefix).map(|(.., namespace)| namespace.as_str());
        // Seen in lists that were put together by hand.
        bound.or_else(|| (prefix == "frss").then_some(FRESHRSS))
    }

    /// Keeps an outline that names an address; returns the name of one that is a folder.
    fn outline(&mut self, attributes: Vec<(String, String)>, at: usize, opens: bool) -> Option<String> {
        let mut outline = Outline::default();
        let mut other = BTreeMap::new();
        for (name, value) in attributes.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.split_once(':') {
                Some((prefix, local)) => match self.namespace(prefix) {
                    Some(FRESHRSS) => drop(outline.freshrss.insert(local.to_owned(), value)),
                    Some(HEARKEN) => drop(outline.own.insert(local.to_owned(), value)),
                    _ => {}
                },
                None => drop(other.insert(name.to_ascii_lowercase(), value)),
            }
        }
        let title = other.remove("text").or_else(|| other.get("title").cloned());
        let Some(xml_url) = other.remove("xmlurl") else {
            self.without_address(&outline, &other, title.as_deref(), at, opens);
            return title;
        };
        outline.place = self.place(at);
        outline.folders = self.open.iter().filter(|open| open.is_outline).filter_map(|open| open.folder.clone()).collect();
        outline.html_url = other.remove("htmlurl");
        outline.kind = other.remove("type").unwrap_or_default().to_ascii_lowercase();
        outline.title = title;
        outline.xml_url = xml_url;
        self.list.outlines.push(outline);
        None
    }

    /// A folder, as a rule; but a list may point to another list, or name a page without a feed.
    fn without_address(&mut self, outline: &Outline, other: &BTreeMap<String, String>, title: Option<&str>, at: usize, opens: bool) {
        let elsewhere = outline.freshrss.get("opmlUrl").or_else(|| other.get("url")).or_else(|| other.get("htmlurl"));
        if elsewhere.is_none() && opens {
            return;
        }
        let name = title.unwrap_or("without a name");
        let words = match elsewhere {
            Some(url) if outline.freshrss.contains_key("opmlUrl") || other.get("type").is_some_and(|kind| kind == "include") => {
                format!("{name:?} is kept in another list, which is not followed: import {url} by itself")
            }
            Some(url) => format!("{name:?} has no `xmlUrl`, so it is no feed: `hearken probe {url}` looks for one"),
            None => format!("{name:?} has no address and nothing in it"),
        };
        let place = self.place(at);
        self.list.remarks.push(Remark { place, words, left_out: true });
    }
}

fn text_of(part: &(impl AsRef<[u8]> + ?Sized)) -> &str {
    std::str::from_utf8(part.as_ref()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(body: &str) -> List {
        read(format!("<opml version=\"1.1\"><head/><body>{body}</body></opml>").as_bytes()).expect("a list")
    }

    #[test]
    fn any_charset_and_any_case() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<opml><body><outline TEXT='客服' xmlurl='https://a.example/?a=1&amp;b=2'/></body></opml>";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let gbk = encoding_rs::GBK.encode(&text.replace("utf-16", "gbk").replace("客服", "客服很好，快递太慢了")).0.into_owned();
        let marked = [b"\xef\xbb\xbf".to_vec(), text.replace("utf-16", "utf-8").into_bytes()].concat();
        for bytes in [wide.clone(), [vec![0xff, 0xfe], wide].concat(), gbk, marked] {
            let list = read(&bytes).expect("a list");
            assert!(list.outlines[0].title.as_deref().is_some_and(|title| title.starts_with("客服")), "{list:?}");
            assert_eq!(list.outlines[0].xml_url, "https://a.example/?a=1&b=2");
        }
    }

    #[test]
    fn folders_and_namespaces_are_those_in_force() {
        let list = outline(
            "<outline text='A'><outline text='B' xmlns:x='https://freshrss.org/opml'>\n<outline text='c' xmlUrl='u' x:ttl='9' y:z='1'/></outline></outline>\
             <outline title='d' type='RSS' xmlUrl='v' x:ttl='9'/>",
        );
        assert_eq!((list.outlines[0].folders.join("/").as_str(), list.outlines[0].freshrss.len()), ("A/B", 1));
        assert_eq!(list.outlines[0].place, Place { line: 2, column: 1 });
        assert_eq!(
            (list.outlines[1].title.as_deref(), list.outlines[1].freshrss.len(), list.outlines[1].kind.as_str()),
            (Some("d"), 0, "rss")
        );
    }

    #[test]
    fn what_is_no_feed_is_said() {
        let list =
            outline("<outline text='l' type='link' url='https://a.example/'/><outline text='empty'/><outline text='folder'></outline>");
        assert_eq!((list.outlines.len(), list.remarks.len()), (0, 2), "{:?}", list.remarks);
        let list = outline("<outline text='a' xmlUrl='https://a.example/?x=1&y=2'/>");
        assert_eq!((list.outlines[0].xml_url.as_str(), list.remarks[0].left_out), ("https://a.example/?x=1&y=2", false));
    }

    #[test]
    fn broken_lists_are_refused_with_their_place() {
        let bomb = "<!DOCTYPE o [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<opml><body><outline text='&b;' xmlUrl='u'/></body></opml>";
        for (text, line, word) in [
            (bomb, 1, "DOCTYPE"),
            ("<opml>\n<body>\n<outline text='a'>\n</body></opml>", 4, "no sound XML"),
            ("<opml><body>\n<outline text='a' text='b'/></body></opml>", 2, "attribute is broken"),
            ("<opml><body>\n", 2, "still open"),
            ("<rss version='2.0'/>", 1, "this is <rss>"),
            ("", 1, "no <opml>"),
            ("<html><p>log in", 1, "this is <html>"),
        ] {
            let fault = read(text.as_bytes()).expect_err(text);
            assert!(fault.place.line == line && fault.words.contains(word), "{text}: {fault:?}");
        }
        let deep = format!("<opml>{}", "<outline text='a'>".repeat(100_000));
        assert!(read(deep.as_bytes()).expect_err("a tower").words.contains("stand in each other"));
    }

    #[test]
    fn ten_thousand_outlines_are_no_trouble() {
        let body: String = (0..10_000).map(|n| format!("<outline text='n{n}' xmlUrl='https://a.example/{n}'/>\n")).collect();
        let list = outline(&body);
        assert_eq!((list.outlines.len(), list.outlines[9_999].place.line), (10_000, 10_000));
    }
}
