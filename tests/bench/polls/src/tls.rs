//! What TLS costs a poll: connections kept, tickets taken up again, and full handshakes, in turns over the same feeds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::NoServerSessionStorage;

use crate::Asked;
use crate::daemon::{Daemon, Plan, host};
use crate::feeds::Feeds;
use crate::site::{Acceptors, Site};

pub(crate) fn run(asked: &Asked, runtime: &Runtime) {
    let (feeds, hosts, rounds) = (asked.number("--feeds", 1_000), asked.number("--hosts", 1_000), asked.number("--warm", 5));
    println!("{feeds} feeds on {hosts} hosts, unchanged polls; CPU of the daemon for a poll");
    for (what, tls, closes, tickets) in [
        ("plain, connections kept", false, false, false),
        ("plain, a new connection each", false, true, false),
        ("TLS, connections kept", true, false, true),
        ("TLS, session taken up again", true, true, true),
        ("TLS, full handshake each", true, true, false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Site::new(Feeds::new(5, 0));
        let (acceptor, authority) = certificates(hosts, tickets);
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, authority).expect("it is written");
        let port = runtime.block_on(site.listen(tls.then_some(acceptor)));
        let plan = Plan {
            program: asked.program(),
            feeds,
            hosts,
            port,
            tls,
            store: "sqlite".to_owned(),
            rules: asked.rules(folder.path()),
            interval: "1h",
            hook: port,
            http: format!("ca_file = \"{}\"", ca.display()),
        };
        let mut daemon = Daemon::start(&plan, &folder.path().join("hearken"));
        daemon.wait("the sources are known", |daemon| daemon.ask("SELECT count(*) FROM sources") == i64::try_from(feeds).ok());
        site.closes.store(closes, Ordering::SeqCst);
        daemon.make_due();
        daemon.settled(feeds);
        let counters = &site.counters;
        let count = || {
            [&counters.not_modified, &counters.connections, &counters.full_handshakes, &counters.resumed_handshakes]
                .map(|one| one.load(Ordering::SeqCst))
        };
        let (before, cpu) = (count(), daemon.cpu());
        for _ in 0..rounds {
            daemon.make_due();
            daemon.settled(feeds);
        }
        let (after, cpu) = (count(), daemon.cpu() - cpu);
        let [polls, connections, full, resumed] = [0, 1, 2, 3].map(|at| after[at] - before[at]);
        println!(
            "{what:<30} {:7.0} us a poll; {polls} answers of 304, {connections} connections, {full} full and {resumed} resumed handshakes; peak {:.1} MB",
            cpu * 1e6 / polls as f64,
            crate::process::megabytes(daemon.pid(), "VmHWM")
        );
    }
}

/// A server's certificate for every host from an authority made for this run.
fn certificates(hosts: usize, tickets: bool) -> (Acceptors, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&key).expect("a certificate").pem();
    let issuer = rcgen::Issuer::from_params(&parameters, &key);
    let own_key = rcgen::KeyPair::generate().expect("a key");
    let ticketer = ring::Ticketer::new().expect("a ticketer");
    let all = (0..hosts).map(|number| {
        let name = host(number);
        let own =
            rcgen::CertificateParams::new(vec![name.clone()]).expect("parameters").signed_by(&own_key, &issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(own_key.serialize_der()).expect("a key");
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the versions are there")
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)
            .expect("the certificate and its key");
        if tickets {
            config.ticketer = Arc::clone(&ticketer);
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        (name.parse().expect("an address"), TlsAcceptor::from(Arc::new(config)))
    });
    (Arc::new(all.collect()), authority)
}
