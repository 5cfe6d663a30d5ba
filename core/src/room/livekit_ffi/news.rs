//! What the library says about a room, as the port says it.

use super::{
    dispatch::{RoomNews, lock},
    presence::Presence,
    proto,
    session::Inner,
};
use crate::room::{DisconnectReason, RoomEvent};
use std::sync::{Arc, atomic::Ordering};
use tokio::sync::mpsc;

/// Follows a room until it ends, and ends the session where the room does.
pub(super) async fn follow(
    inner: Arc<Inner>,
    mut presence: Presence,
    mut news: mpsc::UnboundedReceiver<RoomNews>,
) {
    let reason = loop {
        // The queue ends when we leave, and the session is over then, or when the library fails.
        let Some(RoomNews { event, brings }) = news.recv().await else {
            break DisconnectReason::EngineFailed;
        };
        if let Some(disconnected) = event.disconnected {
            break reason(disconnected.reason, presence.is_mending());
        }
        if let Some(subscribed) = event.track_subscribed {
            if let Some(track) = brings {
                let identity = subscribed.participant_identity;
                lock(&inner.remote).subscribe(identity, &subscribed.track, track);
            }
        } else {
            // Whatever else brings a handle is known by its name or sid, or not wanted.
            drop(brings);
            tell(&inner, &mut presence, event);
        }
    };
    inner.end(Some(RoomEvent::Disconnected { reason })).await;
}

fn tell(inner: &Inner, presence: &mut Presence, event: proto::RoomEvent) {
    if let Some(joined) = event.participant_connected {
        inner.tell_all(presence.joined(joined.info.info.identity));
    } else if let Some(left) = event.participant_disconnected {
        lock(&inner.remote).forget(&left.participant_identity);
        inner.tell_all(presence.left(&left.participant_identity));
    } else if let Some(published) = event.track_published {
        let info = published.publication.info;
        lock(&inner.remote).publish(&published.participant_identity, info);
    } else if let Some(unpublished) = event.track_unpublished {
        lock(&inner.remote).unpublish(&unpublished.publication_sid);
    } else if let Some(gone) = event.track_unsubscribed {
        lock(&inner.remote).unsubscribe(gone.participant_identity, &gone.track_sid);
    } else if let Some(muted) = event.track_muted {
        lock(&inner.remote).set_muted(&muted.track_sid, true);
    } else if let Some(unmuted) = event.track_unmuted {
        lock(&inner.remote).set_muted(&unmuted.track_sid, false);
    } else if event.reconnecting.is_some() {
        inner.tell_all(presence.reconnecting());
    } else if event.reconnected.is_some() {
        inner.tell_all(presence.reconnected());
    } else if let Some(changed) = event.participant_permission_changed
        && changed.participant_identity == inner.own_identity
        && let Some(permission) = changed.permission
    {
        inner
            .can_publish
            .store(permission.can_publish, Ordering::Release);
        inner.tell_all(vec![RoomEvent::PermissionsChanged {
            can_subscribe: permission.can_subscribe,
            can_publish: permission.can_publish,
        }]);
    }
}

fn reason(number: i32, mending: bool) -> DisconnectReason {
    use proto::DisconnectReason as Theirs;
    match Theirs::try_from(number).unwrap_or(Theirs::Unknown) {
        Theirs::DuplicateIdentity => DisconnectReason::DuplicateIdentity,
        Theirs::ParticipantRemoved => DisconnectReason::Removed,
        Theirs::RoomDeleted | Theirs::RoomClosed => DisconnectReason::RoomDeleted,
        Theirs::ServerShutdown => DisconnectReason::ServerShutdown,
        Theirs::SignalClose
        | Theirs::ConnectionTimeout
        | Theirs::MediaFailure
        | Theirs::StateMismatch
        | Theirs::JoinFailure => DisconnectReason::ConnectionLost,
        // So it ends where the connection could not be mended.
        Theirs::Unknown if mending => DisconnectReason::ConnectionLost,
        Theirs::Unknown
        | Theirs::ClientInitiated
        | Theirs::Migration
        | Theirs::UserUnavailable
        | Theirs::UserRejected
        | Theirs::SipTrunkFailure
        | Theirs::AgentError => DisconnectReason::Other,
    }
}
