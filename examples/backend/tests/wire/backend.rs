//! A whole backend with a LiveKit server of its own, and phones that talk to it over plain HTTP and
//! MQTT.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use faithcall_backend::Running;
use faithcall_backend::auth::Tokens;
use faithcall_backend::config::{Config, Source};
use faithcall_backend::livekit::LiveKit;
use faithcall_protocol::redact::Secret;
use faithcall_testing::{LiveKitOptions, LiveKitServer, RoomAdmin};
use part_a::app::{App, SignIn};
use reqwest::{Method, StatusCode};
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Far more than anything on loopback takes: only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const CHURCH: &str = "c1";
pub(crate) const JWT_SECRET: &str = "a-secret-for-tests-of-more-than-32-characters";
const LATER: u64 = 4_000_000_000;
const MEMBERS: &str = "c1/ann=Ann Ames,c1/bob=Bob,c1/cleo=Cleo,c1/dan=Dan,c2/ann=Ann,c2/bob=Bob,c2/eve=Eve,c2/finn=Finn";

/// A running backend; everything of it is gone when this is dropped.
pub(crate) struct Backend {
    running: Option<Running>,
    pub(crate) livekit: LiveKitServer,
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Backend {
    /// With the defaults, and embedded broker.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables set too.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let backend = Self::unready(settings).await;
        backend.ready().await;
        backend
    }

    /// Like [`Backend::with`], and not waited for: something that it needs is not there.
    pub(crate) async fn unready(settings: &[(&str, &str)]) -> Self {
        let livekit = LiveKitServer::start(&LiveKitOptions::default())
            .await
            .unwrap();
        Self::at(livekit, settings).await
    }

    /// Like [`Backend::unready`], with this LiveKit server.
    pub(crate) async fn at(livekit: LiveKitServer, settings: &[(&str, &str)]) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut backend = Self {
            running: None,
            livekit,
            folder: TempDir::new().unwrap(),
            settings,
        };
        backend.run().await;
        backend
    }

    /// Starts the server on the database that is there.
    pub(crate) async fn run(&mut self) {
        let config = Config::read(&Source::from_pairs(self.variables())).unwrap();
        self.running = Some(faithcall_backend::start(config).await.unwrap());
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&self) {
        let ready = async {
            while !self.running().is_ready().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, ready).await;
        waited.expect("the backend is not ready");
    }

    /// Stops the server; what it stored stays.
    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().shutdown().await;
    }

    /// Stops the server as a crash would: nothing is drained.
    pub(crate) fn crash(&mut self) {
        drop(self.running.take());
    }

    /// When the next deadline of a stored call is; also while nobody runs.
    pub(crate) async fn next_deadline(&self) -> SystemTime {
        let mut file = self.database_connection().await;
        let deadline = sqlx::query_scalar::<_, i64>("SELECT min(deadline_ms) FROM calls");
        let at_ms = deadline.fetch_one(&mut file).await.unwrap();
        UNIX_EPOCH + Duration::from_millis(at_ms.try_into().unwrap())
    }

    /// A connection of one's own to its database.
    pub(crate) async fn database_connection(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.database());
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("calls.sqlite")
    }

    fn variables(&self) -> Vec<(String, String)> {
        let database = self.database();
        let mut variables: Vec<(String, String)> = [
            ("LIVEKIT_URL", self.livekit.url()),
            ("LIVEKIT_API_KEY", self.livekit.api_key().to_owned()),
            ("LIVEKIT_API_SECRET", self.livekit.api_secret().to_owned()),
            ("FAITHCALL_HTTP_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_MQTT_LISTEN", "127.0.0.1:0".to_owned()),
            ("FAITHCALL_DATABASE", database.display().to_string()),
            ("FAITHCALL_JWT_SECRET", JWT_SECRET.to_owned()),
            ("FAITHCALL_DEV_MEMBERS", MEMBERS.to_owned()),
            // What the reaper would mend must not need it.
            ("FAITHCALL_REAPER_SECONDS", "600".to_owned()),
            // The limits have a test of their own, and a race is run more than once.
            ("FAITHCALL_LIMIT_CREATES", "1000".to_owned()),
            ("FAITHCALL_LIMIT_CREATES_PER_PAIR", "1000".to_owned()),
            ("FAITHCALL_LIMIT_UNANSWERED_PER_PAIR", "1000".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        variables.extend(self.settings.iter().cloned());
        variables
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// The backend's own view of LiveKit.
    pub(crate) fn rooms(&self) -> LiveKit {
        let server = &self.livekit;
        LiveKit::new(&server.url(), server.api_key(), server.api_secret()).unwrap()
    }

    pub(crate) fn admin(&self) -> RoomAdmin {
        self.livekit.admin().unwrap()
    }

    /// Waits until LiveKit has no room.
    pub(crate) async fn no_rooms(&self) {
        let admin = self.admin();
        let gone = async {
            while !admin.list_rooms().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, gone).await;
        waited.expect("a room outlives its call");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running().http_address())
    }

    /// A phone of a member of church `c1`, on a device of this name, listening to its topics.
    pub(crate) async fn phone(&self, member: &str, device: &str) -> Phone {
        let mut phone = self.client(CHURCH, member, Some(device));
        phone.listen(self).await;
        phone
    }

    /// A scripted app of somebody else that knows nothing but part A.
    pub(crate) async fn app(&self, member: &str) -> App {
        let broker = self.running().broker_addresses().unwrap().tcp.unwrap();
        let sign_in = SignIn {
            api: &self.url(),
            broker: (&broker.ip().to_string(), broker.port()),
            church: CHURCH,
            member,
            token: &self.client(CHURCH, member, None).token,
        };
        App::sign_in(sign_in).await.unwrap()
    }

    /// A client that only speaks HTTP.
    pub(crate) fn client(&self, church: &str, member: &str, device: Option<&str>) -> Phone {
        let tokens = Tokens::new(&Secret::new(JWT_SECRET));
        let token = tokens
            .mint(&church.parse().unwrap(), &member.parse().unwrap(), LATER)
            .unwrap();
        Phone {
            http: reqwest::Client::new(),
            api: format!("{}/api/calls", self.url()),
            church: church.to_owned(),
            member: member.to_owned(),
            device: device.map(str::to_owned),
            token: token.expose().to_owned(),
            signals: None,
        }
    }
}

/// One device of a member.
pub(crate) struct Phone {
    http: reqwest::Client,
    api: String,
    church: String,
    pub(crate) member: String,
    device: Option<String>,
    pub(crate) token: String,
    signals: Option<Signals>,
}

/// An answer: its status, its headers, its JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer that must be 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        let code = self.body["code"].as_str().unwrap_or_default();
        (self.status.as_u16(), code)
    }
}

impl Phone {
    pub(crate) async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.request_with(&[], method, path, body).await
    }

    /// A request with further headers.
    pub(crate) async fn request_with(
        &self,
        headers: &[(&str, &str)],
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.api))
            .bearer_auth(&self.token);
        if let Some(device) = &self.device {
            request = request.header("X-Device-Id", device);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            body: answer.json().await.unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Option<Value>) -> Answer {
        self.request(Method::POST, path, body).await
    }

    /// Calls somebody under an id of its own making.
    pub(crate) async fn dial(&self, callee: &str) -> Answer {
        self.dial_as(callee, &fresh_id()).await
    }

    pub(crate) async fn dial_as(&self, callee: &str, id: &str) -> Answer {
        let body = json!({"callee_ids": [callee], "call_type": "voice", "call_id": id});
        self.post("", Some(body)).await
    }

    pub(crate) async fn accept(&self, id: &str) -> Answer {
        self.post(&format!("/{id}/accept"), None).await
    }

    pub(crate) async fn reject(&self, id: &str, reason: &str) -> Answer {
        self.post(&format!("/{id}/reject"), Some(json!({"reason": reason})))
            .await
    }

    pub(crate) async fn cancel(&self, id: &str) -> Answer {
        self.post(&format!("/{id}/cancel"), None).await
    }

    pub(crate) async fn ringing(&self, id: &str) -> Answer {
        self.post(&format!("/{id}/ringing"), None).await
    }

    pub(crate) async fn connected(&self, id: &str) -> Answer {
        self.post(&format!("/{id}/connected"), None).await
    }

    pub(crate) async fn end(&self, id: &str) -> Answer {
        self.post(&format!("/{id}/end"), Some(json!({}))).await
    }

    /// The call's snapshot, without what time alone changes: how long it still rings.
    pub(crate) async fn snapshot(&self, id: &str) -> Value {
        let mut answer = self.get(&format!("/{id}")).await.ok();
        let ring = answer.as_object_mut().unwrap().remove("ring_expires_in_ms");
        assert!(ring.is_some_and(|left_ms| left_ms.is_u64()));
        answer
    }

    async fn listen(&mut self, backend: &Backend) {
        let addresses = backend.running().broker_addresses().unwrap();
        let broker = addresses.tcp.unwrap();
        let client_id = match &self.device {
            Some(device) => format!("fc:{}:{device}", self.member),
            None => format!("app-{}", self.member),
        };
        let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
        options.set_credentials(&self.member, &self.token);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let own = format!("faithflow/{}/member/{}/#", self.church, self.member);
        self.signals = Some(Signals::open(options, &own).await);
    }

    /// The next signal on a topic that ends so.
    pub(crate) async fn signal(&mut self, topic_end: &str) -> Value {
        self.signals.as_mut().unwrap().next(topic_end).await
    }

    /// Waits until the broker has hung up.
    pub(crate) async fn hung_up(&mut self) {
        self.signals.as_mut().unwrap().closed().await;
    }

    /// The next `call_update` with this cause; those before it are passed over.
    pub(crate) async fn update(&mut self, cause: &str) -> Value {
        loop {
            let update = self.signal("/call_update").await;
            if update["cause"] == cause {
                return update;
            }
        }
    }
}

/// What a phone hears on MQTT.
struct Signals {
    /// Dropped, it would end the connection.
    client: AsyncClient,
    messages: mpsc::UnboundedReceiver<(String, Value)>,
    granted: mpsc::UnboundedReceiver<()>,
    kept: Vec<(String, Value)>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Signals {
    async fn open(options: MqttOptions, filter: &str) -> Self {
        let (client, mut events) = AsyncClient::new(options, 64);
        let (message, messages) = mpsc::unbounded_channel();
        let (grant, granted) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                let open = match event {
                    Event::Incoming(Incoming::Publish(got)) => {
                        let value = serde_json::from_slice(&got.payload).unwrap();
                        message.send((got.topic, value)).is_ok()
                    }
                    Event::Incoming(Incoming::SubAck(_)) => grant.send(()).is_ok(),
                    _ => true,
                };
                if !open {
                    return;
                }
            }
        });
        let mut signals = Self {
            client,
            messages,
            granted,
            kept: Vec::new(),
            task,
        };
        signals.subscribe(filter).await;
        signals
    }

    async fn subscribe(&mut self, filter: &str) {
        let asked = self.client.subscribe(filter, QoS::AtLeastOnce);
        asked.await.unwrap();
        let granted = tokio::time::timeout(PATIENCE, self.granted.recv()).await;
        granted.expect("no SUBACK").unwrap();
    }

    async fn closed(&mut self) {
        let end = async { while self.messages.recv().await.is_some() {} };
        let closed = tokio::time::timeout(PATIENCE, end).await;
        closed.expect("the broker keeps the connection");
    }

    async fn next(&mut self, topic_end: &str) -> Value {
        if let Some(at) = self
            .kept
            .iter()
            .position(|(topic, _)| topic.ends_with(topic_end))
        {
            return self.kept.remove(at).1;
        }
        loop {
            let next = tokio::time::timeout(PATIENCE, self.messages.recv()).await;
            let next = next.unwrap_or_else(|_| panic!("nothing came on …{topic_end}"));
            let (topic, value) = next.expect("the broker hung up");
            if topic.ends_with(topic_end) {
                return value;
            }
            self.kept.push((topic, value));
        }
    }
}

/// A call's id, as a client makes it.
pub(crate) fn fresh_id() -> String {
    Uuid::new_v4().to_string()
}

/// The id of a call that was made.
pub(crate) fn id_of(call: &Value) -> String {
    call["call_id"].as_str().unwrap().to_owned()
}
