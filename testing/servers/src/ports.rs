//! Ports that nobody uses right now.

use crate::ServerError;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Returns a TCP port that was free on loopback a moment ago.
///
/// Somebody else may take it before its user binds it, so the user must be ready to ask again.
pub fn free_tcp_port() -> Result<u16, ServerError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| ServerError::Io {
            doing: "reserve a TCP port",
            source,
        })
}

/// Returns a UDP port that was free on loopback a moment ago; see [`free_tcp_port`].
pub fn free_udp_port() -> Result<u16, ServerError> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|socket| socket.local_addr())
        .map(|address| address.port())
        .map_err(|source| ServerError::Io {
            doing: "reserve a UDP port",
            source,
        })
}
