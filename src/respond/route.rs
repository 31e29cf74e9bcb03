//! From a verdict to departments.

use serde::Serialize;

use super::burst::BurstOptions;
use crate::model::{CategoryScore, Severity, Verdict};

/// A category leads to its department with this share of the strongest one's points; with less it is a remark beside what the text is
/// about. But for what is critical, where it may be the remark that makes it so.
pub const LEADING_SHARE: f64 = 0.5;

/// One `[[route]]`. The first that matches without `also` names the department responsible; where it asks for categories, the routes
/// behind it that ask for some, too, have a say up to the first that matches whatever the category: the category with the most points
/// decides, and the order among routes of the same. One whose categories all have less than `LEADING_SHARE` of the strongest one's points
/// is passed over. Every one that matches with `also = true`, wherever it stands, names one that is
/// told beside it.
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
    /// Tells its department beside the one responsible, and never makes it responsible.
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
    /// The page of an incident's mention is looked at again this often; none: only where its source says so.
    pub recheck: Option<std::time::Duration>,
    /// So long after the incident was resolved.
    pub recheck_for: std::time::Duration,
    pub burst: BurstOptions,
}

/// Who is to hear of a verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Routed {
    /// The department responsible.
    pub department: String,
    /// Departments told beside it, in the order of the file, without repeats.
    pub also: Vec<String>,
    /// The brand the route was taken for.
    pub brand: Option<String>,
    /// The category the route was taken for: the strongest one that it names.
    pub category: Option<String>,
    pub why: RouteReason,
    /// The first route that was passed over because the category it names has too few points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<Passed>,
}

/// A `[[route]]` that names only a category of too few points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passed {
    /// From 1.
    pub number: usize,
    pub category: String,
    pub points: f64,
    /// Of the strongest category.
    pub strongest: f64,
}

/// Why that department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum RouteReason {
    /// The `number`th `[[route]]` of the configuration, from 1.
    Matched { number: usize },
    /// That one, although the `first`th matches before it: for a category that has more points than any the `first`th names.
    Stronger { number: usize, first: usize },
    /// No route without `also` matched: ops look at it.
    NothingMatched,
}

/// Why nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "quiet", rename_all = "snake_case")]
pub enum QuietReason {
    /// It was there when the source was polled for the first time.
    Baseline,
    NoBrand,
    NotAComplaint,
    BelowLeast {
        severity: Severity,
        least: Severity,
    },
    /// Its incident is resolved, and it is neither worse since nor a matter for others.
    AlreadyResolved {
        incident: String,
    },
    /// Somebody called the same text a false alarm.
    FalseAlarm {
        incident: String,
    },
}

impl QuietReason {
    /// Its word, without the particulars: for the log and the metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::NoBrand => "no_brand",
            Self::NotAComplaint => "not_a_complaint",
            Self::BelowLeast { .. } => "below_least",
            Self::AlreadyResolved { .. } => "already_resolved",
            Self::FalseAlarm { .. } => "false_alarm",
        }
    }
}

/// The departments for a verdict. A verdict has every category it scored in; a route matches when it names any of them.
///
/// # Errors
/// The reason why nobody is told.
pub fn route(routes: &[Route], options: &RespondOptions, verdict: &Verdict, source: &str) -> Result<Routed, QuietReason> {
    if verdict.brands.is_empty() {
        return Err(QuietReason::NoBrand);
    }
    // Harm is told in whatever tone it is: who was ill all night after a lovely evening does not complain, and it has to be known.
    if !verdict.complaint && verdict.severity < Severity::Critical {
        return Err(QuietReason::NotAComplaint);
    }
    if verdict.severity < options.least_severity {
        return Err(QuietReason::BelowLeast { severity: verdict.severity, least: options.least_severity });
    }
    Ok(choose(routes, options, verdict, source))
}

fn choose(routes: &[Route], options: &RespondOptions, verdict: &Verdict, source: &str) -> Routed {
    let matching: Vec<(usize, &Route)> = routes.iter().enumerate().filter(|(_, route)| route.matches(verdict, source)).collect();
    let leading: Vec<(usize, &Route)> =
        matching.iter().copied().filter(|(_, route)| !route.also && faint(route, verdict).is_none()).collect();
    let responsible = responsible(&leading, verdict);
    let before = responsible.map_or(usize::MAX, |(index, _, _)| index);
    let passed = |(index, route): &(usize, &Route)| {
        let (category, strongest) = faint(route, verdict).filter(|_| !route.also && *index < before)?;
        Some(Passed { number: index + 1, category: category.category.clone(), points: category.score, strongest })
    };
    let department = responsible.map_or(&options.ops, |(_, route, _)| &route.department);
    let beside = matching.iter().filter(|(_, route)| route.also).map(|(_, route)| &route.department);
    let mut also: Vec<String> = Vec::new();
    for other in for_other_brands(&leading, verdict).into_iter().chain(beside) {
        if other != department && !also.contains(other) {
            also.push(other.clone());
        }
    }
    let (brands, categories) = responsible.map_or((&[][..], &[][..]), |(_, route, _)| (&route.brands[..], &route.categories[..]));
    Routed {
        department: department.clone(),
        also,
        brand: verdict.concerned().find(|brand| names(brands, brand)).cloned(),
        category: strongest(verdict, categories).map(|score| score.category.clone()),
        why: responsible.map_or(RouteReason::NothingMatched, |(_, _, why)| why),
        passed: matching.iter().find_map(passed),
    }
}

/// Who would be responsible, were each of several brands the only one: whose fault it is cannot be told from a text that names two, and
/// who is not told of their own is told nothing at all. Only routes that ask for brands part them.
fn for_other_brands<'a>(leading: &[(usize, &'a Route)], verdict: &Verdict) -> Vec<&'a String> {
    if verdict.concerned().count() < 2 || leading.iter().all(|(_, route)| route.brands.is_empty()) {
        return Vec::new();
    }
    let of = |brand: &String| {
        let those: Vec<(usize, &Route)> = leading.iter().filter(|(_, route)| names(&route.brands, brand)).copied().collect();
        responsible(&those, verdict).map(|(_, route, _)| &route.department)
    };
    verdict.concerned().filter_map(of).collect()
}

/// The strongest category that a route asks for and the points of the strongest of all, where that is too little to lead to its department.
fn faint<'a>(route: &Route, verdict: &'a Verdict) -> Option<(&'a CategoryScore, f64)> {
    if route.categories.is_empty() || verdict.severity >= Severity::Critical {
        return None;
    }
    let (own, most) = (strongest(verdict, &route.categories)?, strongest(verdict, &[])?.score);
    (own.score < most * LEADING_SHARE).then_some((own, most))
}

/// The route that names the department responsible, among those that match and lead to one.
fn responsible<'a>(leading: &[(usize, &'a Route)], verdict: &Verdict) -> Option<(usize, &'a Route, RouteReason)> {
    let mut candidates = leading.iter();
    let (first, route) = *candidates.next()?;
    let own = (first, route, RouteReason::Matched { number: first + 1 });
    if route.categories.is_empty() {
        return Some(own);
    }
    let points = |route: &Route| strongest(verdict, &route.categories).map_or(f64::NEG_INFINITY, |score| score.score);
    let mut best = own;
    // One without categories takes whatever comes to its place: nothing behind it was ever meant to go before it.
    for (index, other) in candidates.take_while(|(_, other)| !other.categories.is_empty()) {
        if points(other) > points(best.1) {
            best = (*index, other, RouteReason::Stronger { number: index + 1, first: first + 1 });
        }
    }
    Some(best)
}

/// Who is next by the routes where some departments are out, because they said that it is not theirs: as if these had no routes. What leads
/// to a department for a category of few points alone comes after all else. None where nobody else's route fits.
#[must_use]
pub fn next_by_routes<'a>(routes: &'a [Route], verdict: &Verdict, source: &str, is_out: impl Fn(&str) -> bool) -> Option<&'a String> {
    let fits = |(_, route): &(usize, &Route)| !route.also && !is_out(&route.department) && route.matches(verdict, source);
    let fitting = routes.iter().enumerate().filter(fits);
    let (leading, others): (Vec<_>, Vec<_>) = fitting.partition(|(_, route)| faint(route, verdict).is_none());
    [leading, others].iter().find_map(|those| responsible(those, verdict)).map(|(_, route, _)| &route.department)
}

/// Of the categories that a list names, the one with the most points in a verdict.
fn strongest<'a>(verdict: &'a Verdict, named: &[String]) -> Option<&'a CategoryScore> {
    let those = verdict.categories.iter().filter(|score| names(named, &score.category));
    those.reduce(|best, score| if score.score > best.score { score } else { best })
}

impl Route {
    fn matches(&self, verdict: &Verdict, source: &str) -> bool {
        verdict.severity >= self.severity
            && names(&self.sources, source)
            && verdict.concerned().any(|brand| names(&self.brands, brand))
            && (self.categories.is_empty() || verdict.categories.iter().any(|score| self.categories.contains(&score.category)))
    }
}

/// An empty list names everything.
fn names(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|entry| entry == name)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{options, route_to, verdict};
    use super::*;

    fn chosen(routes: &[Route], verdict: &Verdict) -> (String, Vec<String>) {
        let routed = route(routes, &options(), verdict, "shop-feed").expect("somebody is told");
        (routed.department, routed.also)
    }

    #[test]
    fn who_is_only_praised_beside_it_is_not_told() {
        let routes =
            [Route { brands: vec!["Lanting".into()], ..route_to("tea") }, Route { brands: vec!["Kestrel".into()], ..route_to("coffee") }];
        let both = Verdict { brands: vec!["Kestrel".into(), "Lanting".into()], ..verdict(Severity::High, &["price"]) };
        assert_eq!(chosen(&routes, &both), ("tea".to_owned(), vec!["coffee".to_owned()]));
        let one = Verdict { spared: vec!["Lanting".into()], ..both };
        assert_eq!(chosen(&routes, &one), ("coffee".to_owned(), Vec::new()));
    }

    #[test]
    fn the_first_route_that_matches_wins_and_others_are_told_beside_it() {
        let routes = [
            Route { brands: vec!["Other".into()], ..route_to("other") },
            Route { categories: vec!["logistics".into()], severity: Severity::Medium, ..route_to("logistics") },
            Route { categories: vec!["logistics".into()], ..route_to("second") },
            Route { also: true, severity: Severity::High, ..route_to("management") },
            Route { also: true, severity: Severity::High, ..route_to("management") },
            Route { also: true, ..route_to("logistics") },
            Route { also: true, severity: Severity::Critical, ..route_to("board") },
        ];
        let high = verdict(Severity::High, &["logistics", "price"]);
        assert_eq!(chosen(&routes, &high), ("logistics".into(), vec!["management".into()]));
        let medium = verdict(Severity::Medium, &["price", "logistics"]);
        assert_eq!(chosen(&routes, &medium), ("logistics".into(), vec![]));
        let routed = route(&routes, &options(), &medium, "shop-feed").expect("somebody is told");
        assert_eq!((routed.category.as_deref(), routed.why), (Some("logistics"), RouteReason::Matched { number: 2 }));
    }

    fn scored(categories: &[(&str, f64)]) -> Verdict {
        let scores = categories.iter().map(|(category, score)| CategoryScore { category: (*category).to_owned(), score: *score });
        Verdict { categories: scores.collect(), ..verdict(Severity::High, &[]) }
    }

    #[test]
    fn the_category_with_the_most_points_decides_among_routes_that_ask_for_one() {
        let of = |department: &str, categories: &[&str]| Route {
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            ..route_to(department)
        };
        let routes = [of("quality", &["product_quality"]), of("chief", &["fraud"]), of("legal", &["fraud"]), route_to("care")];
        let why = |verdict: &Verdict| {
            let routed = route(&routes, &options(), verdict, "shop-feed").expect("somebody is told");
            (routed.department, routed.category.unwrap_or_default(), routed.why)
        };
        let both = scored(&[("fraud", 3.5), ("product_quality", 2.0)]);
        assert_eq!(why(&both), ("chief".into(), "fraud".into(), RouteReason::Stronger { number: 2, first: 1 }));
        let other = scored(&[("product_quality", 3.5), ("fraud", 1.3)]);
        assert_eq!(why(&other), ("quality".into(), "product_quality".into(), RouteReason::Matched { number: 1 }));
        let even = scored(&[("fraud", 2.0), ("product_quality", 2.0)]);
        assert_eq!(why(&even).0, "quality", "the order decides where the points do not");
        let strange = scored(&[("price", 3.5), ("fraud", 2.0)]);
        assert_eq!(
            why(&strange),
            ("chief".into(), "fraud".into(), RouteReason::Matched { number: 2 }),
            "a route of its own before one of all"
        );
        assert_eq!(why(&scored(&[("price", 1.0)])), ("care".into(), "price".into(), RouteReason::Matched { number: 4 }));
        assert_eq!(serde_json::to_value(why(&both).2).expect("JSON"), serde_json::json!({ "route": "stronger", "number": 2, "first": 1 }));
    }

    #[test]
    fn a_category_with_less_than_half_of_the_points_leads_nowhere() {
        let of = |department: &str, categories: &[&str]| Route {
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            ..route_to(department)
        };
        let routes = [of("quality", &["product_quality"]), of("legal", &["fraud"])];
        let why = |routes: &[Route], verdict: &Verdict| {
            let routed = route(routes, &options(), verdict, "shop-feed").expect("somebody is told");
            (routed.department, routed.category.unwrap_or_default())
        };
        let faint = scored(&[("service_attitude", 4.5), ("product_quality", 1.3)]);
        assert_eq!(why(&routes, &faint), ("ops".into(), "service_attitude".into()), "no route names what it is about");
        let with_default = [routes[0].clone(), routes[1].clone(), route_to("care")];
        assert_eq!(why(&with_default, &faint), ("care".into(), "service_attitude".into()));
        let half = scored(&[("service_attitude", 4.0), ("product_quality", 2.0)]);
        assert_eq!(why(&with_default, &half), ("quality".into(), "product_quality".into()), "half of the points will do");
        let harm = Verdict { severity: Severity::Critical, ..faint.clone() };
        assert_eq!(why(&with_default, &harm).0, "quality", "it may be what makes it critical");
        let passed = route(&with_default, &options(), &faint, "shop-feed").expect("somebody is told").passed;
        let expected = Passed { number: 1, category: "product_quality".into(), points: 1.3, strongest: 4.5 };
        assert_eq!(passed, Some(expected));
        let behind = route(&[route_to("care"), routes[0].clone()], &options(), &faint, "shop-feed").expect("somebody is told");
        assert_eq!(behind.passed, None, "the first took it anyway");
        let beside = [Route { also: true, ..routes[1].clone() }, route_to("care")];
        let whole = route(&beside, &options(), &scored(&[("price", 9.0), ("fraud", 1.0)]), "shop-feed").expect("somebody is told");
        assert_eq!((whole.department.as_str(), whole.also), ("care", vec!["legal".to_owned()]), "who is told beside hears of it all");
    }

    #[test]
    fn who_is_next_is_whose_route_fits_and_never_one_told_beside() {
        let of = |department: &str, category: &str| Route { categories: vec![category.to_owned()], ..route_to(department) };
        let beside = Route { also: true, ..route_to("management") };
        let routes = [beside, of("logistics", "logistics"), of("quality", "product_quality"), of("legal", "fraud"), route_to("care")];
        let text = scored(&[("logistics", 4.0), ("fraud", 2.0), ("product_quality", 1.0)]);
        let next = |out: &[&str]| next_by_routes(&routes, &text, "shop-feed", |name| out.contains(&name)).cloned();
        let order = ["logistics", "legal", "care", "quality"];
        for said in 0..order.len() {
            assert_eq!(next(&order[..said]).as_deref(), Some(order[said]));
        }
        assert_eq!(next(&order), None, "management is not asked to handle it");
        assert_eq!(next_by_routes(&routes[..3], &scored(&[("price", 1.0)]), "s", |_| false), None, "no route fits");
    }

    #[test]
    fn a_route_without_categories_keeps_its_place() {
        let fraud = Route { categories: vec!["fraud".into()], ..route_to("legal") };
        let forum = Route { sources: vec!["shop-feed".into()], ..route_to("forum") };
        let quality = Route { categories: vec!["product_quality".into()], ..route_to("quality") };
        let both = scored(&[("fraud", 3.5), ("product_quality", 2.0)]);
        assert_eq!(chosen(&[forum.clone(), fraud.clone()], &both).0, "forum", "it stands first");
        assert_eq!(chosen(&[quality.clone(), forum.clone(), fraud.clone()], &both).0, "quality", "nothing passes it");
        let beside = Route { also: true, ..route_to("management") };
        assert_eq!(chosen(&[quality, beside, fraud, forum], &both), ("legal".into(), vec!["management".into()]), "one beside is no border");
    }

    #[test]
    fn an_also_route_tells_beside_wherever_it_stands_and_is_never_responsible() {
        let beside = Route { also: true, ..route_to("management") };
        let low = verdict(Severity::Low, &["other"]);
        assert_eq!(chosen(&[beside.clone(), route_to("care")], &low), ("care".into(), vec!["management".into()]));
        assert_eq!(chosen(&[route_to("care"), beside.clone()], &low), ("care".into(), vec!["management".into()]));
        let routed = route(&[beside], &options(), &low, "shop-feed").expect("somebody is told");
        assert_eq!((routed.department.as_str(), routed.also.as_slice()), ("ops", &["management".to_owned()][..]));
        assert_eq!((routed.category.as_deref(), routed.why), (Some("other"), RouteReason::NothingMatched));
    }

    #[test]
    fn what_no_route_names_goes_to_ops() {
        let routes = [Route { sources: vec!["forum".into()], ..route_to("care") }];
        let routed = route(&routes, &options(), &verdict(Severity::High, &["fraud"]), "shop-feed").expect("somebody is told");
        assert_eq!((routed.department.as_str(), routed.why), ("ops", RouteReason::NothingMatched));
        assert_eq!(routed.category.as_deref(), Some("fraud"));
    }

    #[test]
    fn a_second_brand_finds_its_route() {
        let routes = [Route { brands: vec!["Kestrel".into()], ..route_to("kestrel") }];
        let mut both = verdict(Severity::High, &[]);
        both.brands = vec!["Lanting".into(), "Kestrel".into()];
        let routed = route(&routes, &options(), &both, "shop-feed").expect("somebody is told");
        assert_eq!((routed.department.as_str(), routed.brand.as_deref()), ("kestrel", Some("Kestrel")));
    }

    #[test]
    fn nobody_is_told_for_a_reason() {
        let praise = Verdict { complaint: false, ..verdict(Severity::High, &["price"]) };
        let nameless = Verdict { brands: vec![], ..verdict(Severity::High, &["price"]) };
        let mild = verdict(Severity::None, &["price"]);
        assert_eq!(serde_json::to_value(QuietReason::NotAComplaint).expect("JSON")["quiet"], QuietReason::NotAComplaint.as_str());
        assert_eq!(route(&[], &options(), &praise, "s"), Err(QuietReason::NotAComplaint));
        let harm = Verdict { severity: Severity::Critical, ..praise };
        assert!(route(&[], &options(), &harm, "s").is_ok(), "harm in a friendly text");
        assert_eq!(route(&[], &options(), &nameless, "s"), Err(QuietReason::NoBrand));
        let below = QuietReason::BelowLeast { severity: Severity::None, least: Severity::Low };
        assert_eq!(route(&[], &options(), &mild, "s"), Err(below));
    }
}
