//! rumqttc, set up as the contract wants it, and its errors by what a person can do.

use std::error::Error;
use std::time::Duration;

use faithcall_protocol::id::mqtt_client_id;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, StateError,
    TlsConfiguration, Transport as Wire,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::MqttConfig;
use super::url::Transport;
use crate::signaling::LinkError;
use crate::tls;
use crate::token::Token;

/// A group's snapshot fits many times; rumqttc's own bound is 10 KiB.
const MAX_PACKET_BYTES: usize = 256 * 1024;
/// A dead connection is noticed within two of these.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// DNS, TCP, TLS, WebSocket and CONNACK together.
const CONNECT_TIMEOUT_S: u64 = 10;
/// Requests that rumqttc holds; and events that wait to be read.
const QUEUE: usize = 256;

/// One connection, being made or in use. Dropped, it closes the socket.
pub(super) struct Connection {
    pub(super) client: AsyncClient,
    /// Ends with an error, always.
    events: mpsc::Receiver<Result<Event, ConnectionError>>,
    pump: JoinHandle<()>,
}

impl Connection {
    /// Begins to connect; CONNACK is the first event.
    pub(super) fn open(config: &MqttConfig, token: &Token) -> Self {
        let (client, eventloop) = AsyncClient::new(options(config, token), QUEUE);
        let (tell, events) = mpsc::channel(QUEUE);
        Self {
            client,
            events,
            pump: tokio::spawn(pump(eventloop, tell)),
        }
    }

    /// The next event; an end of the pump without one, a panic in the library included, is a loss.
    pub(super) async fn next(&mut self) -> Result<Event, LinkError> {
        match self.events.recv().await {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(link_error(&error)),
            None => Err(LinkError::Lost),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// rumqttc's loop wants to be polled without being cancelled half-way, so it has its own task.
async fn pump(mut eventloop: EventLoop, tell: mpsc::Sender<Result<Event, ConnectionError>>) {
    eventloop.network_options.set_tcp_nodelay(true);
    eventloop
        .network_options
        .set_connection_timeout(CONNECT_TIMEOUT_S);
    loop {
        let polled = eventloop.poll().await;
        let over = polled.is_err();
        if tell.send(polled).await.is_err() || over {
            return;
        }
    }
}

fn options(config: &MqttConfig, token: &Token) -> MqttOptions {
    let member = &token.identity.member;
    let broker = &config.broker;
    let client_id = mqtt_client_id(member, &config.device);
    let tls = || TlsConfiguration::Rustls(config.tls.clone());
    // rumqttc takes a WebSocket's host and port from the URL in the host's place.
    let (host, wire) = match broker.transport {
        Transport::Tcp => (broker.host.as_str(), Wire::Tcp),
        Transport::Tls => (broker.host.as_str(), Wire::Tls(tls())),
        Transport::Ws => (broker.as_str(), Wire::Ws),
        Transport::Wss => (broker.as_str(), Wire::Wss(tls())),
    };
    let mut options = MqttOptions::new(client_id, host, broker.port);
    options
        .set_transport(wire)
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_session(true)
        .set_credentials(member.as_str(), token.secret.expose())
        .set_max_packet_size(MAX_PACKET_BYTES, MAX_PACKET_BYTES);
    options
}

fn link_error(error: &ConnectionError) -> LinkError {
    use ConnectReturnCode as Code;
    match error {
        ConnectionError::ConnectionRefused(Code::BadUserNamePassword | Code::NotAuthorized) => {
            LinkError::BadCredentials
        }
        ConnectionError::ConnectionRefused(Code::RefusedProtocolVersion) => LinkError::NotABroker,
        ConnectionError::ConnectionRefused(_) => LinkError::Refused,
        ConnectionError::NetworkTimeout => LinkError::Unreachable,
        ConnectionError::Io(_) | ConnectionError::Tls(_) | ConnectionError::Websocket(_) => {
            connect_error(error)
        }
        ConnectionError::NotConnAck(_)
        | ConnectionError::ResponseValidation(_)
        | ConnectionError::InvalidUrl(_)
        | ConnectionError::WsConnect(_) => LinkError::NotABroker,
        ConnectionError::MqttState(StateError::Deserialization(broken)) => match broken {
            rumqttc::mqttbytes::Error::Io(_) => LinkError::Lost,
            _ => LinkError::NotABroker,
        },
        ConnectionError::MqttState(_)
        | ConnectionError::FlushTimeout
        | ConnectionError::RequestsDone => LinkError::Lost,
    }
}

/// Looks for the cause below the layers.
fn connect_error(error: &ConnectionError) -> LinkError {
    if tls::is_at_fault(error) {
        return LinkError::Tls;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if this.is::<std::io::Error>() {
            return LinkError::Unreachable;
        }
        cause = this.source();
    }
    match error {
        ConnectionError::Tls(_) => LinkError::Tls,
        _ => LinkError::NotABroker,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use rumqttc::TlsError;

    use super::*;

    #[test]
    fn whatever_layer_tls_fails_in_it_is_named() {
        let verdict = || rustls::Error::General("no".to_owned());
        for error in [
            ConnectionError::Tls(TlsError::TLS(verdict())),
            ConnectionError::Tls(TlsError::Io(io::Error::other(verdict()))),
            ConnectionError::Io(io::Error::other(io::Error::other(verdict()))),
            // A name that no certificate can bear.
            ConnectionError::Tls(TlsError::Addr("?".parse::<std::net::IpAddr>().unwrap_err())),
        ] {
            assert_eq!(link_error(&error), LinkError::Tls, "{error:?}");
        }
        let broken = ConnectionError::Tls(TlsError::Io(io::ErrorKind::ConnectionReset.into()));
        assert_eq!(link_error(&broken), LinkError::Unreachable);
    }
}
