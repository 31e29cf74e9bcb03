//! `hearken explain TEXT`: the verdict with every reason.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::judging::{judge, rules_dir};
use super::route::way;
use crate::decide::Subject;
use crate::decide::explain::explain;
use crate::settings::Loaded;

/// Judge one text and show every reason: rule, place, words, arithmetic.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The text; `-` reads it from stdin
    pub text: String,
    #[arg(long)]
    pub title: Option<String>,
    /// Stars, of --rating-max
    #[arg(long)]
    pub rating: Option<f64>,
    #[arg(long, default_value_t = 5.0)]
    pub rating_max: f64,
    /// As rules limited to a source see it
    #[arg(long)]
    pub source: Option<String>,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Other rules than the configured ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// `loaded` is the configuration, where there is one that can be read; with it the way of a warning is shown.
#[must_use]
pub fn run(args: &Args, loaded: Option<&Loaded>) -> ExitCode {
    let (brands, configured) = loaded.map_or((&[][..], None), |loaded| (&loaded.settings.brands[..], Some(&*loaded.settings.rules_dir)));
    let judge = match judge(&rules_dir(args.rules.as_deref(), configured), brands, false) {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    let text = if args.text == "-" { std::io::read_to_string(std::io::stdin()).unwrap_or_default() } else { args.text.clone() };
    let subject = Subject {
        title: args.title.as_deref(),
        text: &text,
        rating: args.rating,
        rating_max: args.rating.map(|_| args.rating_max),
        source: args.source.as_deref(),
        ..Subject::default()
    };
    let way = match loaded {
        Some(loaded) => way(&loaded.settings, &judge.judge(&subject), args.source.as_deref().unwrap_or_default()),
        None => "who would be told is not known without a configuration (--config)\n".to_owned(),
    };
    // A reader that goes away, as `head` does, is no fault of the text.
    let _ = std::io::stdout().write_all(format!("{}\n{way}", explain(&judge, &subject)).as_bytes());
    ExitCode::SUCCESS
}
