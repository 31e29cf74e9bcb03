//! See `checks/html_items.rs`; `dictionaries/html_items.dict` knows its words.
#![no_main]

#[path = "../checks/html_items.rs"]
mod html_items;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| html_items::check(bytes));
