//! Ratings that a page draws instead of writing them.

use scraper::ElementRef;

use super::page::attribute;
use crate::collect::normalise::text;

/// Attributes that say a rating, the surest first.
const STATED: [&str; 11] =
    ["data-rating", "data-score", "data-rate", "data-stars", "data-star", "data-value", "content", "title", "aria-label", "alt", "value"];

/// Filled stars drawn as elements of their own.
const DRAWN_MAX: usize = 10;

/// The text shown; else the usual attributes, a number in a class (`star-4`, `rating_45`, `allstar40`), the alternatives of images, the
/// width of a bar, or filled stars counted.
pub(super) fn rating_of(element: ElementRef<'_>) -> Option<String> {
    let shown = text::of_element(element);
    if !shown.is_empty() {
        return Some(shown);
    }
    let stated = |element: ElementRef<'_>| STATED.iter().find_map(|name| attribute(element, name));
    let children = || element.child_elements();
    stated(element)
        .or_else(|| class_number(element))
        .or_else(|| drawn(element))
        .or_else(|| children().find_map(|child| attribute(child, "title").or_else(|| attribute(child, "alt"))))
        .or_else(|| children().find_map(|child| stated(child).or_else(|| class_number(child))))
        .or_else(|| children().chain([element]).find_map(width))
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

/// Several elements for stars, of which some are filled, half or empty.
fn drawn(element: ElementRef<'_>) -> Option<String> {
    let mut counts = [0usize; 3];
    for child in element.child_elements() {
        let classes = child.attr("class").unwrap_or_default().to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| classes.contains(word));
        if !has(&["star", "icon", "rating"]) {
            continue;
        }
        let kind = if has(&["half"]) {
            1
        } else if has(&["empty", "outline", "-o", "off", "gray", "grey", "blank", "inactive", "un"]) {
            2
        } else {
            0
        };
        counts[kind] += 1;
    }
    let [full, half, empty] = counts;
    let all = full + half + empty;
    if !(2..=DRAWN_MAX).contains(&all) {
        return None;
    }
    let tail = if half > 0 { ".5" } else { "" };
    // Where none is empty, the row may show the filled ones alone.
    Some(if half + empty > 0 || all == 5 { format!("{full}{tail} / {all}") } else { full.to_string() })
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
        ] {
            let html = Html::parse_fragment(markup);
            let element = html.select(&Selector::parse(".x").expect("a selector")).next().expect("an element");
            assert_eq!(rating_of(element).as_deref(), wanted, "{markup}");
        }
    }
}
