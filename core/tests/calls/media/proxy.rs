//! A TCP forwarder between a phone and a server, for losses.

use std::net::SocketAddr;
use std::pin::pin;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    /// What comes waits.
    Stalled,
    Closed,
}

/// Forwards as long as it is let.
pub(crate) struct Proxy {
    address: SocketAddr,
    gate: watch::Sender<Gate>,
}

impl Proxy {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (gate, seen) = watch::channel(Gate::Open);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(forward(near, server, seen.clone()));
            }
        });
        Self { address, gate }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts what there is, and lets nothing through.
    pub(crate) fn close(&self) {
        self.gate.send_replace(Gate::Closed);
    }

    /// Keeps all connections, and lets nothing through until it is opened.
    pub(crate) fn stall(&self) {
        self.gate.send_replace(Gate::Stalled);
    }

    pub(crate) fn open(&self) {
        self.gate.send_replace(Gate::Open);
    }
}

/// Closed, it takes a connection and drops it at once.
async fn forward(mut near: TcpStream, server: SocketAddr, mut gate: watch::Receiver<Gate>) {
    if *gate.borrow() == Gate::Closed {
        return;
    }
    let Ok(mut far) = TcpStream::connect(server).await else {
        return;
    };
    let mut flow = pin!(copy_bidirectional(&mut near, &mut far));
    loop {
        let Ok(now) = gate
            .wait_for(|gate| *gate != Gate::Stalled)
            .await
            .map(|gate| *gate)
        else {
            return;
        };
        if now == Gate::Closed {
            return;
        }
        tokio::select! {
            _ = &mut flow => return,
            _ = gate.wait_for(|gate| *gate != Gate::Open) => {}
        }
    }
}
