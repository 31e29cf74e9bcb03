//! `hearken import FORMAT FILE`: a rule file made of another program's keywords, on stdout; remarks on stderr.

mod trendradar;

use std::io::Write as _;
use std::path::PathBuf;

use super::exit;

/// Turn another program's keywords into a rule file: rules on stdout, remarks on stderr.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    format: Format,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Format {
    /// `config/frequency_words.txt` of TrendRadar
    Trendradar(TrendRadar),
}

#[derive(Clone, Debug, clap::Args)]
struct TrendRadar {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The category of the rules
    #[arg(long, value_name = "NAME", default_value = "other")]
    category: String,
}

/// Imports and prints; a line that could not be taken over is a finding.
#[must_use]
pub(super) fn run(args: &Args) -> u8 {
    let Format::Trendradar(args) = &args.format;
    let read = std::fs::read(&args.file).map_err(|error| error.to_string());
    let text = match read.and_then(|bytes| String::from_utf8(bytes).map_err(|error| format!("this is not UTF-8: {error}"))) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("error: {}: {error}", args.file.display());
            return exit::USAGE;
        }
    };
    let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let made = trendradar::translate(&text, &name, &args.category);
    // A reader that goes away, as `head` does, is no fault of the file.
    let _ = std::io::stdout().write_all(made.rules.as_bytes());
    for remark in &made.remarks {
        eprintln!("{}:{}: {}", args.file.display(), remark.line, remark.words);
    }
    eprintln!("{}", made.account);
    if made.remarks.iter().any(|remark| remark.left_out) { exit::FINDINGS } else { exit::FINE }
}
