//! What an app asks about calls that are over.

use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::CallFeedback;

use super::*;
use crate::rest::RequestError;

const CALL: &str = "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11";
const PAGE: &str = r#"{"calls":[],"total":7,"page":2,"page_size":5,"has_more":false}"#;

fn feedback() -> CallFeedback {
    CallFeedback {
        rating: 3,
        issues: vec!["echo".to_owned()],
        comment: None,
    }
}

/// What comes of a feedback that is answered so.
async fn answered(status: &str, headers: &str, body: &str) -> Result<(), RequestError> {
    let server = Server::start(vec![answers(status, headers, body)]).await;
    let http = http(&server, NewEachTime::default()).await;
    http.feedback(&CALL.parse().unwrap(), &feedback()).await
}

#[tokio::test]
async fn a_page_and_the_sums_are_asked_for_as_the_contract_says() {
    let stats = r#"{"total_calls":2,"total_duration_seconds":9,"voice_calls":2,"video_calls":0,
        "missed_calls":1,"average_duration_seconds":9.0}"#;
    let script = vec![answers("200 OK", "", PAGE), answers("200 OK", "", stats)];
    let server = Server::start(script).await;
    let http = http(&server, NewEachTime::default()).await;
    let page = http.history(2, 5, Some(CallType::Video)).await.unwrap();
    assert_eq!(page.total, 7);
    assert_eq!(http.stats(30).await.unwrap().missed_calls, 1);
    let [history, stats] = &server.asked()[..] else {
        panic!("not asked twice")
    };
    let path = "GET /api/calls/history?page=2&page_size=5&call_type=video HTTP";
    assert!(history.starts_with(path), "{history}");
    assert!(
        stats.starts_with("GET /api/calls/stats?days=30 HTTP"),
        "{stats}"
    );
}

#[tokio::test]
async fn a_feedback_is_sent_with_its_calls_trace() {
    let said = r#"{"message":"Feedback kept"}"#;
    let server = Server::start(vec![answers("200 OK", "", said)]).await;
    let http = http(&server, NewEachTime::default()).await;
    let call = CALL.parse().unwrap();
    http.feedback(&call, &feedback()).await.unwrap();
    let asked = &server.asked()[0];
    assert!(asked.starts_with(&format!("POST /api/calls/{CALL}/feedback HTTP")));
    assert!(
        asked.ends_with(r#"{"rating":3,"issues":["echo"]}"#),
        "{asked}"
    );
    assert!(asked.contains(&TraceId::of(&call).unwrap().to_string()));
}

#[tokio::test]
async fn each_refusal_says_what_an_app_can_do() {
    let code = |code: &str| format!(r#"{{"detail":"x","code":"{code}"}}"#);
    for (status, headers, body, expected) in [
        ("409 Conflict", "", code("not_over"), RequestError::NotOver),
        (
            "403 Forbidden",
            "",
            code("not_a_participant"),
            RequestError::TookNoPart,
        ),
        (
            "404 Not Found",
            "",
            code("call_not_found"),
            RequestError::NoSuchCall,
        ),
        (
            "404 Not Found",
            "",
            r#"{"detail":"Not Found"}"#.to_owned(),
            RequestError::NotOnThisServer,
        ),
        (
            "422 Unprocessable",
            "",
            code("invalid"),
            RequestError::OutOfRange,
        ),
        (
            "503 Service Unavailable",
            "retry-after: 2\r\n",
            code("unavailable"),
            RequestError::Busy {
                retry_after_ms: Some(2_000),
            },
        ),
        ("418 Teapot", "", String::new(), RequestError::Refused(418)),
        ("200 OK", "", "nonsense".to_owned(), RequestError::NoAnswer),
    ] {
        assert_eq!(
            answered(status, headers, &body).await,
            Err(expected),
            "{status}"
        );
    }
}
