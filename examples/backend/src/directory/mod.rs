//! Who can be called: a port, and a list of members as its simplest filling.

mod list;
mod reload;

use async_trait::async_trait;
use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::redact::Personal;

pub use list::{DirectoryError, MemberList};
pub(crate) use reload::start as start_reloading;

/// A member as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// Display name.
    pub name: Personal,
    /// Address of a picture.
    pub avatar: Option<Personal>,
}

/// Where members are looked up. An app's own user database fills it.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The member of this church, or `None` where the church has no such member.
    /// One that is disabled is none.
    async fn member(&self, church: &ChurchId, id: &MemberId) -> Option<Member>;

    /// Whether this member may use the server now. Asked with each request, and every few seconds
    /// of everybody who is connected to the broker or in a call: what it says no to is out within
    /// ten seconds. Answer from memory, or from a cache that is younger than that.
    async fn admits(&self, church: &ChurchId, id: &MemberId) -> bool {
        self.member(church, id).await.is_some()
    }
}
