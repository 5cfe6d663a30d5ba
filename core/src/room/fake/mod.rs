//! Rooms in memory, for tests that run whole calls.
//!
//! A [`FakeLiveKit`] stands for the server; [`FakeEngine`]s enter its rooms. Nothing happens by
//! itself: events come while the call that causes them runs, and media moves only in
//! [`FakeLiveKit::pump`], so that a test sees the same order every time.

mod media;
mod server;
mod stay;

pub use server::{FakeGrants, FakeLiveKit};

use super::{
    Capabilities, ConnectOptions, Devices, RoomEngine, RoomError, RoomEvents, RoomSession,
    RoomStats, VideoQuality,
};
use async_trait::async_trait;
use stay::{Feed, Key};

/// Enters the rooms of one [`FakeLiveKit`].
#[derive(Clone)]
pub struct FakeEngine {
    server: FakeLiveKit,
    devices: Devices,
    silent_microphone: bool,
}

impl FakeEngine {
    /// Makes an engine with these devices.
    pub fn new(server: &FakeLiveKit, devices: Devices) -> Self {
        Self {
            server: server.clone(),
            devices,
            silent_microphone: true,
        }
    }

    /// Makes it one that cannot publish without opening a device.
    pub fn without_silent_microphone(mut self) -> Self {
        self.silent_microphone = false;
        self
    }
}

#[async_trait]
impl RoomEngine for FakeEngine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            silent_microphone: self.silent_microphone,
        }
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        let key = self.server.enter(&options, events, self.devices.clone())?;
        Ok(Box::new(FakeSession {
            engine: self.clone(),
            key,
        }))
    }
}

/// One stay in a room in memory; dropped, it leaves.
struct FakeSession {
    engine: FakeEngine,
    key: Key,
}

#[async_trait]
impl RoomSession for FakeSession {
    async fn prepare_microphone(&self) -> Result<(), RoomError> {
        if !self.engine.silent_microphone {
            return Err(RoomError::Unsupported(
                "publish a microphone without opening it",
            ));
        }
        self.engine.server.prepare_microphone(&self.key)
    }

    async fn set_microphone(&self, on: bool) -> Result<(), RoomError> {
        let server = &self.engine.server;
        server.check_publish(&self.key, "microphone", on)?;
        let feed = if on {
            Feed::Device(self.engine.devices.microphone.open()?)
        } else {
            Feed::Nothing
        };
        server.feed_microphone(&self.key, feed)
    }

    async fn set_camera(&self, on: bool) -> Result<(), RoomError> {
        let server = &self.engine.server;
        server.check_publish(&self.key, "camera", on)?;
        let camera = on.then(|| self.engine.devices.camera.open()).transpose()?;
        server.feed_camera(&self.key, camera)
    }

    fn set_video_quality(&self, quality: VideoQuality) {
        self.engine.server.set_video_quality(&self.key, quality);
    }

    async fn network_changed(&self) -> Result<(), RoomError> {
        self.engine.server.find_new_way(&self.key)
    }

    fn set_playable(&self, identities: &[String]) {
        self.engine.server.set_playable(&self.key, identities);
    }

    async fn stats(&self) -> Result<RoomStats, RoomError> {
        self.engine.server.stats(&self.key)
    }

    async fn leave(&self) {
        self.engine.server.leave(&self.key);
    }
}

impl Drop for FakeSession {
    fn drop(&mut self) {
        self.engine.server.leave(&self.key);
    }
}
