//! XPath 1.0, as FreshRSS scrapes with it, to CSS selectors: only where both find the same elements; else the reason, in words.
//!
//! Source: <https://www.w3.org/TR/xpath-10/>. An item is any element a path finds; a field is read within an item, and its first
//! match in the order of the document counts, here as there.

use super::grammar::{Axis, Path, Predicate, Step, Tail, Test};
use super::parser::parse;

/// A field's selector: what is found within an item, and what is read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// None: the item itself.
    pub css: Option<String>,
    pub attribute: Option<String>,
    /// What is not quite the same, in words.
    pub note: Option<&'static str>,
}

const ROWS: &str = "rows stand in a `tbody` here, as in a browser";
const TEXT: &str = "all text of the element is read, not its first piece alone";

/// The selector of items.
///
/// # Errors
/// What CSS cannot say, in words.
pub fn items(xpath: &str) -> Result<(String, Option<&'static str>), String> {
    let paths = parse(xpath)?;
    let mut note = None;
    let mut found = Vec::new();
    for path in &paths {
        if path.first_only {
            return Err("`(..)[1]` finds one element of the whole page".to_owned());
        }
        if path.tail != Tail::Element {
            return Err("an item is an element, not a text or an attribute".to_owned());
        }
        if path.steps.is_empty() {
            return Err("it finds no element below the document".to_owned());
        }
        note = note.or(rows(&path.steps));
        found.push(selector_of_items(&path.steps)?);
    }
    Ok((found.join(", "), note))
}

/// `//a/ancestor::article` is the article that has such an `a`; everything else goes downwards.
fn selector_of_items(steps: &[Step]) -> Result<String, String> {
    if let [inner, outer] = steps
        && matches!(outer.axis, Axis::Parent | Axis::Ancestor)
    {
        if inner.axis != Axis::Descendant {
            return Err("a parent or ancestor is found for `//element` alone".to_owned());
        }
        let below = compound(inner, &[])?;
        let relation = if outer.axis == Axis::Parent { "> " } else { "" };
        return Ok(format!("{}:has({relation}{below})", compound(outer, &[])?));
    }
    downwards(steps, "")
}

/// The selector of a field.
///
/// # Errors
/// What CSS cannot say, in words.
pub fn field(xpath: &str) -> Result<Field, String> {
    let paths = parse(xpath)?;
    let [path] = paths.as_slice() else { return union(&paths) };
    one_field(path)
}

/// The first match of several paths is the first of all in the document, as in a list of selectors; they must read the same thing.
fn union(paths: &[Path]) -> Result<Field, String> {
    let fields = paths.iter().map(one_field).collect::<Result<Vec<Field>, String>>()?;
    let Some(first) = fields.first() else { return Err("it is empty".to_owned()) };
    if fields.iter().any(|field| field.attribute != first.attribute) {
        return Err("its alternatives read different attributes".to_owned());
    }
    let css = fields.iter().map(|field| field.css.clone()).collect::<Option<Vec<String>>>();
    let css = css.ok_or_else(|| "one of its alternatives is the item itself".to_owned())?;
    Ok(Field { css: Some(css.join(", ")), attribute: first.attribute.clone(), note: fields.iter().find_map(|field| field.note) })
}

fn one_field(path: &Path) -> Result<Field, String> {
    if path.absolute {
        return Err("it begins at the document, so every item would read the same: write `.//` in front".to_owned());
    }
    let attribute = match &path.tail {
        Tail::Attribute(name) => Some(name.clone()),
        Tail::Element | Tail::Text => None,
    };
    let note = rows(&path.steps).or_else(|| (path.tail == Tail::Text).then_some(TEXT));
    if path.steps.is_empty() {
        return Ok(Field { css: None, attribute, note });
    }
    // An element without the attribute is passed over there.
    let with: Vec<String> = attribute.iter().map(|name| format!("[{name}]")).collect();
    let mut steps = path.steps.clone();
    if let [only] = steps.as_mut_slice()
        && only.axis == Axis::Descendant
        && only.explicit
        && only.predicates.last() == Some(&Predicate::Position(1))
    {
        // `descendant::h2[1]` is the first of all, which is what is read anyway.
        only.predicates.pop();
    }
    let css = match steps.as_slice() {
        [only] if only.axis == Axis::Descendant => compound(only, &with)?,
        several => {
            let (last, before) = several.split_last().ok_or_else(|| "it is empty".to_owned())?;
            join(&downwards(before, ":scope")?, last, before.last(), &with)?
        }
    };
    Ok(Field { css: Some(css), attribute, note })
}

fn downwards(steps: &[Step], start: &str) -> Result<String, String> {
    let mut css = start.to_owned();
    let mut before: Option<&Step> = None;
    for step in steps {
        css = join(&css, step, before, &[])?;
        before = Some(step);
    }
    Ok(css)
}

fn join(css: &str, step: &Step, before: Option<&Step>, with: &[String]) -> Result<String, String> {
    let compound = compound(step, with)?;
    let combinator = match step.axis {
        Axis::Child if implied_tbody(step, before) => " > tbody > ",
        Axis::Child => " > ",
        Axis::Descendant => " ",
        Axis::FollowingSibling => " ~ ",
        Axis::Parent | Axis::Ancestor => {
            return Err("CSS goes downwards: `..`, `parent::` and `ancestor::` have no counterpart here".to_owned());
        }
    };
    if css.is_empty() {
        return Ok(compound);
    }
    Ok(format!("{css}{combinator}{compound}"))
}

fn implied_tbody(step: &Step, before: Option<&Step>) -> bool {
    step.name.as_deref() == Some("tr") && before.is_some_and(|before| before.name.as_deref() == Some("table"))
}

fn rows(steps: &[Step]) -> Option<&'static str> {
    let pairs = steps.windows(2);
    let found = pairs.into_iter().any(|pair| pair[1].axis == Axis::Child && implied_tbody(&pair[1], pair.first()));
    found.then_some(ROWS)
}

fn compound(step: &Step, with: &[String]) -> Result<String, String> {
    let mut css = step.name.clone().unwrap_or_default();
    for (at, predicate) in step.predicates.iter().enumerate() {
        match predicate {
            Predicate::Position(_) | Predicate::Last if at > 0 => {
                return Err("a position after another condition counts among what is left of it".to_owned());
            }
            Predicate::Position(_) | Predicate::Last if step.explicit && step.axis == Axis::Descendant => {
                return Err("a position on `descendant::` counts over the whole document".to_owned());
            }
            Predicate::Position(_) | Predicate::Last if step.axis == Axis::FollowingSibling => {
                return Err("a position on `following-sibling::` has no counterpart in CSS".to_owned());
            }
            Predicate::Position(nth) => css.push_str(&format!(":nth-{}({nth})", among(step))),
            Predicate::Last => css.push_str(&format!(":nth-last-{}(1)", among(step))),
            Predicate::Where(test) => css.push_str(&condition(test)?),
        }
    }
    with.iter().for_each(|part| css.push_str(part));
    Ok(if css.is_empty() { "*".to_owned() } else { css })
}

fn among(step: &Step) -> &'static str {
    if step.name.is_some() { "of-type" } else { "child" }
}

fn condition(test: &Test) -> Result<String, String> {
    Ok(match test {
        Test::Has(name) => format!("[{name}]"),
        Test::Equals(name, value) if name == "id" && is_plain(value) => format!("#{value}"),
        Test::Equals(name, value) => format!("[{name}={}]", quoted(value)),
        Test::Differs(name, value) => format!("[{name}]:not([{name}={}])", quoted(value)),
        Test::Contains(_, value) | Test::StartsWith(_, value) if value.is_empty() => {
            return Err("a search for nothing is true of everything".to_owned());
        }
        Test::Contains(name, value) => format!("[{name}*={}]", quoted(value)),
        Test::StartsWith(name, value) => format!("[{name}^={}]", quoted(value)),
        Test::Word(name, value) if name == "class" && is_plain(value) => format!(".{value}"),
        Test::Word(name, value) => format!("[{name}~={}]", quoted(value)),
        Test::NotEmpty(name) => format!("[{name}]:not([{name}=\"\"])"),
        Test::Is(name) => format!(":is({name})"),
        Test::Not(inner) => format!(":not({})", whole(inner)?),
        Test::And(tests) => tests.iter().map(condition).collect::<Result<String, _>>()?,
        Test::Or(tests) => format!(":is({})", tests.iter().map(whole).collect::<Result<Vec<_>, _>>()?.join(", ")),
        Test::Path(path) => below(path)?,
    })
}

/// A condition that stands by itself.
fn whole(test: &Test) -> Result<String, String> {
    let css = condition(test)?;
    Ok(css
        .strip_prefix(":is(")
        .filter(|_| matches!(test, Test::Is(_)))
        .and_then(|css| css.strip_suffix(')'))
        .map_or(css.clone(), str::to_owned))
}

/// A path in a condition: there is such an element below.
fn below(path: &Path) -> Result<String, String> {
    if path.absolute {
        return Err("a condition that begins at the document is the same for every element".to_owned());
    }
    let with: Vec<String> = match &path.tail {
        Tail::Attribute(name) => vec![format!("[{name}]")],
        Tail::Element => Vec::new(),
        Tail::Text => return Err("CSS cannot ask for text".to_owned()),
    };
    let Some((last, before)) = path.steps.split_last() else { return Err("it asks for the element itself".to_owned()) };
    let css = join(&downwards(before, "")?, last, before.last(), &with)?;
    let child = path.steps.first().is_some_and(|step| step.axis == Axis::Child);
    Ok(format!(":has({}{css})", if child { "> " } else { "" }))
}

/// Letters, digits, hyphens and underscores, beginning with a letter: needs no escape after `.` or `#`.
fn is_plain(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push_str(&format!("\\{:x} ", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn item(xpath: &str, css: &str) {
        assert_eq!(items(xpath).map(|(css, _)| css), Ok(css.to_owned()), "{xpath}");
        assert!(scraper::Selector::parse(css).is_ok(), "{css}");
    }

    #[track_caller]
    fn reads(xpath: &str, css: Option<&str>, attribute: Option<&str>) {
        let found = field(xpath).unwrap_or_else(|why| panic!("{xpath}: {why}"));
        assert_eq!((found.css.as_deref(), found.attribute.as_deref()), (css, attribute), "{xpath}");
        assert!(css.is_none_or(|css| scraper::Selector::parse(css).is_ok()), "{css:?}");
    }

    #[test]
    fn items_in_every_common_form() {
        item("//div[@class=\"news-item\"]", "div[class=\"news-item\"]");
        item("//div[contains(@class, 'review')]", "div[class*=\"review\"]");
        item("//li[contains(concat(' ', normalize-space(@class), ' '), ' review ')]", "li.review");
        item("//*[@id='list']/ul/li", "#list > ul > li");
        item("/html/body/main/div[2]//article", "html > body > main > div:nth-of-type(2) article");
        item("//a[contains(@href, '/interesting/')]/ancestor::article", "article:has(a[href*=\"/interesting/\"])");
        item("//h2/..", "*:has(> h2)");
        item("//div[.//time and not(@hidden)]", "div:has(time):not([hidden])");
        item("//div[a/@href or self::section]", "div:is(:has(> a[href]), section)");
        item("//article | //section[starts-with(@id,'r')]", "article, section[id^=\"r\"]");
        item("//table/tr[last()]", "table > tbody > tr:nth-last-of-type(1)");
        item("//h2/following-sibling::p", "h2 ~ p");
    }

    #[test]
    fn fields_are_read_within_their_item() {
        reads("descendant::h2", Some("h2"), None);
        reads("descendant::h2[1]", Some("h2"), None);
        reads(".//h2/text()", Some("h2"), None);
        reads("normalize-space(.//h2)", Some("h2"), None);
        reads("./h2/a/@href", Some(":scope > h2 > a[href]"), Some("href"));
        reads("h2//a", Some(":scope > h2 a"), None);
        reads("descendant::a[string-length(@href)>0]/@href", Some("a[href]:not([href=\"\"])[href]"), Some("href"));
        reads("(.//a)[1]/@href", Some("a[href]"), Some("href"));
        reads(".", None, None);
        reads("@data-id", None, Some("data-id"));
        reads(".//h2 | .//h3", Some("h2, h3"), None);
    }

    #[test]
    fn what_css_cannot_say_is_refused_with_the_reason() {
        for (xpath, word) in [
            ("//div[contains(text(), 'x')]", "text"),
            ("//div[@class='a'][2]", "position"),
            ("(//div)[1]", "one element"),
            ("//div/@class", "attribute"),
            ("//div[count(a) > 2]", "count"),
            ("", "empty"),
            ("//div[", "ends"),
            ("//x:div", "prefix"),
            ("//div[preceding::p]", "preceding"),
        ] {
            let why = items(xpath).expect_err(xpath);
            assert!(why.contains(word), "{xpath}: {why}");
        }
        for (xpath, word) in [
            ("//h2", "begins at the document"),
            ("\"Anonymous\"", "fixed text"),
            ("concat(a, b)", "concat"),
            ("../h2", "downwards"),
            ("a/@x | b/@y", "different"),
        ] {
            let why = field(xpath).expect_err(xpath);
            assert!(why.contains(word), "{xpath}: {why}");
        }
    }
}
