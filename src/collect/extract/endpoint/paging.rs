//! Which request follows: by cursor, page number, offset, or the next page's own address.

use serde_json::Value;
use url::Url;

use super::field::plain;
use super::path::Path;
use crate::collect::fetch::body::set_member;
use crate::collect::percent::encoded;

/// A cursor longer than this is no cursor.
const CURSOR_BYTES_MAX: usize = 4096;

/// `[source.json.paging]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Paging {
    pub by: By,
    /// Pages read in one poll at most, the first among them.
    pub pages: usize,
    /// Where the answer says whether there is more; false, 0 and nothing end it.
    pub more: Option<Path>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// The answer holds what the next request sends.
    Cursor { from: Path, into: Place },
    /// Counts pages from the number in the request, else from `first`.
    Page { into: Place, first: i64 },
    /// Counts entries; `step` is how many a page has, else as many as came.
    Offset { into: Place, step: Option<i64> },
    /// The answer holds the next page's address.
    Next { from: Path },
    /// The header `Link: <..>; rel="next"` holds it (RFC 8288).
    Link,
}

/// Where in a request a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A parameter of the address's query.
    Query(String),
    /// A pointer into a body of JSON.
    Body(String),
}

/// One request of a poll: by its address and body a page is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    pub url: Url,
    /// Sent by POST, where there is one.
    pub body: Option<String>,
}

/// What is known of the page that was just read.
#[derive(Clone, Copy, Debug)]
pub struct Turned<'a> {
    pub document: &'a Value,
    /// How many entries it had.
    pub entries: usize,
    /// What its `Link` header names as the next.
    pub link: Option<&'a Url>,
    /// Where its own address led.
    pub base: &'a Url,
}

/// The request for the page after this one; none where it was the last.
#[must_use]
pub fn next(paging: &Paging, asked: &Ask, page: Turned<'_>) -> Option<Ask> {
    if paging.more.as_ref().is_some_and(|more| !more.first(page.document).is_some_and(is_yes)) {
        return None;
    }
    match &paging.by {
        By::Cursor { from, into } => put(asked, into, from.find(page.document).into_iter().find(|value| is_cursor(value))?),
        By::Page { into, first } if page.entries > 0 => {
            let page = number(asked, into).unwrap_or(*first).checked_add(1)?;
            put(asked, into, &Value::from(page))
        }
        By::Offset { into, step } if page.entries > 0 => {
            let step = step.unwrap_or(i64::try_from(page.entries).ok()?);
            let offset = number(asked, into).unwrap_or(0).checked_add(step)?;
            put(asked, into, &Value::from(offset))
        }
        By::Page { .. } | By::Offset { .. } => None,
        By::Next { from } => {
            let address = from.find(page.document).into_iter().find_map(Value::as_str).filter(|address| !address.trim().is_empty())?;
            address_of(page.base.join(address.trim()).ok()?, asked)
        }
        By::Link => address_of(page.link?.clone(), asked),
    }
}

fn address_of(mut url: Url, asked: &Ask) -> Option<Ask> {
    url.set_fragment(None);
    matches!(url.scheme(), "http" | "https").then(|| Ask { url, body: asked.body.clone() })
}

fn is_yes(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && plain(value).is_some_and(|text| !matches!(text.as_str(), "0" | "false" | "no"))
}

/// Many services end with an empty cursor, some with 0 or "-1".
fn is_cursor(value: &Value) -> bool {
    !value.is_array()
        && !value.is_boolean()
        && plain(value).is_some_and(|text| text.len() <= CURSOR_BYTES_MAX && !matches!(text.as_str(), "0" | "-1" | "null" | "none"))
}

fn number(asked: &Ask, place: &Place) -> Option<i64> {
    match place {
        Place::Query(name) => asked.url.query_pairs().find(|(own, _)| own == name).and_then(|(_, value)| value.parse().ok()),
        Place::Body(pointer) => {
            let body: Value = serde_json::from_str(asked.body.as_deref()?).ok()?;
            body.pointer(pointer).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
        }
    }
}

fn put(asked: &Ask, place: &Place, value: &Value) -> Option<Ask> {
    let mut next = asked.clone();
    match place {
        Place::Query(name) => set_parameter(&mut next.url, name, &plain(value)?),
        Place::Body(pointer) => {
            let mut body: Value = serde_json::from_str(asked.body.as_deref()?).ok()?;
            set_member(&mut body, pointer, value.clone())?;
            next.body = Some(body.to_string());
        }
    }
    Some(next)
}

/// Sets one parameter and leaves the others exactly as they were written: some services sign or compare them.
pub fn set_parameter(url: &mut Url, name: &str, value: &str) {
    let set = format!("{}={}", encoded(name, ""), encoded(value, ""));
    let is_it = |pair: &str| {
        let key = pair.split('=').next().unwrap_or_default();
        url::form_urlencoded::parse(key.as_bytes()).next().is_some_and(|(key, _)| key == name)
    };
    let query = url.query().unwrap_or_default().to_owned();
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    match pairs.iter().position(|pair| is_it(pair)) {
        Some(at) => pairs[at] = &set,
        None => pairs.push(&set),
    }
    url.set_query(Some(&pairs.join("&")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(url: &str, body: Option<&str>) -> Ask {
        Ask { url: Url::parse(url).expect("an address"), body: body.map(str::to_owned) }
    }

    fn after(by: By, asked: &Ask, document: &Value, entries: usize) -> Option<String> {
        let paging = Paging { by, pages: 3, more: None };
        let turned = Turned { document, entries, link: None, base: &asked.url };
        next(&paging, asked, turned).map(|ask| ask.body.unwrap_or_else(|| ask.url.to_string()))
    }

    fn query(name: &str) -> Place {
        Place::Query(name.into())
    }

    fn path(text: &str) -> Path {
        Path::parse(text).expect("a path")
    }

    #[test]
    fn a_cursor_goes_into_the_query_and_ends_by_itself() {
        let asked = ask("https://x.example/s?q=a%20b+c&after=1", None);
        let by = || By::Cursor { from: path("/meta/next"), into: query("after") };
        let with = |next: Value| after(by(), &asked, &json!({"meta": {"next": next}}), 9);
        assert_eq!(with(json!("t3_x/=")).as_deref(), Some("https://x.example/s?q=a%20b+c&after=t3_x%2F%3D"));
        assert_eq!(with(json!(17)).as_deref(), Some("https://x.example/s?q=a%20b+c&after=17"));
        for end in [json!(null), json!(""), json!(false), json!("0"), json!(-1), json!([])] {
            assert_eq!(with(end.clone()), None, "{end}");
        }
    }

    #[test]
    fn pages_and_offsets_count_on_from_the_request() {
        let page = || By::Page { into: query("page"), first: 0 };
        assert_eq!(after(page(), &ask("https://x.example/s?page=4", None), &json!({}), 5).as_deref(), Some("https://x.example/s?page=5"));
        assert_eq!(after(page(), &ask("https://x.example/s", None), &json!({}), 5).as_deref(), Some("https://x.example/s?page=1"));
        assert_eq!(after(page(), &ask("https://x.example/s", None), &json!({}), 0), None, "an empty page is the last");
        let offset = |step| By::Offset { into: query("start"), step };
        assert_eq!(
            after(offset(None), &ask("https://x.example/s?start=20", None), &json!({}), 7).as_deref(),
            Some("https://x.example/s?start=27")
        );
        assert_eq!(
            after(offset(Some(50)), &ask("https://x.example/s", None), &json!({}), 7).as_deref(),
            Some("https://x.example/s?start=50")
        );
    }

    #[test]
    fn a_body_takes_the_cursor_where_its_pointer_says() {
        let asked = ask("https://x.example/graphql", Some(r#"{"query":"..","variables":{"first":50}}"#));
        let by = By::Cursor { from: path("$.data.reviews.pageInfo.endCursor"), into: Place::Body("/variables/after".into()) };
        let document = json!({"data": {"reviews": {"pageInfo": {"endCursor": "abc"}}}});
        assert_eq!(after(by, &asked, &document, 1).as_deref(), Some(r#"{"query":"..","variables":{"after":"abc","first":50}}"#));
        let asked = ask("https://x.example/s", Some(r#"{"page":2}"#));
        assert_eq!(
            after(By::Page { into: Place::Body("/page".into()), first: 1 }, &asked, &json!({}), 1).as_deref(),
            Some(r#"{"page":3}"#)
        );
    }

    #[test]
    fn addresses_of_the_answer_and_of_its_header() {
        let asked = ask("https://x.example/a/s?p=1", None);
        let by = || By::Next { from: path("/links/next") };
        assert_eq!(after(by(), &asked, &json!({"links": {"next": "s?p=2"}}), 1).as_deref(), Some("https://x.example/a/s?p=2"));
        assert_eq!(after(by(), &asked, &json!({"links": {"next": null}}), 1), None);
        assert_eq!(after(by(), &asked, &json!({"links": {"next": "javascript:x"}}), 1), None);
        let link = Url::parse("https://x.example/p2").expect("an address");
        let paging = Paging { by: By::Link, pages: 3, more: Some(path("/more")) };
        let turned =
            |document: Value| next(&paging, &asked, Turned { document: &document, entries: 1, link: Some(&link), base: &asked.url });
        assert_eq!(turned(json!({"more": true})).map(|ask| ask.url), Some(link.clone()));
        assert_eq!(turned(json!({"more": false})), None);
        assert_eq!(turned(json!({})), None);
    }
}
