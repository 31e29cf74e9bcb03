//! Pages in the spirit of real ones, small enough to be read.

use jiff::tz::TimeZone;
use url::Url;

use super::*;
use crate::model::Moment;

fn structured(document: &str) -> Structured {
    let base = Url::parse("https://shop.example/p/1").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
    read(&Html::parse_document(document), &context)
}

fn said(raws: &[Raw]) -> Vec<(&str, &str, &str)> {
    let filled = |text: &'_ Option<String>| -> &'static str { Box::leak(text.clone().unwrap_or_default().into_boxed_str()) };
    raws.iter().map(|raw| (filled(&raw.author), filled(&raw.rating), filled(&raw.text))).collect()
}

#[test]
fn json_ld_with_graph_references_and_lists() {
    let document = r##"<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
        {"@type": "Product", "@id": "#p", "name": "Kettle", "review": [{"@id": "#r1"}, {"reviewBody": "太慢了", "author": "王", "reviewRating": {"ratingValue": "2", "bestRating": 5}}]},
        {"@type": ["Review", "Thing"], "@id": "#r1", "author": {"@type": "Person", "name": "Ann"}, "reviewBody": "Fine", "datePublished": "2026-11-22", "itemReviewed": {"@id": "#p"}},
        {"@type": "AggregateRating", "ratingValue": 4.1, "reviewCount": "1,204", "itemReviewed": {"@id": "#p"}}]}</script>
        <script type='application/ld+json; charset=utf-8'>[{"@type": "http://schema.org/Review", "author": [{"name": "B"}, {"name": "C"}], "description": "Third", "reviewRating": 3}]</script>"##;
    let found = structured(document);
    assert_eq!(said(&found.reviews), [("王", "2 / 5", "太慢了"), ("Ann", "", "Fine"), ("B, C", "3", "Third")]);
    assert_eq!(found.reviews[0].extra["about"], "Kettle");
    assert_eq!(found.reviews[1].extra["about"], "Kettle");
    assert_eq!(found.reviews[1].published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T00:00:00Z"));
    assert_eq!(found.aggregates[0].extra["count"], 1204);
}

#[test]
fn microdata_with_itemref_meta_and_nested_scopes() {
    let document = r#"<div itemscope itemtype="https://schema.org/Product"><h1 itemprop=name>Kettle</h1>
        <div itemprop=review itemscope itemtype="https://schema.org/Review" itemref="who"><meta itemprop=datePublished content=2026-11-20>
          <div itemprop=reviewRating itemscope itemtype="https://schema.org/Rating"><meta itemprop=worstRating content=1><data itemprop=ratingValue value=1>one</data> of <span itemprop=bestRating>5</span></div>
          <p itemprop=reviewBody>It <b>broke</b>.</p><a itemprop=url href="/r/1">more</a></div>
        <div itemprop=review itemscope><a itemprop=author href="/u/2">Bo</a><time itemprop=datePublished datetime="2026-11-21T08:00:00Z">yesterday</time><p itemprop=description>Good & fast</p></div>
        <p itemprop=reviews>It is a wonder.</p>
        <div itemprop=aggregateRating itemscope><span itemprop=ratingValue>4,5</span><span itemprop=reviewCount>2</span></div></div>
        <p id=who itemprop=author itemscope itemtype="https://schema.org/Person"><span itemprop=name>Ann</span></p>"#;
    let found = structured(document);
    assert_eq!(said(&found.reviews), [("Ann", "1 / 5", "It broke."), ("Bo", "", "Good &amp; fast"), ("", "", "It is a wonder.")]);
    assert_eq!(found.reviews[0].link.as_deref(), Some("/r/1"));
    assert_eq!((found.reviews[1].extra["about"].as_str(), found.aggregates[0].rating.as_deref()), (Some("Kettle"), Some("4.5")));
}

#[test]
fn items_that_refer_to_each_other_end() {
    let circle = r#"<div id=a itemscope itemref="b"><p id=b itemscope itemprop=review itemtype="https://schema.org/Review" itemref="a c"><i itemprop=name>x</i></p></div><b id=c itemprop=reviewBody>y</b>"#;
    assert_eq!(said(&structured(circle).reviews)[0].2, "y");
}

#[test]
fn a_web_of_references_ends() {
    let all = "a b c d e f g h";
    let knots: String = all
        .split(' ')
        .map(|id| format!("<div id={id} itemprop=comment itemscope itemref='{all}'><p itemprop=text>x y</p></div>"))
        .collect();
    let first = format!("<div itemscope itemtype='https://schema.org/Review' itemref='{all}'></div>").repeat(50);
    assert!(!structured(&format!("{first}{knots}")).comments.is_empty());
}

#[test]
fn rdfa_lite() {
    let document = r#"<div vocab="https://schema.org/" typeof="Product"><div property="review" typeof="Review"><span property="author">Ann</span>
        <span property="reviewRating" typeof="Rating"><span property="ratingValue">2</span></span><p property="reviewBody">So so</p></div></div>"#;
    assert_eq!(said(&structured(document).reviews), [("Ann", "2", "So so")]);
}

#[test]
fn microformats_of_both_generations() {
    let document = r#"<div class="h-review"><h4 class="p-name">Awesome</h4><span class="p-author h-card">by <b class="p-name">Tan</b></span><p class="e-content">Text</p>
        <data class="p-rating" value="4">4 stars</data><time class="dt-published" datetime="2026-01-02">then</time><a class="u-url" href="/r">link</a></div>
        <div class="hreview"><span class="item vcard"><b class="fn">Cafe</b></span><abbr class="rating" title="3">***</abbr> of <b class="best">6</b><span class="reviewer vcard"><i class="fn">Bo</i></span><p class="description">Old</p></div>"#;
    let found = structured(document);
    assert_eq!(said(&found.reviews), [("Tan", "4", "Text"), ("Bo", "3 / 6", "Old")]);
    assert_eq!((found.reviews[0].title.as_deref(), found.reviews[1].title.as_deref()), (Some("Awesome"), None));
    assert_eq!(found.reviews[1].extra["about"], "Cafe");
}

#[test]
fn one_review_in_two_vocabularies_is_one() {
    let document = r#"<script type="application/ld+json">{"@type": "Review", "author": "Ann", "reviewBody": "It broke after two days and nobody answered."}</script>
        <div itemscope itemtype="http://schema.org/Review"><p itemprop=reviewBody>It broke after two days, and nobody answered.</p></div>
        <div itemscope itemtype="http://schema.org/Review"><p itemprop=reviewBody>Never again.</p></div>"#;
    assert_eq!(structured(document).reviews.len(), 2);
}

#[test]
fn comments_count_where_there_are_no_reviews_and_a_shops_faq_does_not() {
    let thread = r#"<script type="application/ld+json">{"@type": "DiscussionForumPosting", "headline": "Help", "text": "My kettle does not boil any more.", "author": {"name": "Ann"},
        "comment": [{"@type": "Comment", "text": "My kettle does not boil any more.", "author": {"name": "Ann"}}, {"text": "Mine does.", "author": {"name": "Bo"}}]}</script>"#;
    let entries = structured(thread).entries();
    assert_eq!(said(&entries).len(), 2);
    assert_eq!(entries[1].extra["kind"], "comment");
    let faq = r#"<script type="application/ld+json">{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "Why?", "acceptedAnswer": {"@type": "Answer", "text": "Because of this."}}]}</script>"#;
    assert_eq!(structured(faq).entries(), Vec::new());
}

#[test]
fn a_product_without_reviews_is_marked_up() {
    let document = r#"<script type="application/ld+json">{"@type": "Product", "name": "Kettle"}</script>"#;
    assert!(structured(document).marked_up && !structured("<p>nothing</p>").marked_up);
}

fn answers(raw: &Raw) -> Vec<(String, bool)> {
    replies::of_extra(&raw.extra).into_iter().map(|reply| (reply.author.unwrap_or_default(), reply.owner)).collect()
}

#[test]
fn answers_are_found_below_what_they_answer() {
    let nested = r#"<script type="application/ld+json">{"@type": "Product", "name": "Kettle", "review": [
        {"@type": "Review", "reviewBody": "Late", "author": "Ann", "comment": {"@type": "Comment", "text": "We are sorry.", "author": {"@type": "Organization", "name": "Kettle Shop"}}},
        {"@type": "Review", "reviewBody": "Bad", "author": "Bo", "comment": [{"text": "Me too", "author": {"@type": "Person", "name": "Cy"}, "comment": {"text": "Sorry, both", "author": "kettle"}}]},
        {"@type": "Review", "reviewBody": "Fine", "author": "Di"}]}</script>"#;
    let found = structured(nested).reviews;
    assert_eq!(answers(&found[0]), [("Kettle Shop".to_owned(), true)]);
    assert_eq!(answers(&found[1]), [("Cy".to_owned(), false), ("kettle".to_owned(), true)], "under the name of what it is about");
    assert!(answers(&found[2]).is_empty() && !found[2].extra.contains_key(replies::REPLIES));
    let led = r##"<script type="application/ld+json">[{"@type": "Review", "@id": "#r1", "reviewBody": "Late"},
        {"@type": "Comment", "parentItem": {"@id": "#r1"}, "text": "Sorry", "author": {"@type": "OnlineStore", "name": "Shop"}}]</script>"##;
    assert_eq!(answers(&structured(led).reviews[0]), [("Shop".to_owned(), true)]);
    let microdata = r#"<div itemscope itemtype="https://schema.org/Review"><p itemprop=reviewBody>Late</p><div itemprop=comment itemscope itemtype="https://schema.org/Comment">
        <b itemprop=author>Acme Support</b><p itemprop=text>We are sorry</p></div></div>"#;
    assert_eq!(answers(&structured(microdata).reviews[0]), [("Acme Support".to_owned(), false)], "a name alone makes nobody the owner");
    let microformats = r#"<div class=h-review><p class=e-content>Late</p><div class="u-comment h-cite"><b class=p-author>Acme</b><p class=e-content>Sorry</p></div></div>"#;
    assert_eq!(answers(&structured(microformats).reviews[0]), [("Acme".to_owned(), false)]);
}

#[test]
fn circles_of_answers_end() {
    let circle = r##"<script type="application/ld+json">[{"@type": "Comment", "@id": "#a", "text": "x", "comment": {"@id": "#b"}, "parentItem": {"@id": "#b"}},
        {"@type": "Comment", "@id": "#b", "text": "y", "comment": [{"@id": "#a"}, {"@id": "#b"}], "parentItem": {"@id": "#a"}}]</script>"##;
    assert_eq!(structured(circle).comments.len(), 2);
    let many: String = (0..300).map(|at| format!(r#"{{"text": "answer {at}"}},"#)).collect();
    let crowd = format!(
        r#"<script type="application/ld+json">{{"@type": "Review", "reviewBody": "x", "comment": [{many} "and one more"]}}</script>"#
    );
    assert_eq!(answers(&structured(&crowd).reviews[0]).len(), replies::REPLIES_MAX);
}

#[test]
fn what_is_asked_and_answered_on_a_page_of_questions_is_somebodys() {
    let page = r#"<script type="application/ld+json">{"@type": "QAPage", "mainEntity": {"@type": "Question", "name": "Does it leak?", "text": "Mine leaks since two days.",
        "acceptedAnswer": {"@type": "Answer", "text": "Send it back, they all leak.", "url": "https://shop.example/a1"}, "suggestedAnswer": [{"text": "Mine exploded."}]}}</script>"#;
    let entries = structured(page).entries();
    let kinds: Vec<_> = entries.iter().map(|entry| entry.extra["kind"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(kinds, ["question", "answer", "answer"]);
    assert_eq!(entries[0].title.as_deref(), Some("Does it leak?"));
    let led = r##"<script type="application/ld+json">[{"@type": "QAPage", "mainEntity": [{"@id": "#q"}]}, {"@type": "Question", "@id": "#q", "name": "Does it leak?", "acceptedAnswer": {"@type": "Answer", "text": "Yes."}}]</script>"##;
    assert_eq!(structured(led).entries().len(), 2);
    let voted = r#"<script type="application/ld+json">{"@type": "Product", "name": "Kettle", "mainEntity": {"@type": "Question", "name": "Does it leak?", "suggestedAnswer": {"text": "Yes, it does.", "upvoteCount": 4}}}</script>"#;
    assert_eq!(structured(voted).entries().len(), 1);
    let microdata = r#"<div itemscope itemtype="https://schema.org/QAPage"><div itemprop=mainEntity itemscope itemtype="https://schema.org/Question"><h1 itemprop=name>Does it leak?</h1>
        <div itemprop=suggestedAnswer itemscope itemtype="https://schema.org/Answer"><p itemprop=text>Mine exploded.</p></div></div></div>"#;
    assert_eq!(structured(microdata).entries().len(), 2);
    let faq = r#"<script type="application/ld+json">{"@type": ["FAQPage", "QAPage"], "mainEntity": [{"@type": "Question", "name": "Why?", "acceptedAnswer": {"text": "Because of this.", "upvoteCount": 0}}]}</script>"#;
    assert_eq!(structured(faq).entries(), Vec::new(), "a shop's own questions");
}

#[test]
fn notes_and_bodies_of_several_parts_are_read_whole() {
    let page = r#"<script type="application/ld+json">{"@type": "Product", "name": "Kettle", "review": [
        {"@type": "Review", "author": "Ann", "positiveNotes": {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Boils fast"}]},
         "negativeNotes": {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Leaks"}, {"@type": "ListItem", "item": {"name": "Smells"}}]}},
        {"@type": "Review", "author": "Bo", "reviewBody": ["Came late.", "And broken."], "negativeNotes": ["Lid", "Smell"]},
        {"@type": "Review", "author": "Cy", "negativeNotes": "The cable is short."},
        {"@type": "Review", "author": "Di", "reviewBody": "It leaks", "negativeNotes": "it leaks"},
        {"@type": "Review", "author": "Ed", "reviewBody": {"@type": "TextObject", "text": "Said within"}}]}</script>"#;
    let found = structured(page);
    let texts: Vec<_> = found.reviews.iter().map(|raw| raw.text.clone().unwrap_or_default()).collect();
    assert_eq!(
        texts,
        ["Boils fast\nLeaks\nSmells", "Came late.\nAnd broken.\nLid\nSmell", "The cable is short.", "It leaks", "Said within"]
    );
    let microdata = r#"<div itemscope itemtype="https://schema.org/Review"><p itemprop=reviewBody>One.</p><p itemprop=reviewBody>Two.</p>
        <ul itemprop=negativeNotes itemscope itemtype="https://schema.org/ItemList"><li itemprop=itemListElement>Leaks</li></ul></div>"#;
    assert_eq!(said(&structured(microdata).reviews)[0].2, "One.<br>Two.<br>Leaks");
}

#[test]
fn halves_of_characters_cost_nothing_else() {
    let body = |said: &str| {
        let page = format!(r#"<script type="application/ld+json">{{"@type": "Review", "reviewBody": "{said}", "author": "Ann"}}</script>"#);
        structured(&page).reviews[0].text.clone().unwrap_or_default()
    };
    assert_eq!(body(r"\ud83d\ude21 bad"), "😡 bad");
    assert_eq!(body(r#"\ud83d bad, \"very\", \u5dee \ude21"#), "\u{fffd} bad, \"very\", 差 \u{fffd}");
}
