//! The port over HTTP, with reqwest.

mod records;

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use faithcall_protocol::id::DeviceId;
use faithcall_protocol::machine::timer::REQUEST_TIMEOUT_MS;
use faithcall_protocol::machine::{Answer, Failure, Request};
use faithcall_protocol::rest::{
    DEVICE_HEADER, ErrorBody, ErrorCode, SERVER_HEADER, SERVER_HEADER_VALUE,
};
use faithcall_protocol::timestamp::Timestamp;
use faithcall_protocol::trace_id::{TRACE_HEADER, TraceId};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::route::{Route, Verb, reply, route};
use super::{ApiUrl, Rest};
use crate::tls;
use crate::token::{Token, TokenError, Tokens};

/// For the whole of an exchange, with the wait for a fresh token.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(REQUEST_TIMEOUT_MS);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// More than any answer of the contract has; what is longer is not read to its end.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A longer `Retry-After` is taken for this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The port over HTTP.
pub(crate) struct Http {
    /// With its connections; another where the network is another.
    client: RwLock<Client>,
    tls: ClientConfig,
    api: ApiUrl,
    device: DeviceId,
    tokens: Tokens,
}

/// What came before it was read as an answer to something.
struct Raw {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Http {
    /// `None` where reqwest cannot be set up with this TLS configuration.
    pub(crate) fn new(
        api: ApiUrl,
        tls: ClientConfig,
        device: DeviceId,
        tokens: Tokens,
    ) -> Option<Self> {
        Some(Self {
            client: RwLock::new(client(tls.clone())?),
            tls,
            api,
            device,
            tokens,
        })
    }

    /// The exchange, with one repetition under a fresh token where the first was refused.
    async fn exchange(&self, route: &Route<'_>, trace: Option<TraceId>) -> Result<Raw, Failure> {
        let until = Instant::now() + REQUEST_TIMEOUT;
        let token = self.tokens.present();
        let first = self.once(route, trace, &token, until).await?;
        if !refuses_token(&first) {
            return Ok(first);
        }
        // The server did answer: a provider that does not is no lost answer, and the app is told.
        let replaced = timeout_at(until, self.tokens.replace(token.generation)).await;
        let fresh = match replaced.unwrap_or(Err(TokenError::Unavailable)) {
            Ok(fresh) => fresh,
            Err(error) => {
                tracing::warn!(route = route.name, %error, "the token was refused");
                return refused(first);
            }
        };
        let second = self.once(route, trace, &fresh, until).await?;
        if refuses_token(&second) {
            return refused(second);
        }
        Ok(second)
    }

    async fn once(
        &self,
        route: &Route<'_>,
        trace: Option<TraceId>,
        token: &Token,
        until: Instant,
    ) -> Result<Raw, Failure> {
        let method = match route.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Put => Method::PUT,
            Verb::Delete => Method::DELETE,
        };
        let url = self
            .api
            .route(route.base, &route.segments, route.query.as_deref());
        let client = self.client.read();
        let client = client.unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = client
            .request(method, url)
            .bearer_auth(token.secret.expose())
            .header(DEVICE_HEADER, self.device.as_str());
        if let Some(trace) = trace {
            request = request.header(TRACE_HEADER, trace.traceparent(fastrand::u64(..)));
        }
        if let Some(body) = &route.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        }
        let began = Instant::now();
        let bounded = timeout_at(until, async { read(request.send().await?).await });
        let Ok(raw) = bounded.await else {
            tracing::warn!(route = route.name, why = "time-out", "no answer");
            return Err(Failure::NoAnswer);
        };
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match raw {
            Ok(Some(raw)) => {
                let status = raw.status.as_u16();
                tracing::debug!(route = route.name, status, ms, "answered");
                if let Some(date) = date(&raw.headers) {
                    self.tokens.server_time(date.unix_ms());
                }
                Ok(raw)
            }
            Ok(None) => {
                tracing::warn!(route = route.name, ms, "an answer of more than a megabyte");
                Err(Failure::NoAnswer)
            }
            Err(error) => {
                tracing::warn!(route = route.name, ms, why = why(&error), "no answer");
                Err(Failure::NoAnswer)
            }
        }
    }
}

#[async_trait]
impl Rest for Http {
    async fn send(&self, request: Request) -> Answer {
        let route = route(&request);
        let trace = request.call_id().and_then(TraceId::of);
        let exchange = self.exchange(&route, trace).instrument(span_of(trace));
        match exchange.await {
            Ok(raw) => answer(&request, &raw),
            Err(failure) => Answer {
                result: Err(failure),
                faithcall_header: false,
                date: None,
            },
        }
    }

    fn network_changed(&self) {
        // It could be made once: it can again.
        if let Some(new) = client(self.tls.clone()) {
            *self.client.write().unwrap_or_else(PoisonError::into_inner) = new;
        }
    }
}

/// `None` where reqwest cannot be set up with this TLS configuration.
fn client(tls: ClientConfig) -> Option<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::limited(2))
        .referer(false)
        .build()
        .ok()
}

/// Marks the log's lines about one request with the trace id of its call.
fn span_of(trace: Option<TraceId>) -> tracing::Span {
    match trace {
        // An error's level: the span is there whatever is filtered out.
        Some(trace_id) => tracing::error_span!("request", %trace_id),
        None => tracing::Span::none(),
    }
}

/// Reads an answer to its end; `None` where it is too long.
async fn read(mut response: Response) -> Result<Option<Raw>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(Raw {
        status: response.status(),
        headers: response.headers().clone(),
        body,
    }))
}

fn answer(request: &Request, raw: &Raw) -> Answer {
    let result = if raw.status.is_success() {
        reply(request, &raw.body).ok_or(Failure::NoAnswer)
    } else {
        Err(Failure::Status {
            status: raw.status.as_u16(),
            body: serde_json::from_slice(&raw.body).ok().map(Box::new),
            retry_after_ms: retry_after_ms(&raw.headers),
        })
    };
    Answer {
        result,
        faithcall_header: raw
            .headers
            .get(SERVER_HEADER)
            .is_some_and(|value| value == SERVER_HEADER_VALUE),
        date: date(&raw.headers),
    }
}

/// 401, or the 403 of a part-A server that saw no credentials.
fn refuses_token(raw: &Raw) -> bool {
    if raw.status == StatusCode::FORBIDDEN {
        let body: Option<ErrorBody> = serde_json::from_slice(&raw.body).ok();
        return body.is_some_and(|body| {
            body.code == Some(ErrorCode::NotAuthenticated) || body.detail == "Not authenticated"
        });
    }
    raw.status == StatusCode::UNAUTHORIZED
}

/// What it means that no token helps. That the member was revoked is an answer of its own.
fn refused(raw: Raw) -> Result<Raw, Failure> {
    let body: Option<ErrorBody> = serde_json::from_slice(&raw.body).ok();
    match body.and_then(|body| body.code) {
        Some(ErrorCode::Revoked) => Ok(raw),
        Some(_) | None => Err(Failure::Unauthenticated),
    }
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_unix_ms(
        u64::try_from(since.as_millis()).ok()?,
    ))
}

/// Seconds, or a date, which is taken against the same answer's `Date`.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until: SystemTime = httpdate::parse_http_date(text).ok()?;
            let now = UNIX_EPOCH + Duration::from_millis(date(headers)?.unix_ms());
            until.duration_since(now).unwrap_or_default()
        }
    };
    u64::try_from(wait.min(MAX_RETRY_AFTER).as_millis()).ok()
}

/// A word for the log; reqwest's own sentence holds the URL.
fn why(error: &reqwest::Error) -> &'static str {
    if tls::is_at_fault(error) {
        "no secure connection: check the certificate and the roots"
    } else if error.is_timeout() {
        "time-out"
    } else if error.is_connect() {
        "not reachable: check the network and the server URL"
    } else if error.is_redirect() {
        "redirected too often"
    } else {
        "the connection broke"
    }
}

#[cfg(test)]
mod tests;
