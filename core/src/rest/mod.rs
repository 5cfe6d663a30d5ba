//! The server's REST interface: one request in, one answer out.

mod error;
mod http;
mod route;
mod url;

pub use error::RequestError;
pub use url::{ApiUrl, ApiUrlError};

pub(crate) use http::Http;

use async_trait::async_trait;
use faithcall_protocol::machine::{Answer, Request};

/// Sends requests.
#[async_trait]
pub(crate) trait Rest: Send + Sync + 'static {
    /// Sends one request, once, and returns what came of it, within
    /// [`REQUEST_TIMEOUT_MS`](faithcall_protocol::machine::timer::REQUEST_TIMEOUT_MS).
    ///
    /// A refused token is replaced and the request repeated with the new one, for a refused
    /// request was not carried out; nothing else is repeated here. Dropping the future gives the
    /// request up; it may be carried out all the same.
    async fn send(&self, request: Request) -> Answer;

    /// The network is another now: what is sent from now on goes over new connections. What is on
    /// its way stays there, for it may have arrived.
    fn network_changed(&self);
}
