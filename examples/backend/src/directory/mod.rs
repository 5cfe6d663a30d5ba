//! Who can be called: a port, and a list of members as its simplest filling.

mod list;

use async_trait::async_trait;
use faithcall_protocol::id::{ChurchId, MemberId};
use faithcall_protocol::redact::Personal;

pub use list::{DirectoryError, MemberList};

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
    async fn member(&self, church: &ChurchId, id: &MemberId) -> Option<Member>;
}
