//! Identifiers, each its own type so that one cannot stand where another belongs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Longest identifier accepted from outside, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing is there.
    #[error("an id must not be empty")]
    Empty,
    /// More than [`MAX_ID_BYTES`] bytes.
    #[error("an id must not be longer than {MAX_ID_BYTES} bytes")]
    TooLong,
    /// A character that would change the meaning of an MQTT topic or a URL path.
    #[error("an id must not hold '#', '+', '/' or a control character")]
    BadCharacter,
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong);
    }
    if text
        .chars()
        .any(|c| matches!(c, '#' | '+' | '/') || c.is_control())
    {
        return Err(IdError::BadCharacter);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A copy shares the text.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::from_str(&text)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A member: who calls and is called. The same on all of the member's devices.
    MemberId
}
id! {
    /// The church (tenant) that a member belongs to. Calls never cross it.
    ChurchId
}
id! {
    /// A call; a UUID made by the caller's SDK or by the server.
    CallId
}
id! {
    /// One installation of an app, random and kept by the SDK (`X-Device-Id`).
    DeviceId
}

/// A version 4 UUID from random bits.
fn uuid_v4(random: u128) -> String {
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

impl CallId {
    /// A fresh id, a UUID, from bits that nobody can guess.
    pub fn from_random(random: u128) -> Self {
        Self(uuid_v4(random).into())
    }
}

impl DeviceId {
    /// A fresh id, a UUID, from bits that nobody can guess. An app makes one when it is installed,
    /// and keeps it.
    pub fn from_random(random: u128) -> Self {
        Self(uuid_v4(random).into())
    }
}

/// The LiveKit room of a call: `faithflow_{church_id}_{call_id}`. No two calls share one.
pub fn room_name(church: &ChurchId, call: &CallId) -> String {
    format!("faithflow_{church}_{call}")
}

/// The MQTT client id of an SDK's connection: `fc:{member_id}:{device_id}`.
pub fn mqtt_client_id(member: &MemberId, device: &DeviceId) -> String {
    format!("fc:{member}:{device}")
}

/// A call's revision: raised by one with each committed change. Higher means newer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rev(pub u64);

impl Rev {
    /// The revision after this one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Rev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_changes_the_meaning_of_a_topic() {
        for bad in ["", "a/b", "#", "a+", "a\0", "a\nb", &"x".repeat(129)] {
            assert!(bad.parse::<MemberId>().is_err(), "{bad:?}");
        }
        assert_eq!("member-1".parse::<MemberId>().unwrap().as_str(), "member-1");
    }

    #[test]
    fn a_fresh_id_is_a_uuid_of_version_4() {
        let id = CallId::from_random(u128::MAX);
        assert_eq!(id.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let id = DeviceId::from_random(0);
        assert_eq!(id.as_str(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn a_bad_id_in_json_is_an_error_not_a_panic() {
        assert!(serde_json::from_str::<CallId>(r#""a/b""#).is_err());
    }
}
