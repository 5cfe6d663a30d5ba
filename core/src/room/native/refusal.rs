//! What a client's text for a failed connection means to an app.

use crate::room::RoomError;

/// Refuses a URL that is not a WebSocket's.
pub(in crate::room) fn check_url(url: &str) -> Result<(), RoomError> {
    let is_websocket = url.starts_with("ws://") || url.starts_with("wss://");
    if is_websocket {
        Ok(())
    } else {
        Err(RoomError::BadUrl)
    }
}

/// Reads the error text of LiveKit's client, which has no other form in its C interface.
pub(in crate::room) fn refusal(text: &str) -> RoomError {
    let status = ["client error: ", "server error: ", "handshake error: "]
        .into_iter()
        .find_map(|prefix| text.split_once(prefix))
        .and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
    match status {
        Some(401 | 403) => RoomError::TokenRefused,
        Some(404) => RoomError::RoomNotFound,
        Some(status) => RoomError::Server { status },
        None if text.contains("token has invalid characters") => RoomError::TokenRefused,
        None if text.contains("parse the url") => RoomError::BadUrl,
        None => RoomError::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do() {
        let cases = [
            (
                "engine: signal failure: client error: 401 Unauthorized - x",
                RoomError::TokenRefused,
            ),
            (
                "engine: signal failure: client error: 404 Not Found - x",
                RoomError::RoomNotFound,
            ),
            (
                "engine: signal failure: server error: 503 x",
                RoomError::Server { status: 503 },
            ),
            (
                "engine: signal failure: ws failure: refused",
                RoomError::Unreachable,
            ),
            (
                "engine: signal failure: failed to parse the url: x",
                RoomError::BadUrl,
            ),
        ];
        for (text, error) in cases {
            assert_eq!(refusal(text), error, "{text}");
        }
    }

    #[test]
    fn only_a_websocket_is_a_media_server() {
        assert_eq!(check_url("https://example.org"), Err(RoomError::BadUrl));
        assert_eq!(check_url("wss://example.org"), Ok(()));
    }
}
