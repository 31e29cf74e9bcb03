//! The folder of a source of files: what lies ready in it, and where it goes afterwards. Nothing outside of the folder is touched, and
//! no link is followed.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::collect::files::{FileOptions, Format, Records, is_temporary};

/// So long a file has to be still before it is taken: a program writes a table within a second or two, and the pieces of one that comes over
/// a network follow each other faster. What pauses for longer is seen to have grown where it was put away.
const STILL_FOR: Duration = Duration::from_secs(3);
/// What shows a file's charset.
const SAMPLE_BYTES: usize = 64 * 1024;
/// Names tried for a file that was moved; a folder with more of one name is nobody's plan.
const NUMBERS: u32 = 100_000;

const DONE: &str = "done";
const FAILED: &str = "failed";

/// The folder of one source.
pub(crate) struct Folder(PathBuf);

/// A file that lies ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) name: String,
    pub(crate) format: Option<Format>,
    pub(crate) bytes: u64,
    identity: (u64, u64),
    /// When its content and its entry were changed last, in seconds and nanoseconds: a copy of a file may bring its old date with it, and its
    /// whole length at once.
    changed: [(i64, i64); 2],
    is_link: bool,
}

impl Ready {
    /// Tells this file from another one of its name: device and number.
    pub(crate) const fn identity(&self) -> (u64, u64) {
        self.identity
    }
}

/// An open file, and what it is recognised by.
pub(crate) struct Opened {
    pub(crate) digest: i64,
    pub(crate) records: Result<Records<File>, String>,
}

impl Folder {
    pub(crate) fn of(url: &url::Url) -> io::Result<Self> {
        url.to_file_path().map(Self).map_err(|()| io::Error::other("the address is no folder of this machine"))
    }

    /// Files that lie ready, by name: seen twice, and nothing was written to them in between.
    pub(crate) async fn ready(&self) -> io::Result<Vec<Ready>> {
        let before = self.look()?;
        if before.is_empty() {
            return Ok(before);
        }
        tokio::time::sleep(STILL_FOR).await;
        let after = self.look()?;
        let is_settled = |ready: &Ready| before.contains(ready);
        Ok(after.into_iter().filter(is_settled).collect())
    }

    fn look(&self) -> io::Result<Vec<Ready>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Taken away again since: the next look will not see it.
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
            let is_link = metadata.is_symlink();
            if is_temporary(&name) || !(metadata.is_file() || is_link) {
                continue;
            }
            let changed = [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())];
            found.push(Ready { format: Format::of(&name), name, bytes: metadata.len(), identity: identity(&metadata), changed, is_link });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Opens a file for reading; the reason, for people, where it is none of ours to read.
    pub(crate) fn open(&self, ready: &Ready, options: &FileOptions) -> io::Result<Result<Opened, String>> {
        if ready.is_link {
            return Ok(Err("it is a symbolic link, and links are not followed".to_owned()));
        }
        let Some(format) = ready.format else {
            return Ok(Err("its name ends in none of .jsonl, .ndjson, .json, .csv, .tsv, .txt".to_owned()));
        };
        let mut file = File::open(self.0.join(&ready.name))?;
        // What was opened is what was looked at: nobody put a link in its place meanwhile.
        if identity(&file.metadata()?) != ready.identity {
            return Err(io::Error::other("it was exchanged while it was looked at"));
        }
        let (sample, digest) = sample(&mut file, ready.bytes)?;
        Ok(Ok(Opened { digest, records: Records::open(file, &sample, format, options) }))
    }

    /// Moves a file that was taken whole; where it is now, below this folder.
    pub(crate) fn done(&self, name: &str) -> io::Result<String> {
        let folder = self.below(DONE)?;
        let free = free(&folder, name)?;
        fs::rename(self.0.join(name), folder.join(&free))?;
        Ok(format!("{DONE}/{free}"))
    }

    /// Whether a file that was put away is longer now than it was then: somebody was still writing to it.
    pub(crate) fn has_grown(&self, kept_as: &str, bytes: u64) -> bool {
        fs::symlink_metadata(self.0.join(kept_as)).is_ok_and(|metadata| metadata.is_file() && metadata.len() > bytes)
    }

    /// Puts a file back that was put away, so that it is read once more; the reasons that stood beside it are over.
    pub(crate) fn put_back(&self, kept_as: &str) -> io::Result<String> {
        let (_, name) = kept_as.rsplit_once('/').unwrap_or(("", kept_as));
        let free = free(&self.0, name)?;
        fs::rename(self.0.join(kept_as), self.0.join(&free))?;
        // It need not be there.
        let _ = fs::remove_file(self.0.join(format!("{kept_as}.why.txt")));
        Ok(free)
    }

    /// Moves a file that was not, with the reasons beside it.
    pub(crate) fn failed(&self, name: &str, why: &str) -> io::Result<String> {
        let folder = self.below(FAILED)?;
        let free = free(&folder, name)?;
        fs::write(folder.join(format!("{free}.why.txt")), why)?;
        fs::rename(self.0.join(name), folder.join(&free))?;
        Ok(format!("{FAILED}/{free}"))
    }

    /// A folder of ours below; never through a link.
    fn below(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(path),
            Ok(_) => Err(io::Error::other(format!("{} is no folder", path.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&path).map(|()| path),
            Err(error) => Err(error),
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The file's own name where it is free, else with a number.
fn free(folder: &Path, name: &str) -> io::Result<String> {
    let (stem, end) = name.rsplit_once('.').map_or((name, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let numbered = (2..NUMBERS).map(|number| format!("{stem}-{number}{end}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let is_free = |name: &String| {
        let there = |name: &str| fs::symlink_metadata(folder.join(name)).is_ok();
        !there(name) && !there(&format!("{name}.why.txt"))
    };
    names.find(is_free).ok_or_else(|| io::Error::other(format!("{} holds too many files named {name}", folder.display())))
}

/// A part of the file that shows its charset, from its first character outside of ASCII on, with the beginning before it; and a hash
/// that tells it from another file of the same name. The file is then at its beginning again.
fn sample(file: &mut File, bytes: u64) -> io::Result<(Vec<u8>, i64)> {
    let mut head = Vec::new();
    file.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut head)?;
    let digest = crate::collect::files::digest(bytes, &head);
    let mut sample = head;
    let mut chunk = Vec::new();
    while sample.is_ascii() {
        chunk.clear();
        if file.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut chunk)? == 0 {
            break;
        }
        if let Some(at) = chunk.iter().position(|byte| !byte.is_ascii()) {
            let more = SAMPLE_BYTES as u64;
            file.by_ref().take(more).read_to_end(&mut chunk)?;
            sample = chunk[at..].to_vec();
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok((sample, digest))
}
