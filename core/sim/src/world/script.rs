//! What people do.

use faithcall_protocol::id::{CallId, MemberId};
use faithcall_protocol::machine::{Command, CommandError, Input, OtherCall, Output};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{RejectReason, RejectScope};

use super::World;
use super::build::id;
use crate::queue::Coming;
use crate::timeline::plain;

impl World {
    /// Later, in so many milliseconds. The order of what is due at the same time is that of the
    /// calls of `after`.
    pub fn after(&mut self, in_ms: u64, script: impl FnOnce(&mut Self) + 'static) {
        self.post(in_ms, Coming::Do(Box::new(script)));
    }

    /// A device's user wants something. Nothing happens where the process is dead.
    ///
    /// # Errors
    /// What the machine refuses; it is kept for [`World::refused`] too. What the server refuses
    /// comes later, as an event.
    #[track_caller]
    pub fn command(&mut self, device: &str, command: Command) -> Result<(), CommandError> {
        let at = self.find(device);
        self.user_wants(at, command)
    }

    pub(super) fn user_wants(&mut self, at: usize, command: Command) -> Result<(), CommandError> {
        let now = self.now;
        self.stir();
        self.tell_of(at, || format!("user: {}", plain(&command)));
        let Some(device) = self.devices.get_mut(at).filter(|device| device.alive) else {
            return Ok(());
        };
        device.had_off.wanted(&command);
        let input = Input::Command(command.clone());
        let mut refused = Ok(());
        for output in device.machine.handle(now + device.clock_ahead_ms, input) {
            match output {
                Output::Event(event) => self.shown(at, event),
                Output::Effect(effect) => self.carry_out(at, effect),
                Output::Refused(error) => refused = Err(error),
            }
        }
        match &refused {
            Ok(()) => self.recognise_command(at, &command),
            Err(error) => {
                self.tell_of(at, || format!("refuses: {error}"));
                let refusal = (command, error.clone());
                if let Some(device) = self.devices.get_mut(at) {
                    device.refused.push(refusal);
                }
            }
        }
        self.watch_device(at);
        refused
    }

    #[track_caller]
    fn wants(&mut self, device: &str, command: Command) {
        // Kept for `refused`.
        let _ = self.command(device, command);
    }

    /// Calls somebody, or a group, by voice. The id is `call-1`, `call-2`, …
    #[track_caller]
    pub fn call(&mut self, device: &str, callees: &[&str]) -> CallId {
        self.dial(device, callees, CallType::Voice)
    }

    /// Calls somebody, or a group, with cameras.
    #[track_caller]
    pub fn video_call(&mut self, device: &str, callees: &[&str]) -> CallId {
        self.dial(device, callees, CallType::Video)
    }

    #[track_caller]
    fn dial(&mut self, device: &str, callees: &[&str], call_type: CallType) -> CallId {
        self.calls_made += 1;
        let call_id: CallId = id(&format!("call-{}", self.calls_made));
        self.call_as(device, &call_id, callees, call_type);
        call_id
    }

    /// Calls somebody under an id that the script chose.
    #[track_caller]
    pub fn call_as(&mut self, device: &str, call: &CallId, callees: &[&str], call_type: CallType) {
        let callees: Vec<MemberId> = callees.iter().map(|callee| id(callee)).collect();
        let command = Command::StartCall {
            call_id: call.clone(),
            callees,
            call_type,
        };
        self.wants(device, command);
    }

    /// Takes a call.
    #[track_caller]
    pub fn accept(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        let other = None;
        self.wants(device, Command::Accept { call_id, other });
    }

    /// Takes a call while another goes on, which is held or ended.
    #[track_caller]
    pub fn accept_and(&mut self, device: &str, call: &CallId, other: OtherCall) {
        let (call_id, other) = (call.clone(), Some(other));
        self.wants(device, Command::Accept { call_id, other });
    }

    /// Calls further members into a call.
    #[track_caller]
    pub fn invite(&mut self, device: &str, call: &CallId, callees: &[&str]) {
        let (call_id, callees) = (call.clone(), callees.iter().map(|c| id(c)).collect());
        self.wants(device, Command::Invite { call_id, callees });
    }

    /// Leaves a group, which goes on.
    #[track_caller]
    pub fn leave(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::Leave { call_id });
    }

    /// Holds a call.
    #[track_caller]
    pub fn hold(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::Hold { call_id });
    }

    /// Takes a held call up again.
    #[track_caller]
    pub fn resume(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::Resume { call_id });
    }

    /// Holds one call and takes up the other.
    #[track_caller]
    pub fn swap(&mut self, device: &str) {
        self.wants(device, Command::Swap);
    }

    /// Declines a call, for every device of the member.
    #[track_caller]
    pub fn reject(&mut self, device: &str, call: &CallId) {
        self.decline(device, call, RejectReason::Rejected, RejectScope::Member);
    }

    /// Declines a call on this device; the member's others go on ringing.
    #[track_caller]
    pub fn reject_here(&mut self, device: &str, call: &CallId) {
        self.decline(device, call, RejectReason::Rejected, RejectScope::Device);
    }

    #[track_caller]
    fn decline(&mut self, device: &str, call: &CallId, reason: RejectReason, scope: RejectScope) {
        let call_id = call.clone();
        let command = Command::Reject {
            call_id,
            reason,
            scope,
        };
        self.wants(device, command);
    }

    /// Takes a call back.
    #[track_caller]
    pub fn cancel(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::Cancel { call_id });
    }

    /// Presses the red button.
    #[track_caller]
    pub fn end(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::End { call_id });
    }

    /// Comes back into a call that an earlier process of the device was in.
    #[track_caller]
    pub fn rejoin(&mut self, device: &str, call: &CallId) {
        let call_id = call.clone();
        self.wants(device, Command::Rejoin { call_id });
    }

    /// Turns the microphone on or off.
    #[track_caller]
    pub fn microphone(&mut self, device: &str, on: bool) {
        self.wants(device, Command::SetMicrophone(on));
    }

    /// Turns the camera on or off.
    #[track_caller]
    pub fn camera(&mut self, device: &str, on: bool) {
        self.wants(device, Command::SetCamera(on));
    }

    /// Chooses the loudspeaker, or the earpiece.
    #[track_caller]
    pub fn speaker(&mut self, device: &str, on: bool) {
        self.wants(device, Command::SetSpeaker(on));
    }

    /// Signs out.
    #[track_caller]
    pub fn sign_out(&mut self, device: &str) {
        self.wants(device, Command::Disconnect);
    }
}
