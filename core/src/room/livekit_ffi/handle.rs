//! What the library keeps for us, given back exactly once.

use super::{
    dispatch::Ffi,
    proto::{FfiOwnedHandle, RoomEvent},
};

/// Something that the library keeps until this is dropped.
#[derive(Debug)]
pub(super) struct Handle {
    ffi: &'static Ffi,
    id: u64,
}

impl Handle {
    /// Takes over a handle that the library has just given away.
    pub(super) fn new(ffi: &'static Ffi, owned: &FfiOwnedHandle) -> Self {
        Self { ffi, id: owned.id }
    }

    /// Its number in requests.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Takes over the handle that a room event brings.
    pub(super) fn brought_by(ffi: &'static Ffi, event: &RoomEvent) -> Option<Self> {
        let owned = (event.participant_connected.as_ref().map(|e| &e.info.handle))
            .or_else(|| {
                event
                    .track_published
                    .as_ref()
                    .map(|e| &e.publication.handle)
            })
            .or_else(|| event.track_subscribed.as_ref().map(|e| &e.track.handle))
            .or_else(|| {
                let packet = event.data_packet_received.as_ref();
                packet.and_then(|e| e.user.as_ref()).map(|e| &e.data.handle)
            })
            .or_else(|| event.byte_stream_opened.as_ref().map(|e| &e.reader.handle))
            .or_else(|| event.text_stream_opened.as_ref().map(|e| &e.reader.handle))
            .or_else(|| event.data_track_published.as_ref().map(|e| &e.track.handle));
        owned.map(|owned| Self::new(ffi, owned))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.ffi.drop_handle(self.id);
    }
}
