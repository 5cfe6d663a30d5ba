//! A TCP relay whose connections a test can cut.

use crate::ServerError;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Passes TCP connections on to one server; dropped, it ends with all of them.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    connections: Arc<Mutex<JoinSet<()>>>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Listens on a free loopback port for connections to `target`.
    pub async fn start(target: SocketAddr) -> Result<Self, ServerError> {
        let io = |source| ServerError::Io {
            doing: "listen for a relay",
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        let connections = Arc::new(Mutex::new(JoinSet::new()));
        let all = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let relayed = async move {
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        // How a connection ends is its two ends' business.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                };
                all.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .spawn(relayed);
            }
        });
        Ok(Self {
            address,
            connections,
            accepting,
        })
    }

    /// Where to connect instead of the target.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections; new ones are relayed again.
    pub fn cut(&self) {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}
