//! Which call a command means, which rule carries it out, and how its failure is told.

use crate::id::CallId;

use crate::machine::Machine;
use crate::machine::interface::event::{Attempt, CommandFailure, Event};
use crate::machine::interface::input::{Command, MediaSource};
use crate::machine::interface::output::{CommandError, Output};
use crate::machine::state::Call;

impl Machine {
    pub(in crate::machine) fn command(&mut self, command: Command) -> Result<(), CommandError> {
        match command {
            Command::StartCall {
                call_id,
                callees,
                call_type,
            } => self.start_call(call_id, callees, call_type),
            // A tap that crosses the news that this device is in the call already.
            Command::Accept { call_id, .. } if self.offers(&call_id) => self.rejoin(&call_id),
            Command::Reject { call_id, .. } | Command::End { call_id } if self.offers(&call_id) => {
                self.give_up_leftover();
                Ok(())
            }
            Command::Accept { call_id, other } => {
                self.on_meant(&call_id, |m| m.accept(&call_id, other))
            }
            Command::Reject {
                call_id,
                reason,
                scope,
            } => self.on_meant(&call_id, |m| m.reject(&call_id, reason, scope)),
            Command::Cancel { call_id } => self.on_meant(&call_id, |m| m.cancel(&call_id)),
            Command::End { call_id } => self.on_meant(&call_id, |m| m.hang_up(&call_id)),
            Command::Invite { call_id, callees } => {
                self.on_meant(&call_id, |m| m.invite(&call_id, callees))
            }
            Command::Leave { call_id } => self.on_meant(&call_id, |m| m.leave(&call_id)),
            Command::Hold { call_id } => self.on_meant(&call_id, |m| m.hold_call(&call_id)),
            Command::Resume { call_id } => self.on_meant(&call_id, |m| m.resume(&call_id)),
            Command::Swap => self.swap(),
            Command::Rejoin { call_id } => self.rejoin(&call_id),
            Command::SetMicrophone(on) => {
                self.on_foremost(|m| m.want_media(MediaSource::Microphone, on))
            }
            Command::SetCamera(on) => self.on_foremost(|m| m.want_media(MediaSource::Camera, on)),
            Command::SetSpeaker(on) => self.on_foremost(|m| m.want_speaker(on)),
            Command::RegisterDevice(device) => {
                self.register_device(device);
                Ok(())
            }
            Command::Disconnect => {
                self.sign_out();
                Ok(())
            }
        }
    }
    /// The call that a command means.
    pub(in crate::machine) fn find(&self, id: &CallId) -> Result<&Call, CommandError> {
        self.call
            .as_deref()
            .filter(|call| call.is(id))
            .ok_or(CommandError::NoSuchCall)
    }

    /// The server did not do what a command asked for.
    pub(in crate::machine) fn fail_command(&mut self, what: Attempt, failure: CommandFailure) {
        if let Some(call) = &self.call {
            self.out.push(Output::Event(Event::CommandFailed {
                call_id: call.id.clone(),
                what,
                failure,
            }));
        }
    }
}
