//! Requests on their way, each with the purpose that its answer serves.

use std::collections::BTreeMap;

use crate::backoff::Backoff;
use crate::rest::ErrorCode;
use crate::snapshot::CallSnapshot;

use super::Machine;
use super::interface::event::CommandFailure;
use super::interface::input::Failure;
use super::interface::output::{Effect, Output, Request, RequestId};
use super::line::LineId;
use super::timer::{REQUEST_TIMEOUT_MS, Timer};

const RETRY: Backoff = Backoff {
    first_ms: 500,
    longest_ms: 8_000,
};

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// `GET /sync` or, on a part-A server, `GET /active`.
    Sync,
    Create,
    /// `GET /active` after a create on a part-A server that was lost or refused.
    FindCreated,
    Ringing,
    Accept,
    Invite,
    Hold,
    Connected,
    Token,
    Patch,
    /// `GET /{id}` or `GET /active` about the call that is going on.
    Look,
    /// `GET /history`, for the reason of a call that is over.
    History,
    /// `GET /active`, whether an old invite still rings.
    Doubt,
    /// `GET /{id}` about a call that is offered for a rejoin.
    Leftover,
    /// `PUT /api/devices/{device_id}`
    Register,
    /// `DELETE /api/devices/{device_id}`
    Forget,
    /// A farewell's own.
    Farewell,
}

impl Purpose {
    /// Signing out waits for it: an end that is told, or what has to be known before. Nothing rings
    /// or begins any more.
    pub(super) fn is_awaited_when_leaving(self) -> bool {
        match self {
            Self::Create | Self::Accept | Self::Farewell | Self::Forget => true,
            Self::Sync
            | Self::FindCreated
            | Self::Ringing
            | Self::Invite
            | Self::Hold
            | Self::Connected
            | Self::Token
            | Self::Patch
            | Self::Look
            | Self::History
            | Self::Doubt
            | Self::Leftover
            | Self::Register => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) purpose: Purpose,
    /// The line that was in focus: an answer is for what asked, whatever the call's id is by then.
    pub(super) line: Option<LineId>,
    sent_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Requests {
    pub(super) last: u64,
    pub(super) pending: BTreeMap<RequestId, Pending>,
}

impl Requests {
    pub(super) fn take(&mut self, id: RequestId) -> Option<Pending> {
        self.pending.remove(&id)
    }

    /// The one that was sent last.
    pub(super) fn newest(&self) -> RequestId {
        RequestId(self.last)
    }

    fn waiting(&self, purpose: Purpose, line: Option<LineId>, now: u64) -> Option<RequestId> {
        self.pending
            .iter()
            .rev()
            .find(|(_, pending)| {
                pending.purpose == purpose
                    && pending.line == line
                    && pending.sent_ms + REQUEST_TIMEOUT_MS > now
            })
            .map(|(id, _)| *id)
    }

    /// The call of this line is over: answers count no more, but for those that a farewell waits
    /// for. One that was asked for before is older than what is known since: `GET /active` would
    /// be taken for news of another call.
    pub(super) fn forget_call(&mut self, line: Option<LineId>) {
        self.pending.retain(|_, pending| match pending.purpose {
            _ if pending.line != line => true,
            Purpose::Sync
            | Purpose::Create
            | Purpose::Accept
            | Purpose::Doubt
            | Purpose::Leftover
            | Purpose::Register
            | Purpose::Forget
            | Purpose::Farewell => true,
            Purpose::FindCreated
            | Purpose::Ringing
            | Purpose::Invite
            | Purpose::Hold
            | Purpose::Connected
            | Purpose::Token
            | Purpose::Patch
            | Purpose::Look
            | Purpose::History => false,
        });
    }
}

impl Machine {
    /// The newest request of the line in focus for this purpose that may still be answered.
    pub(super) fn awaits(&self, purpose: Purpose) -> Option<RequestId> {
        self.requests.waiting(purpose, self.lines.focus(), self.now)
    }

    /// Sends a request.
    pub(super) fn request(&mut self, purpose: Purpose, request: Request) -> RequestId {
        self.requests.last += 1;
        let id = RequestId(self.requests.last);
        self.requests.pending.insert(
            id,
            Pending {
                purpose,
                line: self.lines.focus(),
                sent_ms: self.now,
            },
        );
        self.out
            .push(Output::Effect(Effect::Request { id, request }));
        id
    }

    /// When to try again after so many failures in a row.
    pub(super) fn retry_at(&mut self, failures: u32, failure: &Failure) -> u64 {
        let wait = match failure {
            Failure::Status {
                retry_after_ms: Some(ms),
                ..
            } => (*ms).clamp(100, 30_000),
            Failure::Status { .. } | Failure::NoAnswer | Failure::Unauthenticated => {
                RETRY.delay_ms(failures, self.random())
            }
        };
        self.now + wait
    }

    /// What the call's phase asks for has failed: it is tried again when `timer` is due.
    pub(super) fn try_again(&mut self, timer: Timer, failure: &Failure) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.failures += 1;
        let failures = call.failures;
        let at = self.retry_at(failures, failure);
        self.timers.set(timer, at);
    }

    fn random(&mut self) -> u32 {
        // Xorshift: spreads devices, nothing more.
        let mut x = self.random | 1;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random = x;
        u32::try_from(x >> 32).unwrap_or(u32::MAX)
    }
}

impl Failure {
    /// The same request may succeed later, and is tried again: nobody answered, somebody could not
    /// just now, or there is no token that counts at the moment. Everything else is the server's
    /// last word on it.
    pub(super) fn is_for_now(&self) -> bool {
        match self {
            Self::NoAnswer | Self::Unauthenticated => true,
            Self::Status { status, .. } => match status {
                408 | 425 | 429 | 500 | 502..=599 => true,
                409 => self.code() == Some(ErrorCode::Conflict),
                _ => false,
            },
        }
    }

    /// What was asked for may have been carried out all the same.
    pub(super) fn leaves_open(&self) -> bool {
        match self {
            Self::NoAnswer => true,
            Self::Unauthenticated => false,
            Self::Status { status, .. } => *status >= 500,
        }
    }

    /// Another call of this member stands in the way, as the server knows it: one that it is in, or
    /// holds.
    pub(super) fn is_because_of_another_call(&self) -> bool {
        match self.code() {
            Some(ErrorCode::AlreadyInCall | ErrorCode::AlreadyHolding) => true,
            Some(_) | None => false,
        }
    }

    /// No token of this member is taken any more.
    pub(super) fn is_revoked(&self) -> bool {
        self.code() == Some(ErrorCode::Revoked)
    }

    pub(super) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Status {
                body: Some(body), ..
            } => body.code,
            Self::Status { body: None, .. } | Self::NoAnswer | Self::Unauthenticated => None,
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::NoAnswer | Self::Unauthenticated => None,
        }
    }

    /// The call as it is, where the answer carries one.
    pub(super) fn call(&self) -> Option<&CallSnapshot> {
        match self {
            Self::Status {
                body: Some(body), ..
            } => body.call.as_ref(),
            Self::Status { body: None, .. } | Self::NoAnswer | Self::Unauthenticated => None,
        }
    }

    /// It carries the call as it is.
    pub(super) fn shows_call(&self) -> bool {
        self.call().is_some()
    }

    /// It carries the call, which is over.
    pub(super) fn shows_over(&self) -> bool {
        self.call().is_some_and(|call| call.status.is_over())
    }

    /// Part A's sentence, where there is one.
    pub(super) fn detail(&self) -> &str {
        match self {
            Self::Status {
                body: Some(body), ..
            } => body.detail.as_str().unwrap_or_default(),
            Self::Status { body: None, .. } | Self::NoAnswer | Self::Unauthenticated => "",
        }
    }

    /// What the app can do about it.
    pub(super) fn for_app(&self) -> CommandFailure {
        let (status, after_ms) = match self {
            Self::NoAnswer => return CommandFailure::TryAgain,
            Self::Unauthenticated => return CommandFailure::SignIn,
            Self::Status {
                status,
                retry_after_ms,
                ..
            } => (*status, *retry_after_ms),
        };
        match (status, self.code()) {
            (_, Some(ErrorCode::MediaUnavailable)) => CommandFailure::MediaUnavailable,
            (_, Some(ErrorCode::CallFull)) => CommandFailure::CallFull,
            (_, Some(ErrorCode::AlreadyInCall | ErrorCode::AlreadyHolding)) => {
                CommandFailure::AlreadyInCall
            }
            (_, Some(ErrorCode::AllBusy)) => CommandFailure::Busy,
            (_, Some(ErrorCode::CallerLeft)) => CommandFailure::CallerLeft,
            (
                _,
                Some(ErrorCode::NotAuthenticated | ErrorCode::InvalidToken | ErrorCode::Revoked),
            )
            | (401, _) => CommandFailure::SignIn,
            (429, _) | (409, Some(ErrorCode::Conflict)) => CommandFailure::TryLater {
                after_ms: after_ms.unwrap_or(1_000),
            },
            (404, None | Some(ErrorCode::MemberNotFound)) => CommandFailure::MemberNotFound,
            (403, _) => CommandFailure::NotAllowed,
            (409, None) => CommandFailure::AlreadyInCall,
            (500..=599, None | Some(ErrorCode::Unavailable)) => CommandFailure::TryAgain,
            _ => CommandFailure::Report { status },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MachineConfig;

    /// What is still waited for tells one state of a machine from another: an answer that would
    /// change nothing must not.
    #[test]
    fn of_a_call_that_is_over_only_what_a_farewell_or_the_device_waits_for_is_waited_for() {
        let mut requests = Requests::default();
        let sent = |purpose, line| Pending {
            purpose,
            line: Some(LineId(line)),
            sent_ms: 0,
        };
        let purposes = [
            Purpose::Create,
            Purpose::Accept,
            Purpose::Farewell,
            Purpose::Look,
            Purpose::Token,
            Purpose::Patch,
        ];
        for line in [1, 2] {
            for purpose in purposes {
                requests.last += 1;
                let id = RequestId(requests.last);
                requests.pending.insert(id, sent(purpose, line));
            }
        }
        requests.forget_call(Some(LineId(1)));
        let left = requests.pending.values();
        let left: Vec<_> = left.map(|p| (p.purpose, p.line)).collect();
        let of = |line| move |purpose| (purpose, Some(LineId(line)));
        let kept = purposes[..3].iter().copied().map(of(1));
        let others = purposes.iter().copied().map(of(2));
        assert_eq!(left, kept.chain(others).collect::<Vec<_>>());
    }

    /// Xorshift64 with shifts 13, 7 and 17, from 1, as published.
    #[test]
    fn devices_are_spread_by_xorshift() {
        let id = "a".parse().unwrap();
        let config = MachineConfig::new(id, "b".parse().unwrap(), "c".parse().unwrap(), 1);
        let mut machine = Machine::new(config);
        let published = [
            1_082_269_761_u64,
            1_152_992_998_833_853_505,
            11_177_516_664_432_764_457,
            17_678_023_832_001_937_445,
        ];
        for number in published {
            assert_eq!(u64::from(machine.random()), number >> 32);
        }
    }
}
