//! One stay in a room, as a task: effects in, what came of them out.

mod statistics;

use std::collections::VecDeque;
use std::sync::Arc;

use faithcall_protocol::machine;
use faithcall_protocol::machine::{MediaProblem, MediaSource, RoomEffect, SessionId};
use faithcall_protocol::quality::Picture;
use faithcall_protocol::redact::Secret;
use tokio::sync::mpsc;

use crate::room::{
    ConnectOptions, DeviceError, DisconnectReason, RoomEngine, RoomError, RoomEvent, RoomEvents,
    RoomSession, TrackSource, VideoQuality,
};
use statistics::Watch;

/// What the task tells beside the engine's events.
#[derive(Debug, PartialEq)]
pub(super) enum RoomTold {
    Event(machine::RoomEvent),
    /// The session never began, and is over.
    NotEntered,
    /// For the app, which may know what to do.
    Failed(RoomError),
}

pub(super) struct RoomTask {
    pub(super) engine: Arc<dyn RoomEngine>,
    pub(super) session: SessionId,
    pub(super) events: RoomEvents,
    pub(super) told: mpsc::UnboundedSender<(SessionId, RoomTold)>,
    pub(super) inbox: mpsc::UnboundedReceiver<RoomEffect>,
}

impl RoomTask {
    pub(super) async fn run(self, url: String, token: Secret) {
        let Self {
            engine,
            session,
            events,
            told,
            inbox,
        } = self;
        let tell = |what| {
            // Nobody listens only when the loop is over.
            let _ = told.send((session, what));
        };
        let mut inbox = Inbox {
            inbox,
            waiting: VecDeque::new(),
        };
        let options = ConnectOptions {
            url,
            token,
            session: crate::room::SessionId(session.0),
        };
        let mut last_word = LastWord {
            told: &told,
            session,
            entered: false,
        };
        let room = tokio::select! {
            entered = engine.connect(options, events) => entered,
            () = inbox.leave() => return,
        };
        let room = match room {
            Ok(room) => room,
            Err(error) => {
                tracing::warn!(%error, "the room was not entered");
                tell(RoomTold::Failed(error));
                tell(RoomTold::NotEntered);
                return;
            }
        };
        last_word.entered = true;
        let silent_microphone = engine.capabilities().silent_microphone;
        let mut statistics = Watch::new(&*room);
        let lane = |effects| carry_out_each(&*room, effects, silent_microphone, &tell);
        let (microphone, microphones) = mpsc::unbounded_channel();
        let (camera, cameras) = mpsc::unbounded_channel();
        let (way, ways) = mpsc::unbounded_channel();
        let hand_out = async {
            loop {
                let effect = tokio::select! {
                    effect = inbox.next() => effect,
                    counted = statistics.next() => {
                        tell(RoomTold::Event(machine::RoomEvent::Statistics(counted)));
                        continue;
                    }
                };
                // The lanes take what they are given for as long as this goes on.
                let _ = match effect {
                    None => return,
                    Some(RoomEffect::WatchStatistics(on)) => {
                        statistics.turn(on);
                        Ok(())
                    }
                    Some(RoomEffect::SetPlayable(identities)) => {
                        room.set_playable(&identities);
                        Ok(())
                    }
                    Some(RoomEffect::SetPicture(picture)) => {
                        room.set_video_quality(video_quality(picture));
                        Ok(())
                    }
                    Some(RoomEffect::PrepareMicrophone) => microphone.send(Slow::Prepare),
                    Some(RoomEffect::SetMicrophone(on)) => microphone.send(Slow::Microphone(on)),
                    Some(RoomEffect::SetCamera(on)) => camera.send(Slow::Camera(on)),
                    Some(RoomEffect::NetworkChanged) => way.send(Slow::NewWay),
                    // The first began this task, the last ended it.
                    Some(RoomEffect::Connect { .. } | RoomEffect::Leave) => Ok(()),
                };
            }
        };
        tokio::select! {
            () = hand_out => {}
            _ = async { tokio::join!(lane(microphones), lane(cameras), lane(ways)) } => {}
        }
        room.leave().await;
    }
}

/// Tells, where the engine panics, that the session is over.
struct LastWord<'a> {
    told: &'a mpsc::UnboundedSender<(SessionId, RoomTold)>,
    session: SessionId,
    entered: bool,
}

impl Drop for LastWord<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        tracing::error!("the room engine panicked: report this");
        let last = if self.entered {
            RoomTold::Event(machine::RoomEvent::Disconnected {
                reason: machine::DisconnectReason::Lost,
            })
        } else {
            RoomTold::NotEntered
        };
        let _ = self.told.send((self.session, last));
    }
}

/// What may take its time. Each source has a lane of its own, so that a mute waits for no camera:
/// in order there, side by side with the others.
#[derive(Debug, Clone, Copy)]
enum Slow {
    Prepare,
    Microphone(bool),
    Camera(bool),
    NewWay,
}

/// Effects that wait; `Leave` overtakes them all.
struct Inbox {
    inbox: mpsc::UnboundedReceiver<RoomEffect>,
    waiting: VecDeque<RoomEffect>,
}

impl Inbox {
    /// The next effect; `None` once it is time to leave.
    async fn next(&mut self) -> Option<RoomEffect> {
        let effect = match self.waiting.pop_front() {
            Some(effect) => Some(effect),
            None => self.inbox.recv().await,
        };
        effect.filter(|effect| *effect != RoomEffect::Leave)
    }

    /// Pends until it is time to leave, and keeps what comes before.
    async fn leave(&mut self) {
        while let Some(effect) = self.inbox.recv().await {
            if effect == RoomEffect::Leave {
                return;
            }
            self.waiting.push_back(effect);
        }
    }
}

/// One lane; ends only when no more effects can come.
async fn carry_out_each(
    room: &dyn RoomSession,
    mut effects: mpsc::UnboundedReceiver<Slow>,
    silent_microphone: bool,
    tell: &impl Fn(RoomTold),
) {
    while let Some(effect) = effects.recv().await {
        let carried_out = match effect {
            // An engine that cannot be silent waits in the room without a track.
            Slow::Prepare if !silent_microphone => Ok(()),
            Slow::Prepare => room.prepare_microphone().await,
            Slow::Microphone(on) => room.set_microphone(on).await,
            Slow::Camera(on) => room.set_camera(on).await,
            Slow::NewWay => room.network_changed().await,
        };
        if let Some(event) = outcome(effect, &carried_out) {
            tell(RoomTold::Event(event));
        }
        if let Err(error) = carried_out {
            tracing::warn!(%error, "the room did not do as asked");
            if error != RoomError::Over {
                tell(RoomTold::Failed(error));
            }
        }
    }
}

fn outcome(effect: Slow, result: &Result<(), RoomError>) -> Option<machine::RoomEvent> {
    let (source, on) = match effect {
        Slow::Microphone(on) => (MediaSource::Microphone, on),
        Slow::Camera(on) => (MediaSource::Camera, on),
        Slow::Prepare | Slow::NewWay => return None,
    };
    Some(match result {
        Ok(()) => machine::RoomEvent::MediaSet { source, on },
        Err(RoomError::Device(DeviceError::NotAllowed { .. })) => machine::RoomEvent::MediaFailed {
            source,
            problem: MediaProblem::NotAllowed,
        },
        // The session's end is told by itself, and says nothing of a device.
        Err(RoomError::Over) => return None,
        Err(_) => machine::RoomEvent::MediaFailed {
            source,
            problem: MediaProblem::Unavailable,
        },
    })
}

fn video_quality(picture: Picture) -> VideoQuality {
    match picture {
        Picture::Full => VideoQuality::Full,
        Picture::Lowered | Picture::Off => VideoQuality::Lowered,
    }
}

/// What an engine's event is for the machine, which knows microphones and cameras only.
pub(super) fn inputs(event: RoomEvent) -> Vec<machine::RoomEvent> {
    use machine::RoomEvent as To;
    let one = match event {
        RoomEvent::Connected { others } => {
            let joined = others.into_iter().map(|other| To::ParticipantJoined {
                identity: other.identity,
                sid: Some(other.sid),
            });
            return std::iter::once(To::Connected).chain(joined).collect();
        }
        RoomEvent::Reconnecting => Some(To::Reconnecting),
        RoomEvent::Reconnected => Some(To::Reconnected),
        RoomEvent::Disconnected { reason } => Some(To::Disconnected {
            reason: disconnect_reason(reason),
        }),
        RoomEvent::ParticipantJoined { identity, sid } => Some(To::ParticipantJoined {
            identity,
            sid: Some(sid),
        }),
        RoomEvent::ParticipantLeft {
            identity,
            sid,
            deliberate,
        } => Some(To::ParticipantLeft {
            identity,
            sid: Some(sid),
            deliberate,
        }),
        RoomEvent::TrackSubscribed { identity, source } => {
            media_source(source).map(|source| To::TrackSubscribed {
                identity,
                source,
                // A muted one says so right after.
                muted: false,
            })
        }
        RoomEvent::TrackUnsubscribed { identity, source } => {
            media_source(source).map(|source| To::TrackUnsubscribed { identity, source })
        }
        RoomEvent::TrackMuted {
            identity,
            source,
            muted,
        } => media_source(source).map(|source| To::TrackMuted {
            identity,
            source,
            muted,
        }),
        RoomEvent::ConnectionQuality { identity, quality } => Some(To::Connection {
            identity,
            word: quality,
        }),
        RoomEvent::FirstAudio { identity } => Some(To::FirstAudio { identity }),
        RoomEvent::FirstVideo { identity } => Some(To::FirstVideo { identity }),
        // What LiveKit lets through is its business and the server's.
        RoomEvent::PermissionsChanged { .. } => None,
    };
    one.into_iter().collect()
}

fn media_source(source: TrackSource) -> Option<MediaSource> {
    match source {
        TrackSource::Microphone => Some(MediaSource::Microphone),
        TrackSource::Camera => Some(MediaSource::Camera),
        TrackSource::ScreenShare | TrackSource::ScreenShareAudio | TrackSource::Unknown => None,
    }
}

fn disconnect_reason(reason: DisconnectReason) -> machine::DisconnectReason {
    match reason {
        DisconnectReason::DuplicateIdentity | DisconnectReason::Removed => {
            machine::DisconnectReason::Removed
        }
        DisconnectReason::RoomDeleted => machine::DisconnectReason::RoomDeleted,
        DisconnectReason::ServerShutdown
        | DisconnectReason::ConnectionLost
        | DisconnectReason::EngineFailed
        | DisconnectReason::Other => machine::DisconnectReason::Lost,
    }
}

#[cfg(test)]
mod tests;
