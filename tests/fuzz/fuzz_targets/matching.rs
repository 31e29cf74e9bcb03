//! See `checks/matching.rs`.
#![no_main]

#[path = "../checks/matching.rs"]
mod matching;

use hearken_fuzz::edits;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| matching::check(bytes));

fuzz_mutator! {
    |data: &mut [u8], size: usize, most: usize, seed: u32| { edits::text(data, size, most, seed) }
}
