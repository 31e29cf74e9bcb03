//! See `checks/classify_lines.rs`.
#![no_main]

#[path = "../checks/classify_lines.rs"]
mod classify_lines;

use hearken_fuzz::edits;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| classify_lines::check(bytes));

fuzz_mutator! {
    |data: &mut [u8], size: usize, most: usize, seed: u32| { edits::json_line(data, size, most, seed) }
}
