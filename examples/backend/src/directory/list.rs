//! A list of members, from a JSON file or from a line of configuration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::redact::Personal;
use serde::Deserialize;

use super::{Directory, Member};
use crate::config::MembersSource;

/// Why a list of members cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The file is not there, or not of the form.
    #[error(
        "FAITHCALL_MEMBERS_FILE names the file {path}, which cannot be used: {reason}; it must hold \
         a JSON list of {{\"id\", \"name\", \"avatar\", \"church\", \"disabled\"}}"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An entry of the development list is not of the form.
    #[error(
        "FAITHCALL_DEV_MEMBERS cannot be used: its entry {entry} must be church/id=Name, and \
         entries are separated by commas"
    )]
    Development {
        /// Which entry, from 1.
        entry: usize,
    },
}

/// All members who are not disabled, kept in memory.
#[derive(Debug, Default)]
pub struct MemberList {
    members: RwLock<HashMap<(ChurchId, MemberId), Member>>,
}

#[derive(Deserialize)]
struct Entry {
    id: MemberId,
    name: Personal,
    #[serde(default)]
    avatar: Option<Personal>,
    church: ChurchId,
    #[serde(default)]
    disabled: bool,
}

impl MemberList {
    /// Reads the list that the configuration names.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(source: &MembersSource) -> Result<Self, DirectoryError> {
        match source {
            MembersSource::File(path) => Self::from_file(path),
            MembersSource::Development(list) => Self::from_line(list),
        }
    }

    /// Takes over what another list holds, in place of its own.
    pub(super) fn replace(&self, other: Self) {
        let other = other.members.into_inner();
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        *members = other.unwrap_or_else(PoisonError::into_inner);
    }

    pub(super) fn from_file(path: &Path) -> Result<Self, DirectoryError> {
        let bad = |reason: String| DirectoryError::File {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let entries: Vec<Entry> =
            serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        Ok(entries.into_iter().collect())
    }

    fn from_line(line: &str) -> Result<Self, DirectoryError> {
        let entries = line.split(',').map(|text| {
            let (address, name) = text.trim().split_once('=')?;
            let (church, id) = address.split_once('/')?;
            Some(Entry {
                id: id.parse().ok()?,
                name: Personal::new(name),
                avatar: None,
                church: church.parse().ok()?,
                disabled: false,
            })
        });
        entries
            .zip(1..)
            .map(|(parsed, entry)| parsed.ok_or(DirectoryError::Development { entry }))
            .collect()
    }
}

impl FromIterator<Entry> for MemberList {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let entries = entries.into_iter().filter(|entry| !entry.disabled);
        let members = entries.map(|entry| {
            let member = Member {
                id: entry.id.clone(),
                name: entry.name,
                avatar: entry.avatar,
            };
            ((entry.church, entry.id), member)
        });
        Self {
            members: RwLock::new(members.collect()),
        }
    }
}

#[async_trait]
impl Directory for MemberList {
    async fn member(&self, church: &ChurchId, id: &MemberId) -> Option<Member> {
        // Tuples of references cannot be looked up in a map of tuples.
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.get(&(church.clone(), id.clone())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_member_is_found_in_its_own_church_only() {
        let list = MemberList::from_line("c1/ann=Ann Ames, c2/bob=Bob").unwrap();
        let (c1, c2) = ("c1".parse().unwrap(), "c2".parse().unwrap());
        let ann = list.member(&c1, &"ann".parse().unwrap()).await.unwrap();
        assert_eq!(ann.name.expose(), "Ann Ames");
        assert_eq!(list.member(&c2, &"ann".parse().unwrap()).await, None);
    }

    #[test]
    fn a_bad_entry_is_named() {
        for (bad, entry) in [("c1/ann=Ann,bob", 2), ("c1/a+=Ann", 1), ("", 1)] {
            let error = MemberList::from_line(bad).unwrap_err();
            assert!(
                matches!(error, DirectoryError::Development { entry: e } if e == entry),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_file_is_read_and_a_bad_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("members.json");
        std::fs::write(&path, r#"[{"id":"ann","name":"Ann","church":"c1"}]"#).unwrap();
        let list = MemberList::from_file(&path).unwrap();
        assert_eq!(list.members.read().unwrap().len(), 1);
        std::fs::write(&path, r#"[{"id":"a/b","name":"Ann","church":"c1"}]"#).unwrap();
        let error = MemberList::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("members.json"), "{error}");
    }
}
