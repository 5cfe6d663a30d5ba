//! What a client is told before it connects.

use std::time::Duration;

use faithcall_protocol::bounds::RING_MS;
use faithcall_protocol::id::{DeviceId, IdError};

use crate::rest::{ApiUrl, ApiUrlError};
use crate::signaling::{BrokerUrl, BrokerUrlError};
use crate::trace::TraceSink;

/// Where everything is, and how this device takes part. Member and church are the token's.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) api: ApiUrl,
    pub(super) broker: BrokerUrl,
    pub(super) device: DeviceId,
    pub(super) livekit_url: Option<String>,
    pub(super) join_ahead: bool,
    pub(super) call_waiting: bool,
    pub(super) part_a_ring_ms: u64,
    pub(super) extra_roots: Vec<Vec<u8>>,
    pub(super) trace: Option<TraceSink>,
}

/// Which setting cannot be used, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The server's address.
    #[error("the server URL cannot be used: {0}")]
    Api(#[from] ApiUrlError),
    /// The broker's address.
    #[error("the broker URL cannot be used: {0}")]
    Broker(#[from] BrokerUrlError),
    /// The device's id.
    #[error("the device id cannot be used: {0}")]
    Device(#[from] IdError),
    /// The media server's address.
    #[error("the media server URL cannot be used: it begins with ws:// or wss://")]
    LivekitUrl,
}

impl Config {
    /// The settings that have no default.
    ///
    /// `api` is the server's address (`https://host`), `broker` the broker's (`mqtts://host`,
    /// `wss://host/mqtt`, without TLS `mqtt://…`, `ws://…`). `device` is this installation's id:
    /// made once with [`DeviceId::from_random`], and kept.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(api: &str, broker: &str, device: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            api: api.parse()?,
            broker: broker.parse()?,
            device: device.parse()?,
            livekit_url: None,
            join_ahead: true,
            call_waiting: false,
            part_a_ring_ms: RING_MS,
            extra_roots: Vec::new(),
            trace: None,
        })
    }

    /// Uses this media server (`ws://…`, `wss://…`) instead of the one that the server names: for
    /// development machines whose server names one that cannot be reached.
    ///
    /// # Errors
    /// [`ConfigError::LivekitUrl`].
    pub fn livekit_url(mut self, url: &str) -> Result<Self, ConfigError> {
        if !(url.starts_with("ws://") || url.starts_with("wss://")) {
            return Err(ConfigError::LivekitUrl);
        }
        self.livekit_url = Some(url.to_owned());
        Ok(self)
    }

    /// Whether to enter the room while it rings, where the server allows it, so that both hear
    /// the other sooner after the accept. On by default; off saves traffic on a metered network.
    #[must_use]
    pub fn join_ahead(mut self, on: bool) -> Self {
        self.join_ahead = on;
        self
    }

    /// Whether a call that comes during another one rings as well, softly: its caller is told busy
    /// otherwise. Off by default. The server has to know of it too:
    /// [`CallClient::register_device`](super::CallClient::register_device). One that knows no holding
    /// has no call waiting either.
    #[must_use]
    pub fn call_waiting(mut self, on: bool) -> Self {
        self.call_waiting = on;
        self
    }

    /// How long a call rings on a server that sets no bound of its own; 45 s where nothing is
    /// said, and never more.
    #[must_use]
    pub fn ring_time(mut self, time: Duration) -> Self {
        let ms = u64::try_from(time.as_millis()).unwrap_or(RING_MS);
        self.part_a_ring_ms = ms.min(RING_MS);
        self
    }

    /// Trusts the certificates in this PEM text beside the platform's own: for a private
    /// authority. On Android the app's network security configuration does this instead.
    #[must_use]
    pub fn extra_root(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Writes down what this client is told and does, from its first moment, so that a call can
    /// be replayed elsewhere (`faithcall-desktop replay`). Tokens never, and in place of everything
    /// personal a stand-in. For one client: give each its own.
    #[must_use]
    pub fn trace(mut self, sink: TraceSink) -> Self {
        self.trace = Some(sink);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_used_is_named() {
        let good = Config::new("http://h", "mqtt://h", "d").unwrap();
        assert!(good.livekit_url("http://h").is_err());
        for (api, broker, device, name) in [
            ("h", "mqtt://h", "d", "server URL"),
            ("http://h", "tcp://h", "d", "broker URL"),
            ("http://h", "mqtt://h", "a/b", "device id"),
        ] {
            let error = Config::new(api, broker, device).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
