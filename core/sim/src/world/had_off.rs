//! Whether a device's new process publishes what its user had off in the old one.
//!
//! The machine has that from the server, so what the server was told counts, and no wish that was
//! still on its way when the old process died.

use std::collections::BTreeMap;

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::Call;
use faithcall_protocol::machine::{Command, MediaSource, RoomEffect, SessionId};

use super::World;
use crate::device::Device;
use crate::invariant::Invariant;

/// What a device's process found off when it began, by call, and its user has not turned on since.
#[derive(Debug, Clone, Default)]
pub(crate) struct HadOff(BTreeMap<CallId, Off>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Off {
    microphone: bool,
    camera: bool,
    held: bool,
}

impl HadOff {
    /// The user wants something.
    pub(super) fn wanted(&mut self, command: &Command) {
        for (id, off) in &mut self.0 {
            match command {
                Command::SetMicrophone(true) => off.microphone = false,
                Command::SetCamera(true) => off.camera = false,
                Command::Resume { call_id } | Command::Accept { call_id, .. } if call_id == id => {
                    off.held = false;
                }
                Command::Swap => off.held = false,
                _ => {}
            }
        }
    }

    /// The server was told something else since, by a request that the old process had sent.
    fn told(&mut self, call: &CallId, now: Off) {
        if let Some(off) = self.0.get_mut(call) {
            off.microphone &= now.microphone;
            off.camera &= now.camera;
            off.held &= now.held;
        }
    }
}

impl World {
    /// A device's process begins.
    pub(super) fn note_had_off(&mut self, at: usize) {
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let calls = self.server.open_calls();
        let off = calls.filter_map(|call| Some((call.call_id().clone(), off_at(device, call)?)));
        device.had_off = HadOff(off.collect());
    }

    /// A change was committed.
    pub(super) fn note_told_on(&mut self, call: &Call) {
        for device in &mut self.devices {
            if let Some(now) = off_at(device, call) {
                device.had_off.told(call.call_id(), now);
            }
        }
    }

    /// An engine is told something.
    pub(super) fn watch_had_off(&mut self, at: usize, session: SessionId, effect: &RoomEffect) {
        let source = match effect {
            RoomEffect::SetMicrophone(true) => MediaSource::Microphone,
            RoomEffect::SetCamera(true) => MediaSource::Camera,
            _ => return,
        };
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let stay = device.stays.get(&session);
        let Some(call) = stay.and_then(|stay| stay.call.as_ref()) else {
            return;
        };
        let is_off = device.had_off.0.get(call).is_some_and(|off| match source {
            MediaSource::Microphone => off.microphone || off.held,
            MediaSource::Camera => off.camera || off.held,
        });
        if is_off {
            let name = &device.name;
            let what = format!("{name}: {source:?} goes on in {call}, and was off");
            self.broken(Invariant::I9, what);
        }
    }
}

/// What a device has off in a call, if it is in it.
fn off_at(device: &Device, call: &Call) -> Option<Off> {
    let caller = std::iter::once(call.caller());
    let callees = call.invitees().iter().filter(|i| i.is_accepted());
    let mut parties = caller.chain(callees.map(|i| &i.party));
    let mine = parties.find(|party| {
        *party.member_id() == device.member && party.device_id.as_ref() == Some(&device.id)
    })?;
    Some(Off {
        microphone: mine.flags.is_muted,
        camera: !mine.flags.is_video_enabled,
        held: mine.is_on_hold,
    })
}
