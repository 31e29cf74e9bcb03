//! JSON that is no feed: the list in it with the most words, and which member is what.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::block::{Block, Kind};
use super::{Asking, Body, Proposal, SourceKind};
use crate::collect::extract::endpoint::field::{Field, Part};
use crate::collect::extract::endpoint::path::Path;
use crate::collect::extract::endpoint::{self, JsonOptions};
use crate::collect::normalise::{Found, rating, time};
use crate::model::Moment;

/// Lists deeper than this are parts of entries.
const DEPTH_MAX: usize = 8;
/// Members of members of an entry are looked at this far down.
const MEMBER_DEPTH_MAX: usize = 3;
/// Entries looked at.
const SAMPLE: usize = 50;
/// A field is there where this share of the entries has it.
const MOST: f64 = 0.6;

/// Names of members, the likeliest first, in lower case without `_` and `-`.
const TEXT: &[&str] = &[
    "reviewbody",
    "reviewtext",
    "commenttext",
    "content",
    "text",
    "body",
    "comment",
    "review",
    "message",
    "selftext",
    "contenthtml",
    "rendered",
    "description",
    "feedback",
    "opinion",
    "note",
    "summary",
    "excerpt",
    "abstract",
    "snippet",
    "msg",
    "desc",
];
const TITLE: &[&str] = &["title", "headline", "subject", "reviewtitle", "summary", "heading", "fulltitle"];
const AUTHOR: &[&str] = &[
    "author",
    "authors",
    "authorname",
    "username",
    "nickname",
    "displayname",
    "screenname",
    "reviewer",
    "reviewername",
    "usernickname",
    "nick",
    "uname",
    "user",
    "by",
    "name",
    "login",
    "acct",
    "customername",
];
const RATING: &[&str] =
    &["rating", "stars", "star", "ratingvalue", "score", "rate", "overallrating", "reviewrating", "starrating", "grade", "imrating"];
const TIME: &[&str] = &[
    "dategmt",
    "datecreatedgmt",
    "createdat",
    "created",
    "createtime",
    "createdtime",
    "published",
    "publishedat",
    "publishtime",
    "datepublished",
    "date",
    "datecreated",
    "dateadded",
    "postedat",
    "submittedat",
    "time",
    "timestamp",
    "createdutc",
    "ctime",
    "pubdate",
    "creationdate",
    "creationtime",
    "submissiontime",
    "reviewdate",
    "updatedat",
    "updated",
];
const ID: &[&str] = &["id", "reviewid", "commentid", "uuid", "guid", "objectid", "idstr", "rpid", "cid", "postid", "key"];
const LINK: &[&str] = &["url", "link", "permalink", "htmlurl", "href", "weburl", "shareurl"];

pub(super) fn propose(body: &Body, text: &str, asking: &Asking<'_>) -> Option<Proposal> {
    let now = asking.clock.now();
    let (root, degraded) = endpoint::document(text, false).ok()?;
    let mut best: Option<(usize, String, Fields)> = None;
    for (pointer, list) in lists(&root) {
        let entries: Vec<&Value> = list.iter().filter(|entry| entry.is_object()).collect();
        let members = Members::of(&entries, now);
        let Some(fields) = members.fields() else { continue };
        let weight = members.weight(&fields) * entries.len();
        if best.as_ref().is_none_or(|(most, ..)| weight > *most) {
            best = Some((weight, pointer, fields));
        }
    }
    let (_, pointer, fields) = best?;
    let is_in_utc = fields.iter().any(|(field, pointer)| *field == "time" && is_of_greenwich(pointer));
    let found = items(&pointer, &fields, is_in_utc, body, asking)?;
    let place = if pointer.is_empty() { "that is a list as a whole".to_owned() } else { format!("with a list at \"{pointer}\"") };
    let words = format!("This is JSON {place}. Compare the members below with what you want to read.");
    let remarks = asking.limit_remark(&found).into_iter().collect();
    let block = Block { is_in_utc, ..Block::new(body.final_url.clone(), None, Kind::Json(pointer, fields)) };
    Some(Proposal { words, found, degraded: degraded.map(|remark| format!("remark: {remark}")), remarks, block })
}

/// `date_gmt`, `createdUtc`: such times need no zone, or say none and mean this one.
fn is_of_greenwich(pointer: &str) -> bool {
    let name = pointer.to_lowercase();
    name.ends_with("gmt") || name.ends_with("utc")
}

/// Every list of objects with its pointer.
fn lists(root: &Value) -> Vec<(String, &Vec<Value>)> {
    let mut found = Vec::new();
    collect(root, String::new(), 0, &mut found);
    found
}

fn collect<'a>(value: &'a Value, pointer: String, depth: usize, found: &mut Vec<(String, &'a Vec<Value>)>) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        // Lists within an entry are parts of it.
        Value::Array(list) if list.iter().any(Value::is_object) => found.push((pointer, list)),
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, format!("{pointer}/{}", escaped(key)), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// As RFC 6901 has it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The names in a pointer as they are compared; places in lists have none.
fn parts(pointer: &str) -> Vec<String> {
    let plain = |part: &str| part.to_lowercase().replace(['_', '-', ' '], "").replace("~1", "").replace(':', "");
    pointer.split('/').skip(1).filter(|part| part.parse::<usize>().is_err()).map(plain).collect()
}

/// Fields with their pointers.
type Fields = Vec<(&'static str, String)>;

/// A field, the names its member may have, and what its values must be like.
type Wanted<'a> = (&'static str, &'a [&'a str], &'a dyn Fn(&str) -> bool);

/// What stands under each pointer in the entries.
struct Members {
    values: BTreeMap<String, Vec<String>>,
    entries: usize,
    now: Moment,
}

impl Members {
    fn of(entries: &[&Value], now: Moment) -> Self {
        let mut members = Self { values: BTreeMap::new(), entries: entries.len().min(SAMPLE), now };
        for entry in entries.iter().take(SAMPLE) {
            members.add(entry, String::new(), 0);
        }
        members
    }

    fn add(&mut self, value: &Value, pointer: String, depth: usize) {
        match value {
            Value::Object(map) if depth < MEMBER_DEPTH_MAX => {
                for (key, value) in map {
                    self.add(value, format!("{pointer}/{}", escaped(key)), depth + 1);
                }
            }
            // Of several authors the first one stands for all.
            Value::Array(list) if depth < MEMBER_DEPTH_MAX => {
                if let Some(first) = list.first() {
                    self.add(first, format!("{pointer}/0"), depth + 1);
                }
            }
            Value::String(text) if !text.trim().is_empty() => self.values.entry(pointer).or_default().push(text.clone()),
            Value::Number(number) => self.values.entry(pointer).or_default().push(number.to_string()),
            _ => {}
        }
    }

    /// The fields that can be told; none where nothing is said.
    fn fields(&self) -> Option<Fields> {
        let mut taken: Vec<String> = Vec::new();
        let mut fields = Fields::new();
        let wordy = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() >= 2 && !text.starts_with("http");
        let in_time = |text: &str| time::parse(text, &TimeZone::UTC, self.now).is_some();
        let rated = |text: &str| rating::parse(text).is_some_and(|(rating, _)| rating <= 10.0);
        let short = |text: &str| {
            text.chars().any(char::is_alphabetic) && !text.starts_with("http") && text.chars().count() <= 60 && !text.contains('\n')
        };
        let linked = |text: &str| text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/');
        let any = |text: &str| text.len() <= 200;
        let wanted: [Wanted<'_>; 7] = [
            ("id", ID, &any),
            ("title", TITLE, &wordy),
            ("text", TEXT, &wordy),
            ("author", AUTHOR, &short),
            ("rating", RATING, &rated),
            ("time", TIME, &in_time),
            ("link", LINK, &linked),
        ];
        for (field, names, sound) in wanted {
            // Of a list of parts the first one would be a part of what is said.
            let whole = |found: &String| field == "author" || !found.contains("/0");
            let found = names.iter().find_map(|name| self.named(name, sound, &taken).filter(whole));
            let found = found.or_else(|| self.hinted(field, sound, &taken));
            let found = found.or_else(|| (field == "text").then(|| self.longest(&taken)).flatten());
            // An id that all have is that of what they are about.
            let is_own = |pointer: &String| {
                field != "id" || self.entries < 2 || self.values[pointer].iter().any(|id| *id != self.values[pointer][0])
            };
            if let Some(pointer) = found.filter(is_own) {
                taken.push(pointer.clone());
                fields.push((field, pointer));
            }
        }
        fields.iter().any(|(field, _)| matches!(*field, "text" | "title")).then_some(fields)
    }

    /// A member by its last name, or by that of what it stands in (`/author/name`), the shortest pointer first.
    fn named(&self, name: &str, sound: &dyn Fn(&str) -> bool, taken: &[String]) -> Option<String> {
        let fits = |pointer: &String| {
            let parts = parts(pointer);
            let last = parts.last().is_some_and(|last| last == name);
            let holder = parts.len() > 1 && parts[parts.len() - 2] == name;
            let said = parts.last().is_some_and(|last| {
                ["name", "label", "rendered", "text", "value", "nickname", "username", "displayname"].contains(&last.as_str())
            });
            last || (holder && said)
        };
        let mut found: Vec<&String> = self
            .values
            .iter()
            .filter(|(pointer, values)| {
                let good = values.iter().filter(|value| sound(value)).count();
                fits(pointer) && !taken.contains(pointer) && self.share(good) >= MOST
            })
            .map(|(pointer, _)| pointer)
            .collect();
        found.sort_by_key(|pointer| (pointer.matches('/').count(), pointer.len()));
        found.first().map(|pointer| (*pointer).clone())
    }

    /// By a part of its name (`submissionTime`, `buyerNickName`), where its values are all that is wanted.
    fn hinted(&self, field: &str, sound: &dyn Fn(&str) -> bool, taken: &[String]) -> Option<String> {
        let (hints, not): (&[&str], &[&str]) = match field {
            "author" => {
                (&["author", "nick", "reviewer", "username", "customer"], &["id", "url", "avatar", "mail", "count", "type", "title"])
            }
            "time" => (&["date", "time", "created", "posted", "published"], &["update", "modif", "edit", "timezone", "count", "id"]),
            "rating" => (&["rating", "stars"], &["count", "max", "total", "best", "id", "scale", "range"]),
            _ => return None,
        };
        let fits = |pointer: &str| {
            let last = parts(pointer).pop().unwrap_or_default();
            hints.iter().any(|hint| last.contains(hint)) && !not.iter().any(|not| last.contains(not))
        };
        let all = |values: &Vec<String>| values.iter().all(|value| sound(value)) && self.share(values.len()) >= MOST;
        let found = self.values.iter().filter(|(pointer, values)| fits(pointer) && !taken.contains(pointer) && all(values));
        found.map(|(pointer, _)| pointer).min_by_key(|pointer| (pointer.matches('/').count(), pointer.len())).cloned()
    }

    /// Where no name tells: the member with the most words.
    fn longest(&self, taken: &[String]) -> Option<String> {
        let letters = |values: &Vec<String>| values.iter().map(|value| value.chars().filter(|c| c.is_alphabetic()).count()).sum::<usize>();
        let spoken =
            |values: &Vec<String>| values.iter().filter(|value| value.contains(' ') || !value.is_ascii()).count() * 2 > values.len();
        let free = self.values.iter().filter(|(pointer, values)| {
            !taken.contains(pointer) && !pointer.contains("/0") && self.share(values.len()) >= MOST && spoken(values)
        });
        free.max_by_key(|(_, values)| letters(values)).map(|(pointer, _)| pointer.clone())
    }

    fn share(&self, count: usize) -> f64 {
        f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / f64::from(u32::try_from(self.entries.max(1)).unwrap_or(u32::MAX))
    }

    /// Letters an entry says on average.
    fn weight(&self, fields: &[(&'static str, String)]) -> usize {
        let said = fields.iter().filter(|(field, _)| matches!(*field, "text" | "title"));
        let letters =
            said.filter_map(|(_, pointer)| self.values.get(pointer)).flatten().map(|text| text.chars().count().min(500)).sum::<usize>();
        letters / self.entries.max(1)
    }
}

/// The items as a source of this block would read them.
fn items(list: &str, fields: &[(&'static str, String)], is_in_utc: bool, body: &Body, asking: &Asking<'_>) -> Option<Vec<Found>> {
    let path = if list.is_empty() { Path::whole() } else { Path::parse(list).ok()? };
    let field = |name: &str| {
        let (_, pointer) = fields.iter().find(|(own, _)| *own == name)?;
        Part::parse(pointer).ok().map(|part| Field(vec![part]))
    };
    let json = JsonOptions {
        items: vec![path],
        id: field("id"),
        title: field("title"),
        text: field("text"),
        author: field("author"),
        rating: field("rating"),
        time: field("time"),
        link: field("link"),
        ..JsonOptions::default()
    };
    let mut source = asking.plain(SourceKind::Json(Box::new(json)), &body.final_url);
    if is_in_utc {
        source.timezone = TimeZone::UTC;
    }
    let (mut found, _) = asking.read(&source, body).ok()?;
    found.retain(Found::says_something);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(text: &str) -> Option<Proposal> {
        let final_url = url::Url::parse("https://api.example/r").expect("an address");
        let body = Body {
            bytes: text.into(),
            content_type: None,
            etag: None,
            last_modified: None,
            max_age: None,
            next: None,
            links: Vec::new(),
            cut_off: false,
            final_url,
        };
        let (options, http) = crate::settings::defaults();
        let outbound = crate::outbound::Outbound::new(&http).expect("a client");
        let source = crate::collect::source::SourceOptions::plain("probe", SourceKind::Feed, body.final_url.clone());
        let asking = Asking { source: &source, options: &options, outbound: &outbound, clock: &crate::clock::Clock::system() };
        propose(&body, text, &asking)
    }

    #[test]
    fn the_list_with_words_and_its_members() {
        let text = r#"{"code": 0, "filters": [{"id": 1, "name": "new"}], "data": {"total": 2, "replies": [
            {"rpid": 11, "ctime": 1795341600, "member": {"uname": "王"}, "content": {"message": "等了十天还没到"}, "score": 2},
            {"rpid": 12, "ctime": 1795341700, "member": {"uname": "Ann"}, "content": {"message": "works well so far"}, "score": 5}]}}"#;
        let proposal = proposal(text).expect("a list");
        let read: toml::Table = toml::from_str(&proposal.block.text()).expect("TOML");
        let json = &read["source"][0]["json"];
        let wanted = [
            ("items", "/data/replies"),
            ("id", "/rpid"),
            ("text", "/content/message"),
            ("author", "/member/uname"),
            ("time", "/ctime"),
            ("rating", "/score"),
        ];
        for (key, pointer) in wanted {
            assert_eq!(json[key].as_str(), Some(pointer), "{key}");
        }
        let item = &proposal.found[0].item;
        assert_eq!((item.text.as_str(), item.rating, item.author.as_deref()), ("等了十天还没到", Some(2.0), Some("王")));
    }

    #[test]
    fn rendered_texts_and_a_list_as_the_whole_answer() {
        let text =
            r#"[{"id": 1, "title": {"rendered": "One"}, "content": {"rendered": "<p>First words</p>"}, "link": "https://a.example/1"}]"#;
        let proposal = proposal(text).expect("a list");
        assert!(proposal.block.text().contains("items = \"\"") && proposal.block.text().contains("/content/rendered"));
        assert_eq!(proposal.found[0].item.text, "First words");
    }

    #[test]
    fn what_says_nothing_is_no_list() {
        assert!(proposal(r#"{"data": [{"id": 1}, {"id": 2}], "ok": true}"#).is_none());
        assert!(proposal("[1, 2]").is_none() && proposal("{").is_none());
    }
}
