//! What LiveKit's server is told.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use serde_json::json;

use crate::failure::{Context, Result};
use crate::livekit::Running;

/// The ports of a LiveKit server.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiveKitPorts {
    pub(super) http: u16,
    rtc_tcp: u16,
    rtc_udp: u16,
}

impl LiveKitPorts {
    /// Free ones, but for the one that is given.
    pub(super) fn free(http: Option<u16>) -> Result<Self> {
        let rtc_udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.local_addr())
            .context("no UDP port is free")?
            .port();
        Ok(Self {
            http: http.map_or_else(free_tcp_port, Ok)?,
            rtc_tcp: free_tcp_port()?,
            rtc_udp,
        })
    }
}

/// A TCP port that was free on loopback a moment ago.
pub(super) fn free_tcp_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no TCP port is free")?;
    Ok(listener.local_addr().context("no TCP port is free")?.port())
}

/// LiveKit reads YAML, and JSON is YAML.
pub(super) fn livekit(livekit: &Running, ports: LiveKitPorts, webhook: &str) -> String {
    let configuration = json!({
        "port": ports.http,
        "bind_addresses": ["127.0.0.1"],
        "rtc": {
            "tcp_port": ports.rtc_tcp,
            "udp_port": ports.rtc_udp,
            "node_ip": "127.0.0.1",
            "use_external_ip": false,
        },
        "keys": { &livekit.api_key: &livekit.api_secret },
        // Rooms are the backend's to make: a token must not bring one back that is over.
        "room": { "auto_create": false },
        "webhook": { "api_key": livekit.api_key, "urls": [webhook] },
    });
    format!("{configuration:#}\n")
}
