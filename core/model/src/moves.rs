//! What users may do.

use faithcall_protocol::machine::{Command, OtherCall};
use faithcall_protocol::rest::{RejectReason, RejectScope};

use crate::bounds::Bounds;
use crate::names;

/// Every command but dialling, whether or not it is valid now.
pub(crate) fn commands(bounds: &Bounds) -> Vec<Command> {
    let mut commands = Vec::new();
    for slot in 0..bounds.calls {
        let call_id = names::call(slot);
        let others: &[Option<OtherCall>] = if bounds.calls > 1 {
            &[None, Some(OtherCall::End)]
        } else {
            &[None]
        };
        for other in others {
            let (call_id, other) = (call_id.clone(), *other);
            commands.push(Command::Accept { call_id, other });
        }
        for scope in [RejectScope::Member, RejectScope::Device] {
            commands.push(Command::Reject {
                call_id: call_id.clone(),
                reason: RejectReason::Rejected,
                scope,
            });
        }
        let rejoin = call_id.clone();
        commands.push(Command::Rejoin { call_id: rejoin });
        if let Some(late) = bounds.late_invite {
            commands.push(Command::Invite {
                call_id: call_id.clone(),
                callees: vec![names::member(late)],
            });
            let call_id = call_id.clone();
            commands.push(Command::Leave { call_id });
        }
        commands.push(Command::End { call_id });
    }
    commands
}
