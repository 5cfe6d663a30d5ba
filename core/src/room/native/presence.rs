//! Who is in the room, told without the noise of a full reconnect.
//!
//! Such a reconnect empties the library's room and fills it again, so that everybody seems to go
//! and to come. Nobody is told to have gone while the connection is being mended; what really
//! changed meanwhile is told when it is whole again.

use crate::room::{Participant, RoomEvent};
use std::collections::{BTreeMap, BTreeSet};

/// Identities, each with the sid of its stay.
type Stays = BTreeMap<String, String>;

/// Who is there, and who was told to be there.
#[derive(Debug, Default)]
pub(super) struct Presence {
    there: Stays,
    told: Stays,
    /// Who said that it leaves, and has not been told to have gone.
    parted: BTreeSet<String>,
    mending: bool,
}

impl Presence {
    /// Those who were there when the room was entered.
    pub(super) fn new(others: &[Participant]) -> Self {
        let stay = |other: &Participant| (other.identity.clone(), other.sid.clone());
        let there: Stays = others.iter().map(stay).collect();
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
    pub(super) fn joined(&mut self, identity: String, sid: String) -> Vec<RoomEvent> {
        self.parted.remove(&identity);
        self.there.insert(identity, sid);
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
        let left = self.told.iter();
        let left = left.filter(|(identity, _)| !self.there.contains_key(*identity));
        let left = left.map(|(identity, sid)| RoomEvent::ParticipantLeft {
            identity: identity.clone(),
            sid: sid.clone(),
            deliberate: self.parted.contains(identity),
        });
        // Who came again meanwhile has only another stay.
        let joined = self.there.iter();
        let joined = joined.filter(|(identity, sid)| self.told.get(*identity) != Some(*sid));
        let joined = joined.map(|(identity, sid)| RoomEvent::ParticipantJoined {
            identity: identity.clone(),
            sid: sid.clone(),
        });
        let events = left.chain(joined).collect();
        self.told.clone_from(&self.there);
        self.parted.clear();
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(identities: &[&str]) -> Presence {
        let other = |identity: &&str| Participant {
            identity: identity.to_string(),
            sid: "1".into(),
        };
        let others: Vec<_> = identities.iter().map(other).collect();
        Presence::new(&others)
    }

    fn left(identity: &str, sid: &str) -> RoomEvent {
        RoomEvent::ParticipantLeft {
            identity: identity.into(),
            sid: sid.into(),
            deliberate: false,
        }
    }

    fn joined(identity: &str, sid: &str) -> RoomEvent {
        RoomEvent::ParticipantJoined {
            identity: identity.into(),
            sid: sid.into(),
        }
    }

    #[test]
    fn coming_and_going_is_told_once() {
        let mut presence = with(&["ada"]);
        assert_eq!(
            presence.joined("bob".into(), "1".into()),
            [joined("bob", "1")]
        );
        assert_eq!(presence.joined("bob".into(), "1".into()), []);
        assert_eq!(presence.left("ada", false), [left("ada", "1")]);
        assert_eq!(presence.left("ada", false), []);
        assert_eq!(
            presence.joined("ada".into(), "2".into()),
            [joined("ada", "2")]
        );
        assert_eq!(presence.left("ada", false), [left("ada", "2")]);
    }

    #[test]
    fn who_says_goodbye_is_told_apart_from_who_is_dropped() {
        let mut presence = with(&["ada"]);
        let parted = RoomEvent::ParticipantLeft {
            identity: "ada".into(),
            sid: "1".into(),
            deliberate: true,
        };
        assert_eq!(presence.left("ada", true), [parted]);
        presence.joined("ada".into(), "2".into());
        assert_eq!(presence.left("ada", false), [left("ada", "2")]);
    }

    #[test]
    fn a_full_reconnect_tells_only_what_really_changed() {
        let mut presence = with(&["ada", "bob", "carl"]);
        assert_eq!(presence.reconnecting(), [RoomEvent::Reconnecting]);
        for gone in ["ada", "bob", "carl"] {
            assert_eq!(presence.left(gone, false), []);
        }
        for (came, sid) in [("bob", "1"), ("carl", "2"), ("eve", "1")] {
            assert_eq!(presence.joined(came.into(), sid.into()), []);
        }
        assert_eq!(
            presence.reconnected(),
            [
                RoomEvent::Reconnected,
                left("ada", "1"),
                joined("carl", "2"),
                joined("eve", "1")
            ]
        );
    }
}
