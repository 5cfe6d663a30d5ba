//! Signals as bytes.

use super::Envelope;
#[cfg(test)]
use super::Signal;

/// Largest message that is looked at, in bytes. A group's snapshot stays far below it.
pub const MAX_SIGNAL_BYTES: usize = 256 * 1024;

/// Why bytes are not a signal.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Larger than [`MAX_SIGNAL_BYTES`].
    #[error("the message has {0} bytes, more than a signal may have")]
    TooLarge(usize),
    /// Not JSON, or a field that the contract demands is missing or of another type.
    #[error("not a signal of the contract: {0}")]
    Malformed(serde_json::Error),
}

/// Reads one message. A type that is not known becomes [`super::Signal::Unknown`].
pub fn decode(bytes: &[u8]) -> Result<Envelope, DecodeError> {
    if bytes.len() > MAX_SIGNAL_BYTES {
        return Err(DecodeError::TooLarge(bytes.len()));
    }
    serde_json::from_slice(bytes).map_err(DecodeError::Malformed)
}

/// Writes one message.
///
/// # Errors
/// [`super::Signal::Unknown`] has no form on the wire.
pub fn encode(envelope: &Envelope) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_type_is_tolerated_with_whatever_it_carries() {
        let envelope = decode(
            br#"{"type":"call_hologram","call_id":"c1","timestamp":"2026-11-22T15:24:51","x":{"y":[1]}}"#,
        )
        .unwrap();
        assert_eq!(envelope.signal, Signal::Unknown);
        assert!(encode(&envelope).is_err());
    }

    #[test]
    fn nonsense_is_an_error() {
        for bad in [
            &b"null"[..],
            b"{}",
            b"[",
            b"\xff",
            br#"{"type":"call_end"}"#,
        ] {
            assert!(decode(bad).is_err());
        }
        assert!(matches!(
            decode(&vec![b' '; MAX_SIGNAL_BYTES + 1]),
            Err(DecodeError::TooLarge(_))
        ));
    }
}
