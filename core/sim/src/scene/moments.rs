//! What two do at nearly the same time: the crossings that the catalogue is about.

use faithcall_protocol::id::{CallId, Rev};
use faithcall_protocol::media::CallType;
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::snapshot::Role;

use super::Scene;
use super::deeds::{Doing, member_of};

/// Two that cross are no further apart.
const APART_MS: u64 = 90;

impl Scene {
    /// Finds a call and lets two of its devices act at once; where there is none, makes one.
    pub(super) fn moment(&mut self) {
        let names = self.world.names();
        let is = |scene: &Self, wanted: fn(&Doing) -> bool| -> Vec<String> {
            let fits = |name: &&String| wanted(&scene.doing(name));
            names.iter().filter(fits).cloned().collect()
        };
        let ringing = is(self, |doing| matches!(doing, Doing::Ringing(_)));
        let talking = is(self, |doing| matches!(doing, Doing::Talking(_)));
        let idle = is(self, |doing| matches!(doing, Doing::Nothing));
        if let Some(name) = self.chance.one_of(&ringing).cloned() {
            self.ringing_moment(&name, &ringing, &idle);
        } else if let Some(name) = self.chance.one_of(&talking).cloned() {
            self.talking_moment(&name, &talking);
        } else if let Some(name) = self.chance.one_of(&idle).cloned() {
            self.calling_moment(&name, &idle);
        }
    }

    fn ringing_moment(&mut self, name: &str, ringing: &[String], idle: &[String]) {
        let Doing::Ringing(call) = self.doing(name) else {
            return;
        };
        let member = member_of(name).to_owned();
        let own = |other: &&String| member_of(other) == member && *other != name;
        let second = ringing.iter().find(own).cloned();
        let caller = self.calling(&call);
        match (self.chance.below(8), caller, second) {
            (0..2, Some(caller), _) => {
                self.soon(move |world, call| world.cancel(&caller, call), &call);
                self.answers(name, &call, true);
            }
            (2, Some(caller), _) => {
                self.soon(move |world, call| world.cancel(&caller, call), &call);
                self.answers(name, &call, false);
            }
            (3..5, _, Some(second)) => {
                self.answers(name, &call, true);
                self.answers(&second, &call, true);
            }
            (5, _, Some(second)) => {
                self.answers(name, &call, true);
                self.answers(&second, &call, false);
            }
            (6, _, _) if idle.iter().any(|other| own(&other)) => {
                // The member begins a call on its other device while this one accepts.
                self.answers(name, &call, true);
                if let Some(other) = idle.iter().find(own).cloned() {
                    self.dial(&other);
                }
            }
            (7, _, _) => self.answers_at_the_last_moment(name, &call),
            _ => self.answers(name, &call, true),
        }
    }

    fn answers_at_the_last_moment(&mut self, name: &str, call: &CallId) {
        let Some(until) = self.world.rings_until_ms(name, call) else {
            return;
        };
        let early = self.chance.below(60);
        let in_ms = until.saturating_sub(self.world.now_ms() + early);
        let (name, call) = (name.to_owned(), call.clone());
        self.world
            .after(in_ms, move |world| world.accept(&name, &call));
        if self.chance.one_in(2) {
            self.world.run_ms(in_ms);
        }
    }

    fn talking_moment(&mut self, name: &str, talking: &[String]) {
        let Doing::Talking(call) = self.doing(name) else {
            return;
        };
        if self.chance.one_in(8) {
            self.late_push(name, call);
            return;
        }
        let in_call = |other: &&String| {
            *other != name && matches!(self.doing(other), Doing::Talking(id) if id == call)
        };
        let Some(peer) = talking.iter().find(in_call).cloned() else {
            return;
        };
        let name = name.to_owned();
        match self.chance.below(4) {
            0 => {
                self.soon(move |world, call| world.end(&name, call), &call);
                self.soon(move |world, call| world.end(&peer, call), &call);
            }
            1 => {
                self.soon(move |world, _| world.camera(&name, true), &call);
                self.soon(move |world, _| world.camera(&peer, true), &call);
            }
            2 => {
                self.soon(move |world, _| world.microphone(&name, false), &call);
                self.soon(move |world, call| world.end(&peer, call), &call);
            }
            _ => {
                let again = member_of(&peer).to_owned();
                self.soon(move |world, call| world.end(&peer, call), &call);
                self.world.after(200, move |world| {
                    world.call(&name, &[&again]);
                });
            }
        }
    }

    /// The app of a callee dies in the call, and its invite's push, which was late, starts it again.
    fn late_push(&mut self, name: &str, call: CallId) {
        let shown = self.world.view(name).call;
        let Some(shown) = shown.filter(|shown| shown.role == Role::Callee) else {
            return;
        };
        let Ok(callee_id) = member_of(name).parse() else {
            return;
        };
        // Sent at some time until now: late, it says more than is left, and never less.
        let left = self.world.ring_left_ms(name, &call);
        let push = Push {
            call_id: call.clone(),
            rev: Rev(1),
            kind: PushKind::Invite {
                call_type: shown.call_type,
                caller_id: shown.peer.member_id,
                caller_name: shown.peer.name.unwrap_or_default(),
                caller_avatar: None,
                callee_id,
                ring_expires_in_ms: self.chance.below(45_000).max(left),
            },
        };
        let most = if self.chance.one_in(2) { 500 } else { 20_000 };
        let in_ms = self.chance.below(most);
        let taps_in_ms = in_ms + self.chance.below(APART_MS);
        let tap = self.chance.below(6);
        self.world.kill(name);
        let name = name.to_owned();
        self.world.after(in_ms, {
            let name = name.clone();
            move |world| world.push(&name, push)
        });
        self.world.after(taps_in_ms, move |world| match tap {
            0 => world.accept(&name, &call),
            1 => world.reject(&name, &call),
            2 => world.reject_here(&name, &call),
            _ => {}
        });
    }

    fn calling_moment(&mut self, name: &str, idle: &[String]) {
        let me = member_of(name).to_owned();
        let Some(peer) = idle.iter().find(|other| member_of(other) != me).cloned() else {
            return;
        };
        let (name, them) = (name.to_owned(), member_of(&peer).to_owned());
        match self.chance.below(6) {
            0..3 => {
                let apart = self.chance.below(APART_MS);
                self.world.call(&name, &[&them]);
                self.world.after(apart, move |world| {
                    world.call(&peer, &[&me]);
                });
            }
            3 => {
                // A client that chose an id that somebody else had chosen.
                let call = self.world.call(&name, &[&them]);
                let voice = CallType::Voice;
                self.world
                    .after(1, move |world| world.call_as(&peer, &call, &[&me], voice));
            }
            4 => {
                let call = self.world.call(&name, &[&them]);
                self.soon(move |world, call| world.cancel(&name, call), &call);
            }
            _ => self.dial(&name),
        }
    }

    fn answers(&mut self, name: &str, call: &CallId, yes: bool) {
        let name = name.to_owned();
        if yes {
            self.soon(move |world, call| world.accept(&name, call), call);
        } else {
            self.soon(move |world, call| world.reject(&name, call), call);
        }
    }

    fn soon(&mut self, act: impl FnOnce(&mut crate::World, &CallId) + 'static, call: &CallId) {
        let in_ms = self.chance.below(APART_MS);
        let call = call.clone();
        self.world.after(in_ms, move |world| act(world, &call));
    }

    /// The device that makes a call.
    fn calling(&self, call: &CallId) -> Option<String> {
        let names = self.world.names().into_iter();
        let mut callers =
            names.filter(|name| matches!(self.doing(name), Doing::Calling(id) if id == *call));
        callers.next()
    }
}
