//! `[web]`: where we listen, what our links begin with, and who may act.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use url::Url;

use super::Reading;
use crate::model::Secret;
use crate::problem::{Place, Problem, Table};
use crate::settings::secrets::Surroundings;
use crate::settings::values::{is_loopback, web_address};
use crate::settings::{ApiToken, WebOptions};

const PORT: u16 = 8420;
/// A token shorter than this can be guessed.
const TOKEN_CHARS_MIN: usize = 16;
/// A key shorter than the digest it makes weakens the signature.
const LINK_KEY_CHARS_MIN: usize = 32;

pub(in crate::settings) fn read(mut table: Table, reading: &Reading<'_>) -> Option<WebOptions> {
    let listen = listen(&mut table);
    let public_url = public_url(&mut table, listen);
    let tokens = tokens(&mut table, reading.surroundings);
    let link_keys = pair(&mut table, reading.surroundings, "link_key", &long_enough);
    let signing_secrets = pair(&mut table, reading.surroundings, "signing_secret", &super::channel::is_signing_secret);
    let trusted_proxies = networks(&mut table, "trusted_proxies");
    if let Some(address) = listen
        && !address.ip().is_loopback()
        && !table.has("token")
    {
        table.complain(
            "listen",
            format!("{address} can be reached from other machines, and there is no token"),
            "Add a `[[web.token]]`, or listen on 127.0.0.1 and put a proxy before it.",
        );
    }
    table.finish();
    Some(WebOptions { listen: listen?, public_url: public_url?, link_keys, tokens, signing_secrets, trusted_proxies })
}

fn listen(table: &mut Table) -> Option<SocketAddr> {
    let Some(text) = table.filled_text("listen") else {
        return (!table.has("listen")).then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
    };
    let found = text.replace("localhost:", "127.0.0.1:").parse().ok();
    if found.is_none() {
        table.complain("listen", format!("\"{text}\" is no address and port"), format!("Write \"127.0.0.1:{PORT}\" or \"[::1]:{PORT}\"."));
    }
    found
}

fn public_url(table: &mut Table, listen: Option<SocketAddr>) -> Option<Url> {
    if !table.has("public_url") {
        let _ = table.value("public_url");
        return Url::parse(&format!("http://{}/", listen?)).ok();
    }
    let mut url = web_address(table, "public_url")?;
    if url.query().is_some() || url.fragment().is_some() {
        table.complain("public_url", "links cannot begin with `?` or `#`", "Write scheme, host and path alone.");
        return None;
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        table.problems().add(Problem::warning(
            table.place_of("public_url"),
            "links in mails would lead over plain http",
            "Put a proxy with a certificate before Hearken and write https://.",
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(url)
}

fn tokens(table: &mut Table, surroundings: &Surroundings) -> Vec<ApiToken> {
    let mut tokens: Vec<ApiToken> = Vec::new();
    for mut one in table.tables_written("token", "`[[web.token]]`, with two brackets, once for each") {
        let name = one.required_text("name");
        if !Surroundings::gives_secret(&one, "token") {
            one.missing("token_file", "token_file = \"path\"");
        }
        let token = surroundings.secret(&mut one, "token");
        if token.as_ref().is_some_and(|token| token.expose().chars().count() < TOKEN_CHARS_MIN) {
            let help = format!("Make one of at least {TOKEN_CHARS_MIN} characters, as with `openssl rand -hex 24`.");
            Surroundings::complain(&one, "token", "this token can be guessed", help);
        }
        if let (Some(name), Some(token)) = (name, token) {
            if tokens.iter().any(|other| other.name == name) {
                one.complain("name", format!("a second token is named `{name}`"), "Give it another name: it says who acted.");
            }
            tokens.push(ApiToken { name, token });
        }
        one.finish();
    }
    tokens
}

fn long_enough(secret: &Secret) -> Result<(), &'static str> {
    if secret.expose().len() < LINK_KEY_CHARS_MIN {
        return Err("Make one of at least 32 characters, as with `openssl rand -hex 32`.");
    }
    Ok(())
}

/// The secret `key`, and `key_previous` that is still believed while the new one spreads.
pub(in crate::settings) fn pair(
    table: &mut Table,
    surroundings: &Surroundings,
    key: &str,
    sound: &dyn Fn(&Secret) -> Result<(), &'static str>,
) -> Vec<Secret> {
    let previous = format!("{key}_previous");
    if Surroundings::gives_secret(table, &previous) && !Surroundings::gives_secret(table, key) {
        Surroundings::complain(
            table,
            &previous,
            format!("`{previous}` is given without `{key}`"),
            format!("Give the new one as `{key}_file`."),
        );
    }
    let mut secrets = Vec::new();
    for key in [key, &previous] {
        let Some(secret) = surroundings.secret(table, key) else { continue };
        if let Err(help) = sound(&secret) {
            Surroundings::complain(table, key, format!("`{key}` is no sound key"), help);
        }
        secrets.push(secret);
    }
    secrets
}

/// Networks as `10.0.0.0/8`; a single address will do.
pub(in crate::settings) fn networks(table: &mut Table, key: &str) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (place, text) in table.texts(key).unwrap_or_default() {
        match text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)) {
            Ok(network) => networks.push(network),
            Err(_) => table.problems().add(not_a_network(place, &text)),
        }
    }
    networks
}

fn not_a_network(place: Place, text: &str) -> Problem {
    Problem::error(place, format!("\"{text}\" is no network"), "Write \"10.0.0.0/8\", \"fd00::/8\" or one address.")
}
