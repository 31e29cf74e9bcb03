//! See `checks/fold_offsets.rs`.
#![no_main]

#[path = "../checks/fold_offsets.rs"]
mod fold_offsets;

use hearken_fuzz::edits;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| fold_offsets::check(bytes));

fuzz_mutator! {
    |data: &mut [u8], size: usize, most: usize, seed: u32| { edits::text(data, size, most, seed) }
}
