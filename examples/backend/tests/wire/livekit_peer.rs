//! A participant without media, and an ear for webhooks.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use faithcall_backend::livekit::{LiveKit, TokenSpec, WebhookEvent};
use faithcall_testing::LiveKitServer;
use futures_util::StreamExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Far more than anything on loopback takes: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A participant that has joined by LiveKit's signalling, and never connects any media.
pub(crate) struct Silent {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Silent {
    /// Joins; `None` when LiveKit does not let it in.
    pub(crate) async fn join(
        server: &LiveKitServer,
        livekit: &LiveKit,
        spec: &TokenSpec<'_>,
    ) -> Option<Self> {
        Self::enter(server, &livekit.mint(spec).unwrap()).await
    }

    /// Joins with this token; `None` when LiveKit does not let it in.
    pub(crate) async fn enter(server: &LiveKitServer, token: &str) -> Option<Self> {
        let url = format!("{}/rtc?access_token={token}&protocol=9", server.url());
        let (mut socket, _) = connect_async(url).await.ok()?;
        // The first message is the answer to the join.
        socket.next().await?.ok()?;
        Some(Self { socket })
    }

    /// Waits until LiveKit has hung up.
    pub(crate) async fn closed(mut self) {
        let end = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let ended = tokio::time::timeout(PATIENCE, end).await;
        ended.expect("LiveKit keeps the connection");
    }
}

/// Where a LiveKit server sends its webhooks.
pub(crate) struct Ear {
    listener: TcpListener,
}

impl Ear {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.listener.local_addr().unwrap())
    }

    /// Starts listening; only what `livekit` verifies is heard.
    pub(crate) fn listen(self, livekit: &LiveKit) -> Heard {
        let (heard, events) = mpsc::unbounded_channel();
        let livekit = Arc::new(livekit.clone());
        let hook = move |headers: HeaderMap, body: Bytes| async move {
            let signed = headers.get("authorization").and_then(|h| h.to_str().ok());
            match livekit.verify_webhook(signed.unwrap_or_default(), &body) {
                Ok(event) => {
                    // The test may have heard enough.
                    let _ = heard.send(event);
                    StatusCode::OK
                }
                Err(_) => StatusCode::UNAUTHORIZED,
            }
        };
        let app = Router::new().route("/hook", post(hook));
        tokio::spawn(axum::serve(self.listener, app).into_future());
        Heard { events }
    }
}

/// The webhooks that came, in order.
pub(crate) struct Heard {
    events: mpsc::UnboundedReceiver<WebhookEvent>,
}

impl Heard {
    /// The next one.
    pub(crate) async fn next(&mut self) -> WebhookEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("no webhook came").unwrap()
    }
}
