//! The server's side of a call: what is stored of it, and the only way it may change.
//!
//! [`apply`] takes a [`Call`] as the store has it, a [`Command`] and the time, and gives back a
//! [`Step`] (the call after it, and the notices that follow from the change) or a [`Refusal`].
//! Nothing here waits, reads a clock or forgets: a server loads the call, applies, and writes the
//! call together with its notices in one transaction, provided that `rev` is still the one that
//! it loaded.
//!
//! How a server uses it:
//! 1. [`apply`] the command. What depends on the member's other calls has a function of its own,
//!    asked with all calls that claim the members in question, in the transaction of the commit:
//!    [`create_call`], [`accept_call`], [`hold_call`], [`invite_members`] with [`meant_callees`].
//!    The second and the third may change two calls; all their steps are one commit.
//! 2. At [`Refusal::Overdue`] apply [`Command::Tick`] to what [`Call::is_overdue`], commit that, and
//!    ask again.
//! 3. By the step's [`Effect`] write nothing, the call alone, or the call with its
//!    notices. [`Step::messages`] are the MQTT messages, [`Step::room_task`] the media server's,
//!    [`Step::pushes`] those to devices.
//! 4. Answer with [`call_response`] and its like, or with a refusal's [`error_body`]; a token for
//!    the room is made of [`access`] or [`access_ahead`].
//! 5. Keep [`claims`] of the call in its index, and wake up at [`Call::next_deadline`].
//!
//! The states and their diagram are at [`Phase`]; what may be answered at [`Refusal`]; the times
//! at [`Timeouts`]; who may do what in the room at [`Grants`].

mod answer;
mod apply;
mod call;
mod claims;
mod command;
mod create;
mod deadline;
mod end;
mod exchange;
mod grants;
mod history;
mod hold;
mod invite;
mod leave;
mod notice;
mod party;
mod presence;
mod push;
mod refusal;
mod response;
mod ring;
mod room;
mod step;
mod timeouts;
mod view;

pub use apply::apply;
pub use call::{Call, Ending, JoinAhead, Phase};
pub use claims::{Claim, claims};
pub use command::{Command, InRoom, RoomHint};
pub use create::{Found, NewCall, create_call};
pub use exchange::{accept_call, hold_call, invite_members};
pub use grants::{Access, Grants, Source, access, access_ahead, entitled};
pub use history::{history_item, took_part};
pub use invite::{meant_callees, newly_called};
pub use notice::{Message, News, Notice, RoomTask};
pub use party::{DeviceRing, Invitee, MAX_MEMBERS, Party, RingState};
pub use presence::{Presence, RoomSight};
pub use push::PushOrder;
pub use refusal::Refusal;
pub use response::{
    active_info, call_response, confirmation, error_body, ringing_response, snapshot_response,
    sync_response,
};
pub use step::{Effect, Step};
pub use timeouts::{CANCEL_REMEMBERED_MS, CANCELS_REMEMBERED_PER_MEMBER, OVER_KNOWN_MS, Timeouts};
pub use view::{ring_expires_in_ms, snapshot};
