//! The part of XPath 1.0 that can mean something in CSS, as values.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Begins at the document.
    pub(super) absolute: bool,
    pub(super) steps: Vec<Step>,
    pub(super) tail: Tail,
    /// `(..)[1]`.
    pub(super) first_only: bool,
}

/// What a path reads at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Element,
    Text,
    Attribute(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) axis: Axis,
    /// The axis was written out, which changes what a position counts.
    pub(super) explicit: bool,
    /// None: any element.
    pub(super) name: Option<String>,
    pub(super) predicates: Vec<Predicate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Child,
    Descendant,
    FollowingSibling,
    Parent,
    Ancestor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    Position(u32),
    Last,
    Where(Test),
}

/// A condition on an element. The first text is an attribute's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Has(String),
    Equals(String, String),
    Differs(String, String),
    Contains(String, String),
    StartsWith(String, String),
    Word(String, String),
    NotEmpty(String),
    Is(String),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
    Path(Path),
}
