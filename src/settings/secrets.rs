//! Where a secret comes from: a file, the environment, a systemd credential, or (with a warning) the configuration itself.
//!
//! For a secret `x` the operator writes one of
//!
//! ```text
//! x_file = "secrets/x"          # relative to the main file; one newline at the end is cut off
//! x_env = "X_SECRET"            # an environment variable
//! x_credential = "x"            # `LoadCredential=x:...` in the unit
//! x = "..."                     # works, and is warned of
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;

use super::values::{Header, moment};
use crate::collect::credential::opens_doors;
use crate::model::{Moment, Secret};
use crate::problem::{Data, Entry, Mistake, Place, Problem, Problems, Table};

/// Longest secret; whatever is longer is some other file.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// A browser's whole store of cookies is smaller.
const PRIVATE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What surrounds the files: where paths begin and secrets are found.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// The main file's folder: relative paths begin here.
    pub(super) folder: PathBuf,
    pub(super) credentials_dir: Option<PathBuf>,
    pub(super) environment: BTreeMap<String, String>,
}

impl Surroundings {
    /// A path as the operator wrote it, from the main file's folder.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        without_detours(&self.folder.join(written))
    }

    /// Whether the secret is given in any of its forms, readable or not.
    pub(super) fn gives_secret(table: &Table, key: &str) -> bool {
        forms(key).iter().any(|form| table.has(form))
    }

    /// Complains of the secret at whichever of its forms is given.
    pub(super) fn complain(table: &Table, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let form = forms(key).into_iter().find(|form| table.has(form));
        table.complain(form.as_deref().unwrap_or(key), message, help);
    }

    /// The secret under `key` in whichever form it is given; none where it is missing or cannot be had (then there is a problem).
    pub(super) fn secret(&self, table: &mut Table, key: &str) -> Option<Secret> {
        let forms = forms(key);
        let written = forms.each_ref().map(|form| table.filled_text(form));
        let given: Vec<&str> = forms.iter().map(String::as_str).filter(|form| table.has(form)).collect();
        if let [_, second, ..] = given[..] {
            let message = format!("`{key}` is given in {} ways", given.len());
            table.complain(second, message, format!("Keep one of: {}.", given.join(", ")));
            return None;
        }
        let [clear, file, variable, credential] = written;
        let [_, file_key, variable_key, credential_key] = &forms;
        let clear = clear.and_then(|text| in_clear(&table.place_of(key), key, &format!("{file_key} = \"path\""), text, table.problems()));
        let file = file.and_then(|path| self.read_file(table, file_key, &self.path(&path)));
        let variable = variable.and_then(|name| self.read_variable(table, variable_key, &name));
        let credential = credential.and_then(|name| self.read_credential(table, credential_key, &name));
        clear.or(file).or(variable).or(credential)
    }

    /// One header: a string, or a table that says where its value is and when that expires.
    pub(super) fn header(&self, entry: Entry, problems: &Problems, zone: &TimeZone) -> Option<Header> {
        let name = entry.key;
        let place = entry.value.place;
        let in_clear_here = |value: Secret| Header { name: name.clone(), value, from: None, expires: None };
        let entries = match entry.value.data {
            Data::Text(text) if opens_doors(&name) => {
                let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                let key = if is_bare { name.clone() } else { format!("\"{name}\"") };
                let instead = format!("{key} = {{ file = \"path\" }}");
                return in_clear(&place, &name, &instead, text, problems).map(in_clear_here);
            }
            Data::Text(text) => return Some(in_clear_here(Secret::new(text))),
            Data::Table(entries) => entries,
            _ => {
                let help = "Write `Name = \"value\"` or `Name = { file = \"path\" }`.";
                problems.add(Problem::error(place, format!("`{name}` is neither a string nor a table"), help));
                return None;
            }
        };
        let mut table = Table::new(place, entries, problems);
        let [file, variable, credential] = ["file", "env", "credential"].map(|key| table.filled_text(key));
        let expires = moment(&mut table, "expires", zone);
        if !["file", "env", "credential"].iter().any(|key| table.has(key)) {
            table.missing("file", "file = \"path\"");
        }
        let from = match (&file, &variable, &credential) {
            (Some(path), ..) => Some(format!("the file {}", self.path(path).display())),
            (_, Some(name), _) => Some(format!("the environment variable {name}")),
            (_, _, Some(name)) => Some(format!("the systemd credential {name}")),
            _ => None,
        };
        let file = file.and_then(|path| self.read_file(&table, "file", &self.path(&path)));
        let variable = variable.and_then(|name| self.read_variable(&table, "env", &name));
        let credential = credential.and_then(|name| self.read_credential(&table, "credential", &name));
        table.finish();
        file.or(variable).or(credential).map(|value| Header { name, value, from, expires })
    }

    /// A file for Hearken alone that may have many lines, such as one of cookies.
    pub(super) fn private_file(&self, table: &Table, key: &str, path: &Path) -> Option<PrivateFile> {
        read_private(path, PRIVATE_BYTES_MAX, &table.place_of(key), table.problems())
    }

    fn read_file(&self, table: &Table, key: &str, path: &Path) -> Option<Secret> {
        read_secret(path, &table.place_of(key), table.problems())
    }

    fn read_variable(&self, table: &Table, key: &str, name: &str) -> Option<Secret> {
        match self.environment.get(name) {
            Some(text) if !text.trim().is_empty() => Some(Secret::new(text.as_str())),
            Some(_) => {
                table.complain(key, format!("the environment variable {name} is empty"), "Set it where Hearken is started.");
                None
            }
            None => {
                table.complain(key, format!("there is no environment variable {name}"), "Set it where Hearken is started.");
                None
            }
        }
    }

    fn read_credential(&self, table: &Table, key: &str, name: &str) -> Option<Secret> {
        let Some(folder) = &self.credentials_dir else {
            table.complain(
                key,
                "there are no systemd credentials here: CREDENTIALS_DIRECTORY is not set",
                format!("Start Hearken by its unit with `LoadCredential={name}:/path`, or use the form with `_file`."),
            );
            return None;
        };
        if name.contains('/') || name.starts_with('.') {
            table.complain(key, "this is no credential's name", "Write the name alone, as it stands after `LoadCredential=`.");
            return None;
        }
        read_secret(&folder.join(name), &table.place_of(key), table.problems())
    }
}

/// The four ways to give the secret `key`.
fn forms(key: &str) -> [String; 4] {
    ["", "_file", "_env", "_credential"].map(|form| format!("{key}{form}"))
}

fn in_clear(place: &Place, key: &str, instead: &str, text: String, problems: &Problems) -> Option<Secret> {
    if matches!(place, Place::File { .. }) {
        let help = format!("Put it into a file that only Hearken can read and write `{instead}`.");
        problems.add(Problem::warning(place.clone(), format!("`{key}` stands here in clear"), help));
    }
    Some(Secret::new(text))
}

fn read_secret(path: &Path, place: &Place, problems: &Problems) -> Option<Secret> {
    let shown = path.display();
    let fail = |message: String, help: &str| {
        problems.add(Problem::error(place.clone(), message, help));
        None
    };
    let file = read_private(path, SECRET_BYTES_MAX, place, problems)?;
    let text = file.text.expose();
    let secret = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.trim().is_empty() {
        return fail(format!("{shown} is empty"), "Write the secret into it.");
    }
    if secret.contains('\n') {
        return fail(format!("{shown} has more than one line"), "Keep the secret alone, on one line.");
    }
    Some(Secret::new(secret))
}

/// What a file for Hearken alone holds, and when it was written.
pub(super) struct PrivateFile {
    pub(super) text: Secret,
    pub(super) written: Moment,
}

fn read_private(path: &Path, bytes_max: u64, place: &Place, problems: &Problems) -> Option<PrivateFile> {
    let shown = path.display();
    let fail = |message: String, help: &str| {
        problems.add(Problem::error(place.clone(), message, help));
        None
    };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) => {
            let help = "Check the path (relative ones begin at the main file's folder) and who may read it.";
            let mistake = Mistake::NoFile { path: shown.to_string(), why: reason(&error) };
            problems.add(Problem::error(place.clone(), format!("{shown} cannot be read: {}", reason(&error)), help).being(mistake));
            return None;
        }
    };
    let found = file.metadata().ok();
    if found.as_ref().is_some_and(|found| found.is_file() && found.permissions().mode() & 0o004 != 0) {
        let help = format!("Run `chmod o= {shown}`.");
        problems.add(Problem::warning(place.clone(), format!("everyone on this machine may read {shown}"), help));
    }
    let written = found.map_or_else(Moment::default, |found| Moment::from_secs(found.mtime()));
    let mut text = String::new();
    match file.take(bytes_max + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > bytes_max => {
            fail(format!("{shown} is too long for a secret"), "Name the file that holds the secret alone.")
        }
        Ok(_) => Some(PrivateFile { text: Secret::new(text), written }),
        Err(error) => fail(format!("{shown} cannot be read: {}", reason(&error)), "Name a text file that holds the secret alone."),
    }
}

/// An I/O error without the number of the operating system.
pub(super) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
/// The same place without `x/..` on the way, as people read it. Behind a link `..` leads elsewhere: there it stays.
pub(super) fn without_detours(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        let is_step = matches!(short.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if is_step && !short.is_symlink() => {
                short.pop();
            }
            _ => short.push(part),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_without_detours_and_leads_where_it_led() {
        assert_eq!(without_detours(Path::new("/srv/hearken/config/../drop/./in")), Path::new("/srv/hearken/drop/in"));
        assert_eq!(without_detours(Path::new("../drop")), Path::new("../drop"));
        assert_eq!(without_detours(Path::new("a/../../b")), Path::new("../b"));
        assert_eq!(without_detours(Path::new("/..")), Path::new("/.."));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("far/away")).expect("folders");
        std::os::unix::fs::symlink(folder.path().join("far/away"), folder.path().join("near")).expect("a link");
        let behind = folder.path().join("near/../drop");
        assert_eq!(without_detours(&behind), behind, "`..` of a link is the folder that it leads to");
    }
}
