//! Serves connections, none of which may take its time with a request's head.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How long a connection may be silent before a request, or take to send its head.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Serves until `stopped`, then ends each connection after the request under way. Dropped, it ends
/// all of them at once.
///
/// A connection whose next request has no complete head within `head_within` is closed: a client
/// that holds connections open and says nothing would keep all others out. `axum::serve` has no such
/// bound.
pub(crate) async fn serve(
    mut listener: TcpListener,
    router: Router,
    head_within: Duration,
    stopped: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head_within);
    let ending = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            (stream, _) = Listener::accept(&mut listener) => {
                let service = TowerToHyperService::new(router.clone());
                let connection = http.serve_connection(TokioIo::new(stream), service);
                connections.spawn(ending.watch(connection));
            }
            // How a connection ends is its client's business.
            Some(_) = connections.join_next() => {}
            () = &mut stopped => break,
        }
    }
    drop(listener);
    ending.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use super::*;

    /// Only a failing test waits so long.
    const PATIENCE: Duration = Duration::from_secs(20);
    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        serving: JoinHandle<()>,
        asked: Arc<Notify>,
        answer: Arc<Notify>,
    }

    /// Answers once it is let.
    async fn server(head_within: Duration) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (telling, let_go) = (Arc::clone(&asked), Arc::clone(&answer));
        let handler = async move || {
            telling.notify_one();
            let_go.notified().await;
            "done"
        };
        let router = Router::new().route("/", get(handler));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, router, head_within, async {
            let _ = stopped.await;
        }));
        Server {
            address,
            stop,
            serving,
            asked,
            answer,
        }
    }

    async fn rest(mut client: TcpStream) -> String {
        let mut text = String::new();
        let read = timeout(PATIENCE, client.read_to_string(&mut text)).await;
        read.expect("the connection stays open").unwrap();
        text
    }

    #[tokio::test]
    async fn half_a_head_and_silence_are_closed() {
        let server = server(Duration::from_millis(50)).await;
        for said in [&GET[..GET.len() / 2], b""] {
            let mut client = TcpStream::connect(server.address).await.unwrap();
            client.write_all(said).await.unwrap();
            rest(client).await;
        }
    }

    #[tokio::test]
    async fn a_stop_waits_for_the_request_under_way_and_for_no_silent_client() {
        let server = server(PATIENCE * 2).await;
        let mut silent = TcpStream::connect(server.address).await.unwrap();
        let mut asking = TcpStream::connect(server.address).await.unwrap();
        asking.write_all(GET).await.unwrap();
        server.asked.notified().await;
        server.stop.send(()).unwrap();
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
        server.answer.notify_one();
        assert!(rest(asking).await.ends_with("done"));
        timeout(PATIENCE, server.serving).await.unwrap().unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn dropped_it_cuts_what_is_under_way() {
        let server = server(PATIENCE * 2).await;
        let mut asking = TcpStream::connect(server.address).await.unwrap();
        asking.write_all(GET).await.unwrap();
        server.asked.notified().await;
        server.serving.abort();
        assert_eq!(rest(asking).await, "");
    }
}
