//! Whole poll rounds: the real daemon against a loopback site, beside other feed readers over the same feeds, in one run.
#![forbid(unsafe_code)]

mod daemon;
mod feeds;
mod latency;
mod order;
mod peers;
mod process;
mod rounds;
mod site;
mod tls;

use std::path::PathBuf;

/// What is asked for on the command line: `NAME VALUE` pairs behind the name of the measurement.
pub(crate) struct Asked {
    pairs: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn text(&self, name: &str, otherwise: &str) -> String {
        let found = self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        found.unwrap_or_else(|| otherwise.to_owned())
    }

    pub(crate) fn number(&self, name: &str, otherwise: usize) -> usize {
        self.text(name, &otherwise.to_string()).parse().unwrap_or_else(|_| panic!("{name} is a number"))
    }

    /// The release build beside this package, unless another is named.
    pub(crate) fn program(&self) -> PathBuf {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../target/release/hearken");
        PathBuf::from(self.text("--hearken", built))
    }

    /// `shipped`, `made` or a folder.
    pub(crate) fn rules(&self, folder: &std::path::Path) -> PathBuf {
        self.rules_or(folder, "made")
    }

    pub(crate) fn rules_or(&self, folder: &std::path::Path, otherwise: &str) -> PathBuf {
        match self.text("--rules", otherwise).as_str() {
            "shipped" => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../rules")),
            "made" => daemon::made_rules(folder, self.number("--rule-count", 1_000)),
            dir => PathBuf::from(dir),
        }
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let measurement = words.next().unwrap_or_else(|| "rounds".to_owned());
    let words: Vec<String> = words.collect();
    let asked = Asked { pairs: words.chunks(2).map(|pair| (pair[0].clone(), pair.get(1).cloned().unwrap_or_default())).collect() };
    // The site runs beside whoever asks it; its time is counted nowhere.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    match measurement.as_str() {
        "rounds" => rounds::run(&asked, &runtime),
        "idle" => rounds::idle(&asked, &runtime),
        "latency" => latency::run(&asked, &runtime),
        "order" => order::run(&asked, &runtime),
        "tls" => tls::run(&asked, &runtime),
        other => panic!("{other}: known are rounds, idle, latency, order, tls"),
    }
}
