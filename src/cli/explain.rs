//! `hearken explain TEXT`: the verdict with every reason.

use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::exit;
use super::judging::{judge, rules_dir};
use super::line::rating_fault;
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
    /// As rules see it that tell what a firm says of itself from what customers say
    #[arg(long)]
    pub author: Option<String>,
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
    if let Some(fault) = rating_fault(args.rating, Some(args.rating_max)) {
        eprintln!("error: {}", fault.replace("rating_max", "--rating-max").replace("`rating`", "`--rating`"));
        return ExitCode::from(exit::USAGE);
    }
    let (brands, configured) = loaded.map_or((&[][..], None), |loaded| (&loaded.settings.brands[..], Some(&*loaded.settings.rules_dir)));
    let judge = match judge(&rules_dir(args.rules.as_deref(), configured), brands, false) {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    let text = match if args.text == "-" { read(io::stdin()) } else { Ok(args.text.clone()) } {
        Ok(text) => text,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(exit::USAGE);
        }
    };
    let subject = Subject {
        title: args.title.as_deref(),
        text: &text,
        rating: args.rating,
        rating_max: args.rating.map(|_| args.rating_max),
        author: args.author.as_deref(),
        source: args.source.as_deref(),
        ..Subject::default()
    };
    let way = match loaded {
        Some(loaded) => way(&loaded.settings, &judge.judge(&subject), args.source.as_deref().unwrap_or_default()),
        None => "who would be told is not known without a configuration (--config)\n".to_owned(),
    };
    // A reader that goes away, as `head` does, is no fault of the text.
    let _ = io::stdout().write_all(format!("{}\n{way}", explain(&judge, &subject)).as_bytes());
    ExitCode::SUCCESS
}

/// A text from a pipe; half of one, or one in another charset, is not judged.
fn read(input: impl Read) -> Result<String, String> {
    io::read_to_string(input).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => "what stands on stdin is no text in UTF-8: convert it first, as with `iconv`".to_owned(),
        _ => format!("stdin cannot be read: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(read("慢".as_bytes()), Ok("慢".to_owned()));
        assert!(read(&b"\xB2\xEE"[..]).is_err_and(|message| message.contains("no text in UTF-8")));
    }
}
