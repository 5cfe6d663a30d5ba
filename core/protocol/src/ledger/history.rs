//! A call that is over, as its members find it in their histories.

use super::call::Call;
use super::view::duration_seconds;
use crate::end::{EndCause, Outcome};
use crate::id::MemberId;
use crate::rest::CallHistoryItem;
use crate::snapshot::InviteeState;
use crate::timestamp::Timestamp;

/// The line of a member's history; none while the call goes on, and for who is not in it.
///
/// Status, reason and duration are the call's, but for a callee of a group who was not in what the
/// others had: it sees how the call ended for itself, and no duration.
///
/// ```text
///   its state in the group   the call was answered          nobody answered
///   missed                   missed                         the call's
///   rejected, busy           rejected, busy                 rejected, busy
///   failed                   failed, timeout                –
///   accepted, left           the call's                     –
/// ```
pub fn history_item(call: &Call, member: &MemberId) -> Option<CallHistoryItem> {
    let ending = call.ending()?;
    call.role_of(member)?;
    let own = own_outcome(call, member);
    let outcome = own.unwrap_or(ending.outcome);
    let callees = || call.invitees.iter().map(|invitee| &invitee.party.person);
    let caller = &call.caller.person;
    Some(CallHistoryItem {
        call_id: call.call_id.clone(),
        call_type: call.call_type,
        status: outcome.status,
        caller_id: caller.id.clone(),
        caller_name: caller.name.clone(),
        caller_avatar: caller.avatar.clone(),
        callee_ids: callees().map(|callee| callee.id.clone()).collect(),
        callee_names: callees().map(|callee| callee.name.clone()).collect(),
        initiated_at: Timestamp::from_unix_ms(call.initiated_at_ms),
        duration_seconds: match own {
            Some(_) => 0,
            None => duration_seconds(call, ending.at_ms),
        },
        end_reason: Some(outcome.reason),
        is_incoming: caller.id != *member,
    })
}

/// Whether the member was in the call, and so can say how it was: the caller, and who accepted.
pub fn took_part(call: &Call, member: &MemberId) -> bool {
    let accepted = call.invitee(member).is_some_and(|i| i.has_accepted());
    call.caller.member_id() == member || accepted
}

/// How a group call ended for a callee who was not in it.
fn own_outcome(call: &Call, member: &MemberId) -> Option<Outcome> {
    let invitee = call.invitee(member).filter(|_| call.is_group)?;
    let cause = match invitee.state {
        InviteeState::Missed if call.accepted_at_ms.is_some() => EndCause::RingDeadline,
        InviteeState::Rejected => EndCause::AllRejected,
        InviteeState::Busy => EndCause::AllBusy,
        InviteeState::Failed => EndCause::ConnectDeadline,
        InviteeState::Missed
        | InviteeState::Accepted
        | InviteeState::Left
        | InviteeState::Invited
        | InviteeState::Ringing => return None,
    };
    Some(cause.outcome())
}
