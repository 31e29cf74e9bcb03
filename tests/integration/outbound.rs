//! The way out over TLS: whom we trust, and what a bad certificate is called.

use std::time::Duration;

use hearken::outbound::{Fault, Outbound, OutboundError, OutboundOptions, PingError, classify, install_crypto};
use reqwest::Method;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::world::site::{Answer, Site};

/// A site with a certificate of its own making, and that certificate in PEM.
async fn tls_site(names: &[&str]) -> (Site, String) {
    install_crypto();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).expect("a configuration");
    let site = Site::start_tls(config).await;
    site.serve("/", Answer::ok("text/plain", "hello"));
    (site, made.cert.pem())
}

fn options() -> OutboundOptions {
    OutboundOptions {
        user_agent: "Hearken/test".into(),
        contact: None,
        allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
        ca_file: None,
        timeout: Duration::from_secs(3),
    }
}

async fn fault(options: &OutboundOptions, url: &url::Url) -> Option<Fault> {
    let outbound = Outbound::new(options).expect("a client");
    let request = outbound.request(Method::GET, url).expect("allowed");
    request.send().await.err().map(|error| classify(&error))
}

#[tokio::test]
async fn a_certificate_is_trusted_only_when_its_issuer_is_listed() {
    let (site, pem) = tls_site(&["127.0.0.1"]).await;
    assert_eq!(fault(&options(), &site.url("/")).await, Some(Fault::Tls), "self-signed");
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, pem).expect("a file");
    let trusting = OutboundOptions { ca_file: Some(ca_file), ..options() };
    assert_eq!(fault(&trusting, &site.url("/")).await, None);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (site, pem) = tls_site(&["other.example"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, pem).expect("a file");
    let trusting = OutboundOptions { ca_file: Some(ca_file), ..options() };
    assert_eq!(fault(&trusting, &site.url("/")).await, Some(Fault::Tls));
}

#[tokio::test]
async fn plain_http_in_place_of_tls_is_a_failure_of_tls() {
    let site = Site::start().await;
    let mut url = site.url("/");
    url.set_scheme("https").expect("a scheme");
    let fault = fault(&options(), &url).await;
    assert!(matches!(fault, Some(Fault::Tls | Fault::Connect | Fault::Timeout)), "{fault:?}");
}

#[tokio::test]
async fn a_ping_wants_a_good_status() {
    let site = Site::start().await;
    site.serve("/beat", Answer::status(204));
    let outbound = Outbound::new(&options()).expect("a client");
    assert_eq!(outbound.ping(&site.url("/beat")).await, Ok(()));
    assert_eq!(outbound.ping(&site.url("/gone")).await, Err(PingError::Status(404)));
    let private = Outbound::new(&OutboundOptions { allow_private: Vec::new(), ..options() }).expect("a client");
    assert!(matches!(private.ping(&site.url("/beat")).await, Err(PingError::Refused(_))));
}

#[test]
fn a_ca_file_that_is_none_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing").expect("a file");
    let with = |ca_file| Outbound::new(&OutboundOptions { ca_file: Some(ca_file), ..options() }).err();
    assert!(matches!(with(empty), Some(OutboundError::NoCertificate { .. })));
    assert!(matches!(with(folder.path().join("missing.pem")), Some(OutboundError::CaFile { .. })));
}
