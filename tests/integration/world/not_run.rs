//! A test that cannot be run here says so: on its output, and in the list that `tests/run` shows at the end.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Says why the test that calls it is not run.
pub(crate) fn not_run(why: &str) {
    println!("not run: {why}");
    let Some(list) = std::env::var_os("HEARKEN_TEST_NOT_RUN") else { return };
    let mut list = OpenOptions::new().append(true).create(true).open(list).expect("the list of what is not run can be written");
    // One write, so that tests that run at the same time do not mix their lines.
    list.write_all(format!("{why}\n").as_bytes()).expect("the list of what is not run can be written");
}
