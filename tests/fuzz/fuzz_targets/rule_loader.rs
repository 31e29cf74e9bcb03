//! See `checks/rule_loader.rs`; `dictionaries/rule_loader.dict` knows its words.
#![no_main]

#[path = "../checks/rule_loader.rs"]
mod rule_loader;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rule_loader::check(bytes));
