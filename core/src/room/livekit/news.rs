//! What the crate says about a room, as a session takes it.

use super::track::{self, RemoteTrack};
use crate::room::{
    ServerWord,
    native::{News, NewsSource, ending_from},
};
use ::livekit::{
    RoomEvent,
    prelude::{ConnectionQuality, DisconnectReason as Theirs, ParticipantIdentity},
};
use tokio::sync::mpsc;

/// The events of one room.
pub(super) struct RoomQueue {
    events: mpsc::UnboundedReceiver<RoomEvent>,
    own_identity: ParticipantIdentity,
}

impl RoomQueue {
    pub(super) fn new(
        events: mpsc::UnboundedReceiver<RoomEvent>,
        own_identity: ParticipantIdentity,
    ) -> Self {
        Self {
            events,
            own_identity,
        }
    }

    /// The event as news; nothing where a session does not want it.
    fn read(&self, event: RoomEvent) -> Option<News<RemoteTrack>> {
        Some(match event {
            RoomEvent::ParticipantConnected(other) => News::Joined {
                identity: other.identity().to_string(),
                sid: other.sid().into(),
            },
            RoomEvent::ParticipantDisconnected(other) => News::Left {
                identity: other.identity().to_string(),
                deliberate: other.disconnect_reason() == Theirs::ClientInitiated,
            },
            RoomEvent::TrackPublished {
                publication,
                participant,
            } => News::Published {
                identity: participant.identity().to_string(),
                publication: track::publication(&publication),
            },
            RoomEvent::TrackUnpublished { publication, .. } => News::Unpublished {
                sid: publication.sid().into(),
            },
            RoomEvent::TrackSubscribed {
                track,
                publication,
                participant,
            } => News::Subscribed {
                identity: participant.identity().to_string(),
                sid: publication.sid().into(),
                track: RemoteTrack(track),
            },
            RoomEvent::TrackUnsubscribed {
                publication,
                participant,
                ..
            } => News::Unsubscribed {
                identity: participant.identity().to_string(),
                sid: publication.sid().into(),
            },
            RoomEvent::TrackMuted { publication, .. } => News::Muted {
                sid: publication.sid().into(),
                muted: true,
            },
            RoomEvent::TrackUnmuted { publication, .. } => News::Muted {
                sid: publication.sid().into(),
                muted: false,
            },
            RoomEvent::Reconnecting => News::Reconnecting,
            RoomEvent::Reconnected => News::Reconnected,
            RoomEvent::Disconnected { reason } => News::Disconnected {
                ending: Theirs::from(reason).into(),
            },
            RoomEvent::ConnectionQualityChanged {
                quality,
                participant,
            } => {
                let identity = participant.identity();
                News::Quality {
                    identity: (identity != self.own_identity).then(|| identity.to_string()),
                    quality: match quality {
                        ConnectionQuality::Excellent => ServerWord::Excellent,
                        ConnectionQuality::Good => ServerWord::Good,
                        ConnectionQuality::Poor => ServerWord::Poor,
                        ConnectionQuality::Lost => ServerWord::Lost,
                    },
                }
            }
            RoomEvent::ParticipantPermissionChanged {
                participant,
                permission,
            } if participant.identity() == self.own_identity => {
                let permission = permission?;
                News::Permissions {
                    can_subscribe: permission.can_subscribe,
                    can_publish: permission.can_publish,
                }
            }
            _ => return None,
        })
    }
}

impl NewsSource<RemoteTrack> for RoomQueue {
    async fn next(&mut self) -> Option<News<RemoteTrack>> {
        loop {
            let event = self.events.recv().await?;
            if let Some(news) = self.read(event) {
                return Some(news);
            }
        }
    }
}

ending_from!(Theirs);
