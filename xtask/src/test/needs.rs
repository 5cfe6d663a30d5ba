//! Which tests need a tool that may be missing.
//!
//! The names are the rule: an integration test that needs LiveKit's server is in a module, or in a test program,
//! whose name begins with `livekit`; one that needs the media library too begins with `rooms`, `media` or `demo`.

/// A tool that some tests cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    LiveKitServer,
    MediaLibrary,
}

impl Need {
    /// Where tests, and the programs they start, find the tool.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::LiveKitServer => "FAITHCALL_LIVEKIT_SERVER",
            Self::MediaLibrary => "FAITHCALL_LIVEKIT_FFI",
        }
    }

    /// How the names of modules begin whose tests need it.
    pub(super) fn modules(self) -> &'static [&'static str] {
        match self {
            Self::LiveKitServer => &["livekit", "rooms", "media", "demo"],
            Self::MediaLibrary => &["rooms", "media", "demo"],
        }
    }

    /// The tests that need it, as a filter of nextest.
    pub(super) fn filter(self) -> String {
        let names = self.modules().join("|");
        format!(r"kind(test) & (test(/(^|::)({names})\w*::/) | binary_id(/::({names})\w*$/))")
    }
}
