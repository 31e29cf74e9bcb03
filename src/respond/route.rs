//! From a verdict to departments.

use crate::model::Severity;

/// One `[[route]]`. The first that matches names the department responsible; later ones that match with
/// `also = true` are told beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub department: String,
    /// Empty: any brand.
    pub brands: Vec<String>,
    /// Empty: any category.
    pub categories: Vec<String>,
    /// Empty: any source.
    pub sources: Vec<String>,
    /// This and worse.
    pub severity: Severity,
    pub also: bool,
}

/// `[respond]`: what holds for every route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RespondOptions {
    /// Milder verdicts are kept and never sent.
    pub least_severity: Severity,
    /// The department for what no route matches, and for our own trouble.
    pub ops: String,
    /// The same text within this time joins the incident that is there.
    pub same_text_within: std::time::Duration,
    /// A delivery that failed this long goes out over the fallback channels too.
    pub fallback_after: std::time::Duration,
    /// A delivery is given up after this, and ops are told.
    pub give_up_after: std::time::Duration,
    /// How long a link in a mail acknowledges.
    pub link_valid: std::time::Duration,
}
