//! What ties together the lines that the logs of several machines hold about one call.

use std::fmt;
use std::num::NonZeroU128;

use crate::id::CallId;

/// Carries a trace id in a request, as W3C Trace Context has it.
pub const TRACE_HEADER: &str = "traceparent";

/// The trace id of a call: 32 hexadecimal digits, as W3C Trace Context has it.
///
/// It is the call's own UUID, so that everybody who knows the call knows it, and nothing more has to
/// travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

impl TraceId {
    /// The trace id of a call; none where its id is not a UUID.
    pub fn of(call: &CallId) -> Option<Self> {
        let id = call.as_str();
        let parts: Vec<&str> = id.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        if lengths != [8, 4, 4, 4, 12] {
            return None;
        }
        hex(&parts.concat().to_ascii_lowercase()).map(Self)
    }

    /// The value of [`TRACE_HEADER`] for one request; `span` tells it from the call's others.
    pub fn traceparent(self, span: u64) -> String {
        // An id of zero means none.
        format!("00-{self}-{:016x}-01", span.max(1))
    }

    /// Reads the value of a [`TRACE_HEADER`]; none where it is not one.
    pub fn from_traceparent(value: &str) -> Option<Self> {
        let mut parts = value.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let well_formed = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace, 32)
            && is_hex(span, 16)
            && span.bytes().any(|digit| digit != b'0')
            && is_hex(flags, 2)
            // A later version may say more after what this one knows.
            && (version != "00" || parts.next().is_none());
        if well_formed {
            hex(trace).map(Self)
        } else {
            None
        }
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// As many hexadecimal digits, in small letters.
fn is_hex(text: &str, digits: usize) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == digits && text.bytes().all(digit)
}

fn hex(text: &str) -> Option<NonZeroU128> {
    if !is_hex(text, 32) {
        return None;
    }
    NonZeroU128::new(u128::from_str_radix(text, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "6f1c1f9e3f0a4c8e9d8e0f2f6f3f1a11";

    fn of(call: &str) -> Option<String> {
        TraceId::of(&call.parse().unwrap()).map(|trace| trace.to_string())
    }

    #[test]
    fn a_calls_trace_id_is_its_uuid() {
        for call in [
            "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11",
            "6F1C1F9E-3F0A-4C8E-9D8E-0F2F6F3F1A11",
        ] {
            assert_eq!(of(call).as_deref(), Some(TRACE));
        }
        for other in [
            "k1",
            TRACE,
            "00000000-0000-0000-0000-000000000000",
            "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a1g",
            "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a-1",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let call = "6f1c1f9e-3f0a-4c8e-9d8e-0f2f6f3f1a11".parse().unwrap();
        let trace = TraceId::of(&call).unwrap();
        for span in [0, 1, u64::MAX] {
            let written = trace.traceparent(span);
            assert_eq!(written.len(), 55);
            assert_eq!(TraceId::from_traceparent(&written), Some(trace));
        }
        let later = format!("cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later");
        assert_eq!(TraceId::from_traceparent(&later), Some(trace));
    }

    #[test]
    fn what_is_no_traceparent_is_left_alone() {
        for bad in [
            "",
            "00",
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            "00-é-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceId::from_traceparent(bad), None, "{bad:?}");
        }
    }
}
