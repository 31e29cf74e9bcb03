//! Files as programs and spreadsheets write them, and as they break.

use jiff::tz::TimeZone;
use url::Url;

use super::*;
use crate::model::Moment;

fn read_with(bytes: &[u8], format: Format, options: &FileOptions) -> Result<Batch, String> {
    let base = Url::parse("file:///drop/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 1000 };
    let mut records = Records::open(bytes, bytes, format, options)?;
    Ok(records.batch(1000, &context).expect("memory"))
}

fn read(bytes: &[u8], format: Format) -> Batch {
    read_with(bytes, format, &FileOptions::default()).expect("a file")
}

fn texts(batch: &Batch) -> Vec<&str> {
    batch.entries.iter().filter_map(|entry| entry.text.as_deref()).collect()
}

#[test]
fn lines_in_both_shapes_and_bad_ones_by_number() {
    let text = "{\"id\": 7, \"text\": \"a < b\", \"rating\": 1, \"rating_max\": 5, \"published\": \"2026-11-22T10:00:00Z\", \"extra\": {}}\r\n\n\
                {\"id\": \"8\", \"text\": \"二\", \"lang\": \"zh-Hans\", \"source\": \"x\"}\n{\"text\": 5}\n[]\n{oops\n{\"text\": \"\"}\n{\"title\": \"last\"}";
    let batch = read(text.as_bytes(), Format::JsonLines);
    assert_eq!(texts(&batch), ["a &lt; b", "二"]);
    assert_eq!((batch.entries[0].id.as_deref(), batch.entries[0].rating.as_deref()), (Some("7"), Some("1 / 5")));
    assert_eq!(batch.entries[0].published, Some(Moment::from_secs(1_795_341_600)));
    assert_eq!(batch.refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [4, 5, 6, 7]);
    assert_eq!((batch.records, batch.ended, batch.entries.len()), (7, true, 3));
}

#[test]
fn tables_with_any_delimiter_quotes_and_charset() {
    let comma = "Review ID,Stars,Review\n1,2,\"太慢, \"\"真的\"\"\n第二行\"\n2,5,好 \"快\"\n";
    let semicolon =
        comma.replace("1,2,", "1;2;").replace("2,5,", "2;5;").replace("Review ID,Stars,Review", "sep=;\nReview ID;Stars;Review");
    let tab = comma.replace("1,2,", "1\t2\t").replace("2,5,", "2\t5\t").replace("ID,Stars,", "ID\tStars\t");
    for text in [comma, &semicolon, &tab] {
        let batch = read(text.as_bytes(), Format::Csv);
        assert_eq!(texts(&batch), ["太慢, \"真的\"<br>第二行", "好 \"快\""], "{text}");
        assert_eq!((batch.entries[1].id.as_deref(), batch.entries[1].rating.as_deref()), (Some("2"), Some("5")));
    }
    let table = "編號,評分,評論內容\r\n1,2,等了十天還沒收到貨，客服也不理人\r\n2,1,包裝破了\r\n";
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(table.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let simple = table
        .replace("編號", "编号")
        .replace("評分", "评分")
        .replace("評論內容", "评论内容")
        .replace("等了十天還沒收到貨，客服也不理人", "等了十天还没收到货，客服也不理人")
        .replace("包裝破了", "包装破了");
    for bytes in [
        [b"\xef\xbb\xbf".to_vec(), table.as_bytes().to_vec()].concat(),
        wide,
        encoding_rs::BIG5.encode(table).0.into_owned(),
        encoding_rs::GBK.encode(&simple).0.into_owned(),
    ] {
        let batch = read(&bytes, Format::Csv);
        assert_eq!((batch.entries.len(), batch.refused.len()), (2, 0), "{batch:?}");
        assert!(texts(&batch)[0].starts_with("等了十天"), "{batch:?}");
    }
}

#[test]
fn columns_by_name_and_a_table_without_text() {
    let options = FileOptions { columns: BTreeMap::from([(Field::Text, "What they said".to_owned())]) };
    let batch = read_with(b"when,What they said\n2026-11-22,late\n", Format::Csv, &options).expect("a file");
    assert_eq!(texts(&batch), ["late"]);
    let why = read_with(b"a,b\n1,2\n", Format::Csv, &options).expect_err("no such column");
    assert!(why.contains("`What they said`") && why.contains("`a`, `b`"), "{why}");
    let why = read_with(b"a,b\n1,2\n", Format::Csv, &FileOptions::default()).expect_err("no text");
    assert!(why.contains("[source.columns]"), "{why}");
    assert!(read_with(b"", Format::Csv, &options).expect_err("empty").contains("empty"));
}

#[test]
fn a_bad_record_does_not_take_the_others() {
    let batch = read(b"id,text\n1,\"open\n2,fine\n3,a,b,c\n4,good,,\n", Format::Csv);
    assert_eq!(texts(&batch), ["fine", "good"]);
    assert_eq!(batch.refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), [2, 4], "{batch:?}");
    let long = format!("{{\"text\": \"{}\"}}\n{{\"text\": \"short\"}}\n", "x".repeat(LINE_BYTES_MAX));
    let batch = read(long.as_bytes(), Format::JsonLines);
    assert_eq!((texts(&batch), batch.refused[0].line), (vec!["short"], 1));
}

#[test]
fn batches_follow_each_other_and_what_was_taken_is_passed_over() {
    let text: String = (0..25).map(|n| format!("{{\"text\": \"n{n}\"}}\n")).collect();
    let base = Url::parse("file:///drop/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 1000 };
    let open = || Records::open(text.as_bytes(), text.as_bytes(), Format::JsonLines, &FileOptions::default()).expect("a file");
    let (mut whole, mut rest) = (open(), open());
    let first = whole.batch(10, &context).expect("memory");
    rest.skip(10).expect("memory");
    assert_eq!((first.records, first.ended), (10, false));
    assert_eq!(whole.batch(100, &context).expect("memory"), rest.batch(100, &context).expect("memory"));
}

#[test]
fn days_and_months_are_told_apart_by_the_other_lines() {
    let dates = |batch: &Batch| batch.entries.iter().map(|entry| entry.published.map(Moment::rfc3339)).collect::<Vec<_>>();
    let day = |text: &str| Some(format!("{text}T00:00:00Z"));
    let batch = read(b"date,text\n04/06/2019,late\n22/06/2019,broken\n05/07/2019 10:30,rude\n", Format::Csv);
    assert_eq!(dates(&batch), [day("2019-06-04"), day("2019-06-22"), Some("2019-07-05T10:30:00Z".to_owned())]);
    let batch =
        read(b"{\"published\": \"04/06/2019\", \"text\": \"late\"}\n{\"published\": \"04/22/2019\", \"text\": \"b\"}", Format::JsonLines);
    assert_eq!(dates(&batch), [day("2019-04-06"), day("2019-04-22")]);
    let batch = read(b"date,text\n04/06/2019,late\nsomeday,broken\n", Format::Csv);
    assert_eq!((dates(&batch), batch.refused.len()), (vec![None, None], 0), "nothing tells it: taken without its date");
    let remarks: Vec<(u64, &str)> = batch.remarked.iter().map(|one| (one.line, one.why.as_str())).collect();
    assert!(matches!(remarks[..], [(2, open), (3, none)] if open.contains("two ways") && none.contains("no time")), "{remarks:?}");
}

#[test]
fn what_a_batch_has_told_of_the_dates_holds_for_the_next() {
    let text = "date,text\n22/06/2019,a\n04/06/2019,b\n";
    let base = Url::parse("file:///drop/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 1000 };
    let mut records = Records::open(text.as_bytes(), text.as_bytes(), Format::Csv, &FileOptions::default()).expect("a file");
    records.batch(1, &context).expect("memory");
    let second = records.batch(1, &context).expect("memory");
    assert_eq!(second.entries[0].published.map(Moment::rfc3339).as_deref(), Some("2019-06-04T00:00:00Z"));
}

#[test]
fn names_that_are_not_for_us() {
    for name in [".hidden.csv", "a.csv.tmp", "a.part", "~lock.csv", "a.csv~", "a.CSV.filepart"] {
        assert!(is_temporary(name), "{name}");
    }
    assert!(!is_temporary("評論 1.csv"));
    assert_eq!(
        (Format::of("a.NDJSON"), Format::of("a.tsv"), Format::of("a.pdf"), Format::of("a")),
        (Some(Format::JsonLines), Some(Format::Csv), None, None)
    );
}
