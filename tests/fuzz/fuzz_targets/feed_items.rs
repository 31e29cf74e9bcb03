//! See `checks/feed_items.rs`.
#![no_main]

#[path = "../bounds.rs"]
mod bounds;
#[path = "../checks/feed_items.rs"]
mod feed_items;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| feed_items::check(bytes));
