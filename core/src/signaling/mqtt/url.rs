//! Where the broker is, and how it is spoken to.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A broker's address: `mqtt://host[:1883]`, `mqtts://host[:8883]`, `ws://host[:80]/mqtt` or
/// `wss://host[:443]/mqtt`. Holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    pub(super) transport: Transport,
    pub(super) host: String,
    pub(super) port: u16,
    url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Tls,
    Ws,
    Wss,
}

/// Why a text is not a broker's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// Not a URL with a host.
    #[error("not a broker URL: write mqtt://host:port, mqtts://…, ws://host:port/mqtt or wss://…")]
    Malformed,
    /// Another scheme.
    #[error("a broker URL begins with mqtt://, mqtts://, ws:// or wss://")]
    Scheme,
    /// Credentials stand in it.
    #[error("a broker URL holds no user and no password: the member's token is used")]
    Credentials,
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, BrokerUrlError> {
        let url = Url::parse(text).map_err(|_| BrokerUrlError::Malformed)?;
        let (transport, port) = match url.scheme() {
            "mqtt" => (Transport::Tcp, 1883),
            "mqtts" => (Transport::Tls, 8883),
            "ws" => (Transport::Ws, 80),
            "wss" => (Transport::Wss, 443),
            _ => return Err(BrokerUrlError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BrokerUrlError::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty());
        Ok(Self {
            transport,
            host: host.ok_or(BrokerUrlError::Malformed)?.to_owned(),
            port: url.port().unwrap_or(port),
            url: url.into(),
        })
    }
}

impl BrokerUrl {
    /// All of it, query too.
    pub(super) fn as_str(&self) -> &str {
        &self.url
    }
}

/// Without a query, which may hold secrets of a gateway.
impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_and_their_ports() {
        for (text, transport, host, port) in [
            ("mqtt://broker", Transport::Tcp, "broker", 1883),
            (
                "mqtts://broker.example",
                Transport::Tls,
                "broker.example",
                8883,
            ),
            ("ws://127.0.0.1:9001/mqtt", Transport::Ws, "127.0.0.1", 9001),
            ("wss://broker/mqtt", Transport::Wss, "broker", 443),
            ("mqtt://[::1]:7", Transport::Tcp, "[::1]", 7),
        ] {
            let url: BrokerUrl = text.parse().unwrap();
            assert_eq!(
                (url.transport, url.host.as_str(), url.port),
                (transport, host, port)
            );
        }
    }

    #[test]
    fn what_is_no_broker_is_refused_with_a_reason() {
        for (text, error) in [
            ("", BrokerUrlError::Malformed),
            ("broker:1883", BrokerUrlError::Scheme),
            ("mqtt://", BrokerUrlError::Malformed),
            ("http://broker", BrokerUrlError::Scheme),
            ("mqtt://ruth:pw@broker", BrokerUrlError::Credentials),
        ] {
            assert_eq!(text.parse::<BrokerUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_query_is_not_shown() {
        let url: BrokerUrl = "wss://broker/mqtt?key=abc".parse().unwrap();
        assert_eq!(url.to_string(), "wss://broker/mqtt");
    }
}
