//! A certificate authority of our own, and servers' certificates good and bad.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a server shows. TLS 1.0 and 1.1 cannot be played: rustls speaks neither, which is also why Hearken refuses them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ServerCertificate {
    /// For localhost and 127.0.0.1, by the authority.
    #[default]
    Good,
    Expired,
    /// By the authority, for another host.
    WrongName,
    /// By nobody.
    SelfSigned,
}

/// The authority, and the folder with its certificate.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of the tests");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).expect("it is written");
        Self { issuer: Issuer::new(params, key), folder }
    }

    /// What a client trusts, as `ca_file`.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn server(&self, kind: ServerCertificate) -> Arc<ServerConfig> {
        let names: &[&str] = if kind == ServerCertificate::WrongName { &["elsewhere.test"] } else { &["localhost", "127.0.0.1"] };
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("names");
        if kind == ServerCertificate::Expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match kind {
            ServerCertificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![CertificateDer::from(certificate.expect("a certificate").der().to_vec())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
        Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).expect("the key fits"))
    }
}

/// Writes bytes that are not a certificate, for `ca_file`.
pub(crate) fn not_a_certificate(folder: &Path) -> PathBuf {
    let path = folder.join("not-a-certificate.pem");
    std::fs::write(&path, "hello\n").expect("it is written");
    path
}
