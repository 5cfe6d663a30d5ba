//! Who is in the room, told without the noise of a full reconnect.
//!
//! Such a reconnect empties the library's room and fills it again, so that everybody seems to go
//! and to come. Nobody is told to have gone while the connection is being mended; what really
//! changed meanwhile is told when it is whole again.

use crate::room::RoomEvent;
use std::collections::BTreeSet;

/// Who is there, and who was told to be there.
#[derive(Debug, Default)]
pub(super) struct Presence {
    there: BTreeSet<String>,
    told: BTreeSet<String>,
    /// Who said that it leaves, and has not been told to have gone.
    parted: BTreeSet<String>,
    mending: bool,
}

impl Presence {
    /// Those who were there when the room was entered.
    pub(super) fn new(identities: impl IntoIterator<Item = String>) -> Self {
        let there: BTreeSet<String> = identities.into_iter().collect();
        Self {
            told: there.clone(),
            there,
            parted: BTreeSet::new(),
            mending: false,
        }
    }

    /// Whether the connection is being mended.
    pub(super) fn is_mending(&self) -> bool {
        self.mending
    }

    /// Somebody came.
    pub(super) fn joined(&mut self, identity: String) -> Vec<RoomEvent> {
        self.parted.remove(&identity);
        self.there.insert(identity);
        self.news()
    }

    /// Somebody went.
    pub(super) fn left(&mut self, identity: &str, deliberate: bool) -> Vec<RoomEvent> {
        self.there.remove(identity);
        if deliberate {
            self.parted.insert(identity.to_owned());
        }
        self.news()
    }

    /// The connection broke.
    pub(super) fn reconnecting(&mut self) -> Vec<RoomEvent> {
        self.mending = true;
        vec![RoomEvent::Reconnecting]
    }

    /// The connection is whole again.
    pub(super) fn reconnected(&mut self) -> Vec<RoomEvent> {
        self.mending = false;
        let mut events = vec![RoomEvent::Reconnected];
        events.extend(self.news());
        events
    }

    fn news(&mut self) -> Vec<RoomEvent> {
        if self.mending {
            return Vec::new();
        }
        let left = self.told.difference(&self.there).cloned();
        let left = left.map(|identity| RoomEvent::ParticipantLeft {
            deliberate: self.parted.contains(&identity),
            identity,
        });
        let joined = self.there.difference(&self.told).cloned();
        let joined = joined.map(|identity| RoomEvent::ParticipantJoined { identity });
        let events = left.chain(joined).collect();
        self.told.clone_from(&self.there);
        self.parted.clear();
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(identity: &str) -> RoomEvent {
        RoomEvent::ParticipantLeft {
            identity: identity.into(),
            deliberate: false,
        }
    }

    fn joined(identity: &str) -> RoomEvent {
        RoomEvent::ParticipantJoined {
            identity: identity.into(),
        }
    }

    #[test]
    fn coming_and_going_is_told_once() {
        let mut presence = Presence::new(["ada".into()]);
        assert_eq!(presence.joined("bob".into()), [joined("bob")]);
        assert_eq!(presence.joined("bob".into()), []);
        assert_eq!(presence.left("ada", false), [left("ada")]);
        assert_eq!(presence.left("ada", false), []);
    }

    #[test]
    fn who_says_goodbye_is_told_apart_from_who_is_dropped() {
        let mut presence = Presence::new(["ada".into()]);
        let parted = RoomEvent::ParticipantLeft {
            identity: "ada".into(),
            deliberate: true,
        };
        assert_eq!(presence.left("ada", true), [parted]);
        presence.joined("ada".into());
        assert_eq!(presence.left("ada", false), [left("ada")]);
    }

    #[test]
    fn a_full_reconnect_tells_only_what_really_changed() {
        let mut presence = Presence::new(["ada".into(), "bob".into()]);
        assert_eq!(presence.reconnecting(), [RoomEvent::Reconnecting]);
        assert_eq!(presence.left("ada", false), []);
        assert_eq!(presence.left("bob", false), []);
        assert_eq!(presence.joined("bob".into()), []);
        assert_eq!(presence.joined("eve".into()), []);
        let told = presence.reconnected();
        assert_eq!(told, [RoomEvent::Reconnected, left("ada"), joined("eve")]);
    }
}
