//! `kind = "mail"`: which mailbox, who reads it, what of it, and how what was read is marked.

use url::Url;

use crate::collect::mail::{Login, MailOptions, Mark};
use crate::problem::Table;
use crate::settings::secrets::Surroundings;
use crate::settings::values::{is_loopback, phrases};

/// The mailbox that every account has.
const FOLDER: &str = "INBOX";

/// `imaps://host`, or `imap://` to this machine.
pub(super) fn address(table: &mut Table) -> Option<Url> {
    if !table.has("url") {
        table.missing("url", "url = \"imaps://mail.example.com\"");
    }
    let text = table.filled_text("url")?;
    let help = "Write \"imaps://mail.example.com\"; where the port is not 993, add it as \":1993\".";
    let Some(url) = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "imaps" | "imap") && url.host().is_some()) else {
        table.complain("url", "this is no address of a mailbox", help);
        return None;
    };
    // A scheme that `url` does not know keeps the spelling of its host.
    let local = url.host_str().is_some_and(crate::settings::values::is_local_host) || is_loopback(&url);
    if url.scheme() == "imap" && !local {
        table.complain("url", "the password and the mails would go in clear over the network", help);
    } else if !url.username().is_empty() || url.password().is_some() {
        table.complain("url", "there are credentials in this address", "Take them out: there are `username` and `password_file`.");
    } else if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        table.complain("url", "the address goes on after the host", "The mailbox is named by `folder`.");
    }
    Some(url)
}

pub(super) fn options(table: &mut Table, surroundings: &Surroundings) -> Option<MailOptions> {
    for key in ["headers", "ignore_robots"] {
        if table.has(key) {
            table.complain(key, format!("`{key}` is for web sites"), "Take the line out.");
        }
    }
    let username = table.required_text("username");
    let login = login(table, surroundings);
    let folder = table.filled_text("folder").unwrap_or_else(|| FOLDER.to_owned());
    let mark = mark(table);
    let words = |table: &mut Table, key: &str| phrases(table, key).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let (from, subject) = (words(table, "from"), words(table, "subject"));
    if let Some(wrong) = from.iter().find(|sender| !sender.contains('@')) {
        table.complain("from", format!("`{wrong}` is no sender"), "Write \"name@example.com\", or \"@example.com\" for everybody there.");
    }
    Some(MailOptions { username: username?, login: login?, folder, mark: mark?, from, subject })
}

fn login(table: &mut Table, surroundings: &Surroundings) -> Option<Login> {
    let token = table.filled_text("oauth_token_file").map(|path| surroundings.path(&path));
    let gives_password = Surroundings::gives_secret(table, "password");
    if !gives_password && !table.has("oauth_token_file") {
        table.missing("password_file", "password_file = \"path\"` or `oauth_token_file = \"path\"");
    }
    let password = surroundings.secret(table, "password");
    let Some(path) = token else { return password.map(Login::Password) };
    if gives_password {
        Surroundings::complain(table, "password", "there are a password and a token", "Keep one of them.");
    }
    if !path.is_file() {
        let message = format!("{} is no file", path.display());
        table.complain("oauth_token_file", message, "Name the file that your token's renewal writes, relative to the main file's folder.");
    }
    Some(Login::TokenFile(path))
}

/// `seen`, `none`, or a keyword of one's own.
fn mark(table: &mut Table) -> Option<Mark> {
    let Some(word) = table.filled_text("mark") else { return (!table.has("mark")).then_some(Mark::Seen) };
    match word.as_str() {
        "seen" => Some(Mark::Seen),
        "none" => Some(Mark::Nothing),
        keyword if keyword.len() <= 64 && keyword.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$_-.".contains(&byte)) => {
            Some(Mark::Keyword(word))
        }
        _ => {
            let help = "Write \"seen\", \"none\" or a keyword of letters and digits, as \"$Hearken\".";
            table.complain("mark", format!("mails cannot be marked \"{word}\""), help);
            None
        }
    }
}
