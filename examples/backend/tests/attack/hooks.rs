//! A post box between LiveKit and the backend: LiveKit must know where its webhooks go before the backend, which
//! needs LiveKit, can listen.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

/// Takes webhooks in, keeps when they came, and passes them on unread.
pub(crate) struct Hooks {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Where it is, and the client to it: made once, for what that takes is no part of what is measured.
    backend: OnceLock<(String, reqwest::Client)>,
    joins: Mutex<Vec<(Instant, String)>>,
}

impl Hooks {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let of_handler = Arc::clone(&shared);
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            of_handler.take(headers, body).await
        };
        let app = Router::new().route("/", post(handler));
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { url, shared }
    }

    /// Where LiveKit shall send its webhooks.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Where they go from here. Those that came before are lost, as LiveKit's are while a backend is down.
    pub(crate) fn pass_on_to(&self, backend: &str) {
        let url = format!("{backend}/api/webhooks/livekit");
        let client = reqwest::Client::new();
        self.shared.backend.set((url, client)).unwrap();
    }

    /// When LiveKit told first, after `since`, that this one joined; `None` if it has not.
    pub(crate) fn told_of(&self, identity: &str, since: Instant) -> Option<Instant> {
        let joins = self.shared.joins.lock().unwrap();
        let mut told = joins
            .iter()
            .filter(|(at, who)| *at > since && who == identity);
        told.next().map(|(at, _)| *at)
    }
}

impl Shared {
    async fn take(&self, headers: HeaderMap, body: Bytes) -> StatusCode {
        let event: Value = serde_json::from_slice(&body).unwrap();
        if event["event"] == "participant_joined" {
            let identity = event["participant"]["identity"].as_str().unwrap();
            let join = (Instant::now(), identity.to_owned());
            self.joins.lock().unwrap().push(join);
        }
        let Some((backend, client)) = self.backend.get() else {
            return StatusCode::SERVICE_UNAVAILABLE;
        };
        let request = client.post(backend).body(body);
        let answer = request
            .header("Authorization", &headers["Authorization"])
            .send();
        // A backend that is gone by now is the end of a test.
        let answer = answer.await.map(|answer| answer.status());
        answer.unwrap_or(StatusCode::BAD_GATEWAY)
    }
}
