//! The engine over LiveKit's prebuilt library, loaded at run time.
//!
//! ```text
//!  session ── requests ──► dispatch ──► abi ══ C ══► liblivekit_ffi
//!     ▲                        ▲                          │ its threads
//!     │ answers, room news,    │ event thread             ▼
//!     └─── frames ─────────────┴──────── inbox ◄──── on_event (copies)
//! ```

mod abi;
mod dispatch;
mod handle;
mod join;
mod library;
mod link;
mod news;
mod proto;
mod publish;
mod stats;
mod stream;
mod track;

pub use library::LIBRARY_VARIABLE;

use super::{
    Capabilities, ConnectOptions, Devices, RoomEngine, RoomError, RoomEvents, RoomSession,
    native::Session,
};
use async_trait::async_trait;
use dispatch::Ffi;
use std::path::Path;

/// Enters rooms through LiveKit's prebuilt library.
///
/// The library is one a process: the first engine loads it, the others use it, whatever path they
/// name. It is never unloaded. Sessions run on the Tokio runtime that `connect` is called on.
pub struct LiveKitFfi {
    ffi: &'static Ffi,
    devices: Devices,
}

impl LiveKitFfi {
    /// Loads the library from `library`, else from where `FAITHCALL_LIVEKIT_FFI` says, else from
    /// the cache folder `faithcall/livekit-ffi-1.2.1`.
    ///
    /// # Errors
    /// [`RoomError::LibraryMissing`] and [`RoomError::LibraryBroken`]; both say what to do.
    pub fn new(library: Option<&Path>, devices: Devices) -> Result<Self, RoomError> {
        Ok(Self {
            ffi: Ffi::get(library)?,
            devices,
        })
    }
}

#[async_trait]
impl RoomEngine for LiveKitFfi {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            silent_microphone: true,
        }
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        let entered = join::enter(self.ffi, &options).await?;
        let devices = self.devices.clone();
        Ok(Box::new(Session::start(
            entered,
            options.session,
            devices,
            events,
        )))
    }
}
