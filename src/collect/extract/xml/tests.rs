//! Documents of every dialect, whole and damaged.

use jiff::tz::TimeZone;

use super::*;
use crate::model::Moment;

fn reading_within(text: &str, max_items: usize) -> Reading {
    let base = Url::parse("https://shop.example/feeds/all").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items };
    read(text, &context).expect("within the limits")
}

fn entries(text: &str) -> Vec<Raw> {
    let reading = reading_within(text, 100);
    assert!(reading.is_feed, "{text}");
    reading.entries.into()
}

fn titles(text: &str) -> Vec<String> {
    entries(text).into_iter().map(|entry| entry.title.unwrap_or_default()).collect()
}

fn day(moment: Option<Moment>) -> String {
    moment.map(|at| at.rfc3339()[..10].to_owned()).unwrap_or_default()
}

#[test]
fn rss_of_every_age() {
    let item = "<item><title>a</title><link>https://shop.example/1</link><description>&lt;p&gt;b&lt;/p&gt;</description></item>";
    for root in [
        format!("<rss><channel>{item}</channel></rss>"),
        format!("<rss version=\"0.91\">{item}</rss>"),
        format!("<rss version='2.0' xmlns='http://unknown.example/rss'><channel>{item}</channel></rss>"),
        format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/>{item}</rdf:RDF>"
        ),
        format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><items><rdf:Seq><rdf:li resource='x'/></rdf:Seq></items></channel>{item}</rdf:RDF>"
        ),
        format!("<Channel xmlns='http://purl.org/net/rss1.1#'><title>t</title><items>{item}</items></Channel>"),
        format!("<RSS><CHANNEL>{}</CHANNEL></RSS>", item.replace("item>", "ITEM>").replace("title>", "TITLE>").replace("link>", "LINK>")),
        format!("<rss><channel><item><title>outer</title>{item}</item></channel></rss>"),
    ] {
        let found = entries(&root);
        let of_item = found.first().expect("an item");
        assert_eq!(of_item.title.as_deref(), Some("a"), "{root}");
        assert_eq!(of_item.text.as_deref(), Some("<p>b</p>"), "{root}");
        assert_eq!(of_item.link.as_deref(), Some("https://shop.example/1"), "{root}");
    }
}

#[test]
fn markup_of_any_depth_is_text() {
    let deep = format!("{}words{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
    let unclosed = format!("{}words", "<div>".repeat(50_000));
    for inside in [deep, unclosed] {
        let text = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><content type='xhtml'>{inside}</content><title>after</title></entry>\
             <entry><id>2</id><title>next</title></entry></feed>"
        );
        let found = entries(&text);
        assert_eq!(found.iter().map(|entry| entry.id.as_deref()).collect::<Vec<_>>(), [Some("1"), Some("2")]);
        assert_eq!(found[0].title.as_deref(), Some("after"));
        assert!(found[0].text.as_deref().is_some_and(|text| text.contains("words")));
    }
}

#[test]
fn channels_of_cdf() {
    let text = "<CHANNEL BASE='https://cdf.example/' HREF='x'><TITLE>t</TITLE><ITEM HREF='/1' LASTMOD='2024-04-06T23:05:43-05:00'>\
                <TITLE>a</TITLE><ABSTRACT>b</ABSTRACT></ITEM><CHANNEL><ITEM HREF='/2'><TITLE>c</TITLE></ITEM></CHANNEL></CHANNEL>";
    let found = entries(text);
    assert_eq!((found.len(), found[0].link.as_deref(), found[0].text.as_deref()), (2, Some("https://cdf.example/1"), Some("b")));
    assert_eq!(day(found[0].updated), "2024-04-07");
}

#[test]
fn atom_of_both_ages() {
    let text = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><author><name>Ann</name></author><entry><title mode='escaped' type='text/html'>a &lt;b&gt;</title>\
                <id>urn:1</id><issued>2024-03-05T10:00:00Z</issued><modified>2024-03-06T10:00:00Z</modified>\
                <content mode='base64' type='text/html'>PHA+5aSq5oWiPC9wPg==</content></entry></feed>";
    let found = entries(text);
    assert_eq!(
        (found[0].title.as_deref(), found[0].text.as_deref(), found[0].author.as_deref()),
        (Some("a <b>"), Some("<p>太慢</p>"), Some("Ann"))
    );
    assert_eq!((day(found[0].published), day(found[0].updated)), ("2024-03-05".into(), "2024-03-06".into()));
    let text = "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>1 &lt; 2 &amp;amp; 3</a:title><a:summary>&lt;p&gt;x&lt;/p&gt;</a:summary>\
                <a:content type='xhtml'><h:div xmlns:h='http://www.w3.org/1999/xhtml'><h:p>AT&amp;T</h:p></h:div></a:content>\
                <a:source><a:title>elsewhere</a:title><a:id>other</a:id></a:source></a:entry></a:feed>";
    let found = entries(text);
    assert_eq!(found[0].title.as_deref(), Some("1 &lt; 2 &amp;amp; 3"), "plain text, escaped");
    assert_eq!(found[0].text.as_deref(), Some("<div><p>AT&amp;T</p></div>"));
    assert_eq!(found[0].id, None, "an entry's source is another feed");
}

#[test]
fn one_thing_under_many_names() {
    let names = "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/' xmlns:content='http://purl.org/rss/1.0/modules/content/' \
                 xmlns:media='http://search.yahoo.com/mrss/' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'";
    let one = |item: &str| entries(&format!("<rss version='2.0' {names}><channel><item>{item}</item></channel></rss>")).remove(0);
    assert_eq!(one("<media:title>m</media:title><dc:title>d</dc:title>").title.as_deref(), Some("d"));
    assert_eq!(one("<media:title>m</media:title><title>t</title><title>u</title>").title.as_deref(), Some("t"));
    assert_eq!(
        one("<description>short</description><content:encoded><![CDATA[<p>long text</p>]]></content:encoded>").text.as_deref(),
        Some("<p>long text</p>")
    );
    assert_eq!(one("<media:group><media:description>m</media:description></media:group>").text.as_deref(), Some("m"));
    assert_eq!(one("<author>a@b.example (Ann)</author>").author.as_deref(), Some("Ann"));
    assert_eq!(one("<itunes:author>x</itunes:author><dc:creator>Ann</dc:creator>").author.as_deref(), Some("Ann"));
    assert_eq!(day(one("<dc:date>2024-03-05</dc:date>").published), "2024-03-05");
    assert_eq!(day(one("<dcterms:issued>2024-03-05</dcterms:issued><pubDate>nonsense</pubDate>").published), "2024-03-05");
    assert_eq!(one("<g:rating xmlns:g='urn:g'>4.5</g:rating>").rating.as_deref(), Some("4.5"));
    assert_eq!(one("<media:rating>nonadult</media:rating>").rating, None);
    assert_eq!(one("<guid>https://shop.example/r/1</guid>").link.as_deref(), Some("https://shop.example/r/1"));
    assert_eq!(one("<guid isPermaLink='false'>https://shop.example/r/1</guid>").link, None);
    assert_eq!(one("<feedburner:origLink>https://a.example/</feedburner:origLink>").link.as_deref(), Some("https://a.example/"));
    assert_eq!(one("<title>inline <b>bold</b> &amp; more</title>").title.as_deref(), Some("inline <b>bold</b> &amp; more"));
}

#[test]
fn links_are_relative_to_what_the_document_says() {
    let text = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/'><entry xml:base='y/'><link href='1'/></entry>\
                <entry><link xml:base='/z/' href='2'/></entry></feed>";
    let links: Vec<_> = entries(text).into_iter().filter_map(|entry| entry.link).collect();
    assert_eq!(links, ["https://a.example/x/y/1", "https://a.example/z/2"]);
    let passed_on = "<rss><channel><link>https://site.example/</link><item><link>/1</link></item></channel></rss>";
    assert_eq!(entries(passed_on)[0].base.as_deref(), Some("https://site.example/"), "by another host");
    let own = "<rss><channel><link>https://shop.example/</link><item><link>1</link></item></channel></rss>";
    assert_eq!(entries(own)[0].base, None);
}

#[test]
fn an_id_is_no_relative_link() {
    let text =
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/'><entry><id>item/7</id><link href='7'/></entry></feed>";
    let read: Vec<_> = entries(text).into_iter().map(|entry| (entry.id, entry.link)).collect();
    assert_eq!(read, [(Some("item/7".to_owned()), Some("https://a.example/x/7".to_owned()))]);
}

#[test]
fn a_fault_costs_what_stands_inside_it() {
    let wrap = |items: &str| format!("<rss version='2.0'><channel>{items}</channel></rss>");
    assert_eq!(titles(&wrap("<item><title>a</b></title></item><item><title>c</title></item>")), ["a", "c"]);
    assert_eq!(titles(&wrap("<item><title>a<guid>1</guid></title></item><item><title>c</title></item>")).len(), 2);
    assert_eq!(titles(&wrap("<item><guid>1<title>a</title></item><item><title>c</title></item>")), ["a", "c"], "an end tag was forgotten");
    assert_eq!(titles(&wrap("<item><description><p>x<br></description><title>a</title></item>")), ["a"]);
    assert_eq!(
        titles(&wrap("<item><description><![CDATA[x</description><title>a</title></item><item><title>c</title></item>"))
            .last()
            .map(String::as_str),
        Some("c")
    );
    assert_eq!(titles(&wrap("<item><title>a & b &nbsp; &bogus; < c</title></item>")), ["a & b &nbsp; &bogus; < c"]);
    assert_eq!(titles(&wrap("<item><title>a</title><x y=z w></item>")), ["a"]);
}

#[test]
fn what_the_end_cuts_is_not_whole() {
    let whole = "<rss><channel><item><title>a</title></item><item><title>b</title></item></channel></rss>";
    for at in 0..whole.len() {
        let reading = reading_within(&whole[..at], 100);
        let complete = whole[..at].matches("</item>").count();
        assert_eq!((reading.entries.len(), reading.cut), (complete, at > 0), "{}", &whole[..at]);
    }
    assert!(!reading_within(whole, 100).cut);
}

#[test]
fn the_newest_are_read_where_there_are_too_many() {
    let feed = |days: &mut dyn Iterator<Item = u32>| {
        let items: String = days.map(|day| format!("<item><guid>{day}</guid><pubDate>2024-03-{day:02}</pubDate></item>")).collect();
        format!("<rss><channel>{items}</channel></rss>")
    };
    let ids = |text: &str| reading_within(text, 3).entries.into_iter().filter_map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(&feed(&mut (1..=9).rev())), ["9", "8", "7"]);
    assert_eq!(ids(&feed(&mut (1..=9))), ["7", "8", "9"], "the newest stands last");
}

#[test]
fn where_no_date_tells_the_newest_more_are_read() {
    let feed = |count: usize, date: &str| {
        let items: String = (1..=count).map(|id| format!("<item><guid>{id}</guid>{date}</item>")).collect();
        format!("<rss><channel>{items}</channel></rss>")
    };
    let read = |count: usize, date: &str| {
        let reading = reading_within(&feed(count, date), 3);
        (reading.entries.len(), reading.entries.back().and_then(|entry| entry.id.clone()), reading.has_more)
    };
    for date in ["", "<pubDate>2024-03-01</pubDate>"] {
        assert_eq!(read(12, date), (12, Some("12".to_owned()), false), "the new one may stand at its end");
        assert_eq!(read(13, date), (12, Some("12".to_owned()), true), "there is an end to it, and it is said");
    }
}

#[test]
fn a_date_of_the_future_is_said_to_be_one() {
    let found = entries("<rss><channel><item><title>a</title><pubDate>2999-01-01T00:00:00Z</pubDate></item></channel></rss>");
    assert_eq!(found[0].published, Some(Moment::from_secs(1_800_000_000)));
    assert_eq!(found[0].extra.get("dated_in_the_future"), Some(&true.into()));
}

#[test]
fn a_feed_says_how_often_it_wants_to_be_looked_at() {
    let item = "<item><guid>1</guid><title>a</title><ttl>5</ttl></item>";
    let asks = |channel: &str| {
        reading_within(
            &format!(
                "<rss version=\"2.0\" xmlns:s=\"http://purl.org/rss/1.0/modules/syndication/\"><channel>{channel}{item}</channel></rss>"
            ),
            100,
        )
        .asks
    };
    assert_eq!(asks(""), Asks::default(), "an item's is none of the feed's");
    assert_eq!(asks("<ttl> 60 </ttl>").every_s, 3600);
    assert_eq!(asks("<TTL>60</TTL><title>t</title>").every_s, 3600);
    assert_eq!(asks("<s:updatePeriod>\n\thourly\t</s:updatePeriod><s:updateFrequency>2</s:updateFrequency>").every_s, 1800);
    assert_eq!(asks("<sy:updatePeriod>daily</sy:updatePeriod>").every_s, 86_400, "a prefix that nobody bound");
    let skipped = asks("<skipHours><hour>0</hour><hour>23</hour></skipHours><skipDays><day>Sunday</day></skipDays><ttl>30</ttl>");
    assert_eq!((skipped.skip_hours, skipped.skip_days, skipped.every_s), (1 << 23 | 1, 1 << 6, 1800));
    let base = asks("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>");
    assert_eq!(base.base_s.map(|base| base.rem_euclid(86_400)), Some(43_200));
    assert_eq!(asks("<ttl>60<title>forgotten</title>").every_s, 3600);
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><sy:updatePeriod>hourly</sy:updatePeriod></channel><item><title>a</title></item></rdf:RDF>";
    assert_eq!(reading_within(rdf, 100).asks.every_s, 3600);
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><sy:updatePeriod>hourly</sy:updatePeriod><entry><id>1</id><title>a</title></entry></feed>";
    assert_eq!((reading_within(atom, 100).asks.every_s, titles(atom)), (3600, vec!["a".to_owned()]));
}
