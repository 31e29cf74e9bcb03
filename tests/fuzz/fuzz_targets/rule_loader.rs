//! See `checks/rule_loader.rs`; `dictionaries/rule_loader.dict` knows its words.
#![no_main]

#[path = "../checks/rule_loader.rs"]
mod rule_loader;

use hearken_fuzz::edits;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| rule_loader::check(bytes));

fuzz_mutator! {
    |data: &mut [u8], size: usize, most: usize, seed: u32| { edits::rule_file(data, size, most, seed) }
}
