//! Sources that fell silent together: told once for all of them. It is over when hardly one of them is silent any more.

use super::context::Context;
use super::driver::TaskError;
use super::trouble;
use crate::collect::health;
use crate::collect::source::SourceOptions;
use crate::collect::together::{Voice, any_together, quiet_with};
use crate::model::{IncidentKind, Moment, Over, Phrase, Severity, SourceState, Told, Value};
use crate::respond::incident::Subject;

/// Key of the incident about them.
pub(super) const TOGETHER: &str = "quiet:together";

/// Excuses a source that has been silent for too long where others fell silent with it, and tells of all of them. One whose limit the
/// operator wrote is told as it was written. Asked for once in a limit, for it begins anew with each excuse.
pub(super) async fn excuse(context: &Context, source: &SourceOptions, state: &mut SourceState, now: Moment) -> Result<(), TaskError> {
    let Some(silence) = health::silence(state, source, now).filter(|_| source.silent_after.is_none()) else { return Ok(()) };
    if context.store.was_told_since(&trouble::silent_key(&source.name), silence.last_item_at).await? {
        return Ok(());
    }
    let (live, states) = (context.live(), context.store.sources().await?);
    let others = states.iter().filter(|other| other.name != source.name);
    let others: Vec<_> = others.filter_map(|other| Some((other, health::voice(other, live.source(&other.name)?)?))).collect();
    let voices: Vec<_> = others.iter().map(|(_, voice)| *voice).collect();
    let Some(quiet) = quiet_with(silence.last_item_at, &voices, now) else { return Ok(()) };
    state.watch.excused_at = Some(now);
    let mut names: Vec<&str> = quiet.iter().filter_map(|at| others.get(*at)).map(|(other, _)| other.name.as_str()).collect();
    names.push(&source.name);
    names.sort_unstable();
    let subject = subject(&names, &silence);
    if let Some(open) = context.store.open_incident_by_key(TOGETHER).await? {
        context.store.revise(&open.id, &subject.title, &subject.detail, subject.told.as_ref(), now).await?;
        return Ok(());
    }
    // Somebody resolved it, knowing what it is.
    if context.store.was_told_since(TOGETHER, silence.last_item_at).await? {
        return Ok(());
    }
    trouble::raise(context, subject).await
}

fn subject(names: &[&str], silence: &health::Silence) -> Subject {
    let title = Phrase::said("together_title").with("count", names.len().to_string()).with("span", silence.lasts);
    let lines = vec![
        Phrase::said("silent_names").with("names", Value::names(names.iter().copied())),
        Phrase::said("together").with("last", silence.last_item_at),
        Phrase::gap(),
        Phrase::said("together_help"),
    ];
    Subject::trouble(IncidentKind::Source, TOGETHER, Severity::Medium, Told::new(title, lines))
}

/// Ends the incident when nobody is left who is silent together with others.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    let (live, states, now) = (context.live(), context.store.sources().await?, context.clock.now());
    let voices: Vec<(&SourceState, Voice<'_>)> =
        states.iter().filter_map(|state| Some((state, health::voice(state, live.source(&state.name)?)?))).collect();
    let excused: Vec<usize> = (0..voices.len()).filter(|at| health::is_excused(voices[*at].0)).collect();
    let voices: Vec<Voice<'_>> = voices.into_iter().map(|(_, voice)| voice).collect();
    let together = any_together(&voices, &excused, now);
    if together { Ok(()) } else { trouble::clear(context, TOGETHER, Over::Together).await }
}
