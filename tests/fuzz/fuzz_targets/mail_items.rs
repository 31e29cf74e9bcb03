//! See `checks/mail_items.rs`.
#![no_main]

#[path = "../bounds.rs"]
mod bounds;
#[path = "../checks/mail_items.rs"]
mod mail_items;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| mail_items::check(bytes));
