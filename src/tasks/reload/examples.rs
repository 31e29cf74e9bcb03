//! The rules' own examples, which `hearken check` runs too: a change whose examples fail is refused as a file with a mistake is, and of a set
//! that is in force with failing ones since the start ops are told.

use std::sync::Arc;

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::live::Live;
use super::super::trouble;
use super::PROBLEMS_IN_MAIL_MAX;
use crate::decide::example;
use crate::model::{IncidentKind, Over, Phrase, Severity, Told};
use crate::problem::{Problem, render};
use crate::respond::incident::Subject;
use crate::respond::message::plain;

/// Those of a set that do not come out as they say. Of the shipped rules some two thousand are run, in about 0.2 s of a core.
pub(super) fn failing(live: &Live) -> Vec<Problem> {
    example::run(&live.judge).failing
}

/// Why a changed set with failing examples is not put in force.
pub(super) fn objection(failing: &[Problem]) -> Told {
    told("reload_title", failing)
}

/// Looks once at the set that is in force since the start. It is heard by whatever it is worth; ops hear that it is not sound.
pub(super) async fn look(context: &Arc<Context>) -> Result<(), TaskError> {
    let live = context.live();
    let found = tokio::task::spawn_blocking(move || failing(&live)).await?;
    if found.is_empty() {
        return over(context).await;
    }
    context.watch().fails = true;
    let told = told("examples_title", &found);
    let (title, detail) = plain(&told);
    tracing::error!("{title}\n{detail}");
    trouble::raise(context, Subject::trouble(IncidentKind::Ops, trouble::EXAMPLES, Severity::High, told)).await
}

/// A set whose examples hold is in force.
pub(super) async fn over(context: &Context) -> Result<(), TaskError> {
    context.watch().fails = false;
    trouble::clear(context, trouble::EXAMPLES, Over::Files).await
}

fn told(title: &str, failing: &[Problem]) -> Told {
    let first = render(&failing[..failing.len().min(PROBLEMS_IN_MAIL_MAX)], false);
    let lines = vec![Phrase::counted("examples", failing.len()), Phrase::gap(), Phrase::raw(first), Phrase::gap(), Phrase::said("check")];
    Told::new(Phrase::said(title), lines)
}
