//! Answers of owners that a page marks as such: by class, by name, or by schema.org.

use scraper::{Html, Selector};

use super::bounds;
use crate::collect::normalise::text;

/// How sites call an answer of the owner, as part of a class, an id or a data attribute, in lower case.
const MARKS: [&str; 22] = [
    "owner-response",
    "ownerresponse",
    "owner_response",
    "owner-reply",
    "response-from-owner",
    "business-response",
    "business-reply",
    "businessreply",
    "merchant-reply",
    "merchant-response",
    "seller-reply",
    "seller-response",
    "vendor-reply",
    "developer-response",
    "company-reply",
    "company-response",
    "store-reply",
    "official-reply",
    "management-response",
    "mgrrspn",
    "shop-reply",
    "host-response",
];

/// Words by which a page heads an answer of the owner, folded to lower case.
pub const HEADINGS: [&str; 18] = [
    "response from the owner",
    "owner response",
    "response from management",
    "reply from the seller",
    "developer response",
    "response from the business",
    "antwort vom inhaber",
    "antwort des inhabers",
    "réponse du propriétaire",
    "reactie van eigenaar",
    "業主回應",
    "业主回应",
    "店家回覆",
    "商家回复",
    "商家回覆",
    "官方回复",
    "官方回覆",
    "賣家回覆",
];

/// Texts of one page that are looked at: no page has more answers than reviews.
const ANSWERS_MAX: usize = 200;

/// The texts of answers that a page marks as the owner's; none where the page is too wild to be parsed.
#[must_use]
pub fn marked(document: &str) -> Vec<String> {
    let lower = document.to_ascii_lowercase();
    if !MARKS.iter().any(|mark| lower.contains(mark)) {
        return Vec::new();
    }
    let Ok(tamed) = bounds::tame_html(document) else { return Vec::new() };
    let html = Html::parse_document(&tamed.text);
    let Ok(all) = Selector::parse("[class], [id], [data-testid], [itemprop]") else { return Vec::new() };
    let is_marked = |element: &scraper::ElementRef<'_>| {
        let values = ["class", "id", "data-testid", "itemprop"].into_iter().filter_map(|name| element.attr(name));
        values.map(str::to_ascii_lowercase).any(|value| MARKS.iter().any(|mark| value.contains(mark)))
    };
    html.select(&all).filter(is_marked).take(ANSWERS_MAX).map(text::of_element).filter(|text| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_answers_are_found_by_class() {
        let page = "<div class=review>late<div class='Review__Owner-Response'><b>Shop</b> sorry</div></div><p class=owner>x</p>";
        assert_eq!(marked(page).len(), 1);
        assert!(marked(page)[0].contains("sorry"));
        assert!(marked("<p>owner</p>").is_empty());
    }
}
