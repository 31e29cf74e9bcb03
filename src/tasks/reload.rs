//! Puts changed files in force: on SIGHUP and when a file has changed. A set with mistakes changes nothing and is told to ops.

mod again;
mod examples;
mod gate;
mod report;
pub(super) mod start;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::context::Context;
use super::driver::{Activation, Ended, TaskError};
use super::live::{Live, LoadError};
use super::metrics::ReloadLabels;
use super::{blindness, systemd};
use crate::model::{Phrase, Told};
use crate::problem::render;
use crate::respond::message::plain;

/// Longest list of problems in a mail; `hearken check` shows them all.
const PROBLEMS_IN_MAIL_MAX: usize = 5;
/// Folders below a watched one: as deep as rules are read, with one to spare.
const FOLDERS_DEEP: usize = 3;

/// Names, sizes and times of all files that were read, and of what lies beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, u64, Option<SystemTime>)>);

/// What the reload remembers between its activations.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// As it was when the set in force, or the last refused one, was read.
    tried: Stamp,
    /// As it was at the last look: a file still being written changes from look to look.
    seen: Stamp,
    /// The newest set was refused, and an older one is in force.
    refused: bool,
    /// The examples of the rules that were in force at the start have been run.
    examined: bool,
    /// Some of those of the rules in force fail.
    fails: bool,
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    if !context.watch().examined {
        examples::look(&context).await?;
        start::look(&context).await?;
        context.watch().examined = true;
    }
    let stamp = stamp(&context.live());
    let asked = context.take_reload();
    let changed = {
        let mut watch = context.watch();
        let settled = watch.seen == stamp;
        watch.seen.clone_from(&stamp);
        let due = asked || (settled && watch.tried != stamp);
        if due {
            watch.tried = stamp;
        }
        due
    };
    if changed && let Err(error) = reload(&context).await {
        // What could not be finished is tried again at the next look.
        context.watch().tried = Stamp::default();
        return Err(error);
    }
    Ok(Activation { handled: u64::from(changed), next_at: None })
}

/// Takes the present files as the ones in force: at the start.
pub(super) fn begin(live: &Live) -> Watch {
    let stamp = stamp(live);
    Watch { tried: stamp.clone(), seen: stamp, refused: false, examined: false, fails: false }
}

/// What `systemctl status` shows of the set in force.
pub(super) fn standing(context: &Context) -> String {
    let sources = context.live().settings.sources.len();
    let refused = if context.watch().refused { "; changed files were refused, the last good set is in force" } else { "" };
    format!("{sources} sources{refused}")
}

/// systemd waits for the end of a reload, so it is told of it however it ends.
async fn reload(context: &Arc<Context>) -> Result<(), TaskError> {
    systemd::reloading();
    let ended = load(context).await;
    systemd::ready(standing(context));
    ended
}

async fn load(context: &Arc<Context>) -> Result<(), TaskError> {
    let (config, before) = (context.config.clone(), context.live().judge.rule_set().to_owned());
    let load = move || {
        let loaded = Live::load(&config);
        let failing = loaded.as_ref().map_or_else(|_| Vec::new(), |(live, _)| examples::failing(live));
        (loaded, failing)
    };
    let (loaded, failing) = tokio::task::spawn_blocking(load).await?;
    match loaded {
        Ok((live, warnings)) => {
            // Of rules that are in force and fail already ops were told at the start; settings that change beside them may pass.
            let known = context.watch().fails && live.judge.rule_set() == before;
            if !failing.is_empty() && !known {
                return object(context, gate::Objection(examples::objection(&failing))).await;
            }
            if let Some(objection) = gate::objection(context, &live).await? {
                return object(context, objection).await;
            }
            count(context, false);
            for problem in &warnings {
                tracing::warn!(problem = problem.message, "the new set has a warning");
            }
            put_in_force(context, live).await?;
            if failing.is_empty() { examples::over(context).await } else { Ok(()) }
        }
        Err(error) => refuse(context, &error).await,
    }
}

fn count(context: &Context, refused: bool) {
    context.watch().refused = refused;
    let outcome = if refused { "refused" } else { "in_force" };
    context.metrics.reloads.get_or_create(&ReloadLabels { outcome: outcome.to_owned() }).inc();
}

async fn put_in_force(context: &Arc<Context>, live: Live) -> Result<(), TaskError> {
    let before = context.live();
    for changed in live.settings.needs_restart(&before.settings) {
        tracing::warn!(setting = changed, "this setting takes effect at the next start");
    }
    tracing::info!(rule_set = live.judge.rule_set(), sources = live.settings.sources.len(), "a new set of settings and rules is in force");
    context.put_in_force(live);
    context.sync_sources().await?;
    context.store.try_failing_again(context.clock.now()).await?;
    context.store.try_mended_again(context.clock.now()).await?;
    context.wakes.all();
    before.close().await;
    start::after_reload(context, before.judge.rule_set()).await?;
    blindness::settle(context).await
}

async fn refuse(context: &Arc<Context>, error: &LoadError) -> Result<(), TaskError> {
    count(context, true);
    let problems = match error {
        LoadError::Problems(problems) => &problems[..problems.len().min(PROBLEMS_IN_MAIL_MAX)],
        LoadError::Outbound(_) | LoadError::Channel(..) => &[],
    };
    tracing::error!(%error, "the changed files were refused; the last good set stays in force\n{}", render(problems, false));
    let mut lines = report::lines(error, problems);
    lines.extend([Phrase::gap(), Phrase::said("check")]);
    again::tell(context, Told::new(Phrase::said("reload_title"), lines)).await
}

/// The files can be read, and their rules do not do what their examples say, or do what the operator set a limit to.
async fn object(context: &Arc<Context>, gate::Objection(told): gate::Objection) -> Result<(), TaskError> {
    count(context, true);
    let (title, detail) = plain(&told);
    tracing::error!("{title}\n{detail}");
    again::tell(context, told).await
}

fn stamp(live: &Live) -> Stamp {
    let mut files: Vec<PathBuf> = live.files.clone();
    for folder in live.watched_folders() {
        files.extend(toml_and_templates(&folder, FOLDERS_DEEP));
    }
    files.sort();
    files.dedup();
    Stamp(files.into_iter().map(stamp_of).collect())
}

fn stamp_of(path: PathBuf) -> (PathBuf, u64, Option<SystemTime>) {
    let found = fs::metadata(&path).ok();
    let (size, time) = found.map_or((0, None), |found| (found.len(), found.modified().ok()));
    (path, size, time)
}

/// Files that count, of a folder and the folders in it; an editor's temporary ones do not.
fn toml_and_templates(folder: &Path, deep: usize) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(['.', '#']) {
            continue;
        }
        match path.extension().and_then(|end| end.to_str()) {
            Some("toml" | "html" | "txt" | "model") => files.push(path),
            None if deep > 0 && path.is_dir() => files.extend(toml_and_templates(&path, deep - 1)),
            _ => {}
        }
    }
    files
}
