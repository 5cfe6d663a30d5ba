//! What the library says about a room, as a session takes it.

use super::{
    dispatch::{Ffi, RoomNews},
    proto,
    track::{self, RemoteTrack},
};
use crate::room::{
    ServerWord,
    native::{Ending, News, NewsSource, ending_from},
};
use tokio::sync::mpsc;

/// The events of one room.
pub(super) struct RoomQueue {
    ffi: &'static Ffi,
    events: mpsc::UnboundedReceiver<RoomNews>,
    own_identity: String,
}

impl RoomQueue {
    pub(super) fn new(
        ffi: &'static Ffi,
        events: mpsc::UnboundedReceiver<RoomNews>,
        own_identity: String,
    ) -> Self {
        Self {
            ffi,
            events,
            own_identity,
        }
    }

    /// The event as news; nothing where a session does not want it.
    fn read(&self, news: RoomNews) -> Option<News<RemoteTrack>> {
        let RoomNews { event, brings } = news;
        if let Some(subscribed) = event.track_subscribed {
            let info = subscribed.track.info;
            let track = RemoteTrack::new(self.ffi, info.kind, brings?);
            let identity = subscribed.participant_identity;
            return Some(News::Subscribed {
                identity,
                sid: info.sid,
                track,
            });
        }
        if let Some(published) = event.track_published {
            let publication = track::publication(self.ffi, published.publication.info, brings?);
            return Some(News::Published {
                identity: published.participant_identity,
                publication,
            });
        }
        // Whatever else brings a handle is known by its name or sid, or not wanted.
        drop(brings);
        if let Some(joined) = event.participant_connected {
            let proto::ParticipantInfo { identity, sid, .. } = joined.info.info;
            Some(News::Joined { identity, sid })
        } else if let Some(left) = event.participant_disconnected {
            Some(News::Left {
                deliberate: left.disconnect_reason
                    == proto::DisconnectReason::ClientInitiated as i32,
                identity: left.participant_identity,
            })
        } else if let Some(unpublished) = event.track_unpublished {
            Some(News::Unpublished {
                sid: unpublished.publication_sid,
            })
        } else if let Some(gone) = event.track_unsubscribed {
            let identity = gone.participant_identity;
            Some(News::Unsubscribed {
                identity,
                sid: gone.track_sid,
            })
        } else if let Some(muted) = event.track_muted {
            Some(News::Muted {
                sid: muted.track_sid,
                muted: true,
            })
        } else if let Some(unmuted) = event.track_unmuted {
            Some(News::Muted {
                sid: unmuted.track_sid,
                muted: false,
            })
        } else if event.reconnecting.is_some() {
            Some(News::Reconnecting)
        } else if event.reconnected.is_some() {
            Some(News::Reconnected)
        } else if let Some(disconnected) = event.disconnected {
            Some(News::Disconnected {
                ending: ending(disconnected.reason),
            })
        } else if let Some(judged) = event.connection_quality_changed {
            let identity = judged.participant_identity;
            Some(News::Quality {
                quality: quality(judged.quality)?,
                identity: (identity != self.own_identity).then_some(identity),
            })
        } else if let Some(changed) = event.participant_permission_changed {
            let permission = changed.permission?;
            let own = changed.participant_identity == self.own_identity;
            own.then_some(News::Permissions {
                can_subscribe: permission.can_subscribe,
                can_publish: permission.can_publish,
            })
        } else {
            None
        }
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

ending_from!(proto::DisconnectReason);

/// What the number of a quality says; one that is not known says nothing.
fn quality(number: i32) -> Option<ServerWord> {
    use proto::ConnectionQuality as Theirs;
    Some(match Theirs::try_from(number).ok()? {
        Theirs::Excellent => ServerWord::Excellent,
        Theirs::Good => ServerWord::Good,
        Theirs::Poor => ServerWord::Poor,
        Theirs::Lost => ServerWord::Lost,
    })
}

/// What the number of a disconnect reason says; one that is not known explains nothing.
fn ending(number: i32) -> Ending {
    let reason = proto::DisconnectReason::try_from(number);
    reason.map_or(Ending::Unexplained, Ending::from)
}
