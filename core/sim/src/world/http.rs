//! Requests and answers.

use faithcall_protocol::machine::timer::REQUEST_TIMEOUT_MS;
use faithcall_protocol::machine::{Answer, Failure, Input, Request, RequestId};
use faithcall_protocol::timestamp::Timestamp;

use super::World;
use crate::device::{Doomed, Picked};
use crate::fault::Fault;
use crate::queue::Coming;
use crate::server::{Answered, revoked};
use crate::timeline::plain;

/// A connection that is refused is noticed so soon.
const REFUSED_MS: u64 = 50;
/// A request that something on the way repeats comes again within so long.
const REPEATED_MS: u64 = 3_000;

impl World {
    pub(super) fn send_request(&mut self, at: usize, id: RequestId, request: Request) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let (link, life) = (&device.link, device.life);
        let (loses, repeats) = (link.loses_request_one_in, link.repeats_request_one_in);
        let (ms, most) = (link.request_ms, link.jitter_ms);
        self.tell_of(at, || format!("asks {}", plain(&request)));
        let Some(device) = self.devices.get_mut(at) else {
            return;
        };
        let picked = Picked::take(&mut device.picked.requests, &request);
        let lost = Doomed::take(&mut device.doomed.requests) || picked || device.cut.requests;
        if lost || self.chance.one_in(loses) {
            self.count(Fault::RequestLost);
            self.tell_of(at, || format!("{} is lost on its way", name(&request)));
            let noticed = REFUSED_MS + self.chance.below(REQUEST_TIMEOUT_MS - REFUSED_MS);
            self.no_answer(at, id, noticed);
            return;
        }
        let device = self.devices.get_mut(at);
        let unanswered = device.is_some_and(|device| {
            let picked = Picked::take(&mut device.picked.answers, &request);
            Doomed::take(&mut device.doomed.answers) || picked
        });
        let mut in_ms = ms + self.chance.below(most + 1);
        let sent_ms = self.now;
        if self.chance.one_in(repeats) {
            // Something on the way lost the answer, and asked again by itself.
            self.count(Fault::RequestRepeated);
            self.tell_of(at, || {
                format!("{} is sent twice on its way", name(&request))
            });
            let unheard = Coming::Request {
                device: at,
                life,
                id: None,
                unanswered,
                sent_ms,
                request: request.clone(),
            };
            self.post(in_ms, unheard);
            in_ms += self.chance.below(REPEATED_MS);
        }
        let heard = Coming::Request {
            device: at,
            life,
            id: Some(id),
            unanswered,
            sent_ms,
            request,
        };
        self.post(in_ms, heard);
    }

    pub(super) fn request_arrives(
        &mut self,
        at: usize,
        life: u32,
        (id, unanswered): (Option<RequestId>, bool),
        sent_ms: u64,
        request: &Request,
    ) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        if !self.server.up {
            if let Some(id) = id.filter(|_| device.life == life) {
                self.no_answer(at, id, REFUSED_MS);
            }
            return;
        }
        let now = self.epoch();
        let result = if self.server.revoked.contains(&device.member) {
            Err(revoked())
        } else if device.token_bad_until_ms > self.now {
            Err(Failure::Unauthenticated)
        } else {
            let (member, own) = (device.member.clone(), device.id.clone());
            let before = request
                .call_id()
                .and_then(|id| self.server.calls.get(id).cloned());
            let server = &mut self.server;
            let result = server.answer(&member, &own, request, &mut self.media, now);
            self.recognise_answer(at, request, before.as_deref(), &result);
            result
        };
        let dead = self.dies_after_commit();
        if !dead {
            self.watch_commits();
            self.tell_answer(at, request, &result);
        }
        let Some((id, device)) = id.zip(self.devices.get(at)) else {
            return;
        };
        if device.life != life {
            return;
        }
        let (ms, most) = (device.link.answer_ms, device.link.jitter_ms);
        let (loses, cut) = (device.link.loses_answer_one_in, device.cut.requests);
        if dead || cut || unanswered || self.chance.one_in(loses) {
            self.count(Fault::AnswerLost);
            self.tell_of(at, || format!("the answer to {} is lost", name(request)));
            let waited = self.now - sent_ms;
            let left = REQUEST_TIMEOUT_MS.saturating_sub(waited);
            let noticed = self.chance.below(left + 1);
            self.no_answer(at, id, noticed);
            return;
        }
        let in_ms = ms + self.chance.below(most + 1);
        let latest = sent_ms + REQUEST_TIMEOUT_MS;
        if self.now + in_ms >= latest {
            self.no_answer(at, id, latest.saturating_sub(self.now));
            return;
        }
        let answer = Answer {
            result,
            faithcall_header: true,
            date: Some(Timestamp::from_unix_ms(now / 1_000 * 1_000)),
        };
        self.post_input(at, in_ms, Input::Answer { id, answer });
    }

    fn tell_answer(&mut self, at: usize, request: &Request, result: &Answered) {
        let Some(device) = self.devices.get(at) else {
            return;
        };
        let to = device.name.clone();
        self.tell("server", || {
            format!("answers {to}'s {}: {}", name(request), in_words(result))
        });
    }

    fn no_answer(&mut self, device: usize, id: RequestId, in_ms: u64) {
        let answer = Answer {
            result: Err(Failure::NoAnswer),
            faithcall_header: false,
            date: None,
        };
        self.post_input(device, in_ms, Input::Answer { id, answer });
    }
}

/// A request without what it says.
fn name(request: &Request) -> String {
    let mut name = format!("{request:?}");
    name.truncate(
        name.find(|c: char| !c.is_alphanumeric())
            .unwrap_or(name.len()),
    );
    name
}

/// An answer in a few words.
fn in_words(result: &Answered) -> String {
    match result {
        Ok(_) => "200".to_owned(),
        Err(Failure::NoAnswer) => "nothing".to_owned(),
        Err(Failure::Unauthenticated) => "401".to_owned(),
        Err(Failure::Status { status, body, .. }) => {
            let code = body.as_ref().and_then(|body| body.code);
            code.map_or(status.to_string(), |code| format!("{status} {code:?}"))
        }
    }
}
