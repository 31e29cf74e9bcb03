//! The part of XPath 1.0 that can mean something in CSS, parsed; everything else is refused with its name.

use super::grammar::{Axis, Path, Predicate, Step, Tail, Test};

/// Nesting of conditions beyond this is no selector of a person.
const DEPTH_MAX: usize = 16;
/// Longer expressions are refused unread.
const BYTES_MAX: usize = 4096;

/// The alternatives of an expression.
pub(super) fn parse(xpath: &str) -> Result<Vec<Path>, String> {
    if xpath.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if xpath.len() > BYTES_MAX {
        return Err(format!("it is longer than {BYTES_MAX} bytes"));
    }
    let mut reader = Reader { rest: xpath.trim(), depth: 0 };
    let mut paths = vec![reader.outer()?];
    while reader.take("|") {
        paths.push(reader.outer()?);
    }
    if reader.rest().is_empty() { Ok(paths) } else { Err(format!("`{}` is not understood", shown(reader.rest))) }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        self.rest
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            return Ok(());
        }
        let rest = self.rest();
        if rest.is_empty() {
            Err(format!("it ends where `{token}` is missing"))
        } else {
            Err(format!("`{token}` is missing before `{}`", shown(rest)))
        }
    }

    /// `name(`, taken; nothing where it is another name.
    fn call(&mut self, name: &str) -> bool {
        let Some(rest) = self.rest().strip_prefix(name) else { return false };
        let Some(rest) = rest.trim_start().strip_prefix('(') else { return false };
        self.rest = rest;
        true
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == DEPTH_MAX {
            return Err("it is nested too deeply".to_owned());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// A path at the top: with `(..)[1]`, `normalize-space(..)` or `string(..)` around it.
    fn outer(&mut self) -> Result<Path, String> {
        if self.rest().starts_with(['"', '\'']) {
            return Err("it is a fixed text, which is nothing that is read from the page".to_owned());
        }
        if self.call("normalize-space") || self.call("string") {
            let path = self.deeper(Self::outer)?;
            self.need(")")?;
            return Ok(path);
        }
        if self.take("(") {
            let mut path = self.deeper(Self::outer)?;
            self.need(")")?;
            if self.take("[") {
                self.need("1")?;
                self.need("]")?;
                path.first_only = true;
            }
            if self.take("/") {
                self.need("@")?;
                path.tail = Tail::Attribute(self.name()?);
            }
            return Ok(path);
        }
        self.path()
    }

    fn path(&mut self) -> Result<Path, String> {
        let mut path = Path { absolute: false, steps: Vec::new(), tail: Tail::Element, first_only: false };
        let mut below = false;
        if self.take("//") {
            (path.absolute, below) = (true, true);
        } else if self.take("/") {
            path.absolute = true;
        }
        loop {
            if path.tail != Tail::Element {
                return Err("nothing can follow a text or an attribute".to_owned());
            }
            self.step(&mut path, below)?;
            below = self.take("//");
            if !below && !self.take("/") {
                return Ok(path);
            }
        }
    }

    fn step(&mut self, path: &mut Path, below: bool) -> Result<(), String> {
        if self.take("..") {
            path.steps.push(Step { axis: Axis::Parent, explicit: false, name: None, predicates: Vec::new() });
            return Ok(());
        }
        if self.rest().starts_with('.') {
            self.take(".");
            return Ok(());
        }
        if self.take("@") || self.take("attribute::") {
            if below {
                return Err("`//@` reads attributes of any depth: name the element".to_owned());
            }
            path.tail = Tail::Attribute(self.name()?);
            return Ok(());
        }
        let (axis, explicit) = self.axis(below)?;
        if self.call("text") {
            self.need(")")?;
            path.tail = Tail::Text;
            return Ok(());
        }
        if self.call("node") {
            return Err("`node()` is no element".to_owned());
        }
        let name = if self.take("*") { None } else { Some(self.name()?) };
        if let Some(name) = name.as_deref().filter(|_| self.rest().starts_with('(')) {
            return Err(format!("`{name}()` has no counterpart in CSS"));
        }
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.deeper(Self::predicate)?);
            self.need("]")?;
        }
        path.steps.push(Step { axis, explicit, name, predicates });
        Ok(())
    }

    fn axis(&mut self, below: bool) -> Result<(Axis, bool), String> {
        for (word, axis) in [
            ("child::", Axis::Child),
            ("descendant::", Axis::Descendant),
            ("following-sibling::", Axis::FollowingSibling),
            ("parent::", Axis::Parent),
            ("ancestor::", Axis::Ancestor),
        ] {
            if self.take(word) {
                return match (below, axis) {
                    (false, axis) => Ok((axis, axis != Axis::Child)),
                    (true, Axis::Child) => Ok((Axis::Descendant, false)),
                    (true, Axis::Descendant) => Ok((Axis::Descendant, true)),
                    (true, _) => Err(format!("`//{word}` has no counterpart in CSS")),
                };
            }
        }
        if let Some((word, _)) = self.rest().split_once("::").filter(|(word, _)| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
            return Err(format!("the axis `{word}::` has no counterpart in CSS"));
        }
        Ok((if below { Axis::Descendant } else { Axis::Child }, false))
    }

    /// An element's or attribute's name, in lower case as HTML has them.
    fn name(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
        if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(if rest.is_empty() {
                "it ends where a name is missing".to_owned()
            } else {
                format!("`{}` is no name", shown(rest))
            });
        }
        if rest[end..].starts_with(':') {
            return Err("names with a prefix are not known to HTML".to_owned());
        }
        self.rest = &rest[end..];
        Ok(rest[..end].to_ascii_lowercase())
    }

    fn predicate(&mut self) -> Result<Predicate, String> {
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            self.rest = &rest[digits..];
            let nth = rest[..digits].parse().ok().filter(|nth| *nth > 0);
            return nth.map(Predicate::Position).ok_or_else(|| format!("there is no position {}", &rest[..digits]));
        }
        if self.call("last") {
            self.need(")")?;
            return Ok(Predicate::Last);
        }
        if self.call("position") {
            self.need(")")?;
            self.need("=")?;
            return self.predicate();
        }
        self.either().map(Predicate::Where)
    }

    fn either(&mut self) -> Result<Test, String> {
        let mut tests = vec![self.both()?];
        while self.word("or") {
            tests.push(self.both()?);
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::Or(tests) })
    }

    fn both(&mut self) -> Result<Test, String> {
        let mut tests = vec![self.test()?];
        while self.word("and") {
            tests.push(self.test()?);
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::And(tests) })
    }

    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest().strip_prefix(word) else { return false };
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return false;
        }
        self.rest = rest;
        true
    }

    fn test(&mut self) -> Result<Test, String> {
        if self.take("(") {
            let test = self.deeper(Self::either)?;
            self.need(")")?;
            return Ok(test);
        }
        if self.call("not") {
            let test = self.deeper(Self::either)?;
            self.need(")")?;
            return Ok(Test::Not(Box::new(test)));
        }
        if self.call("contains") {
            return self.contains();
        }
        if self.call("starts-with") {
            let name = self.attribute()?;
            self.need(",")?;
            let value = self.literal()?;
            self.need(")")?;
            return Ok(Test::StartsWith(name, value));
        }
        if self.call("string-length") {
            let name = self.attribute()?;
            self.need(")")?;
            self.need(">")?;
            self.need("0")?;
            return Ok(Test::NotEmpty(name));
        }
        if self.take("self::") {
            return Ok(Test::Is(self.name()?));
        }
        if self.rest().starts_with(['"', '\'']) {
            let value = self.literal()?;
            self.need("=")?;
            return Ok(Test::Equals(self.attribute()?, value));
        }
        let path = self.deeper(Self::path)?;
        self.compared(path)
    }

    /// `contains(@a, 'v')`, or the long way to ask for one class among several.
    fn contains(&mut self) -> Result<Test, String> {
        if !self.call("concat") {
            let name = self.attribute()?;
            self.need(",")?;
            let value = self.literal()?;
            self.need(")")?;
            return Ok(Test::Contains(name, value));
        }
        let blank = |text: &str| text == " ";
        let before = self.literal()?;
        self.need(",")?;
        let spaced = self.call("normalize-space");
        let name = self.attribute()?;
        if spaced {
            self.need(")")?;
        }
        self.need(",")?;
        let after = self.literal()?;
        self.need(")")?;
        self.need(",")?;
        let value = self.literal()?;
        self.need(")")?;
        let word = value.trim();
        let framed = blank(&before) && blank(&after) && value.len() == word.len() + 2 && !word.is_empty();
        if !framed || word.contains(char::is_whitespace) {
            return Err("`contains(concat(..))` is understood for one word between two spaces alone".to_owned());
        }
        Ok(Test::Word(name, word.to_owned()))
    }

    fn compared(&mut self, path: Path) -> Result<Test, String> {
        let own = match (&path.tail, path.steps.is_empty() && !path.absolute) {
            (Tail::Attribute(name), true) => Some(name.clone()),
            _ => None,
        };
        let differs = self.take("!=");
        if differs || self.take("=") {
            let Some(name) = own else {
                return Err("CSS cannot ask for text: only an attribute of the element itself is compared".to_owned());
            };
            let value = self.literal()?;
            return Ok(if differs { Test::Differs(name, value) } else { Test::Equals(name, value) });
        }
        if self.rest().starts_with(['<', '>']) {
            return Err("CSS compares no numbers".to_owned());
        }
        Ok(own.map_or(Test::Path(path), Test::Has))
    }

    fn attribute(&mut self) -> Result<String, String> {
        if self.take("@") || self.take("attribute::") {
            return self.name();
        }
        Err("CSS cannot ask for text: only attributes (`@..`) are searched".to_owned())
    }

    fn literal(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else { return Err("a text in quotes is missing".to_owned()) };
        let Some(end) = rest[1..].find(quote) else { return Err("it ends inside a text in quotes".to_owned()) };
        self.rest = &rest[end + 2..];
        Ok(rest[1..=end].to_owned())
    }
}

fn shown(rest: &str) -> String {
    rest.chars().take(24).collect()
}
