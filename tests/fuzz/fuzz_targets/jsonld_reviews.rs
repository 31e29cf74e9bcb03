//! See `checks/jsonld_reviews.rs`; `dictionaries/jsonld_reviews.dict` knows its words.
#![no_main]

#[path = "../checks/jsonld_reviews.rs"]
mod jsonld_reviews;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| jsonld_reviews::check(bytes));
