//! Where a model is written: whole or not at all, and never over another one that is not kept.

use std::fs;
use std::path::{Path, PathBuf};

use crate::decide::tone::Tone;

/// The model of a file; none where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Tone>, String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(said(&error)),
        Ok(bytes) => Tone::from_bytes(&bytes).map(Some).map_err(|damage| said(&damage)),
    }
}

/// Writes a model; gives the name under which the one that stood there is kept. A daemon that looks meanwhile sees the one or the other.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<Option<PathBuf>, String> {
    let said = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let kept = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(said(path, error)),
        Ok(before) if before == bytes => None,
        Ok(before) => Some((kept_as(path, &before), before)),
    };
    if let Some((place, before)) = kept.as_ref().filter(|(place, _)| !place.exists()) {
        fs::write(place, before).map_err(|error| said(place, error))?;
    }
    let fresh = beside(path, "new");
    fs::write(&fresh, bytes).and_then(|()| fs::rename(&fresh, path)).map_err(|error| said(&fresh, error))?;
    Ok(kept.map(|(place, _)| place))
}

/// Named by what is in it, so that no model is ever kept over another one. A folder of rules does not read such a name.
fn kept_as(path: &Path, bytes: &[u8]) -> PathBuf {
    // The last bytes of a model are its sum.
    let sum: String = bytes.iter().rev().take(4).rev().map(|byte| format!("{byte:02x}")).collect();
    beside(path, &format!("{sum}.before"))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(end);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_is_kept_each_under_a_name_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tone.model");
        assert_eq!(write(&path, b"one!"), Ok(None));
        assert_eq!(write(&path, b"one!"), Ok(None), "the same again keeps nothing");
        let first = write(&path, b"two!").expect("written").expect("kept");
        let second = write(&path, b"three").expect("written").expect("kept");
        assert_eq!([&first, &second, &path].map(|path| fs::read(path).expect("there")), [&b"one!"[..], b"two!", b"three"]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3, "nothing else is left");
        assert!(first.to_string_lossy().ends_with("tone.model.6f6e6521.before"), "{first:?}");
    }
}
