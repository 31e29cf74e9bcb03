//! Follows a path through a document, within a bound of steps.

use serde_json::Value;

use super::{Comparison, Operand, Query, Segment, Selector, Slice, Test};

/// Values looked at for one path: every value of the largest document, several times over. `$..*..*` would go on for hours.
const STEPS_MAX: usize = 4_000_000;

/// Every value the segments lead to; of a path that goes too far, what it finds within the bound.
pub(super) fn find<'a>(segments: &[Segment], document: &'a Value) -> Vec<&'a Value> {
    Walk { document, left: STEPS_MAX }.follow(segments, document)
}

struct Walk<'a> {
    document: &'a Value,
    left: usize,
}

impl<'a> Walk<'a> {
    fn follow(&mut self, segments: &[Segment], from: &'a Value) -> Vec<&'a Value> {
        let mut nodes = vec![from];
        for segment in segments {
            let mut next = Vec::new();
            for node in nodes {
                self.enter(segment, node, &mut next);
            }
            nodes = next;
        }
        nodes
    }

    fn step(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    /// The document is as deep as its parser allows, so this is too.
    fn enter(&mut self, segment: &Segment, node: &'a Value, out: &mut Vec<&'a Value>) {
        if !self.step() {
            return;
        }
        for selector in &segment.selectors {
            self.select(selector, node, out);
        }
        if segment.descendants {
            for child in children(node) {
                self.enter(segment, child, out);
            }
        }
    }

    fn select(&mut self, selector: &Selector, node: &'a Value, out: &mut Vec<&'a Value>) {
        match selector {
            Selector::Name(name) => out.extend(node.as_object().and_then(|members| members.get(name))),
            Selector::Index(index) => {
                let values = node.as_array().map(Vec::as_slice).unwrap_or_default();
                out.extend(usize::try_from(from_end(*index, values.len())).ok().and_then(|at| values.get(at)));
            }
            Selector::Slice(slice) => self.slice(*slice, node, out),
            Selector::All => {
                for child in children(node) {
                    if self.step() {
                        out.push(child);
                    }
                }
            }
            Selector::Filter(test) => {
                for child in children(node) {
                    if self.step() && self.holds(test, child) {
                        out.push(child);
                    }
                }
            }
        }
    }

    /// RFC 9535, 2.3.4.2.2.
    fn slice(&mut self, slice: Slice, node: &'a Value, out: &mut Vec<&'a Value>) {
        let Some(values) = node.as_array() else { return };
        let length = signed(values.len());
        let (step, forward) = (slice.step, slice.step > 0);
        let start = slice.start.map_or(if forward { 0 } else { length - 1 }, |start| from_end(start, values.len()));
        let end = slice.end.map_or(if forward { length } else { -length - 1 }, |end| from_end(end, values.len()));
        let (mut at, end) =
            if forward { (start.clamp(0, length), end.clamp(0, length)) } else { (start.clamp(-1, length - 1), end.clamp(-1, length - 1)) };
        while (if forward { at < end } else { at > end }) && self.step() {
            out.extend(usize::try_from(at).ok().and_then(|at| values.get(at)));
            at = at.saturating_add(step);
        }
    }

    fn holds(&mut self, test: &Test, child: &'a Value) -> bool {
        match test {
            Test::Any(tests) => tests.iter().any(|test| self.holds(test, child)),
            Test::Each(tests) => tests.iter().all(|test| self.holds(test, child)),
            Test::Not(test) => !self.holds(test, child),
            Test::Exists(query) => !self.query(query, child).is_empty(),
            Test::Compare(left, comparison, right) => {
                let left = self.operand(left, child);
                let right = self.operand(right, child);
                compare(left.as_ref(), *comparison, right.as_ref())
            }
        }
    }

    fn query(&mut self, query: &Query, child: &'a Value) -> Vec<&'a Value> {
        self.follow(&query.segments, if query.from_document { self.document } else { child })
    }

    fn operand(&mut self, operand: &Operand, child: &'a Value) -> Option<Value> {
        match operand {
            Operand::Literal(value) => Some(value.clone()),
            Operand::Query(query) => self.query(query, child).first().map(|value| (*value).clone()),
        }
    }
}

fn children(node: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match node {
        Value::Array(values) => Box::new(values.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn from_end(index: i64, length: usize) -> i64 {
    if index < 0 { index.saturating_add(signed(length)) } else { index }
}

/// What is missing equals only what is missing too (RFC 9535, 2.3.5.2.2).
fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let (equal, less, greater) = match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            let (left, right) = (left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
            (left == right, left < right, left > right)
        }
        (Some(Value::String(left)), Some(Value::String(right))) => (left == right, left < right, left > right),
        (left, right) => (left == right, false, false),
    };
    match comparison {
        Comparison::Equal => equal,
        Comparison::Unequal => !equal,
        Comparison::Less => less,
        Comparison::AtMost => less || equal,
        Comparison::Greater => greater,
        Comparison::AtLeast => greater || equal,
    }
}
