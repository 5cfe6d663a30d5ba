//! This device's microphone and camera: what the user wants, whether it is live, and why not.
//!
//! What the user wants is one thing, what is live another: nothing but a command changes the first,
//! and the second follows from it and from all that can stand in the way. A process that comes into
//! a call which an earlier one was in has what was wanted there from the server.

use serde::Serialize;

use crate::media::{CallType, MediaFlags};
use crate::quality::Picture;
use crate::snapshot::InviteeState;

use crate::machine::Machine;
use crate::machine::interface::input::MediaSource;
use crate::machine::server::others::Other;
use crate::machine::state::{Call, Media};

/// A microphone or camera of this device in one call, as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct OwnMedia {
    /// The user wants it on.
    pub wanted: bool,
    /// It is on: the others hear or see it.
    pub live: bool,
    /// Why it is not live.
    pub why_not: Option<NotLive>,
}

/// Why a microphone or camera of this device is not live. Of several reasons the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotLive {
    /// The user has turned it off, or never on.
    Muted,
    /// The user holds the call.
    OnHold,
    /// The system has taken it, as for a phone call.
    Interrupted,
    /// The user has not allowed it: ask, and tell [`crate::machine::SystemChange::PermissionChanged`]. Where
    /// only the engine has said so, the next call tries again.
    PermissionMissing,
    /// There is none, something else is using it, or it could not be sent. It is tried again when
    /// the user turns it on, an interruption ends, or the room is entered anew or found again.
    Unavailable,
    /// The connection was too poor for a picture; it comes back by itself. Of cameras only.
    Degraded,
    /// It is on its way: the call is not accepted, the room not entered, the device being opened.
    NotYet,
    /// The call is over.
    Over,
}

impl OwnMedia {
    /// The same once the call is over.
    pub(in crate::machine) fn over(self) -> Self {
        Self {
            live: false,
            why_not: Some(NotLive::Over),
            ..self
        }
    }
}

impl Machine {
    pub(in crate::machine) fn own_media(&self, call: &Call, source: MediaSource) -> OwnMedia {
        let own = call.media.own(source);
        let live = own.engine == Some(true) && call.leg_up().is_some();
        OwnMedia {
            wanted: own.wanted,
            live,
            why_not: if live {
                None
            } else {
                self.why_off(call, source).or(Some(NotLive::NotYet))
            },
        }
    }

    /// What stands in the way; nothing where it should be on.
    pub(in crate::machine) fn why_off(&self, call: &Call, source: MediaSource) -> Option<NotLive> {
        match self.why_off_but_for_hold(call, source) {
            Some(NotLive::Muted) => Some(NotLive::Muted),
            _ if call.hold.wanted => Some(NotLive::OnHold),
            other => other,
        }
    }

    fn why_off_but_for_hold(&self, call: &Call, source: MediaSource) -> Option<NotLive> {
        let own = call.media.own(source);
        let is_camera = source == MediaSource::Camera;
        if !own.wanted {
            Some(NotLive::Muted)
        } else if self.system.interrupted {
            Some(NotLive::Interrupted)
        } else if self.system.lacks_permission(source) {
            Some(NotLive::PermissionMissing)
        } else if own.unavailable {
            Some(NotLive::Unavailable)
        } else if is_camera && call.connection.picture() == Picture::Off {
            Some(NotLive::Degraded)
        } else {
            None
        }
    }

    /// Whether it is on, as the server is told: as the engine has it, but that nothing is said of
    /// what is about to go on. What the user has off is off before any engine says so: who comes back
    /// into the call after a crash goes by it.
    ///
    /// That a call is held is told by itself, and not as a mute: who comes back into it after a
    /// crash would be muted when it is resumed. A camera that was never opened counts as enabled in
    /// a video call, so where something stands in its way the server is told that it is off; in a
    /// voice call nobody takes it to be on.
    pub(in crate::machine) fn is_on_to_tell(
        &self,
        call: &Call,
        source: MediaSource,
    ) -> Option<bool> {
        let is_expected = source == MediaSource::Camera && call.call_type == CallType::Video;
        let own = call.media.own(source);
        if own.engine.is_none() && !own.wanted {
            return (source == MediaSource::Microphone || is_expected).then_some(false);
        }
        if !call.is_accepted() {
            return None;
        }
        let holds = call.hold.wanted && self.tells_holds(call);
        let is_free = if holds {
            self.why_off_but_for_hold(call, source).is_none()
        } else {
            self.why_off(call, source).is_none()
        };
        let leg = call.room.leg.as_ref();
        let goes_on = is_free && !holds && leg.is_some_and(|leg| !leg.has_been_on(source));
        match own.engine {
            Some(_) if holds => Some(is_free),
            Some(false) if goes_on => None,
            Some(on) => Some(on),
            None if is_expected && !goes_on && call.leg_up().is_some() => Some(is_free),
            None => None,
        }
    }

    /// Everybody in it hears of holds: a part-A app does not.
    fn tells_holds(&self, call: &Call) -> bool {
        let is_in_it = |other: &&Other| other.state == InviteeState::Accepted;
        let mut others = call.others.iter().filter(is_in_it);
        self.speaks_part_b() && !others.any(|other| other.flags_count)
    }
}

impl Media {
    /// What could not be opened or sent may be now.
    pub(in crate::machine) fn try_again(&mut self) {
        self.microphone.unavailable = false;
        self.camera.unavailable = false;
    }

    /// What this device had off in a call that an earlier process of the app was in stays off, as
    /// far as the server was told, until the user turns it on. The server is told what is live, so
    /// what was off for a while only, by an interruption say, stays off as well; a hold is told by
    /// itself.
    ///
    /// Nothing goes on by it: a camera counts as enabled in a voice call that never had one.
    pub(in crate::machine) fn take_over(&mut self, told: MediaFlags) {
        self.microphone.wanted &= !told.is_muted;
        self.camera.wanted &= told.is_video_enabled;
        self.told_muted = Some(told.is_muted);
        self.told_video = Some(told.is_video_enabled);
        self.told_speaker = Some(told.is_speaker_on);
    }
}
