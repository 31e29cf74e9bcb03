//! Where values stand in a JSON document: a pointer (RFC 6901, `/data/list`) or a path (RFC 9535, `$.data.list[*].node`).
//!
//! Of RFC 9535 everything is read but its functions (`length(..)`, `match(..)` and their like): names, indices, slices,
//! wildcards, lists of them, descendants (`..`) and filters with comparisons, `&&`, `||`, `!` and parentheses.

mod parse;
mod walk;

use serde_json::Value;

/// A pointer or path, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Path(Steps);

#[derive(Clone, Debug, PartialEq)]
enum Steps {
    Pointer(String),
    Segments(Vec<Segment>),
}

/// One step of a path: from each node to some of its children, or (`..`) to those of all its descendants as well.
#[derive(Clone, Debug, PartialEq)]
struct Segment {
    descendants: bool,
    selectors: Vec<Selector>,
}

#[derive(Clone, Debug, PartialEq)]
enum Selector {
    Name(String),
    All,
    Index(i64),
    Slice(Slice),
    Filter(Test),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    step: i64,
}

/// What a filter asks of a child.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Any(Vec<Self>),
    Each(Vec<Self>),
    Not(Box<Self>),
    Exists(Query),
    Compare(Operand, Comparison, Operand),
}

/// A path within a filter, from the child (`@`) or from the document (`$`).
#[derive(Clone, Debug, PartialEq)]
struct Query {
    from_document: bool,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(Value),
    Query(Query),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What a path to a list finds.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed<'a> {
    /// Nothing is where the list should be.
    Gone,
    /// The list is there; it may be empty.
    Found(Vec<&'a Value>),
}

impl Path {
    /// Reads a pointer (begins with `/`) or a path (begins with `$`).
    ///
    /// # Errors
    /// A sentence fragment that says what is wrong, and at which character.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') {
            return parse::path(text).map(|segments| Self(Steps::Segments(segments)));
        }
        parse::pointer(text).map(|pointer| Self(Steps::Pointer(pointer)))
    }

    /// The pointer to a member of the document itself.
    #[must_use]
    pub fn member(name: &str) -> Self {
        Self(Steps::Pointer(format!("/{}", name.replace('~', "~0").replace('/', "~1"))))
    }

    /// The whole document.
    #[must_use]
    pub const fn whole() -> Self {
        Self(Steps::Pointer(String::new()))
    }

    /// The pointer, where it is one.
    #[must_use]
    pub fn as_pointer(&self) -> Option<&str> {
        match &self.0 {
            Steps::Pointer(pointer) => Some(pointer),
            Steps::Segments(_) => None,
        }
    }

    /// Every value it points at, in the order of the document.
    #[must_use]
    pub fn find<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        match &self.0 {
            Steps::Pointer(pointer) => document.pointer(pointer).into_iter().collect(),
            Steps::Segments(segments) => walk::find(segments, document),
        }
    }

    /// The first value it points at.
    #[must_use]
    pub fn first<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        match &self.0 {
            Steps::Pointer(pointer) => document.pointer(pointer),
            Steps::Segments(_) => self.find(document).into_iter().next(),
        }
    }

    /// The entries of a list. A value that is itself a list stands for its elements, `null` for an empty list, and an object for
    /// a list of one, as services write them that make XML of the same data. A wildcard or filter whose list is there and empty
    /// has found that list.
    #[must_use]
    pub fn entries<'a>(&self, document: &'a Value) -> Listed<'a> {
        let segments = match &self.0 {
            Steps::Pointer(pointer) => return document.pointer(pointer).map_or(Listed::Gone, list),
            Steps::Segments(segments) => segments,
        };
        let Some(many) = segments.iter().position(|segment| !segment.is_singular()) else {
            return walk::find(segments, document).first().map_or(Listed::Gone, |value| list(value));
        };
        let Some(container) = walk::find(&segments[..many], document).into_iter().next() else { return Listed::Gone };
        let found = walk::find(segments, document);
        if !found.is_empty() {
            // `[*]` goes over the entries; whatever lists they hold are theirs.
            return Listed::Found(found.into_iter().filter(|value| !value.is_null()).collect());
        }
        let empty = match container {
            Value::Array(values) => values.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Null => true,
            _ => false,
        };
        // A filter may leave nothing of a list that is there.
        let filtered = container.is_array() && segments.iter().any(Segment::filters);
        if empty || filtered { Listed::Found(Vec::new()) } else { Listed::Gone }
    }
}

fn list(value: &Value) -> Listed<'_> {
    match value {
        Value::Array(values) => Listed::Found(values.iter().collect()),
        Value::Object(_) => Listed::Found(vec![value]),
        Value::Null => Listed::Found(Vec::new()),
        _ => Listed::Gone,
    }
}

impl Segment {
    /// At most one value for each node.
    fn is_singular(&self) -> bool {
        !self.descendants && matches!(self.selectors[..], [Selector::Name(_) | Selector::Index(_)])
    }

    fn filters(&self) -> bool {
        self.selectors.iter().any(|selector| matches!(selector, Selector::Filter(_)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str, document: &Value) -> Value {
        let path = Path::parse(path).unwrap_or_else(|why| panic!("{path}: {why}"));
        Value::Array(path.find(document).into_iter().cloned().collect())
    }

    #[test]
    fn pointers() {
        let document = json!({"a/b": {"m~n": [10, 20]}, "": 1});
        assert_eq!(found("/a~1b/m~0n/1", &document), json!([20]));
        assert_eq!(found("/", &document), json!([1]));
        assert_eq!(found("/nothing", &document), json!([]));
        for broken in ["a", "", "/a~2", "a/b"] {
            assert!(Path::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn every_selector_of_the_standard() {
        let document = json!({"list": [{"a": 1, "b": "x"}, {"a": 2}, {"a": 3, "c": null}], "o": {"j": 1, "k": 2}, "a b": 7});
        for (path, wanted) in [
            ("$.list[0].a", json!([1])),
            ("$['list'][-1][\"a\"]", json!([3])),
            ("$.list[*].a", json!([1, 2, 3])),
            ("$.o.*", json!([1, 2])),
            ("$['a b', 'none']", json!([7])),
            ("$.list[0,2].a", json!([1, 3])),
            ("$.list[1:].a", json!([2, 3])),
            ("$.list[::-1].a", json!([3, 2, 1])),
            ("$.list[:2:2].a", json!([1])),
            ("$..a", json!([1, 2, 3])),
            ("$.list[?@.b].a", json!([1])),
            ("$.list[?@.a >= 2].a", json!([2, 3])),
            ("$.list[?(@.a == 1 || @.a == 3) && !@.c].a", json!([1])),
            ("$.list[?@.b == 'x'].a", json!([1])),
            ("$.list[?@.a != $.o.k].a", json!([1, 3])),
            ("$.list[?@.c == null].a", json!([3])),
            ("$ . list [ 1 ] . a", json!([2])),
        ] {
            assert_eq!(found(path, &document), wanted, "{path}");
        }
    }

    #[test]
    fn a_broken_path_says_where() {
        for (path, part) in [
            ("$.", "a name"),
            ("$.list[", "a selector"),
            ("$.list[0", "`]`"),
            ("$['a", "closing quote"),
            ("$.list[?@.a = 1]", "`==`"),
            ("$.list[?length(@) > 1]", "functions"),
            ("$x", "character 2"),
            ("$.list[?@.a[*] == 1]", "one value"),
            ("$[1:2:0]", "step"),
        ] {
            let why = Path::parse(path).expect_err(path);
            assert!(why.contains(part), "{path}: {why}");
        }
        assert!(Path::parse(&format!("$[?{}@{}]", "(".repeat(5_000), ")".repeat(5_000))).is_err(), "depth is bounded");
    }

    #[test]
    fn a_list_is_gone_empty_or_there() {
        let entries = |path: &str, document: &Value| match Path::parse(path).expect("a path").entries(document) {
            Listed::Gone => None,
            Listed::Found(found) => Some(found.len()),
        };
        let full = json!({"data": {"list": [{"node": {"x": 1}}, {"node": {"x": 2}}]}});
        let empty = json!({"data": {"list": []}});
        let other = json!({"data": {"rows": []}});
        for path in ["/data/list", "$.data.list", "$.data.list[*].node", "$.data.list[?@.node].node"] {
            assert_eq!([entries(path, &full), entries(path, &empty), entries(path, &other)], [Some(2), Some(0), None], "{path}");
        }
        assert_eq!(entries("$.data.list[*].nodes", &full), None, "the entries were rebuilt");
        assert_eq!(entries("$.data.list[?@.kind == 'x']", &full), Some(0), "a filter may leave nothing");
        assert_eq!(entries("/data/list", &json!({"data": {"list": null}})), Some(0));
        assert_eq!(entries("/data/list", &json!({"data": {"list": {"x": 1}}})), Some(1), "one arrives as an object");
        assert_eq!(entries("/data/list", &json!({"data": {"list": "no"}})), None);
    }

    #[test]
    fn a_path_that_goes_everywhere_ends() {
        let mut document = json!([1]);
        for _ in 0..60 {
            document = json!([document, [1, 2, 3]]);
        }
        let found = Path::parse("$..*..*..*..*..*..*").expect("a path").find(&document).len();
        assert!(found < 4_000_000, "{found} values of a document of 241");
    }
}
