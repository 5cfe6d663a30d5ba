//! One TLS configuration for HTTP and MQTT: ring, and the platform's own verdict on certificates.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// Why no TLS configuration can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// An extra root is not a certificate in PEM form.
    #[error(
        "an extra root certificate is not PEM ('-----BEGIN CERTIFICATE-----'): check the file that was read"
    )]
    BadRoot,
    /// The platform's roots cannot be had, and none were given.
    #[error(
        "the system has no root certificates: install them (Debian: ca-certificates) or give `extra_roots`"
    )]
    NoRoots,
}

/// Builds the configuration. `extra_roots` are PEM texts, each with one certificate or more,
/// trusted beside the platform's own.
pub(crate) fn client_config(extra_roots: &[Vec<u8>]) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(extra_roots, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::NoRoots)?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn verifier(
    extra_roots: &[Vec<u8>],
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let mut roots: Vec<CertificateDer<'static>> = Vec::new();
    for pem in extra_roots {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(certificate.map_err(|_| TlsError::BadRoot)?);
        }
        if roots.len() == before {
            return Err(TlsError::BadRoot);
        }
    }
    // On Android the platform's verifier takes no extra roots: the app's network security
    // configuration names them there.
    #[cfg(target_os = "android")]
    let verifier = Verifier::new(provider);
    #[cfg(not(target_os = "android"))]
    let verifier = Verifier::new_with_extra_roots(roots, provider);
    Ok(Arc::new(verifier.map_err(|_| TlsError::NoRoots)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_no_certificate_is_named() {
        let error = client_config(&[b"hello".to_vec()]).unwrap_err();
        assert_eq!(error, TlsError::BadRoot);
    }
}
