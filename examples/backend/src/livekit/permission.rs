//! What a participant may do in a room.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// All that one participant may do. Nobody is ever hidden, or may change its own metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permission {
    /// Receives the others' tracks and data.
    pub can_subscribe: bool,
    /// What it may publish; nothing when empty.
    pub sources: BTreeSet<Source>,
    /// Sends data.
    pub can_publish_data: bool,
}

/// A kind of track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// A camera's picture.
    Camera,
    /// A microphone's sound.
    Microphone,
    /// A screen's picture.
    ScreenShare,
    /// The sound that goes with a screen.
    ScreenShareAudio,
    /// One that LiveKit has and we never grant.
    #[serde(other, skip_serializing)]
    Other,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Who, as its token says.
    pub identity: String,
    /// Which stay of it (LiveKit's `sid`); `None` where the server does not say.
    pub session: Option<String>,
    /// Its media is connected. Before that it is on its way, and may be granted something already.
    pub is_active: bool,
    /// What it may do now. `None`: something that we never grant, such as being hidden.
    pub permission: Option<Permission>,
}

impl Permission {
    /// What both allow.
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            can_subscribe: self.can_subscribe && other.can_subscribe,
            sources: self.sources.intersection(&other.sources).copied().collect(),
            can_publish_data: self.can_publish_data && other.can_publish_data,
        }
    }
}

/// LiveKit's form of a permission, in both directions. Sent whole: LiveKit replaces the whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Wire {
    can_subscribe: bool,
    can_publish: bool,
    can_publish_data: bool,
    can_publish_sources: Vec<Source>,
    hidden: bool,
    recorder: bool,
    can_update_metadata: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self::from(&Permission::default())
    }
}

impl From<&Permission> for Wire {
    fn from(permission: &Permission) -> Self {
        Self {
            can_subscribe: permission.can_subscribe,
            can_publish: !permission.sources.is_empty(),
            can_publish_data: permission.can_publish_data,
            can_publish_sources: permission.sources.iter().copied().collect(),
            hidden: false,
            recorder: false,
            can_update_metadata: false,
        }
    }
}

impl Wire {
    /// What it allows, or `None` when that is more than a [`Permission`] can say.
    pub(super) fn read(self) -> Option<Permission> {
        // To LiveKit, publishing with no source named means all of them.
        let all_sources = self.can_publish && self.can_publish_sources.is_empty();
        if all_sources || self.hidden || self.recorder || self.can_update_metadata {
            return None;
        }
        let sources = match self.can_publish {
            true => self.can_publish_sources.into_iter().collect(),
            false => BTreeSet::new(),
        };
        Some(Permission {
            can_subscribe: self.can_subscribe,
            sources,
            can_publish_data: self.can_publish_data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Permission> {
        serde_json::from_str::<Wire>(json).unwrap().read()
    }

    #[test]
    fn what_is_sent_is_read_back() {
        let waiting = Permission {
            sources: [Source::Camera, Source::Microphone].into(),
            ..Permission::default()
        };
        let full = Permission {
            can_subscribe: true,
            can_publish_data: true,
            ..waiting.clone()
        };
        for permission in [Permission::default(), waiting, full] {
            let json = serde_json::to_string(&Wire::from(&permission)).unwrap();
            assert_eq!(read(&json), Some(permission));
        }
    }

    #[test]
    fn what_we_never_grant_equals_nothing_that_we_grant() {
        assert_eq!(read(r#"{"can_publish": true}"#), None);
        assert_eq!(read(r#"{"hidden": true}"#), None);
        assert_eq!(read(r#"{"can_update_metadata": true}"#), None);
    }

    #[test]
    fn an_unknown_source_is_read() {
        let odd = read(r#"{"can_publish": true, "can_publish_sources": ["HOLOGRAM"]}"#).unwrap();
        assert_eq!(odd.sources, [Source::Other].into());
    }
}
