//! CSS selectors to XPath, for readers that scrape by XPath: the part of CSS that people write, and nothing by guess.

use std::fmt::Write as _;

/// The XPath of what `css` finds: in the whole document, or below the present element. None where this part of CSS does not reach.
pub(super) fn to_xpath(css: &str, within: bool) -> Option<String> {
    let alternatives = split(css, ',')?;
    let paths = alternatives.iter().map(|one| path(one.trim(), within)).collect::<Option<Vec<String>>>()?;
    (!paths.is_empty()).then(|| paths.join(" | "))
}

/// The selectors of a list.
pub(super) fn alternatives(css: &str) -> Option<Vec<&str>> {
    split(css, ',')
}

/// One selector with its combinators.
fn path(css: &str, within: bool) -> Option<String> {
    let mut rest = css;
    let mut xpath = String::new();
    let mut child = false;
    if let Some(scoped) = css.strip_prefix(":scope").filter(|_| within) {
        rest = scoped.trim_start();
        child = rest.starts_with('>');
        rest = rest.strip_prefix('>').unwrap_or(rest).trim_start();
    }
    loop {
        let slash = match (child, within && xpath.is_empty()) {
            (true, true) => "./",
            (true, false) => "/",
            (false, true) => ".//",
            (false, false) => "//",
        };
        xpath.push_str(slash);
        rest = compound(rest, &mut xpath)?;
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return Some(xpath);
        }
        child = trimmed.starts_with('>');
        let next = trimmed.strip_prefix('>').unwrap_or(trimmed).trim_start();
        // Without a space or a `>` something stands there that is not understood.
        if !child && trimmed.len() == rest.len() {
            return None;
        }
        rest = next;
    }
}

/// `li.review[data-x]:nth-of-type(2)`; returns what follows.
fn compound<'a>(css: &'a str, xpath: &mut String) -> Option<&'a str> {
    let (name, mut rest) = if let Some(rest) = css.strip_prefix('*') { ("*", rest) } else { ident(css).unwrap_or(("*", css)) };
    let typed = name != "*";
    xpath.push_str(&name.to_ascii_lowercase());
    let (mut position, mut conditions) = (String::new(), String::new());
    let before = rest.len();
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let (class, after) = ident(after)?;
            let _ = write!(conditions, "[contains(concat(' ', normalize-space(@class), ' '), ' {class} ')]");
            rest = after;
        } else if let Some(after) = rest.strip_prefix('#') {
            let (id, after) = ident(after)?;
            let _ = write!(conditions, "[@id='{id}']");
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = bracket_end(after)?;
            conditions.push_str(&attribute(&after[..end])?);
            rest = &after[end + 1..];
        } else if let Some(after) = rest.strip_prefix(if typed { ":nth-of-type(" } else { ":nth-child(" }) {
            let end = after.find(')')?;
            let nth: u32 = after[..end].trim().parse().ok()?;
            if !position.is_empty() {
                return None;
            }
            let _ = write!(position, "[{nth}]");
            rest = &after[end + 1..];
        } else {
            break;
        }
    }
    // A position counts before every condition.
    xpath.push_str(&position);
    xpath.push_str(&conditions);
    (typed || rest.len() < before || css.starts_with('*')).then_some(rest)
}

/// What stands between brackets, as a condition.
fn attribute(inner: &str) -> Option<String> {
    let Some(at) = inner.find('=') else {
        let (name, rest) = ident(inner.trim())?;
        return rest.is_empty().then(|| format!("[@{name}]"));
    };
    let (left, value) = (inner[..at].trim(), inner[at + 1..].trim());
    let value = literal(value)?;
    let (name, operator) = ident(left)?;
    let quoted = quote(&value)?;
    match operator.trim() {
        "" => Some(format!("[@{name}={quoted}]")),
        "*" if !value.is_empty() => Some(format!("[contains(@{name}, {quoted})]")),
        "^" if !value.is_empty() => Some(format!("[starts-with(@{name}, {quoted})]")),
        "~" if !value.is_empty() && !value.contains(char::is_whitespace) => {
            let framed = quote(&format!(" {value} "))?;
            Some(format!("[contains(concat(' ', normalize-space(@{name}), ' '), {framed})]"))
        }
        _ => None,
    }
}

/// A value with or without quotes; escapes are not understood.
fn literal(value: &str) -> Option<String> {
    let quote = value.chars().next()?;
    if matches!(quote, '"' | '\'') {
        let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
        return (!inner.contains(['\\', quote])).then(|| inner.to_owned());
    }
    let (word, rest) = ident(value)?;
    rest.is_empty().then(|| word.to_owned())
}

fn quote(value: &str) -> Option<String> {
    match (value.contains('\''), value.contains('"')) {
        (false, _) => Some(format!("'{value}'")),
        (true, false) => Some(format!("\"{value}\"")),
        (true, true) => None,
    }
}

/// A plain name at the beginning, and the rest.
fn ident(css: &str) -> Option<(&str, &str)> {
    let end = css.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(css.len());
    let sound = end > 0 && !css.starts_with(|c: char| c.is_ascii_digit());
    sound.then(|| css.split_at(end))
}

/// Where the bracket that is open closes, quotes regarded.
fn bracket_end(css: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in css.char_indices() {
        match (quote, c) {
            (None, ']') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

/// Parts between a sign that stands outside of quotes, brackets and parentheses.
fn split(css: &str, sign: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, c) in css.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.checked_sub(1)?,
            (None, c) if c == sign && depth == 0 => {
                parts.push(&css[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&css[start..]);
    parts.iter().all(|part| !part.trim().is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::super::xpath;
    use super::*;

    #[test]
    fn there_and_back_is_the_same() {
        for css in [
            ".review",
            "#reviews > div.item",
            "ul li:nth-of-type(2) a[href]",
            "article, section[data-kind=\"x\"]",
            "div[class*=\"rev\"] > *:nth-child(3)",
            "a[href^=\"/r/\"]",
            "[data-x~=\"y\"]",
            "div[title=\"it's\"]",
        ] {
            let there = to_xpath(css, false).unwrap_or_else(|| panic!("{css}"));
            let back = xpath::items(&there).unwrap_or_else(|why| panic!("{there}: {why}")).0;
            assert_eq!(back.replace('*', ""), css.replace('*', ""), "{there}");
        }
        assert_eq!(to_xpath("h2", true).as_deref(), Some(".//h2"));
        assert_eq!(to_xpath(":scope > h2 a", true).as_deref(), Some("./h2//a"));
    }

    #[test]
    fn the_rest_of_css_is_not_guessed_at() {
        for css in ["a:hover", "a + b", "a ~ b", "p:has(b)", "a[x$=\"y\"]", "", "a,", "a >", "[x=\"\\41\"]", ".1", "li:nth-of-type(2n)"] {
            assert_eq!(to_xpath(css, false), None, "{css}");
        }
    }
}
