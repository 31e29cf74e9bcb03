//! TLS for what is no HTTP: mailboxes. The same trust as the HTTP client's.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;

use super::OutboundError;

/// TLS 1.2 and newer, the system's certificates and the operator's.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, OutboundError> {
    let extra = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error: rustls::Error| OutboundError::Client(error.to_string());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(wrong)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(OutboundError::NoCertificate { path: path.to_owned() }),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(OutboundError::CaFile { path: path.to_owned(), reason: error.to_string() }),
    }
}
