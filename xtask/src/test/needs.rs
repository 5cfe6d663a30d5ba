//! Which tests need a tool that may be missing.
//!
//! The names are the rule: an integration test needs what its module, or else its test program, is listed for here.
//! The protocol crate's tests are pure and need nothing.

/// The crate whose tests need nothing, whatever they are called.
pub(super) const PURE: &str = "faithcall-protocol";

/// A tool that some tests cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    LiveKitServer,
    MediaLibrary,
    /// The descriptors of the media library's messages.
    Descriptors,
    /// A broker that is not ours.
    Mosquitto,
    /// LiveKit's Python SDK, for the foreign client.
    PythonSdk,
}

impl Need {
    /// Its name in a sentence.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::LiveKitServer => "LiveKit's server",
            Self::MediaLibrary => "LiveKit's media library",
            Self::Descriptors => "the descriptors of LiveKit's messages",
            Self::Mosquitto => "mosquitto",
            Self::PythonSdk => "LiveKit's Python SDK",
        }
    }

    /// Where tests, and the programs they start, look the tool's path up.
    pub(super) fn variable(self) -> Option<&'static str> {
        match self {
            Self::LiveKitServer => Some("FAITHCALL_LIVEKIT_SERVER"),
            Self::MediaLibrary => Some("FAITHCALL_LIVEKIT_FFI"),
            Self::Descriptors => None,
            Self::Mosquitto => Some("FAITHCALL_MOSQUITTO"),
            Self::PythonSdk => Some("FAITHCALL_LIVEKIT_PYTHON"),
        }
    }

    /// How the names of modules begin whose tests need it.
    pub(super) fn modules(self) -> &'static [&'static str] {
        match self {
            Self::LiveKitServer => &[
                "attack",
                "call",
                "demo",
                "join_ahead",
                "livekit",
                "media",
                "part_a",
                "races",
                "recovery",
                "refusals",
                "rooms",
                "webhooks",
            ],
            Self::MediaLibrary => &["rooms", "media", "demo"],
            Self::Descriptors => &["conformance"],
            Self::Mosquitto => &["mosquitto"],
            Self::PythonSdk => &["attack"],
        }
    }

    /// Whether unit tests need it, and no integration test.
    pub(super) fn is_of_unit_tests(self) -> bool {
        self == Self::Descriptors
    }

    /// Whether all tests of an integration-test program need it.
    pub(super) fn is_of_program(self, name: &str) -> bool {
        !self.is_of_unit_tests() && self.modules().iter().any(|module| name.starts_with(module))
    }

    /// The tests that need it, as a filter of nextest.
    pub(super) fn filter(self) -> String {
        let names = self.modules().join("|");
        if self.is_of_unit_tests() {
            format!(r"test(/(^|::)({names})::/)")
        } else {
            let impure = format!("kind(test) & not package({PURE})");
            format!(r"{impure} & (test(/(^|::)({names})\w*::/) | binary_id(/::({names})\w*$/))")
        }
    }
}
