//! The one way in which a call changes.

use super::call::Call;
use super::command::Command;
use super::refusal::Refusal;
use super::step::{Draft, Step};
use super::{answer, end, hold, invite, leave, ring, room};
use crate::rest::RejectScope;

/// Decides a command. `now_ms`: milliseconds since 1970, the server's clock.
///
/// # Errors
/// A [`Refusal`] changes nothing. [`Refusal::Overdue`]: a deadline has passed; apply
/// [`Command::Tick`] and commit it, then ask again: to the call, and where a rule was given other
/// calls too, to each of them that [`Call::is_overdue`]. So nothing revives a call whose time is up,
/// however late the deadline is carried out.
pub fn apply(call: &Call, command: &Command, now_ms: u64) -> Result<Step, Refusal> {
    let mut draft = Draft::new(call, now_ms);
    if *command != Command::Tick && call.is_overdue(now_ms) {
        return Err(Refusal::Overdue);
    }
    match command {
        Command::Ringing { actor } => ring::ringing(&mut draft, actor)?,
        Command::Accept { actor } => answer::accept(&mut draft, actor)?,
        Command::Reject {
            actor,
            reason,
            scope,
            reachable,
        } => {
            // Whoever declines for the member leaves nobody to go on ringing.
            let others = match scope {
                RejectScope::Member => None,
                RejectScope::Device => Some(reachable.as_slice()),
            };
            answer::reject(&mut draft, actor, *reason, others)?;
        }
        Command::Cancel { actor } => end::cancel(&mut draft, actor)?,
        Command::Connected { actor } => room::connected(&mut draft, actor)?,
        Command::End { actor, reason } => end::end(&mut draft, actor, *reason)?,
        Command::Leave { actor } => leave::leave(&mut draft, actor, None)?,
        Command::Invite {
            actor,
            callees,
            busy,
        } => invite::invite(&mut draft, actor, callees, busy)?,
        Command::Hold { actor, is_on_hold } => hold::hold(&mut draft, actor, *is_on_hold)?,
        Command::Patch { actor, flags } => room::patch(&mut draft, actor, *flags)?,
        Command::Heard { actor } => call.members_only(actor)?,
        Command::RoomList {
            present,
            asked_at_ms,
        } => room::list(&mut draft, present, *asked_at_ms),
        Command::RoomHint {
            identity,
            session,
            hint,
        } => room::hint(&mut draft, identity, session.as_deref(), *hint),
        Command::Revoke { member } => leave::revoke(&mut draft, member),
        Command::RoomUnavailable => end::room_unavailable(&mut draft),
        Command::Tick => end::tick(&mut draft),
    }
    if let Some(actor) = command.actor() {
        draft.hear(actor);
    }
    Ok(draft.finish())
}
