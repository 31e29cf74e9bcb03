//! The file of a model.
//!
//! ```text
//! hearken tone 2\n                        the mark, with the version of features and format
//! {"features": 90000, "categories": [..], ..}\n  what it is, as one line of JSON
//! features                                each: how far its hash is from the one before (7 bits a byte, the lowest first), which heads
//!                                         it speaks to (16 bits, the lower half first), a signed byte for each of them
//! 8 bytes                                 the first of the SHA-256 of everything before
//! ```
//!
//! Version 1 had no blends in its head; it is read as one that is heard as the first models were (`Blend::default`).

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::blend::Blend;
use super::{Answers, HEADS, LANES, MOST_CATEGORIES, Row, Table, Tone};
use crate::problem::{Place, Problem, Problems};

/// The file's name in the rules directory.
pub const FILE: &str = "tone.model";
const MARK: &[u8] = b"hearken tone 2\n";
/// The version before, of the same length.
const OLD_MARK: &[u8] = b"hearken tone 1\n";
const SUM_BYTES: usize = 8;
/// More would not fit the caches, nor could a set that fits a desk teach them.
const MOST_FEATURES: usize = 1 << 20;
const MOST_FILE_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    features: usize,
    categories: Vec<String>,
    lessons: BTreeMap<String, u32>,
    scales: Vec<f32>,
    biases: Vec<f32>,
    #[serde(default)]
    blends: BTreeMap<String, Blend>,
}

/// Why a file is no model.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Damage {
    #[error("it does not begin as a model of this version does")]
    Mark,
    #[error("its head does not read: {0}")]
    Head(String),
    #[error("it is cut short or was changed")]
    Sum,
    #[error("its rows do not fit its head")]
    Rows,
}

/// The model of a rules directory; none where there is no file. A file that does not read is a problem.
#[must_use]
pub fn load(dir: &Path, problems: &Problems) -> Option<Tone> {
    told(dir, read(dir)?, problems)
}

/// Reads the model of a rules directory; the error says why it is none. It needs no list of problems, so that another thread may do it.
pub(in crate::decide) fn read(dir: &Path) -> Option<Result<Tone, String>> {
    let path = dir.join(FILE);
    let size = std::fs::metadata(&path).ok()?.len();
    if size > MOST_FILE_BYTES {
        return Some(Err("the model is larger than 64 MiB".to_owned()));
    }
    let read = std::fs::read(&path).map_err(|error| format!("the model cannot be read: {error}"));
    Some(read.and_then(|bytes| Tone::from_bytes(&bytes).map_err(refusal)).map(|tone| Tone { file: path, ..tone }))
}

/// The model that was read, or the problem with it.
pub(in crate::decide) fn told(dir: &Path, read: Result<Tone, String>, problems: &Problems) -> Option<Tone> {
    let help = "Put the model of the same release back, train one with `hearken train`, or remove the file: then the rules judge alone.";
    let refuse = |message: String| problems.add(Problem::error(Place::Named(dir.join(FILE).display().to_string()), message, help));
    read.map_err(refuse).ok()
}

fn refusal(damage: Damage) -> String {
    match damage {
        Damage::Mark => "the model is of another version, or the file is no model".to_owned(),
        damage => format!("the model is damaged: {damage}"),
    }
}

impl Tone {
    /// # Errors
    /// Anything that is not exactly what `to_bytes` writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let rest = bytes.strip_prefix(MARK).or_else(|| bytes.strip_prefix(OLD_MARK)).ok_or(Damage::Mark)?;
        let (whole, sum) =
            bytes.split_at_checked(bytes.len() - SUM_BYTES).filter(|(whole, _)| whole.len() > MARK.len()).ok_or(Damage::Sum)?;
        if sum_of(whole) != sum {
            return Err(Damage::Sum);
        }
        let rest = &rest[..rest.len() - SUM_BYTES];
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| Damage::Head("it has no end".to_owned()))?;
        let head: Head = serde_json::from_slice(&rest[..end]).map_err(|error| Damage::Head(error.to_string()))?;
        let (scales, biases) = (lanes(&head.scales)?, lanes(&head.biases)?);
        if head.features > MOST_FEATURES || head.categories.len() > MOST_CATEGORIES {
            return Err(Damage::Head("it promises too much".to_owned()));
        }
        if !head.blends.values().all(Blend::is_finite) {
            return Err(Damage::Head("a number in it is none".to_owned()));
        }
        let table = Table::new(features(&rest[end + 1..], head.features)?).ok_or(Damage::Rows)?;
        let hash = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let topics = super::topics(&head.categories);
        Ok(Self {
            table,
            scales,
            biases,
            categories: head.categories,
            topics,
            lessons: head.lessons,
            blends: head.blends,
            hash,
            file: FILE.into(),
        })
    }

    /// As it will be read: with its hash.
    ///
    /// # Panics
    /// Never: what was written reads.
    #[must_use]
    pub fn rewritten(&self) -> Self {
        Self::from_bytes(&self.to_bytes()).expect("what was written reads")
    }

    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let features = self.table.features();
        let head = Head {
            features: features.len(),
            categories: self.categories.clone(),
            lessons: self.lessons.clone(),
            scales: self.scales.to_vec(),
            biases: self.biases.to_vec(),
            blends: self.blends.clone(),
        };
        let mut bytes = MARK.to_vec();
        bytes.extend(serde_json::to_vec(&head).expect("names and finite numbers are always JSON"));
        bytes.push(b'\n');
        let mut before = 0;
        for (hash, row) in features {
            write_feature(&mut bytes, hash - before, &row);
            before = hash;
        }
        let sum = sum_of(&bytes);
        bytes.extend(sum);
        bytes
    }
}

fn sum_of(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let whole = Sha256::digest(bytes);
    std::array::from_fn(|at| whole[at])
}

fn lanes(numbers: &[f32]) -> Result<Answers, Damage> {
    let lanes: Answers = numbers.try_into().map_err(|_| Damage::Head("it has not one number for each head".to_owned()))?;
    if lanes.iter().all(|number| number.is_finite()) { Ok(lanes) } else { Err(Damage::Head("a number in it is none".to_owned())) }
}

fn write_feature(bytes: &mut Vec<u8>, distance: u32, row: &Row) {
    let mut left = distance;
    while left >= 0x80 {
        bytes.push(left.to_le_bytes()[0] | 0x80);
        left >>= 7;
    }
    bytes.push(left.to_le_bytes()[0]);
    let mask = (0..HEADS).filter(|lane| row[*lane] != 0).fold(0_u16, |mask, lane| mask | 1 << lane);
    bytes.extend(mask.to_le_bytes());
    bytes.extend(row[..HEADS].iter().filter(|number| **number != 0).map(|number| number.cast_unsigned()));
}

fn features(mut bytes: &[u8], count: usize) -> Result<Vec<(u32, Row)>, Damage> {
    let mut features = Vec::with_capacity(count);
    let mut hash = 0_u32;
    while !bytes.is_empty() {
        hash = hash.checked_add(distance(&mut bytes)?).ok_or(Damage::Rows)?;
        let mask = u16::from_le_bytes([take(&mut bytes)?, take(&mut bytes)?]);
        if mask == 0 {
            return Err(Damage::Rows);
        }
        let mut row = [0; LANES];
        for lane in (0..HEADS).filter(|lane| mask >> lane & 1 == 1) {
            row[lane] = take(&mut bytes)?.cast_signed();
        }
        features.push((hash, row));
    }
    if features.len() == count { Ok(features) } else { Err(Damage::Rows) }
}

fn distance(bytes: &mut &[u8]) -> Result<u32, Damage> {
    let mut number = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = take(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(number).map_err(|_| Damage::Rows);
        }
    }
    Err(Damage::Rows)
}

fn take(bytes: &mut &[u8]) -> Result<u8, Damage> {
    let (first, rest) = bytes.split_first().ok_or(Damage::Rows)?;
    *bytes = rest;
    Ok(*first)
}
