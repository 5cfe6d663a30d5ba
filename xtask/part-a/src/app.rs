//! An app that knows nothing but part A: no device id, no `rev`, no `call_update`. It does what it
//! is told, over plain HTTP and MQTT, and shows every signal that it gets.

use std::time::Duration;

use reqwest::Method;
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS, SubscribeReasonCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Where an app signs in, and as whom.
pub struct SignIn<'a> {
    /// Of the backend, such as `http://127.0.0.1:8000`.
    pub api: &'a str,
    /// The broker's host and port.
    pub broker: (&'a str, u16),
    /// The church.
    pub church: &'a str,
    /// The member.
    pub member: &'a str,
    /// Its JWT.
    pub token: &'a str,
}

/// A signed-in app; signs out when dropped.
pub struct App {
    api: String,
    church: String,
    member: String,
    token: String,
    http: reqwest::Client,
    mqtt: AsyncClient,
    signals: mpsc::UnboundedReceiver<(String, Value)>,
    heard: Vec<(String, Value)>,
    subscribed: mpsc::UnboundedReceiver<bool>,
    task: tokio::task::JoinHandle<()>,
}

/// What went wrong, in a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AppError(String);

impl AppError {
    fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

impl App {
    /// Connects to the broker and subscribes to what is the member's own.
    ///
    /// # Errors
    /// When the broker refuses the connection or a subscription.
    pub async fn sign_in(sign_in: SignIn<'_>) -> Result<Self, AppError> {
        // Another part of the same process may have installed one: that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (host, port) = sign_in.broker;
        let id = format!("app-{}", uuid::Uuid::new_v4());
        let mut options = MqttOptions::new(id, host, port);
        options.set_credentials(sign_in.member, sign_in.token);
        options.set_max_packet_size(256 * 1024, 256 * 1024);
        options.set_keep_alive(Duration::from_secs(30));
        let (mqtt, mut events) = AsyncClient::new(options, 64);
        while !matches!(
            events.poll().await.map_err(AppError::new)?,
            Event::Incoming(Incoming::ConnAck(_))
        ) {}
        let (signal, signals) = mpsc::unbounded_channel();
        let (suback, subscribed) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                let listening = match event {
                    Event::Incoming(Incoming::Publish(message)) => {
                        let payload = serde_json::from_slice(&message.payload).unwrap_or_default();
                        signal.send((message.topic, payload)).is_ok()
                    }
                    Event::Incoming(Incoming::SubAck(ack)) => {
                        let granted = |code| matches!(code, &SubscribeReasonCode::Success(_));
                        suback.send(ack.return_codes.iter().all(granted)).is_ok()
                    }
                    _ => true,
                };
                if !listening {
                    return;
                }
            }
        });
        let mut app = Self {
            api: sign_in.api.to_owned(),
            church: sign_in.church.to_owned(),
            member: sign_in.member.to_owned(),
            token: sign_in.token.to_owned(),
            http: reqwest::Client::new(),
            mqtt,
            signals,
            heard: Vec::new(),
            subscribed,
            task,
        };
        for leaf in ["incoming_call", "call_status"] {
            app.subscribe(&format!("member/{}/{leaf}", app.member))
                .await?;
        }
        Ok(app)
    }

    /// Subscribes below the church.
    async fn subscribe(&mut self, leaf: &str) -> Result<(), AppError> {
        let filter = format!("faithflow/{}/{leaf}", self.church);
        self.mqtt
            .subscribe(&filter, QoS::ExactlyOnce)
            .await
            .map_err(AppError::new)?;
        match self.subscribed.recv().await {
            Some(true) => Ok(()),
            Some(false) => Err(AppError(format!("{filter}: refused"))),
            None => Err(AppError::new("the broker closed the connection")),
        }
    }

    /// One request below `/api/calls`; status and body.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(u16, Value), AppError> {
        let mut request = self
            .http
            .request(method, format!("{}/api/calls{path}", self.api))
            .bearer_auth(&self.token)
            .timeout(Duration::from_secs(10));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(AppError::new)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(AppError::new)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// A POST on a call: `accept`, `reject` or `end` with its reason, `cancel`, `connected`;
    /// status and body.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post(
        &self,
        call: &str,
        verb: &str,
        reason: Option<&str>,
    ) -> Result<(u16, Value), AppError> {
        let body = reason.map(|reason| json!({"reason": reason}));
        self.request(Method::POST, &format!("/{call}/{verb}"), body)
            .await
    }

    /// Dials, and subscribes to the call as part-A apps do. The create's answer.
    ///
    /// # Errors
    /// When the create is refused, or no answer comes.
    pub async fn call(&mut self, callee: &str, call_type: &str) -> Result<Value, AppError> {
        let body = json!({"callee_ids": [callee], "call_type": call_type});
        let (status, answer) = self.request(Method::POST, "", Some(body)).await?;
        match answer.get("call_id").and_then(Value::as_str) {
            Some(id) => self.follow(id).await?,
            None => return Err(AppError(format!("create answered {status}: {answer}"))),
        }
        Ok(answer)
    }

    /// Subscribes to a call's signals and participants.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn follow(&mut self, call: &str) -> Result<(), AppError> {
        for leaf in ["signal", "participants"] {
            self.subscribe(&format!("call/{call}/{leaf}")).await?;
        }
        Ok(())
    }

    /// Says on MQTT that it rings.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn ringing(&self, call: &str) -> Result<(), AppError> {
        let payload = json!({
            "type": "call_ringing",
            "call_id": call,
            "callee_id": self.member,
            "callee_name": self.member,
            "timestamp": "2026-01-01T00:00:00.000000",
        });
        let topic = format!("faithflow/{}/call/{call}/signal", self.church);
        self.mqtt
            .publish(topic, QoS::AtLeastOnce, false, payload.to_string())
            .await
            .map_err(AppError::new)
    }

    /// The next signal of a type, with its topic; others before it are passed over.
    ///
    /// # Errors
    /// When none comes within `patience`, or the connection is gone. Says what came instead.
    pub async fn signal(
        &mut self,
        kind: &str,
        patience: Duration,
    ) -> Result<(String, Value), AppError> {
        let wait = async {
            while let Some(signal) = self.signals.recv().await {
                self.heard.push(signal.clone());
                if kind_of(&signal.1) == kind {
                    return Some(signal);
                }
            }
            None
        };
        match tokio::time::timeout(patience, wait).await {
            Ok(Some(found)) => Ok(found),
            _ => {
                let came: Vec<_> = self.heard.iter().map(|signal| kind_of(&signal.1)).collect();
                Err(AppError(format!("no {kind}; what came so far: {came:?}")))
            }
        }
    }

    /// All signals so far, with their topics.
    pub fn heard(&mut self) -> &[(String, Value)] {
        while let Ok(signal) = self.signals.try_recv() {
            self.heard.push(signal);
        }
        &self.heard
    }
}

/// The signal's name.
fn kind_of(payload: &Value) -> &str {
    payload
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Drop for App {
    fn drop(&mut self) {
        self.task.abort();
    }
}
