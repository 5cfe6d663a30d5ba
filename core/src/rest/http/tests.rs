//! Against a scripted server on the loopback: what it may answer, and what must come of it.

mod records;

use std::sync::{Arc, Mutex};

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::Reply;
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::EndCall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::tls;
use crate::token::fake::{NewEachTime, nth};
use crate::token::{TokenProvider, TokenReason};

/// Answers one request after another, each on its own connection, and keeps what was asked.
struct Server {
    api: ApiUrl,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What the server does with a request.
enum Does {
    Answers(String),
    HangsUp,
    Nothing,
}

impl Server {
    async fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut open = Vec::new();
            for does in script {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                keep.lock().unwrap().push(request);
                match does {
                    Does::Answers(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                    Does::HangsUp => {}
                    Does::Nothing => open.push(stream),
                }
            }
            // Whoever asks once more than the script says is heard.
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                keep.lock().unwrap().push(request);
            }
        });
        Self {
            api: api.parse().unwrap(),
            asked,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "half a request");
        request.extend_from_slice(&chunk[..read]);
    }
}

fn answers(status: &str, headers: &str, body: &str) -> Does {
    let length = body.len();
    Does::Answers(format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    ))
}

async fn http(server: &Server, provider: impl TokenProvider) -> Http {
    let tokens = Tokens::start(Arc::new(provider)).await.unwrap();
    let device = "device-1".parse().unwrap();
    let tls = tls::client_config(&[]).unwrap();
    Http::new(server.api.clone(), tls, device, tokens).unwrap()
}

/// Plays the script to one request.
async fn play(script: Vec<Does>, request: Request) -> (Answer, Vec<String>, u64) {
    let provider = NewEachTime::default();
    let server = Server::start(script).await;
    let answer = http(&server, provider.clone()).await.send(request).await;
    (answer, server.asked(), provider.asked())
}

fn end() -> Request {
    Request::End {
        call_id: "c1".parse().unwrap(),
        body: EndCall {
            reason: Some(EndReason::Normal),
        },
    }
}

const ENDED: &str = r#"{"message":"Call ended"}"#;

fn is_message(answer: &Answer) -> bool {
    matches!(answer.result, Ok(Reply::Message(_)))
}

#[tokio::test]
async fn a_request_names_route_device_and_token() {
    let (answer, asked, _) = play(vec![answers("200 OK", "", ENDED)], end()).await;
    assert!(is_message(&answer), "{answer:?}");
    assert!(!answer.faithcall_header);
    let [request] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert!(
        request.starts_with("POST /api/calls/c1/end HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("x-device-id: device-1\r\n"), "{request}");
    let bearer = format!("authorization: Bearer {}\r\n", nth(0).expose());
    assert!(request.contains(&bearer), "{request}");
    assert!(request.ends_with(r#"{"reason":"normal"}"#), "{request}");
}

#[tokio::test]
async fn header_date_and_body_are_read() {
    let headers = "faithcall: 1\r\ndate: Sun, 22 Nov 2026 15:24:51 GMT\r\n";
    let (answer, ..) = play(vec![answers("200 OK", headers, "null")], Request::Active).await;
    assert_eq!(answer.result, Ok(Reply::Active(None)));
    assert!(answer.faithcall_header);
    assert_eq!(
        answer.date,
        Some(Timestamp::from_unix_ms(1_795_361_091_000))
    );
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_request_repeated() {
    for refusal in [
        answers("401 Unauthorized", "", r#"{"detail":"Invalid token"}"#),
        answers("403 Forbidden", "", r#"{"detail":"Not authenticated"}"#),
    ] {
        let script = vec![refusal, answers("200 OK", "", ENDED)];
        let (answer, asked, provider) = play(script, end()).await;
        assert!(is_message(&answer), "{answer:?}");
        assert_eq!((asked.len(), provider), (2, 2));
        assert!(asked[1].contains(nth(1).expose()));
    }
}

#[tokio::test]
async fn a_token_refused_twice_needs_the_user() {
    let refusal = || answers("401 Unauthorized", "", "");
    let (answer, asked, provider) = play(vec![refusal(), refusal()], end()).await;
    assert_eq!(answer.result, Err(Failure::Unauthenticated));
    assert_eq!((asked.len(), provider), (2, 2));
}

#[tokio::test]
async fn a_revoked_member_is_told_apart() {
    let refusal = || {
        let body = r#"{"detail":"Revoked","code":"revoked"}"#;
        answers("401 Unauthorized", "", body)
    };
    let (answer, asked, provider) = play(vec![refusal(), refusal()], end()).await;
    let Err(Failure::Status { status, body, .. }) = answer.result else {
        panic!("{:?}", answer.result)
    };
    assert_eq!(status, 401);
    assert_eq!(body.unwrap().code, Some(ErrorCode::Revoked));
    assert_eq!((asked.len(), provider), (2, 2), "another token was tried");
}

#[tokio::test]
async fn another_403_is_an_answer_like_any_other() {
    let body = r#"{"detail":"You are not a participant","code":"not_a_participant"}"#;
    let (answer, asked, provider) = play(vec![answers("403 Forbidden", "", body)], end()).await;
    let Err(Failure::Status { status, body, .. }) = answer.result else {
        panic!("{answer:?}")
    };
    assert_eq!(status, 403);
    assert_eq!(body.unwrap().code, Some(ErrorCode::NotAParticipant));
    assert_eq!((asked.len(), provider), (1, 1));
}

#[tokio::test]
async fn nothing_is_repeated_after_a_lost_answer() {
    let (answer, asked, _) = play(vec![Does::HangsUp], end()).await;
    assert_eq!(answer.result, Err(Failure::NoAnswer));
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn whatever_is_answered_it_is_an_answer() {
    let huge = format!("{ENDED}{}", " ".repeat(MAX_BODY_BYTES));
    for (status, body, expected) in [
        ("200 OK", "", Failure::NoAnswer),
        ("200 OK", "[1,2", Failure::NoAnswer),
        ("200 OK", r#"{"message":7}"#, Failure::NoAnswer),
        ("200 OK", huge.as_str(), Failure::NoAnswer),
        (
            "500 Oops",
            "Internal Server Error",
            status_without_body(500),
        ),
        ("404 Not Found", "\u{0}", status_without_body(404)),
        ("302 Found", "", status_without_body(302)),
    ] {
        let (answer, ..) = play(vec![answers(status, "", body)], end()).await;
        assert_eq!(answer.result, Err(expected), "{status}");
    }
    let (answer, ..) = play(vec![Does::Answers("MQTT?\r\n\r\n".to_owned())], end()).await;
    assert_eq!(answer.result, Err(Failure::NoAnswer));
}

fn status_without_body(status: u16) -> Failure {
    Failure::Status {
        status,
        body: None,
        retry_after_ms: None,
    }
}

#[tokio::test]
async fn retry_after_is_read_in_both_forms_within_bounds() {
    for (headers, expected) in [
        ("retry-after: 3\r\n", Some(3000)),
        ("retry-after: 999999999\r\n", Some(300_000)),
        ("retry-after: soon\r\n", None),
        (
            "date: Sun, 22 Nov 2026 15:24:51 GMT\r\nretry-after: Sun, 22 Nov 2026 15:24:53 GMT\r\n",
            Some(2000),
        ),
    ] {
        let script = vec![answers("429 Too Many Requests", headers, "")];
        let (answer, ..) = play(script, end()).await;
        let Err(Failure::Status { retry_after_ms, .. }) = answer.result else {
            panic!("{answer:?}")
        };
        assert_eq!(retry_after_ms, expected, "{headers}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_given_up_in_time() {
    let began = Instant::now();
    let (answer, ..) = play(vec![Does::Nothing], end()).await;
    assert_eq!(answer.result, Err(Failure::NoAnswer));
    assert!(began.elapsed() <= REQUEST_TIMEOUT + Duration::from_millis(10));
}

/// Signs in, and never answers again. From then on the clock jumps to whatever is waited for.
struct SilentAfterSignIn;

#[async_trait]
impl TokenProvider for SilentAfterSignIn {
    async fn token(&self, reason: TokenReason) -> Result<Secret, TokenError> {
        if reason == TokenReason::SignIn {
            return Ok(nth(0));
        }
        tokio::time::pause();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_refused_token_that_nobody_replaces_in_time_needs_the_user() {
    let server = Server::start(vec![answers("401 Unauthorized", "", "")]).await;
    let http = http(&server, SilentAfterSignIn).await;
    let began = Instant::now();
    let answer = http.send(end()).await;
    assert_eq!(answer.result, Err(Failure::Unauthenticated));
    assert!(began.elapsed() <= REQUEST_TIMEOUT + Duration::from_millis(10));
}

#[tokio::test]
async fn nobody_listening_is_an_answer() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let server = Server {
        api: api.parse().unwrap(),
        asked: Arc::default(),
    };
    let answer = http(&server, NewEachTime::default())
        .await
        .send(end())
        .await;
    assert_eq!(answer.result, Err(Failure::NoAnswer));
}

#[tokio::test]
async fn a_request_about_a_call_names_its_trace_and_no_other_does() {
    let call = "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11";
    let trace_of = |asked: &[String]| {
        let line = asked[0].lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(TRACE_HEADER).then_some(value)
        });
        line.map(|value| TraceId::from_traceparent(value).unwrap())
    };
    let ended = || vec![answers("200 OK", "", ENDED)];
    let about = Request::End {
        call_id: call.parse().unwrap(),
        body: EndCall::default(),
    };
    let (_, asked, _) = play(ended(), about).await;
    assert_eq!(trace_of(&asked), TraceId::of(&call.parse().unwrap()));
    assert!(trace_of(&asked).is_some());
    let (_, asked, _) = play(vec![answers("200 OK", "", "null")], Request::Active).await;
    assert_eq!(trace_of(&asked), None);
}

// Broken by keeping the connections: a request over one of the network that is gone waited for its
// time-out.
#[tokio::test]
async fn over_another_network_no_connection_of_the_old_one_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::default();
    let server = Server {
        api: api.parse().unwrap(),
        asked,
    };
    let http = http(&server, NewEachTime::default()).await;
    let length = ENDED.len();
    let kept_open = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{ENDED}");
    let serve = async |stream: &mut TcpStream| {
        read_request(stream).await;
        stream.write_all(kept_open.as_bytes()).await.unwrap();
    };
    let first = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        serve(&mut stream).await;
        stream
    };
    let (answer, mut old) = tokio::join!(http.send(end()), first);
    assert!(is_message(&answer));
    let (answer, ()) = tokio::join!(http.send(end()), serve(&mut old));
    assert!(is_message(&answer), "it is kept while the network lasts");
    http.network_changed();
    let anew = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        serve(&mut stream).await;
    };
    let both = timeout_at(Instant::now() + REQUEST_TIMEOUT, async {
        tokio::join!(http.send(end()), anew)
    });
    let (answer, ()) = both.await.expect("the old one is used");
    assert!(is_message(&answer));
}
