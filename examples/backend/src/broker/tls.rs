//! TLS in front of the broker.
//!
//! The broker's own TLS brings a second cryptography provider with it, so TLS ends here: each
//! connection is decrypted and carried to a listener of the broker on the loopback interface. Whoever
//! reaches that listener directly meets the same password and the same access table.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rmqtt::net::Listener;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::BrokerError;
use super::sessions::HANDSHAKE_MS;

/// A certificate chain and its private key, as PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl TlsFiles {
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, BrokerError> {
        let unusable = |path: &Path, reason: String| BrokerError::Certificate {
            path: path.display().to_string(),
            reason,
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(&self.certificate, error.to_string()))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unusable(&self.key, error.to_string()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| unusable(&self.certificate, error.to_string()))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A TLS listener and the plain one behind it.
pub(super) struct TlsFront {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    inner: SocketAddr,
}

impl TlsFront {
    pub(super) async fn bind(
        name: &'static str,
        address: SocketAddr,
        acceptor: TlsAcceptor,
        inner: &Listener,
    ) -> Result<Self, BrokerError> {
        let failed = |reason: String| BrokerError::Listen {
            listener: name,
            address,
            reason,
        };
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| failed(error.to_string()))?;
        let bound = listener.local_addr();
        let inner = inner.local_addr();
        Ok(Self {
            address: bound.map_err(|error| failed(error.to_string()))?,
            inner: inner.map_err(|error| failed(error.to_string()))?,
            listener,
            acceptor,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until dropped, and ends its connections then.
    pub(super) async fn run(self) {
        let mut connections = JoinSet::new();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let acceptor = self.acceptor.clone();
                    connections.spawn(carry(stream, acceptor, self.inner));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to be closed.
                    tracing::warn!(%error, "a TLS connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }
}

/// Carries one connection. Its errors are the client's to see; the broker logs its own end.
async fn carry(stream: TcpStream, acceptor: TlsAcceptor, inner: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let handshake = Duration::from_millis(HANDSHAKE_MS);
    let mut outer = timeout(handshake, acceptor.accept(stream)).await??;
    let mut inner = TcpStream::connect(inner).await?;
    inner.set_nodelay(true)?;
    copy_bidirectional(&mut outer, &mut inner).await?;
    Ok(())
}
