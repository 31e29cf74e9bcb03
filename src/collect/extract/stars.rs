//! Ratings that a page draws instead of writing them.

use scraper::ElementRef;

use super::page::attribute;
use crate::collect::normalise::{rating, text};

/// Attributes that say a rating, the surest first; any other `data-` attribute that is named for stars comes before them.
const STATED: [&str; 8] = ["data-rate", "data-value", "content", "title", "aria-label", "alt", "value", "data-title"];

/// Stars drawn as elements of their own.
const DRAWN: std::ops::RangeInclusive<usize> = 2..=10;

/// Stars stand in a holder or two.
const HOLDERS_MAX: usize = 3;

/// Names of what is drawn.
const DRAWN_NAMES: [&str; 8] = ["star", "rating", "icon", "score", "heart", "dot", "grade", "rate"];

/// Words in the name of a star that is not filled, and of one that is.
const EMPTY: [&str; 18] = [
    "empty", "outline", "outlined", "o", "off", "gray", "grey", "blank", "inactive", "un", "unfilled", "border", "regular", "far", "none",
    "no", "zero", "disabled",
];
const FULL: [&str; 14] = [
    "on",
    "full",
    "fill",
    "filled",
    "active",
    "checked",
    "selected",
    "solid",
    "fas",
    "gold",
    "yellow",
    "positive",
    "highlighted",
    "marked",
];

/// The text shown, where it is a rating; else the usual attributes, a number in a class (`star-4`, `rating_45`, `allstar40`), the
/// alternatives of images, the width of a bar, or filled stars counted.
pub(super) fn rating_of(element: ElementRef<'_>) -> Option<String> {
    let shown = Some(text::of_element(element)).filter(|shown| !shown.is_empty());
    let is_rating = |text: &String| rating::parse(text).is_some();
    if let Some(shown) = shown.clone().filter(is_rating) {
        return Some(shown);
    }
    let children = || element.child_elements();
    let drawn_one = stated(element)
        .or_else(|| class_number(element))
        .or_else(|| drawn(element))
        .or_else(|| children().find_map(|child| stated(child).or_else(|| class_number(child))))
        .or_else(|| children().chain([element]).find_map(width));
    drawn_one.filter(|_| shown.is_none()).or_else(|| drawn(element)).or_else(|| stated(element).filter(is_rating)).or(shown)
}

/// What an attribute says.
fn stated(element: ElementRef<'_>) -> Option<String> {
    let named = |name: &str| name.starts_with("data-") && ["rating", "score", "star", "grade"].iter().any(|word| name.contains(word));
    let mut own: Vec<(&str, &str)> =
        element.value().attrs().filter(|(name, value)| named(name) && rating::parse(value).is_some()).collect();
    own.sort_unstable();
    let own = own.first().map(|(_, value)| value.trim().to_owned());
    own.or_else(|| STATED.iter().filter_map(|name| attribute(element, name)).find(|value| rating::parse(value).is_some()))
}

fn class_number(element: ElementRef<'_>) -> Option<String> {
    const WORDS: [&str; 5] = ["one", "two", "three", "four", "five"];
    element.value().classes().find_map(|class| {
        let lower = class.to_ascii_lowercase();
        if let Some(at) = WORDS.iter().position(|word| *word == lower) {
            return Some((at + 1).to_string());
        }
        let digits = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
        let named = ["star", "rating", "score", "rate"].iter().any(|word| lower.contains(word));
        let number: u32 = digits.replace(['_', '-'], "").parse().ok().filter(|_| named)?;
        // `rating45` and `stars-50` are tenths.
        if number > 5 && number <= 50 { Some(format!("{}.{}", number / 10, number % 10)) } else { Some(number.to_string()) }
    })
}

/// `width: 80%` of a row of stars.
fn width(element: ElementRef<'_>) -> Option<String> {
    let style = element.attr("style")?.to_ascii_lowercase();
    let value = style.split(';').find_map(|part| part.split_once(':').filter(|(name, _)| name.trim() == "width"))?.1.trim();
    value.strip_suffix('%').filter(|number| number.trim().parse::<f64>().is_ok()).map(|_| value.to_owned())
}

/// Several elements for stars, of which some are filled, half or empty; they may stand in a holder.
fn drawn(element: ElementRef<'_>) -> Option<String> {
    let mut holder = element;
    for _ in 0..HOLDERS_MAX {
        let children: Vec<ElementRef<'_>> = holder.child_elements().collect();
        if let Some(counted) = counted(&children) {
            return Some(counted);
        }
        let [only] = children.as_slice() else { return None };
        holder = *only;
    }
    None
}

fn counted(children: &[ElementRef<'_>]) -> Option<String> {
    let stars: Vec<Star> = children.iter().filter_map(|child| Star::of(*child)).collect();
    if !DRAWN.contains(&stars.len()) {
        return None;
    }
    let all = stars.len();
    let of = |kind: Filled| stars.iter().filter(|star| star.filled == kind).count();
    let (full, half, empty, unsaid) = (of(Filled::Yes), of(Filled::Half), of(Filled::No), of(Filled::Unsaid));
    // One word for both kinds is enough to tell them apart: those without it are the others.
    let (full, empty) = match (full, empty) {
        (0, 0) if half == 0 => return Some(by_looks(&stars)),
        (_, 0) if full > 0 => (full, unsaid),
        _ => (full + unsaid, empty),
    };
    let tail = if half > 0 { ".5" } else { "" };
    // Where none is empty, the row may show the filled ones alone.
    Some(if half + empty > 0 || all == 5 { format!("{full}{tail} / {all}") } else { full.to_string() })
}

/// Stars that no word tells apart: the first ones are filled, and those that look different after them are not.
fn by_looks(stars: &[Star]) -> String {
    let alike = stars.iter().take_while(|star| star.looks == stars[0].looks).count();
    let rest = &stars[alike..];
    let two_kinds = rest.iter().all(|star| rest.first().is_some_and(|first| star.looks == first.looks));
    let all = stars.len();
    if all == 5 && two_kinds { format!("{alike} / {all}") } else { all.to_string() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filled {
    Yes,
    Half,
    No,
    Unsaid,
}

struct Star {
    filled: Filled,
    /// All by which it could be told from others.
    looks: String,
}

impl Star {
    /// None of what is no star.
    fn of(element: ElementRef<'_>) -> Option<Self> {
        let value = |name: &str| element.attr(name).unwrap_or_default();
        let inner = element.child_elements().next().filter(|_| element.child_elements().count() == 1);
        let of_inner = inner.map(|inner| [inner.attr("class"), inner.attr("fill"), inner.attr("href"), inner.attr("src")]);
        let of_inner = of_inner.map(|parts| parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let shown = text::of_element(element);
        let looks = format!("{} {} {} {} {of_inner} {shown}", value("class"), value("src"), value("fill"), value("style"));
        let lower = looks.to_lowercase();
        let is_picture = element.value().name() == "svg" || inner.is_some_and(|inner| inner.value().name() == "svg");
        if !(is_picture || DRAWN_NAMES.iter().any(|name| lower.contains(name)) || shown.contains(['★', '☆'])) || shown.chars().count() > 16
        {
            return None;
        }
        let mut words = lower.split(|c: char| !c.is_ascii_alphabetic());
        let glued = |ends: &[&str]| {
            lower
                .split(|c: char| !c.is_ascii_alphabetic())
                .any(|word| ends.iter().any(|end| word.strip_suffix(end).is_some_and(|start| start.ends_with("star"))))
        };
        let filled = if lower.contains("half") {
            Filled::Half
        } else if words.clone().any(|word| EMPTY.contains(&word)) || glued(&["empty", "off", "outline", "border"]) {
            Filled::No
        } else if words.any(|word| FULL.contains(&word)) || glued(&["full", "filled", "on", "active"]) {
            Filled::Yes
        } else {
            Filled::Unsaid
        };
        Some(Self { filled, looks: lower })
    }
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;

    #[test]
    fn drawn_ratings() {
        for (markup, wanted) in [
            ("<i class=x>4 of 5</i>", Some("4 of 5")),
            ("<i class=x data-rating=3></i>", Some("3")),
            ("<i class='x star-2'></i>", Some("2")),
            ("<i class='x allstar40'></i>", Some("4.0")),
            ("<p class='x Three'></p>", Some("3")),
            ("<div class=x><img alt='4 stars'></div>", Some("4 stars")),
            ("<div class=x><span style='width:80%'></span></div>", Some("80%")),
            ("<div class=x><i class=star></i><i class=star></i><i class='star empty'></i></div>", Some("2 / 3")),
            ("<div class=x><i class='fa-star'></i><i class='fa-star-half'></i><i class='fa-star-o'></i></div>", Some("1.5 / 3")),
            ("<div class=x><span></span></div>", None),
            ("<div class=x><i class='fas fa-star'></i><i class='far fa-star'></i><i class='far fa-star'></i></div>", Some("1 / 3")),
            ("<div class=x><b class='star star_on'></b><b class='star star_on'></b><b class=star></b></div>", Some("2 / 3")),
            ("<div class=x><i>star</i><i>star</i><i>star_border</i></div>", Some("2 / 3")),
            (
                "<div class=x><svg fill=#fb0></svg><svg fill=#fb0></svg><svg fill=#ddd></svg><svg fill=#ddd></svg><svg fill=#ddd></svg></div>",
                Some("2 / 5"),
            ),
            (
                "<p class=x><span><img src=star1.png><img src=star1.png><img src=star0.png><img src=star0.png><img src=star0.png></span></p>",
                Some("2 / 5"),
            ),
            ("<div class=x data-grade=3></div>", Some("3")),
            ("<div class=x data-service-review-rating=4><b>Ann</b></div>", Some("4")),
            (
                "<div class=x><i class='icon-star'></i><i class='icon-star'></i><i class='icon-star'></i><i class='icon-star'></i></div>",
                Some("4"),
            ),
        ] {
            let html = Html::parse_fragment(markup);
            let element = html.select(&Selector::parse(".x").expect("a selector")).next().expect("an element");
            assert_eq!(rating_of(element).as_deref(), wanted, "{markup}");
        }
    }
}
