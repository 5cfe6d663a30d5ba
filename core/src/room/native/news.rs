//! What happens in a room, and what a session makes of it.

use super::{
    Publication,
    ending::Ending,
    link::{Link, RemoteTrack},
    presence::Presence,
    session::{Inner, lock},
};
use crate::room::{DisconnectReason, RoomEvent, ServerWord};
use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
};

/// Something that happened in a room.
pub(in crate::room) enum News<R: RemoteTrack> {
    /// Somebody came.
    Joined { identity: String, sid: String },
    /// Somebody went.
    Left { identity: String, deliberate: bool },
    /// Somebody publishes a track.
    Published {
        identity: String,
        publication: Publication<R>,
    },
    /// Somebody publishes a track no more.
    Unpublished { sid: String },
    /// A track comes to us.
    Subscribed {
        identity: String,
        sid: String,
        track: R,
    },
    /// A track comes to us no more.
    Unsubscribed { identity: String, sid: String },
    /// Any track, our own ones too, was muted or unmuted.
    Muted { sid: String, muted: bool },
    /// The connection broke and is being mended.
    Reconnecting,
    /// The connection is whole again.
    Reconnected,
    /// What we may do has changed.
    Permissions {
        can_subscribe: bool,
        can_publish: bool,
    },
    /// The media server judges a connection; nobody's identity is ours.
    Quality {
        identity: Option<String>,
        quality: ServerWord,
    },
    /// The connection is over.
    Disconnected { ending: Ending },
}

/// Where the news of a room come from.
pub(in crate::room) trait NewsSource<R: RemoteTrack>: Send + 'static {
    /// Waits for the next news; nothing when we have left, or when the client has failed.
    fn next(&mut self) -> impl Future<Output = Option<News<R>>> + Send;
}

/// Follows a room until it ends, and ends the session where the room does.
pub(super) async fn follow<L: Link>(
    inner: Arc<Inner<L>>,
    mut presence: Presence,
    mut news: impl NewsSource<L::Remote>,
) {
    let reason = loop {
        match news.next().await {
            Some(News::Disconnected { ending }) => break ending.reason(presence.is_mending()),
            Some(news) => take(&inner, &mut presence, news),
            // Where we have left, the session is over and this reason is not told.
            None => break DisconnectReason::EngineFailed,
        }
    };
    inner.end(Some(RoomEvent::Disconnected { reason })).await;
}

fn take<L: Link>(inner: &Inner<L>, presence: &mut Presence, news: News<L::Remote>) {
    match news {
        News::Joined { identity, sid } => inner.tell_all(presence.joined(identity, sid)),
        News::Left {
            identity,
            deliberate,
        } => {
            lock(&inner.remote).forget(&identity);
            inner.tell_all(presence.left(&identity, deliberate));
        }
        News::Published {
            identity,
            publication,
        } => {
            lock(&inner.remote).publish(identity, publication);
        }
        News::Unpublished { sid } => lock(&inner.remote).unpublish(&sid),
        News::Subscribed {
            identity,
            sid,
            track,
        } => {
            lock(&inner.remote).subscribe(identity, sid, track);
        }
        News::Unsubscribed { identity, sid } => {
            lock(&inner.remote).unsubscribe(identity, &sid);
        }
        News::Muted { sid, muted } => lock(&inner.remote).set_muted(&sid, muted),
        News::Reconnecting => inner.tell_all(presence.reconnecting()),
        News::Reconnected => inner.tell_all(presence.reconnected()),
        News::Permissions {
            can_subscribe,
            can_publish,
        } => {
            inner.can_publish.store(can_publish, Ordering::Release);
            inner.tell_all(vec![RoomEvent::PermissionsChanged {
                can_subscribe,
                can_publish,
            }]);
        }
        News::Quality { identity, quality } => {
            inner.tell_all(vec![RoomEvent::ConnectionQuality { identity, quality }]);
        }
        // `follow` ends there.
        News::Disconnected { .. } => {}
    }
}
