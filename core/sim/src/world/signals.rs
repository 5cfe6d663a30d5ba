//! The outbox, the broker, and push.

use faithcall_protocol::ledger::{Message, PushOrder};
use faithcall_protocol::machine::Input;
use faithcall_protocol::push::Push;
use faithcall_protocol::signal::Envelope;
use faithcall_protocol::signal::topic::{Channel, Topic};

use super::World;
use crate::device::{Doomed, Picked};
use crate::fault::Fault;
use crate::queue::Coming;
use crate::server::Outgoing;

/// From a device's wish to be connected until its subscriptions stand.
const CONNECT_MS: u64 = 50;
/// How long a device waits before it tries again.
const RECONNECT_MS: u64 = 2_000;

impl World {
    pub(super) fn start_publishing(&mut self) {
        let ready = self.server.up && self.publishing && !self.publish_posted;
        if ready && self.server.outbox.iter().any(|out| self.can_go(out)) {
            self.publish_posted = true;
            self.post(self.backstage.publish_ms, Coming::Publish);
        }
    }

    /// A signal waits for the broker; a push goes by another way.
    fn can_go(&self, outgoing: &Outgoing) -> bool {
        match outgoing {
            Outgoing::Signal(_) => self.broker_up,
            Outgoing::Push(_) => true,
        }
    }

    pub(super) fn publish(&mut self) {
        self.publish_posted = false;
        if !(self.server.up && self.publishing) {
            return;
        }
        let outbox = std::mem::take(&mut self.server.outbox);
        let (batch, waiting): (Vec<_>, Vec<_>) =
            outbox.into_iter().partition(|out| self.can_go(out));
        self.server.outbox = waiting.into();
        if batch.is_empty() {
            return;
        }
        for outgoing in &batch {
            match outgoing.clone() {
                Outgoing::Signal(message) => self.publish_signal(*message),
                Outgoing::Push(order) => self.send_push(&order),
            }
        }
        self.server.published = batch;
    }

    fn publish_signal(&mut self, message: Message) {
        // Nobody in this world subscribes to a call's own topics.
        let member = match &message.topic.channel {
            Channel::IncomingCall(m) | Channel::CallStatus(m) | Channel::CallUpdate(m) => m.clone(),
            Channel::Signal(_) | Channel::Participants(_) => return,
        };
        let Some(message) = message.at(self.epoch()) else {
            return;
        };
        self.signals += 1;
        let number = self.signals;
        for at in 0..self.devices.len() {
            let Some(device) = self.devices.get_mut(at).filter(|d| d.member == member) else {
                continue;
            };
            let Some(connection) = device.connection else {
                continue;
            };
            let picked = Picked::take(&mut device.picked.signals, &message.envelope);
            let doomed = Doomed::take(&mut device.doomed.signals) || picked;
            let notice_ms = device.link.notice_ms;
            if doomed {
                self.reconnect(at, notice_ms);
            }
            let cut = self
                .devices
                .get(at)
                .is_some_and(|device| device.cut.signals);
            if doomed || cut {
                self.count(Fault::SignalLost);
                self.tell_of(at, || {
                    format!("misses {}", told(&message.topic, &message.envelope))
                });
                continue;
            }
            let Some(device) = self.devices.get(at) else {
                continue;
            };
            let (ms, most) = (device.link.signal_ms, device.link.jitter_ms);
            let twice = device.link.repeats_signal_one_in;
            let copies = if self.chance.one_in(twice) { 2 } else { 1 };
            if copies == 2 {
                self.count(Fault::SignalRepeated);
            }
            for _ in 0..copies {
                let in_ms = ms + self.chance.below(most + 1);
                let signal = Coming::Signal {
                    device: at,
                    connection,
                    number,
                    topic: message.topic.clone(),
                    envelope: Box::new(message.envelope.clone()),
                };
                self.post(in_ms, signal);
            }
        }
    }

    pub(super) fn signal_arrives(
        &mut self,
        at: usize,
        connection: u64,
        number: u64,
        topic: Topic,
        envelope: Box<Envelope>,
    ) {
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        if !device.alive || device.connection != Some(connection) || device.cut.signals {
            self.count(Fault::SignalLost);
            self.tell_of(at, || format!("misses {}", told(&topic, &envelope)));
            return;
        }
        if number < device.last_signal {
            self.count(Fault::SignalReordered);
        } else {
            device.last_signal = number;
        }
        self.tell_of(at, || format!("hears of {}", told(&topic, &envelope)));
        self.recognise_signal(at, &envelope);
        self.give(at, Input::Signal { topic, envelope });
    }

    fn send_push(&mut self, order: &PushOrder) {
        let epoch = self.epoch();
        let Some(push) = order.at(epoch) else {
            return;
        };
        let left = order.expires_at_ms.saturating_sub(epoch);
        for at in 0..self.devices.len() {
            let Some(device) = self.devices.get(at) else {
                continue;
            };
            let but = order.but.as_ref();
            let whose = (device.member.clone(), device.id.clone());
            let reached = whose.0 == order.member_id && self.server.push_tokens.contains(&whose);
            if !reached || Some(&whose.1) == but || device.signed_out {
                continue;
            }
            let link = device.link.clone();
            let device = self.devices.get_mut(at);
            let lost = device.is_some_and(|device| {
                let picked = Picked::take(&mut device.picked.pushes, &push);
                Doomed::take(&mut device.doomed.pushes) || picked
            });
            if lost || self.chance.one_in(link.loses_push_one_in) {
                self.count(Fault::PushLost);
                self.tell_of(at, || format!("misses a push about {}", push.call_id));
                continue;
            }
            let copies = if self.chance.one_in(link.repeats_push_one_in) {
                self.count(Fault::PushRepeated);
                2
            } else {
                1
            };
            for _ in 0..copies {
                let in_ms = link.push_ms + self.chance.below(link.jitter_ms + 1);
                let mut late_ms = 0;
                if self.chance.one_in(link.delays_push_one_in) {
                    self.count(Fault::PushLate);
                    late_ms = self.chance.below(link.push_delay_ms);
                }
                // The service should give up what is too old, and does not always.
                if late_ms == 0 || in_ms + late_ms <= left || self.chance.one_in(2) {
                    let push = push.clone();
                    self.post(in_ms + late_ms, Coming::Push { device: at, push });
                }
            }
        }
    }

    pub(super) fn push_arrives(&mut self, at: usize, push: Push) {
        let Some(device) = self.devices.get(at).filter(|device| !device.signed_out) else {
            return;
        };
        if !device.alive {
            if !device.wakes {
                return;
            }
            self.start_device(at);
        }
        self.tell_of(at, || format!("gets a push about {}", push.call_id));
        self.recognise_push(at, &push);
        self.give(at, Input::Push(push));
    }

    /// A device that can connects, after a moment.
    pub(super) fn connect(&mut self, at: usize) {
        if let Some(life) = self.devices.get(at).map(|device| device.life) {
            self.post(CONNECT_MS, Coming::Connect { device: at, life });
        }
    }

    pub(super) fn connected(&mut self, at: usize, life: u32) {
        let broker_up = self.broker_up;
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let wanted = device.alive && device.life == life && !device.signed_out;
        if !wanted || device.knows_link_up {
            return;
        }
        let revoked = self.server.revoked.contains(&device.member);
        if !broker_up || device.cut.signals || revoked {
            let again = Coming::Connect { device: at, life };
            self.post(RECONNECT_MS, again);
            return;
        }
        device.connections += 1;
        device.connection = Some(device.connections);
        device.last_signal = 0;
        device.knows_link_up = true;
        self.tell_of(at, || "is connected to the broker".to_owned());
        self.give(at, Input::LinkUp);
    }

    /// A device gives its connection up after so long, and begins another.
    pub(super) fn reconnect(&mut self, at: usize, in_ms: u64) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let again = Coming::NoticeCut {
            device: at,
            life: device.life,
            connections: device.connections,
        };
        self.post(in_ms, again);
    }

    /// A device notices that its connection is dead, and begins another.
    pub(super) fn cut_noticed(&mut self, at: usize, life: u32, connections: u64) {
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        if !device.knows_link_up || device.life != life || device.connections != connections {
            return;
        }
        device.connection = None;
        device.knows_link_up = false;
        self.tell_of(at, || "notices that the broker is gone".to_owned());
        self.give(at, Input::LinkDown);
        self.connect(at);
    }
}

/// A signal in a few words.
fn told(topic: &Topic, envelope: &Envelope) -> String {
    let rev = envelope.rev.map_or(0, |rev| rev.0);
    let leaf = match &topic.channel {
        Channel::IncomingCall(_) => "incoming_call",
        Channel::CallStatus(_) => "call_status",
        Channel::CallUpdate(_) => "call_update",
        Channel::Signal(_) => "signal",
        Channel::Participants(_) => "participants",
    };
    format!("{} rev {rev} on {leaf}", envelope.call_id)
}
