//! See `checks/patterns.rs`; `dictionaries/patterns.dict` knows its words.
#![no_main]

#[path = "../checks/patterns.rs"]
mod patterns;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| patterns::check(bytes));
