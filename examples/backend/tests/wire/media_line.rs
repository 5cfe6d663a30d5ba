//! The line between a backend and its media server, which a test can cut.

use std::net::SocketAddr;

use faithcall_testing::{LiveKitOptions, LiveKitServer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::backend::Backend;

/// What becomes of a request on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// The media server answers it.
    Open,
    /// It is hung up on.
    Dead,
    /// It is taken, and never answered.
    Silent,
}

/// The line, from the test's end.
pub(crate) struct MediaLine(watch::Sender<Line>);

impl MediaLine {
    /// A backend whose media server is behind such a line, open at first.
    pub(crate) async fn backend() -> (Self, Backend) {
        let server = LiveKitServer::start(&LiveKitOptions::default()).await;
        let server = server.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (line, seen) = watch::channel(Line::Open);
        tokio::spawn(run(listener, server.address(), seen));
        let backend = Backend::at(server, &[("LIVEKIT_URL", &url)]).await;
        backend.ready().await;
        (Self(line), backend)
    }

    /// Ends what is under way; from now on this becomes of requests.
    pub(crate) fn set(&self, line: Line) {
        self.0.send(line).unwrap();
    }
}

async fn run(listener: TcpListener, server: SocketAddr, line: watch::Receiver<Line>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((near, _)) = listener.accept() => {
                connections.spawn(carry(near, server, line.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(mut near: TcpStream, server: SocketAddr, mut line: watch::Receiver<Line>) {
    let now = *line.borrow_and_update();
    let carried = async {
        match now {
            Line::Open => {
                let mut far = TcpStream::connect(server).await.unwrap();
                // How a connection ends is its two ends' business.
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
            Line::Dead => {}
            Line::Silent => std::future::pending().await,
        }
    };
    tokio::select! {
        // First: what comes after the change is not carried any more.
        biased;
        _ = line.changed() => {}
        () = carried => {}
    }
}
