//! Texts that must never reach a log: tokens, names, addresses of pictures.
//!
//! Both types print as a placeholder in `Debug` and have no `Display`; the text is had only by
//! asking for it. A test of the shell fails when one shows up in its logs.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! redacted {
    ($(#[$doc:meta])* $name:ident, $shown:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself: for the wire and the screen, never for a log.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($shown)
            }
        }
    };
}

redacted! {
    /// A credential: a JWT, a LiveKit token, a password.
    Secret, "<secret>"
}
redacted! {
    /// Something about a person: a display name, the address of a picture.
    Personal, "<personal>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_tokens_nor_names() {
        let shown = format!("{:?} {:?}", Secret::new("eyJhbGci"), Personal::new("Ruth"));
        assert_eq!(shown, "<secret> <personal>");
    }

    #[test]
    fn the_wire_carries_the_text() {
        assert_eq!(serde_json::to_string(&Secret::new("a")).unwrap(), r#""a""#);
    }
}
