//! What opens a source's door: headers, cookies, and the proxy it is asked through.

use url::Url;

use super::Reading;
use crate::collect::credential::{Cookies, Credential, token_expiry};
use crate::model::Secret;
use crate::outbound::ProxyOptions;
use crate::problem::Table;
use crate::settings::secrets::Surroundings;
use crate::settings::values::{Header, headers};

/// Schemes of proxies that are spoken.
const SCHEMES: [&str; 3] = ["http", "https", "socks5"];

pub(super) struct Door {
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) credentials: Vec<Credential>,
    pub(super) proxy: Option<ProxyOptions>,
}

pub(super) fn read(table: &mut Table, name: Option<&str>, url: Option<&Url>, reading: &Reading<'_>) -> Door {
    let mut door = Door { headers: Vec::new(), credentials: Vec::new(), proxy: proxy(table, reading.surroundings) };
    for header in headers(table, reading.surroundings, &reading.company.timezone) {
        door.credentials.extend(credential(&header, || format!("the header {} of {}", header.name, name.unwrap_or_default())));
        door.headers.push((header.name, header.value));
    }
    cookies(table, url, reading.surroundings, &mut door);
    door
}

/// What of a header or a parameter expires; `own` names one that stands in the configuration itself.
pub(super) fn credential(header: &Header, own: impl FnOnce() -> String) -> Option<Credential> {
    let expires = header.expires.or_else(|| token_expiry(header.value.expose()))?;
    Some(Credential { from: header.from.clone().unwrap_or_else(own), expires })
}

fn cookies(table: &mut Table, url: Option<&Url>, surroundings: &Surroundings, door: &mut Door) {
    let Some(written) = table.filled_text("cookies_file") else { return };
    if door.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
        table.complain("cookies_file", "there is a `Cookie` among the headers as well", "Keep one of the two.");
        return;
    }
    let path = surroundings.path(&written);
    let Some(file) = surroundings.private_file(table, "cookies_file", &path) else { return };
    let cookies = match Cookies::parse(file.text.expose()) {
        Ok(cookies) => cookies,
        Err(line) => {
            let help = "Export the cookies in Netscape's form (cookies.txt), or write them as `name=value; name=value` on one line.";
            table.complain("cookies_file", format!("line {line} of {} is no cookie", path.display()), help);
            return;
        }
    };
    let Some(url) = url else { return };
    let Some(sent) = cookies.sent_to(url, file.written) else {
        let host = url.host_str().unwrap_or_default();
        let help = "Export the cookies while you look at this site, and check that they are for https where the address is.";
        table.complain("cookies_file", format!("{} holds no cookie for {host}", path.display()), help);
        return;
    };
    door.headers.push(("Cookie".to_owned(), sent.value));
    door.credentials.extend(sent.expires.map(|expires| Credential { from: format!("the file {}", path.display()), expires }));
}

fn proxy(table: &mut Table, surroundings: &Surroundings) -> Option<ProxyOptions> {
    let written = table.filled_text("proxy");
    let password = surroundings.secret(table, "proxy_password");
    let Some(written) = written else {
        if Surroundings::gives_secret(table, "proxy_password") {
            Surroundings::complain(table, "proxy_password", "there is a password and no proxy", "Add `proxy = \"http://user@host:port\"`.");
        }
        return None;
    };
    let form = "Write it as \"http://user@proxy.example.com:3128\", with http, https or socks5.";
    let Some(mut url) = Url::parse(&written).ok().filter(|url| SCHEMES.contains(&url.scheme()) && url.has_host()) else {
        table.complain("proxy", "this is no proxy's address", form);
        return None;
    };
    if url.password().is_some() {
        table.complain("proxy", "there is a password in this address", "Put it into a file and write `proxy_password_file = \"path\"`.");
        return None;
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        table.complain("proxy", "there is something behind the proxy's port", form);
        return None;
    }
    if url.port_or_known_default().is_none() {
        table.complain("proxy", "the proxy has no port", form);
        return None;
    }
    let user = Some(url.username().to_owned()).filter(|user| !user.is_empty());
    if password.is_some() && user.is_none() {
        table.complain("proxy", "there is a password for the proxy and no user name", form);
    }
    // Neither is refused for a scheme with a host.
    let _ = url.set_username("");
    Some(ProxyOptions { url, user, password })
}
