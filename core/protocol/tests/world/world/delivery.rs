//! What comes to whom, and what follows from it.

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::Command as LedgerCommand;
use faithcall_protocol::machine::{Answer, Effect, Failure, Input, Output, RequestId, RoomEffect};
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::timestamp::Timestamp;

use super::{Coming, ROOM_LIST_MS, World};

const ROOM_CONNECT_MS: u64 = 100;
const ANSWER_LOST_MS: u64 = 8_000;

impl World {
    pub(super) fn arrive(&mut self, coming: Coming) {
        match coming {
            Coming::Request(device, id, request) => {
                let now = self.epoch();
                let (member, own) = {
                    let device = &self.devices[device];
                    (device.member.clone(), device.id.clone())
                };
                let result = self
                    .server
                    .answer(&member, &own, &request, &mut self.rooms, now);
                let answer = Answer {
                    result,
                    faithcall_header: true,
                    date: Some(Timestamp::from_unix_ms(now / 1_000 * 1_000)),
                };
                let (ms, lost) = (self.devices[device].link.answer_ms, self.is_lost(device));
                let ms = ms + self.jitter(device);
                if lost {
                    self.no_answer(device, id);
                } else {
                    let input = Input::Answer { id, answer };
                    self.post(ms, Coming::Input(device, Box::new(input)));
                }
            }
            Coming::Input(device, input) => self.give(device, *input),
            Coming::Enter(device, session, token) => self.enter(device, session, &token),
            Coming::Exit(device, session, on_purpose) => self.exit(device, session, on_purpose),
            Coming::RoomLists => {
                let ids: Vec<CallId> = self.server.calls.keys().cloned().collect();
                for id in ids {
                    let command = LedgerCommand::RoomList {
                        present: self.rooms.list(&id),
                        asked_at_ms: self.epoch(),
                    };
                    let _ = self.server.apply(&id, &command, self.epoch());
                }
                self.post(ROOM_LIST_MS, Coming::RoomLists);
            }
            Coming::Act(device, command) => self.give(device, Input::Command(*command)),
        }
    }

    pub(super) fn give(&mut self, at: usize, input: Input) {
        let device = &mut self.devices[at];
        if !device.alive {
            return;
        }
        let outputs = device
            .machine
            .handle(self.now + device.clock_ahead_ms, input);
        for output in outputs {
            match output {
                Output::Event(event) => self.devices[at].events.push(event),
                Output::Refused(error) => self.devices[at].refused.push(error.to_string()),
                Output::Effect(effect) => self.carry_out(at, effect),
            }
        }
    }

    pub(super) fn carry_out(&mut self, device: usize, effect: Effect) {
        match effect {
            Effect::Request { id, request } => {
                if self.is_lost(device) {
                    self.no_answer(device, id);
                } else {
                    let ms = self.devices[device].link.request_ms + self.jitter(device);
                    self.post(ms, Coming::Request(device, id, request));
                }
            }
            Effect::Room { session, effect } => {
                self.devices[device].steer(session, &effect);
                match effect {
                    RoomEffect::Connect { token, .. } => {
                        self.post(ROOM_CONNECT_MS, Coming::Enter(device, session, token));
                    }
                    RoomEffect::Leave => self.exit(device, session, true),
                    RoomEffect::SetMicrophone(_)
                    | RoomEffect::SetCamera(_)
                    | RoomEffect::SetPlayable(_)
                    | RoomEffect::SetPicture(_)
                    | RoomEffect::WatchStatistics(_)
                    | RoomEffect::NetworkChanged
                    | RoomEffect::PrepareMicrophone => {}
                }
            }
            // Never needed, and refused by this broker.
            Effect::Subscribe { call_id } => {
                let input = Input::CallTopics {
                    call_id,
                    subscribed: false,
                };
                self.post(10, Coming::Input(device, Box::new(input)));
            }
            Effect::Unsubscribe { .. } | Effect::Publish { .. } | Effect::ReconnectLink => {}
        }
    }

    pub(super) fn publish(&mut self) {
        if !self.publishing {
            return;
        }
        for message in std::mem::take(&mut self.server.outbox) {
            let Some(message) = message.at(self.epoch()) else {
                continue;
            };
            for device in 0..self.devices.len() {
                let member = &self.devices[device].member;
                let own = match &message.topic.channel {
                    Channel::IncomingCall(m) | Channel::CallStatus(m) | Channel::CallUpdate(m) => {
                        m == member
                    }
                    Channel::Signal(_) | Channel::Participants(_) => false,
                };
                if !own {
                    continue;
                }
                if self.pushes {
                    self.push(device, &message.envelope.call_id, &message.envelope.signal);
                }
                if !self.devices[device].connected {
                    continue;
                }
                let copies = if self.devices[device].link.twice {
                    2
                } else {
                    1
                };
                for _ in 0..copies {
                    let ms = self.devices[device].link.mqtt_ms + self.jitter(device);
                    let input = Input::Signal {
                        topic: message.topic.clone(),
                        envelope: Box::new(message.envelope.clone()),
                    };
                    self.post(ms, Coming::Input(device, Box::new(input)));
                }
            }
        }
    }

    pub(super) fn push(&mut self, device: usize, call_id: &CallId, signal: &Signal) {
        let Signal::CallInvite(invite) = signal else {
            return;
        };
        let push = Push {
            call_id: call_id.clone(),
            rev: faithcall_protocol::id::Rev(1),
            kind: PushKind::Invite {
                call_type: invite.call_type,
                caller_id: invite.caller.id.clone(),
                caller_name: invite.caller.name.clone(),
                caller_avatar: None,
                callee_id: self.devices[device].member.clone(),
                ring_expires_in_ms: invite.ring_expires_in_ms.unwrap_or_default(),
            },
        };
        let ms = 30 + self.jitter(device);
        self.post(ms, Coming::Input(device, Box::new(Input::Push(push))));
    }

    fn no_answer(&mut self, device: usize, id: RequestId) {
        let answer = Answer {
            result: Err(Failure::NoAnswer),
            faithcall_header: false,
            date: None,
        };
        let input = Input::Answer { id, answer };
        self.post(ANSWER_LOST_MS, Coming::Input(device, Box::new(input)));
    }
}
