//! Files that are dropped into a folder: taken in batches, each in one transaction with the position behind it, then moved. Whoever dies
//! in between finds on the next look how far it was.

mod failed;
pub(crate) mod folder;

use std::io;
use std::time::Duration;

use self::failed::Failed;
use self::folder::{Folder, Opened, Ready};
use super::context::Context;
use super::crash::crash_point;
use super::driver::TaskError;
use super::intake::lines as intake;
use super::poll;
use super::poll::Claimed;
use super::watching::{self, Sight};
use crate::collect::extract;
use crate::collect::fetch::FetchFailure;
use crate::collect::files::{FileOptions, REFUSED_NAMED, Refused};
use crate::collect::normalise::normalise;
use crate::collect::source::SourceOptions;
use crate::model::{FailureKind, Moment, Remark, SourceState};
use crate::store::{FilePosition, StoreError};

/// Records of one transaction.
const BATCH: u64 = 500;
/// Lines shown to ops; all of them stand in the file beside.
const LINES_SHOWN: usize = 10;

/// Looks into the folder, takes what lies ready, and says when the next look is due.
pub(super) async fn look(
    context: &Context,
    source: &SourceOptions,
    options: &FileOptions,
    before: Claimed,
    now: Moment,
) -> Result<(), TaskError> {
    let state = before.state.clone();
    let taken = tokio::select! {
        taken = take_all(context, source, options, &state, now) => taken,
        error = poll::keep_lease(context, &state.name) => return Err(error),
    };
    let failure = match taken {
        Ok(taken) => return looked(context, source, before, taken, now).await,
        Err(error) => match error.downcast::<io::Error>() {
            Ok(error) => FetchFailure::new(FailureKind::Folder, error.to_string()),
            Err(error) => return Err(error),
        },
    };
    poll::failed(context, source, newest(context, state).await?, &failure, (now, context.keeper.begin())).await
}

/// What a look at the folder brought.
#[derive(Default)]
struct Brought {
    /// Items that are new or edited.
    news: usize,
    /// What the last file that was taken was taken without; none where no file was.
    remark: Option<Option<String>>,
}

/// A look that worked: counted to its day, and whatever it ends or begins is told.
async fn looked(context: &Context, source: &SourceOptions, before: Claimed, brought: Brought, now: Moment) -> Result<(), TaskError> {
    let Brought { news, remark } = brought;
    let mut state = poll::succeeded(context, source, newest(context, before.state.clone()).await?, None, now);
    if let Some(remark) = remark {
        state.watch.remark = remark.map(|words| Remark { words, at: now });
    }
    let state = if news == 0 {
        watching::unchanged(context, source, SourceState { baselined: true, ..state }, now).await?
    } else {
        let sight = Sight {
            entries: news,
            without_text: 0,
            skipped: 0,
            empty_news: Vec::new(),
            shows_canary: None,
            news,
            baseline: false,
            sorted: 0,
            failed: None,
        };
        watching::read(context, source, state, &sight, now).await?
    };
    context.store.commit_unchanged(&context.owner, &state).await?;
    watching::after_good(context, source, &before, &state, now).await
}

/// With what the batches have written since the claim.
async fn newest(context: &Context, state: SourceState) -> Result<SourceState, StoreError> {
    let stored = context.store.source(&state.name).await?;
    Ok(match stored {
        Some(stored) => SourceState { last_item_at: stored.last_item_at, baselined: stored.baselined, ..state },
        None => state,
    })
}

async fn take_all(
    context: &Context,
    source: &SourceOptions,
    options: &FileOptions,
    state: &SourceState,
    now: Moment,
) -> Result<Brought, TaskError> {
    let folder = Folder::of(&source.url)?;
    let mut brought = Brought::default();
    put_back_grown(context, (source, state), &folder, now).await?;
    for ready in folder.ready().await? {
        if context.stopped() {
            break;
        }
        let Brought { news, remark } = take(context, source, options, state, &folder, &ready, now).await?;
        brought = Brought { news: brought.news + news, remark: remark.or(brought.remark) };
    }
    Ok(brought)
}

/// So long a file is looked after that was put away: whoever keeps one open writes to it within a working day.
const LOOKED_AFTER: Duration = Duration::from_hours(24);

/// A file to which somebody wrote after it was put away is read once more, whole: what was taken of it is known.
async fn put_back_grown(
    context: &Context,
    (source, state): (&SourceOptions, &SourceState),
    folder: &Folder,
    now: Moment,
) -> Result<(), TaskError> {
    for (kept_as, bytes) in context.store.files_put_away(&state.id, now.minus(LOOKED_AFTER)).await? {
        if folder.has_grown(&kept_as, u64::try_from(bytes).unwrap_or(0)) {
            let name = folder.put_back(&kept_as)?;
            tracing::info!(source = source.name, file = kept_as, name, "a file was written to after it was taken; it is read once more");
            context.store.forget_file(&state.id, &kept_as).await?;
        }
    }
    Ok(())
}

/// Takes one file, whole or from where it was left, and moves it away.
async fn take(
    context: &Context,
    source: &SourceOptions,
    options: &FileOptions,
    state: &SourceState,
    folder: &Folder,
    ready: &Ready,
    now: Moment,
) -> Result<Brought, TaskError> {
    let name = ready.name.as_str();
    let Opened { digest, records } = match folder.open(ready, options)? {
        Ok(opened) => opened,
        Err(why) => return refuse(context, (source, state), folder, ready, &why).await.map(|()| Brought::default()),
    };
    let mut records = match records {
        Ok(records) => records,
        Err(why) => return refuse(context, (source, state), folder, ready, &why).await.map(|()| Brought::default()),
    };
    let begun = context.store.file_position(&state.id, name, digest).await?;
    let mut position = begun.unwrap_or_else(|| FilePosition { name: name.to_owned(), digest, ..FilePosition::default() });
    let mut refused: Vec<Refused> = serde_json::from_str(&position.refused).unwrap_or_default();
    records.skip(u64::try_from(position.records).unwrap_or(0))?;
    let mut remarks: Vec<String> = records.remarks().to_vec();
    let mut news = 0;
    while !position.ended {
        if context.stopped() {
            return Ok(Brought { news, remark: None });
        }
        let reading = extract::Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
        let batch = records.batch(BATCH, &reading)?;
        position.records += i64::try_from(batch.records).unwrap_or(i64::MAX);
        position.taken += i64::try_from(batch.entries.len()).unwrap_or(i64::MAX);
        position.ended = batch.ended;
        remarks.extend(batch.remarked.iter().map(|one| format!("line {}: {}", one.line, one.why)));
        let room = REFUSED_NAMED.saturating_sub(refused.len());
        refused.extend(batch.refused.into_iter().take(room));
        position.refused = serde_json::to_string(&refused)?;
        let found = normalise(&state.id, batch.entries, source.rating_max, &reading);
        news += intake::take_in(context, source, state.clone(), found, &position, now).await?;
        crash_point("files.committed");
    }
    let refused_in_all = position.records - position.taken;
    let kept_as = if refused_in_all == 0 {
        tracing::info!(source = source.name, file = name, records = position.records, "a file was taken");
        folder.done(name)?
    } else {
        let why = shortened(&refused, position.taken, refused_in_all);
        failed::tell(context, source, &Failed { ready, taken: position.taken, why: &why }).await?;
        folder.failed(name, &reasons(&refused, position.taken, refused_in_all))?
    };
    crash_point("files.moved");
    put_away(context, state, ready, &kept_as, now).await?;
    Ok(Brought { news, remark: Some(remarked(name, &remarks)) })
}

/// Of the remarks on a file so many are shown in listings; the others are counted.
const REMARKS_SHOWN: usize = 3;

fn remarked(file: &str, remarks: &[String]) -> Option<String> {
    let shown = remarks.iter().take(REMARKS_SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = remarks.len().saturating_sub(REMARKS_SHOWN);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!remarks.is_empty()).then(|| format!("{file}: {shown}{more}"))
}

/// A file that nothing could be taken of.
async fn refuse(
    context: &Context,
    (source, state): (&SourceOptions, &SourceState),
    folder: &Folder,
    ready: &Ready,
    why: &str,
) -> Result<(), TaskError> {
    failed::tell(context, source, &Failed { ready, taken: 0, why }).await?;
    let kept_as = folder.failed(&ready.name, &format!("Nothing of this file was taken: {why}\n"))?;
    put_away(context, state, ready, &kept_as, context.clock.now()).await
}

async fn put_away(context: &Context, state: &SourceState, ready: &Ready, kept_as: &str, now: Moment) -> Result<(), TaskError> {
    let bytes = i64::try_from(ready.bytes).unwrap_or(i64::MAX);
    Ok(context.store.put_file_away(&state.id, &ready.name, (kept_as, bytes), (now, now.minus(LOOKED_AFTER))).await?)
}

/// Said so that one and many are said alike.
fn counts(taken: i64, refused: i64) -> String {
    format!("Records taken: {taken}; not taken: {refused}")
}

fn reasons(refused: &[Refused], taken: i64, in_all: i64) -> String {
    let mut text = format!("{}:\n", counts(taken, in_all));
    refused.iter().for_each(|one| text.push_str(&format!("line {}: {}\n", one.line, one.why)));
    let unnamed = in_all - i64::try_from(refused.len()).unwrap_or(i64::MAX);
    if unnamed > 0 {
        text.push_str(&format!("... and {unnamed} more\n"));
    }
    text.push_str("\nPut these lines right and drop them again, or the whole file: what was taken is known and is not told twice.\n");
    text
}

fn shortened(refused: &[Refused], taken: i64, in_all: i64) -> String {
    let shown: Vec<String> = refused.iter().take(LINES_SHOWN).map(|one| format!("line {}: {}", one.line, one.why)).collect();
    format!("{}:\n{}", counts(taken, in_all), shown.join("\n"))
}

/// What `sources test` shows of a folder.
pub(crate) struct Survey {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) records: usize,
    pub(crate) newest: Option<Moment>,
    pub(crate) remarks: Vec<String>,
}

/// Records of one file that a test reads: enough to see whether it can be read.
const TESTED: u64 = 1_000;

/// Reads what lies ready without taking it.
pub(crate) async fn survey(source: &SourceOptions, options: &FileOptions, now: Moment) -> Result<Survey, FetchFailure> {
    let refuse = |error: io::Error| FetchFailure::new(FailureKind::Folder, error.to_string());
    let folder = Folder::of(&source.url).map_err(refuse)?;
    let mut survey = Survey { files: 0, bytes: 0, records: 0, newest: None, remarks: Vec::new() };
    for ready in folder.ready().await.map_err(refuse)? {
        survey.files += 1;
        survey.bytes += ready.bytes;
        let reading = extract::Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
        let opened = folder.open(&ready, options).map_err(refuse)?;
        let (records, batch) = match opened.and_then(|opened| opened.records) {
            Ok(mut records) => {
                let batch = records.batch(TESTED, &reading).map_err(refuse)?;
                (records, batch)
            }
            Err(why) => {
                survey.remarks.push(format!("{}: {why}", ready.name));
                continue;
            }
        };
        if let Some(first) = batch.refused.first() {
            survey.remarks.push(format!(
                "{}: {} of {} lines are wrong, the first is {}: {}",
                ready.name,
                batch.refused.len(),
                batch.records,
                first.line,
                first.why
            ));
        }
        let remarks = records.remarks().iter().cloned().chain(batch.remarked.iter().map(|one| format!("line {}: {}", one.line, one.why)));
        survey.remarks.extend(remarked(&ready.name, &remarks.collect::<Vec<_>>()));
        survey.records += batch.entries.len();
        survey.newest = survey.newest.max(batch.entries.iter().filter_map(|entry| entry.updated.max(entry.published)).max());
    }
    survey.remarks.insert(0, format!("{} ready", if survey.files == 1 { "1 file".to_owned() } else { format!("{} files", survey.files) }));
    Ok(survey)
}
