//! Web pages by CSS selectors; without one for items, by what the page marks up itself (`structured`). A page is judged by `bounds`
//! before it is parsed.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::emptied::Remains;
use super::structured::replies::REPLIES;
use super::structured::{self, Structured};
use super::{Context, Extracted, Raw, bounds, byline, escape, failure, json, paging, recognise, stars};
use crate::collect::fetch::FetchFailure;
use crate::collect::guard;
use crate::collect::normalise::text;
use crate::collect::normalise::time::order::{self, Order};
use crate::collect::source::PageSelectors;
use crate::model::{FailureKind, Phrase};

/// A selector and what it reads: `.stars@data-rating`. Without an element the item itself is meant (`@id`). One that begins with `+`
/// looks in what follows the item (`+ tr .words`), as `:scope + tr .words` would: old tables have a row for who and a row for what.
#[derive(Clone, Debug)]
pub struct Pick {
    selector: Option<Selector>,
    attribute: Option<String>,
    /// So many elements after the item are looked at instead of what is in it.
    after: usize,
}

/// What is farther from an item than this is none of it.
const AFTER_MAX: usize = 3;

impl Pick {
    /// Reads `selector`, `selector@attribute`, `@attribute`, and `+ selector`.
    ///
    /// # Errors
    /// A sentence fragment saying what is wrong with the selector.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (css, attribute) = match text.rsplit_once('@') {
            Some((css, name)) if is_attribute(name) => (css.trim(), Some(name.to_ascii_lowercase())),
            _ => (text.trim(), None),
        };
        let after = if css.starts_with('+') { css.matches('+').count().min(AFTER_MAX) } else { 0 };
        let selector = match css {
            "" if attribute.is_some() => None,
            css if after > 0 => Some(Selector::parse(&format!(":scope {css}"))),
            css => Some(Selector::parse(css)),
        };
        let selector = selector.transpose().map_err(|_| format!("{css:?} is not a CSS selector"))?;
        Ok(Self { selector, attribute, after })
    }

    pub(super) fn find<'a>(&self, scope: ElementRef<'a>) -> Option<ElementRef<'a>> {
        match &self.selector {
            Some(selector) if self.after > 0 => {
                let following = scope.next_siblings().filter_map(ElementRef::wrap).take(self.after);
                let mut inside = following.flat_map(|next| next.descendants()).filter_map(ElementRef::wrap);
                inside.find(|element| selector.matches_with_scope(element, Some(scope)))
            }
            Some(selector) => scope.select(selector).next(),
            None => Some(scope),
        }
    }

    /// The attribute asked for, else `instead` of the element found.
    fn read<'a>(&self, scope: ElementRef<'a>, instead: impl Fn(ElementRef<'a>) -> Option<String>) -> Option<String> {
        let element = self.find(scope)?;
        let value = match &self.attribute {
            Some(name) => element.attr(name).map(str::to_owned),
            None => instead(element),
        };
        value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
}

/// The selectors of a source, parsed.
#[derive(Clone, Debug)]
pub struct Picks {
    container: Option<Pick>,
    /// Without one the page's own markup says what an item is.
    item: Option<Pick>,
    title: Option<Pick>,
    text: Option<Pick>,
    author: Option<Pick>,
    rating: Option<Pick>,
    time: Option<Pick>,
    link: Option<Pick>,
    next: Option<Pick>,
    /// More than one page is wanted.
    goes_on: bool,
}

impl Picks {
    /// Parses all selectors of a source.
    ///
    /// # Errors
    /// The first selector that is wrong, in words.
    pub fn parse(selectors: &PageSelectors) -> Result<Self, String> {
        let optional = |text: &Option<String>| text.as_deref().map(Pick::parse).transpose();
        let of_page = [selectors.container.as_deref(), Some(selectors.item.as_str()), selectors.next.as_deref()];
        if let Some(css) = of_page.into_iter().flatten().find(|css| css.trim_start().starts_with('+')) {
            return Err(format!("{css:?} begins with `+`, which only fields of an item may"));
        }
        Ok(Self {
            container: optional(&selectors.container)?,
            item: Some(selectors.item.as_str()).filter(|item| !item.is_empty()).map(Pick::parse).transpose()?,
            title: optional(&selectors.title)?,
            text: optional(&selectors.text)?,
            author: optional(&selectors.author)?,
            rating: optional(&selectors.rating)?,
            time: optional(&selectors.time)?,
            link: optional(&selectors.link)?,
            next: optional(&selectors.next)?,
            goes_on: selectors.pages > 1,
        })
    }

    fn leaves_open(&self) -> bool {
        [&self.author, &self.rating, &self.time].into_iter().any(Option::is_none)
    }
}

/// Reads the items of one page, and the address of the next one.
///
/// # Errors
/// `Empty` (no bytes), `TooBig` (bounds), `Drift` (the container is gone, or without one every item, or all markup), and where the
/// page shows why: `LoginPage`, `Blocked`, `NotFound`.
pub fn read(document: &str, picks: &Picks, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    if document.trim().is_empty() {
        return Err(failure(FailureKind::Empty, "the answer is empty").told(Phrase::said("what_empty")));
    }
    let data = Some(document.trim()).filter(|text| text.starts_with(['{', '['])).and_then(|text| serde_json::from_str(text).ok());
    if let Some(list) = data.filter(|data| json::holds_list(data, 0)) {
        return Err(json::no_feed(&list));
    }
    Parsed::of(document)?.read(picks, context)
}

/// What is wrong with a list without items that is full all the same.
pub const FULL: &str = "`container` holds a list, and nothing in it is an item by the selectors";

/// A page that has been parsed, for whoever tries several ways to read it.
pub struct Parsed<'d> {
    document: &'d str,
    pub html: Html,
    /// Something was left out to parse it.
    pub degraded: Option<&'static str>,
}

impl<'d> Parsed<'d> {
    /// Parses a page within bounds.
    ///
    /// # Errors
    /// `TooBig`.
    pub fn of(document: &'d str) -> Result<Self, FetchFailure> {
        let tamed = bounds::tame_html(document)?;
        Ok(Self { document, html: Html::parse_document(&tamed.text), degraded: tamed.degraded })
    }

    /// Reads it by these selectors.
    ///
    /// # Errors
    /// As `read`, but for its bounds.
    pub fn read(&self, picks: &Picks, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
        let base = page_base(&self.html, context.base);
        let page = Page { document: self.document, html: &self.html, base: &base, picks, context };
        let found = page.entries()?;
        Ok(Extracted { degraded: self.degraded.or(found.degraded), next: page.next(), ..found })
    }
}

/// The reviews and comments that a page marks up; none where it is too wild to be parsed.
#[must_use]
pub fn marked_up(document: &str, context: &Context<'_>) -> Vec<Raw> {
    let Ok(tamed) = bounds::tame_html(document) else { return Vec::new() };
    let html = Html::parse_document(&tamed.text);
    let base = page_base(&html, context.base);
    let Structured { reviews, comments, .. } = structured::read(&html, context);
    let entries = reviews.into_iter().chain(comments);
    entries.map(|entry| Raw { base: Some(base.to_string()), ..entry }).collect()
}

/// A parsed page with all that it is read by.
struct Page<'a> {
    document: &'a str,
    html: &'a Html,
    base: &'a Url,
    picks: &'a Picks,
    context: &'a Context<'a>,
}

impl Page<'_> {
    /// With whether there are none, in what is hardly an empty list where items were before.
    fn entries(&self) -> Result<Extracted, FetchFailure> {
        let root = self.html.root_element();
        let container = self.picks.container.as_ref();
        let scope = match container {
            Some(container) => container.find(root).ok_or_else(|| self.lost(("`container` matches nothing", "what_no_container")))?,
            None => root,
        };
        let Some(item) = &self.picks.item else { return self.marked_up(container.map(|_| scope)) };
        let found: Vec<ElementRef<'_>> = match &item.selector {
            Some(selector) => scope.select(selector).take(self.context.max_items).collect(),
            None => vec![scope],
        };
        let mut emptied = false;
        if found.is_empty() {
            emptied = self.must_be_an_empty_list(
                container.is_some(),
                container.map(|_| scope),
                ("`item` matches nothing, and no `container` says that the list is empty", "what_no_item"),
            )?;
        }
        let order = self.date_order(&found);
        let (mut entries, lost) = guard::each(found, |item| entry(item, self.picks, self.base, order, self.context));
        if !entries.is_empty() && self.picks.leaves_open() {
            fill(&mut entries, self.picks, structured::read(self.html, self.context));
        }
        Ok(Extracted { entries, emptied, degraded: (lost > 0).then_some(guard::LOST), ..Extracted::default() })
    }

    /// What comes first in dates of which the numbers alone do not say it.
    fn date_order(&self, items: &[ElementRef<'_>]) -> Option<Order> {
        let time = self.picks.time.as_ref()?;
        let texts: Vec<String> = items.iter().filter_map(|item| time.read(*item, time_of)).collect();
        let language = language(self.html.root_element());
        order::order(texts.iter().map(String::as_str), language, self.context.timezone, self.context.now)
    }

    /// What the page says of itself, without any selector.
    fn marked_up(&self, list: Option<ElementRef<'_>>) -> Result<Extracted, FetchFailure> {
        let structured = structured::read(self.html, self.context);
        let sure = structured.marked_up || self.picks.container.is_some();
        let mut entries = structured.entries();
        let mut emptied = false;
        if entries.is_empty() {
            emptied = self.must_be_an_empty_list(
                sure,
                list,
                ("the page marks up no reviews or comments (schema.org, h-review), and there is no `item`", "what_no_reviews"),
            )?;
        }
        for entry in &mut entries {
            entry.base = Some(self.base.to_string());
        }
        Ok(Extracted { entries, emptied, ..Extracted::default() })
    }

    /// `sure`: something tells an empty list from a page that was rebuilt. A barrier may have that, too, and so has a `list` whose items
    /// have other names now. True where it is hardly empty if items were there before.
    fn must_be_an_empty_list(&self, sure: bool, list: Option<ElementRef<'_>>, detail: (&str, &str)) -> Result<bool, FetchFailure> {
        let why = self.lost(detail);
        if !sure || matches!(why.kind, FailureKind::Blocked | FailureKind::LoginPage) {
            return Err(why);
        }
        let remains = list.map(Remains::of).unwrap_or_default();
        if remains.is_full() {
            return Err(self.lost((FULL, "what_full")));
        }
        Ok(remains.is_full_still())
    }

    /// `detail` is what is wrong, `key` its phrase.
    fn lost(&self, (detail, key): (&str, &str)) -> FetchFailure {
        let found = recognise::page(self.document, FailureKind::Drift);
        if found.kind != FailureKind::Drift {
            return found;
        }
        let page = found.told.as_deref().cloned().unwrap_or_else(|| Phrase::raw(&found.detail));
        FetchFailure { detail: format!("{detail}: {}", found.detail), ..found }.told(Phrase::said(key).with("page", page))
    }

    fn next(&self) -> Option<Url> {
        match &self.picks.next {
            Some(pick) => {
                let link = pick.read(self.html.root_element(), |element| attribute(element, "href"))?;
                self.base.join(&link).ok().filter(|link| matches!(link.scheme(), "http" | "https"))
            }
            None => self.picks.goes_on.then(|| paging::next(self.html, self.context.base, self.base)).flatten(),
        }
    }
}

/// Fills what selectors leave open with what the page marks up, where an item and a marked up review are clearly the same: the one
/// has the words of the other, and no second one does.
fn fill(entries: &mut [Raw], picks: &Picks, structured: Structured) {
    let sets = [structured.reviews, structured.comments];
    let shown: Vec<String> = entries.iter().map(structured::letters_of_all).collect();
    let telling = |marked: &&Raw| structured::letters(marked).chars().count() >= structured::TELLING_LETTERS;
    let all: Vec<&Raw> = sets.iter().flatten().filter(telling).collect();
    for marked in &all {
        let words = structured::letters(marked);
        let mut with_words = (0..shown.len()).filter(|at| shown[*at].contains(&words));
        let (Some(at), None) = (with_words.next(), with_words.next()) else { continue };
        let is_only = all.iter().filter(|other| shown[at].contains(&structured::letters(other))).count() == 1;
        if !is_only {
            continue;
        }
        let entry = &mut entries[at];
        let open = |pick: &Option<Pick>| pick.is_none();
        if open(&picks.title) && entry.title.is_none() {
            entry.title.clone_from(&marked.title);
        }
        if open(&picks.author) {
            entry.author.clone_from(&marked.author);
        }
        if open(&picks.rating) {
            entry.rating.clone_from(&marked.rating);
            entry.scale = marked.scale;
        }
        if open(&picks.time) {
            (entry.published, entry.updated) = (marked.published, marked.updated);
        }
        if open(&picks.link) {
            entry.link.clone_from(&marked.link);
        }
        entry.extra.extend(marked.extra.get(REPLIES).map(|replies| (REPLIES.to_owned(), replies.clone())));
    }
}

/// `<base href>` moves every relative link.
#[must_use]
pub fn page_base(html: &Html, own: &Url) -> Url {
    let Ok(selector) = Selector::parse("base[href]") else { return own.clone() };
    let stated = html.select(&selector).next().and_then(|element| element.attr("href"));
    stated.and_then(|href| own.join(href).ok()).unwrap_or_else(|| own.clone())
}

/// As the page says it of itself: `en-GB`.
pub(super) fn language(root: ElementRef<'_>) -> Option<&str> {
    root.attr("lang").map(str::trim).filter(|language| !language.is_empty())
}

fn entry(item: ElementRef<'_>, picks: &Picks, base: &Url, order: Option<Order>, context: &Context<'_>) -> Raw {
    let plain = |pick: &Option<Pick>| pick.as_ref().and_then(|pick| pick.read(item, |element| Some(text::of_element(element))));
    let body = match &picks.text {
        Some(_) => plain(&picks.text),
        None => Some(text::of_element_without(item, &told_elsewhere(item, picks))),
    };
    guard::panic_point(body.as_deref().unwrap_or_default());
    Raw {
        id: attribute(item, "id").or_else(|| attribute(item, "data-id")),
        link: picks.link.as_ref().and_then(|pick| pick.read(item, |element| attribute(element, "href"))),
        title: plain(&picks.title).map(|title| escape(&title)),
        text: body.map(|body| escape(&body)),
        author: author(item, picks).map(|author| escape(&author)),
        rating: picks.rating.as_ref().and_then(|pick| pick.read(item, stars::rating_of)),
        published: picks
            .time
            .as_ref()
            .and_then(|pick| pick.read(item, time_of))
            .and_then(|at| order::parse_in(&at, order, context.timezone, context.now)),
        base: Some(base.to_string()),
        ..Raw::default()
    }
}

/// What the other fields are read from: an item whose words stand beside its author's name has no element for the words alone.
fn told_elsewhere<'a>(item: ElementRef<'a>, picks: &Picks) -> Vec<ElementRef<'a>> {
    let all = item.text().map(str::len).sum::<usize>();
    let of_field = |pick: &Option<Pick>| pick.as_ref().filter(|pick| pick.attribute.is_none()).and_then(|pick| pick.find(item));
    let found = [&picks.title, &picks.author, &picks.rating, &picks.time].into_iter().filter_map(of_field);
    // What holds half of an item holds what is said, too.
    found.filter(|element| element.text().map(str::len).sum::<usize>() * 2 < all).collect()
}

/// The name in the line that the selector finds; an attribute is taken as it is.
fn author(item: ElementRef<'_>, picks: &Picks) -> Option<String> {
    let pick = picks.author.as_ref()?;
    let found = pick.read(item, |element| Some(text::of_element(element)))?;
    Some(if pick.attribute.is_some() { found } else { byline::name(&found) })
}

/// Attributes that state a time, the surest first.
const TIMES: [&str; 7] = ["datetime", "content", "data-time", "data-timestamp", "data-utime", "data-date", "data-created"];

pub(super) fn attribute(element: ElementRef<'_>, name: &str) -> Option<String> {
    element.attr(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

pub(super) fn time_of(element: ElementRef<'_>) -> Option<String> {
    let stated = TIMES.iter().find_map(|name| attribute(element, name));
    stated.or_else(|| Some(text::of_element(element))).filter(|value| !value.is_empty()).or_else(|| attribute(element, "title"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Moment;

    fn selectors() -> PageSelectors {
        PageSelectors {
            container: Some("#reviews".into()),
            item: ".review".into(),
            title: Some("h3".into()),
            text: Some(".body".into()),
            author: Some(".author".into()),
            rating: Some(".stars".into()),
            time: Some("time".into()),
            link: Some("a.more".into()),
            next: Some("a[rel=next]".into()),
            pages: 2,
        }
    }

    fn read_page(document: &str, selectors: &PageSelectors) -> Result<Extracted, FetchFailure> {
        let base = Url::parse("https://shop.example/p/1").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
        read(document, &Picks::parse(selectors).expect("selectors"), &context)
    }

    const PAGE: &str = "<title>Reviews</title><div id=reviews><div class=review id=r1><h3>太慢</h3><p class=body>等了<b>十天</b><br>還沒到</p>\
        <span class=author>王</span><i class='stars star-2'></i><time datetime='2026-11-22T14:05:00+08:00'>昨天</time>\
        <a class=more href='/r/1'>more</a></div></div><a rel=next href='?page=2'>next</a>";

    #[test]
    fn an_item_that_we_fail_on_costs_itself() {
        let review = |words: &str| format!("<div class=review><p class=body>{words}</p></div>");
        let page = format!("<div id=reviews>{}{}{}</div>", review("one"), review("panic at reading"), review("three"));
        let extracted = read_page(&page, &selectors()).expect("the others");
        let texts: Vec<_> = extracted.entries.iter().filter_map(|entry| entry.text.as_deref()).collect();
        assert_eq!((texts, extracted.degraded), (vec!["one", "three"], Some(guard::LOST)));
    }

    #[test]
    fn marked_up_dates_in_numbers_are_read_by_the_others() {
        let review = |date: &str| {
            format!(
                "<div itemscope itemtype='https://schema.org/Review'><p itemprop=reviewBody>{date} 太慢</p><i itemprop=datePublished>{date}</i></div>"
            )
        };
        let page = format!("<html><body>{}{}</body></html>", review("04/06/2019"), review("22/05/2019"));
        let unselected = PageSelectors { container: None, item: String::new(), ..PageSelectors::default() };
        let entries = read_page(&page, &unselected).expect("reviews").entries;
        let days: Vec<_> =
            entries.iter().map(|entry| entry.published.map(|at| at.rfc3339()[..10].to_owned()).unwrap_or_default()).collect();
        assert_eq!(days, ["2019-06-04", "2019-05-22"]);
    }

    #[test]
    fn every_field_is_read() {
        let extracted = read_page(PAGE, &selectors()).expect("a page");
        let entry = &extracted.entries[0];
        assert_eq!(entry.id.as_deref(), Some("r1"));
        assert_eq!(entry.text.as_deref(), Some("等了十天<br>還沒到"));
        assert_eq!(entry.rating.as_deref(), Some("2"));
        assert_eq!(entry.link.as_deref(), Some("/r/1"));
        assert_eq!(entry.published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T06:05:00Z"));
        assert_eq!(extracted.next.map(String::from).as_deref(), Some("https://shop.example/p/1?page=2"));
    }

    #[test]
    fn dates_of_numbers_are_read_by_what_the_list_says() {
        let selectors = PageSelectors { item: "li".into(), time: Some("i".into()), ..PageSelectors::default() };
        let days = |html: &str, dates: &[&str]| -> Vec<Option<String>> {
            let items: String = dates.iter().map(|date| format!("<li>said <i>{date}</i></li>")).collect();
            let entries = read_page(&format!("{html}<ul>{items}</ul>"), &selectors).expect("a page").entries;
            entries.iter().map(|entry| entry.published.map(|at| at.rfc3339()[..10].to_owned())).collect()
        };
        let some = |day: &str| Some(day.to_owned());
        assert_eq!(days("<html lang=de>", &["04-06-2019", "04-22-2019"]), [some("2019-04-06"), some("2019-04-22")]);
        assert_eq!(days("<html lang=en-GB>", &["4/6/2019"]), [some("2019-06-04")]);
        assert_eq!(days("<html>", &["4/6/2019", "yesterday"])[0], None);
    }

    #[test]
    fn fields_may_stand_in_what_follows_an_item() {
        let selectors = PageSelectors {
            item: "tr.who".into(),
            text: Some("+ tr td.what".into()),
            author: Some("b".into()),
            rating: Some("+ tr i@data-stars".into()),
            ..PageSelectors::default()
        };
        let page = "<table><tr class=who><td><b>Ann</b></tr><tr><td class=what>Broken.<i data-stars=2></i></tr><tr class=who><td><b>Bob</b></tr><tr><td>nothing</tr></table>";
        let entries = read_page(page, &selectors).expect("a page").entries;
        let read: Vec<_> = entries.iter().map(|entry| (entry.author.as_deref(), entry.text.as_deref(), entry.rating.as_deref())).collect();
        assert_eq!(read, [(Some("Ann"), Some("Broken."), Some("2")), (Some("Bob"), None, None)]);
        for wrong in [PageSelectors { item: "+ tr".into(), ..selectors.clone() }, PageSelectors { text: Some("+ ".into()), ..selectors }] {
            assert!(Picks::parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn without_a_selector_for_the_text_other_fields_are_no_part_of_it() {
        let selectors = PageSelectors { item: "li".into(), author: Some("b".into()), time: Some("i".into()), ..PageSelectors::default() };
        let entries = read_page("<li><b>Ann</b> <i>2026-11-20</i><br>It <u>broke</u>.</li><li><b>Nothing but a name</b></li>", &selectors);
        let texts: Vec<_> = entries.expect("a page").entries.into_iter().map(|entry| entry.text.unwrap_or_default()).collect();
        assert_eq!(texts, ["It broke.", "Nothing but a name"]);
    }

    #[test]
    fn an_empty_list_is_not_a_rebuilt_page() {
        assert!(read_page("<div id=reviews></div>", &selectors()).expect("an empty list").entries.is_empty());
        assert_eq!(read_page("<div id=ratings></div>", &selectors()).expect_err("rebuilt").kind, FailureKind::Drift);
        let without = PageSelectors { container: None, ..selectors() };
        assert_eq!(read_page("<div></div>", &without).expect_err("rebuilt").kind, FailureKind::Drift);
        assert_eq!(read_page("<form><input type=password></form>", &selectors()).expect_err("login").kind, FailureKind::LoginPage);
    }

    #[test]
    fn attributes_of_elements_and_of_the_item() {
        let picks = PageSelectors {
            item: ".r".into(),
            rating: Some("@data-stars".into()),
            link: Some("img@src".into()),
            ..PageSelectors::default()
        };
        let extracted = read_page("<p class=r data-stars=4.5>x <img src=a.png></p>", &picks).expect("a page");
        assert_eq!((extracted.entries[0].rating.as_deref(), extracted.entries[0].link.as_deref()), (Some("4.5"), Some("a.png")));
        assert!(Pick::parse("p[").is_err() && Pick::parse("").is_err());
    }

    #[test]
    fn a_bomb_ends_at_once() {
        assert_eq!(read_page(&"<br>".repeat(300_000), &selectors()).expect_err("a bomb").kind, FailureKind::TooBig);
        let page = format!("{}{PAGE}", "<div>".repeat(100_000));
        let extracted = read_page(&page, &selectors()).expect("a page in many wrappers");
        assert_eq!((extracted.entries.len(), extracted.degraded.is_some()), (1, true));
    }

    const MARKED_UP: &str = "<script type='application/ld+json'>[{\"@type\": \"Review\", \"author\": \"Ann\", \"reviewRating\": {\"ratingValue\": 2}, \
        \"reviewBody\": \"It broke after two days of light use.\"}, {\"@type\": \"Review\", \"author\": \"Bo\", \"reviewBody\": \"ok\"}]</script>";

    #[test]
    fn without_an_item_selector_the_pages_own_markup_decides() {
        let none = PageSelectors::default();
        assert_eq!(read_page(MARKED_UP, &none).expect("reviews").entries.len(), 2);
        assert_eq!(read_page("<script type='application/ld+json'>{\"@type\": \"Product\"}</script>", &none).expect("none yet").entries, []);
        assert_eq!(read_page("<p>nothing marked up</p>", &none).expect_err("rebuilt").kind, FailureKind::Drift);
        assert_eq!(read_page("<title>Log in</title><input type=password>", &none).expect_err("login").kind, FailureKind::LoginPage);
    }

    #[test]
    fn markup_fills_what_selectors_leave_open_and_nothing_else() {
        let page = format!(
            "{MARKED_UP}<div id=reviews><div class=review><b class=author>Anna</b><p>It broke after two days of light use.</p></div>\
            <div class=review><p>ok</p></div></div>"
        );
        let open = PageSelectors { container: None, item: ".review".into(), author: Some(".author".into()), ..PageSelectors::default() };
        let entries = read_page(&page, &open).expect("a page").entries;
        assert_eq!((entries[0].author.as_deref(), entries[0].rating.as_deref()), (Some("Anna"), Some("2")), "the selector decides");
        assert_eq!(entries[1].rating, None, "two letters tell nothing");
    }

    #[test]
    fn a_barrier_with_the_container_is_no_empty_list() {
        let page = "<title>Just a moment...</title><div id=reviews></div>";
        assert_eq!(read_page(page, &selectors()).expect_err("a barrier").kind, FailureKind::Blocked);
    }

    #[test]
    fn the_next_page_is_found_only_where_more_pages_are_wanted() {
        let page = "<p class=r>x</p><a href='?page=2'>下一页</a>";
        let picks = |pages| PageSelectors { item: ".r".into(), pages, ..PageSelectors::default() };
        assert_eq!(read_page(page, &picks(1)).expect("a page").next, None);
        assert!(read_page(page, &picks(3)).expect("a page").next.is_some());
    }
}
