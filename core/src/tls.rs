//! One TLS configuration for HTTP and MQTT: ring, and the platform's own verdict on certificates.

use std::error::Error;
use std::io;
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
    /// An extra root is PEM, and what it holds is no certificate.
    #[error(
        "an extra root certificate is PEM, but no X.509 certificate: check that the file is whole"
    )]
    UnusableRoot,
    /// The platform's roots cannot be had, and none were given.
    #[error(
        "the system has no root certificates: install them (Debian: ca-certificates) or give `extra_roots`"
    )]
    NoRoots,
    /// The platform's verifier cannot be set up, for no reason that its certificates would explain.
    #[error("TLS cannot be set up on this system: report this")]
    Setup,
}

/// Builds the configuration. `extra_roots` are PEM texts, each with one certificate or more,
/// trusted beside the platform's own.
pub(crate) fn client_config(extra_roots: &[Vec<u8>]) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(extra_roots, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Setup)?;
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
    Ok(Arc::new(verifier.map_err(|error| why(&error))?))
}

/// Whether TLS is what went wrong, in whatever layer below. An I/O error does not count what it holds
/// among its sources, and a client wraps one in another.
pub(crate) fn is_at_fault(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if this.is::<rustls::Error>() {
            return true;
        }
        let held = this
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        cause = match held {
            Some(held) => Some(held),
            None => this.source(),
        };
    }
    false
}

/// Why the platform's verifier was not made.
fn why(error: &rustls::Error) -> TlsError {
    // Only where it reads the roots from files does it say that there are none, and nothing else
    // in these words; other platforms keep them to themselves until a certificate is judged.
    let reads_roots = cfg!(all(
        unix,
        not(any(target_os = "android", target_vendor = "apple"))
    ));
    match error {
        rustls::Error::InvalidCertificate(_) => TlsError::UnusableRoot,
        rustls::Error::General(_) if reads_roots => TlsError::NoRoots,
        _ => TlsError::Setup,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_no_certificate_is_named() {
        let error = client_config(&[b"hello".to_vec()]).unwrap_err();
        assert_eq!(error, TlsError::BadRoot);
    }

    #[test]
    fn a_root_that_is_pem_and_no_certificate_is_not_taken_for_missing_roots() {
        let pem = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        let error = client_config(&[pem.into()]).unwrap_err();
        assert_eq!(error, TlsError::UnusableRoot);
    }

    #[test]
    fn one_root_that_is_broken_is_not_passed_over_for_those_that_are_not() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let good = made.cert.pem();
        assert!(client_config(&[good.clone().into()]).is_ok());
        let cut = format!("{good}-----BEGIN CERTIFICATE-----\naGVsbG8=\n");
        let error = client_config(&[cut.into()]).unwrap_err();
        assert_eq!(error, TlsError::BadRoot);
    }

    #[test]
    fn each_cause_is_told_as_what_it_is() {
        assert_eq!(
            why(&rustls::Error::FailedToGetCurrentTime),
            TlsError::Setup,
            "no certificate is at fault"
        );
        let none = rustls::Error::General("No CA certificates were loaded".to_owned());
        #[cfg(target_os = "linux")]
        assert_eq!(why(&none), TlsError::NoRoots);
        #[cfg(not(target_os = "linux"))]
        assert_eq!(why(&none), TlsError::Setup);
    }
}
