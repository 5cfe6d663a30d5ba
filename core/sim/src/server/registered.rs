//! What the server knows of devices, and of members beside their calls.

use faithcall_protocol::id::{DeviceId, MemberId};
use faithcall_protocol::ledger::Command;
use faithcall_protocol::machine::{Failure, Reply};
use faithcall_protocol::rest::{self, ErrorBody, ErrorCode, RegisterDevice};

use super::Server;

impl Server {
    pub(super) fn register(
        &mut self,
        member: &MemberId,
        device: &DeviceId,
        body: &RegisterDevice,
    ) -> Reply {
        self.set_push_token(member, device, body.push_token.is_some());
        let whose = (member.clone(), device.clone());
        self.call_waiting.retain(|known| *known != whose);
        if body.call_waiting {
            self.call_waiting.push(whose);
        }
        noted()
    }

    pub(super) fn forget_device(&mut self, member: &MemberId, device: &DeviceId) -> Reply {
        self.set_push_token(member, device, false);
        self.call_waiting
            .retain(|(owner, id)| owner != member || id != device);
        noted()
    }

    pub(crate) fn set_push_token(&mut self, member: &MemberId, device: &DeviceId, has_one: bool) {
        let whose = (member.clone(), device.clone());
        self.push_tokens.retain(|known| *known != whose);
        if has_one {
            self.push_tokens.push(whose);
        }
    }

    /// Members of whom some device can show a second call.
    pub(super) fn who_has_call_waiting(&self) -> Vec<MemberId> {
        let devices = self.call_waiting.iter();
        devices.map(|(member, _)| member.clone()).collect()
    }

    /// The member's tokens count no more, and it is out of its calls.
    pub(crate) fn revoke(&mut self, member: &MemberId, now: u64) {
        self.revoked.insert(member.clone());
        for call in self.open.clone() {
            let member = member.clone();
            // Of no effect where it has no part.
            let _ = self.apply(&call, &Command::Revoke { member }, now);
        }
    }
}

/// The answer to anything that a revoked token asks.
pub(crate) fn revoked() -> Failure {
    Failure::Status {
        status: 401,
        body: Some(Box::new(ErrorBody {
            detail: "The token was revoked".into(),
            code: Some(ErrorCode::Revoked),
            call: None,
        })),
        retry_after_ms: None,
    }
}

fn noted() -> Reply {
    Reply::Message(Box::new(rest::Message {
        message: "Noted".to_owned(),
        call: None,
    }))
}
