//! What may happen to a device, drawn by chance.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::{CallId, MemberId, Rev};
use faithcall_protocol::machine::{
    Command, DisconnectReason, Failure, Input, MediaProblem, MediaSource, OtherCall, Reply,
    RoomEvent, SystemChange,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::quality::{Counters, Received, ServerWord, Statistics};
use faithcall_protocol::rest::{ErrorCode, OverCall, RejectReason, RejectScope};
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::signal::{CallUpdate, Cause, Change, Envelope, Person, Signal};
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};
use proptest::prelude::*;

use crate::kit;

/// One thing that happens. Calls and members are of a few, so that they meet.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Pass(u64),
    Give(Box<Input>),
    /// Answers the n-th request that was ever made, fitting or not.
    Answer(usize, Box<Result<Reply, Failure>>, bool),
    /// In the n-th session that there ever was.
    Room(usize, RoomEvent),
}

fn call_id() -> impl Strategy<Value = CallId> {
    (1_u8..5).prop_map(|n| kit::id(&format!("c{n}")))
}

fn member() -> impl Strategy<Value = String> {
    prop_oneof![Just("alice"), Just("bob"), Just("carol")].prop_map(str::to_owned)
}

fn device() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("phone"), Just("tablet"), Just("")]
}

fn snapshot() -> impl Strategy<Value = CallSnapshot> {
    let made = (call_id(), any::<bool>(), 1_u64..6, device());
    (made, 0_u8..7, device()).prop_map(|((id, mine, rev, caller_device), shape, device)| {
        let (caller, callee) = if mine {
            ("bob", "alice")
        } else {
            ("alice", "bob")
        };
        let snap = kit::snap(id.as_str(), caller, callee, "phone").rev(rev);
        let mut snapshot = match shape {
            0 => snap.made(),
            1 => snap.rung(),
            2 => snap.accepted(device),
            3 => snap.active(device),
            4 => snap.over(CallStatus::Ended, EndReason::Normal),
            5 => snap.over(CallStatus::Missed, EndReason::Missed),
            _ => snap.rejected("tablet"),
        };
        snapshot.participants[0].device_id = caller_device.parse().ok();
        snapshot
    })
}

/// A group of Alice's or Bob's, in which everybody stands anyhow.
fn group() -> impl Strategy<Value = CallSnapshot> {
    let state = || {
        prop_oneof![
            Just(InviteeState::Invited),
            Just(InviteeState::Ringing),
            Just(InviteeState::Accepted),
            Just(InviteeState::Rejected),
            Just(InviteeState::Missed),
            Just(InviteeState::Left),
            Just(InviteeState::Failed),
        ]
    };
    let status = prop_oneof![
        Just(CallStatus::Ringing),
        Just(CallStatus::Connecting),
        Just(CallStatus::Active),
        Just(CallStatus::Ended),
    ];
    let whose = (call_id(), any::<bool>(), 1_u64..9, status, any::<bool>());
    (whose, state(), device(), state()).prop_map(
        |((id, mine, rev, status, held), first, device, second)| {
            let (caller, callees) = if mine {
                ("bob", ["alice", "carol"])
            } else {
                ("alice", ["bob", "carol"])
            };
            let snap = kit::group(id.as_str(), caller, &callees)
                .rev(rev)
                .stands(callees[0], first, device)
                .stands(callees[1], second, "tablet")
                .status(status);
            let snap = if held { snap.on_hold("bob") } else { snap };
            snap.made()
        },
    )
}

fn any_snapshot() -> impl Strategy<Value = CallSnapshot> {
    prop_oneof![2 => snapshot(), 1 => group()]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        (any_snapshot(), any::<bool>()).prop_map(|(s, ahead)| kit::created(s, ahead)),
        call_id().prop_map(|id| kit::created_a(id.as_str())),
        Just(kit::done()),
        any_snapshot().prop_map(kit::done_with),
        Just(Reply::Active(None)),
        (call_id(), member(), member(), 0_u64..90_000, any::<bool>()).prop_map(
            |(id, caller, callee, started, taken)| {
                let status = if taken {
                    CallStatus::Active
                } else {
                    CallStatus::Ringing
                };
                kit::active_call(id.as_str(), &caller, &callee, status, started)
            }
        ),
        any_snapshot().prop_map(kit::snapshot),
        (
            prop::collection::vec((any_snapshot(), 0_u64..60_000), 0..3),
            call_id()
        )
            .prop_map(|(calls, id)| {
                let over = OverCall {
                    call_id: id,
                    rev: Rev(9),
                    status: CallStatus::Ended,
                    reason: None,
                    reason_detail: None,
                };
                kit::sync(0, calls, vec![over])
            }),
        (0_u64..60_000, any::<bool>()).prop_map(|(ms, ahead)| kit::ringing(ms, ahead)),
        Just(kit::token()),
        call_id().prop_map(|id| kit::history(id.as_str(), CallStatus::Missed, EndReason::Missed)),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    let code = prop_oneof![
        Just(ErrorCode::Glare),
        Just(ErrorCode::Cancelled),
        Just(ErrorCode::Conflict),
        Just(ErrorCode::CannotAccept),
        Just(ErrorCode::AlreadyHandled),
        Just(ErrorCode::CallNotFound),
        Just(ErrorCode::CancelRemembered),
        Just(ErrorCode::AlreadyInCall),
        Just(ErrorCode::AlreadyHolding),
        Just(ErrorCode::CannotHold),
        Just(ErrorCode::CallFull),
    ];
    let status = prop_oneof![
        Just(401_u16),
        Just(403),
        Just(404),
        Just(409),
        Just(429),
        Just(503)
    ];
    prop_oneof![
        Just(Failure::NoAnswer),
        Just(Failure::Unauthenticated),
        (status.clone(), code, prop::option::of(snapshot()))
            .prop_map(|(status, code, call)| kit::refusal(status, code, call)),
        status.prop_map(|s| kit::refusal_a(s, "Call cannot be accepted (status: active)")),
    ]
}

fn other() -> impl Strategy<Value = Option<OtherCall>> {
    prop_oneof![
        Just(None),
        Just(Some(OtherCall::Hold)),
        Just(Some(OtherCall::End))
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => (call_id(), member(), any::<bool>()).prop_map(|(call_id, callee, video)| {
            Command::StartCall {
                call_id,
                callees: vec![callee.parse().unwrap()],
                call_type: if video { CallType::Video } else { CallType::Voice },
            }
        }),
        4 => (call_id(), other()).prop_map(|(call_id, other)| Command::Accept { call_id, other }),
        1 => call_id().prop_map(|call_id| Command::Hold { call_id }),
        1 => call_id().prop_map(|call_id| Command::Resume { call_id }),
        1 => Just(Command::Swap),
        1 => call_id().prop_map(|call_id| Command::Rejoin { call_id }),
        1 => call_id().prop_map(|call_id| Command::Leave { call_id }),
        1 => (call_id(), member()).prop_map(|(call_id, callee)| Command::Invite {
            call_id,
            callees: vec![callee.parse().unwrap()],
        }),
        1 => call_id().prop_map(|call_id| Command::Reject {
            call_id,
            reason: RejectReason::Rejected,
            scope: RejectScope::Member,
        }),
        1 => call_id().prop_map(|call_id| Command::Cancel { call_id }),
        1 => call_id().prop_map(|call_id| Command::End { call_id }),
        1 => any::<bool>().prop_map(Command::SetMicrophone),
        1 => any::<bool>().prop_map(Command::SetCamera),
        1 => any::<bool>().prop_map(Command::SetSpeaker),
    ]
}

fn signal() -> impl Strategy<Value = Input> {
    let said = (member(), any::<bool>()).prop_flat_map(|(who, on)| {
        let id: MemberId = who.parse().unwrap();
        prop_oneof![
            Just(Signal::CallRinging(kit::callee(&who))),
            Just(Signal::CallAccept(kit::callee(&who))),
            Just(Signal::CallReject(kit::callee(&who))),
            Just(Signal::CallBusy(kit::callee(&who))),
            Just(Signal::CallCancel {
                caller_id: id.clone()
            }),
            Just(Signal::CallEnd {
                ended_by: who,
                reason: None,
                duration_seconds: 0
            }),
            Just(Signal::ParticipantMuted {
                participant_id: id.clone(),
                is_muted: on
            }),
            Just(Signal::ParticipantJoined {
                participant: Person {
                    id,
                    name: Default::default(),
                    avatar: None
                }
            }),
            Just(Signal::Unknown),
        ]
    });
    let part_a = (call_id(), said, any::<bool>()).prop_map(|(id, signal, own)| {
        let channel = if own {
            Channel::CallStatus("bob".parse().unwrap())
        } else {
            Channel::Signal(id.clone())
        };
        (channel, id, signal)
    });
    let update = any_snapshot().prop_map(|snapshot| {
        let id = snapshot.call_id.clone();
        let update = CallUpdate {
            change: change(snapshot),
        };
        (
            Channel::CallUpdate("bob".parse().unwrap()),
            id,
            Signal::CallUpdate(Box::new(update)),
        )
    });
    let invite = (
        call_id(),
        member(),
        prop::option::of((any_snapshot(), 0_u64..60_000)),
    )
        .prop_map(|(id, caller, part_b)| {
            let mut invite = kit::plain_invite(&caller);
            let mut call_id = id;
            if let Some((snapshot, ring)) = part_b {
                call_id = snapshot.call_id.clone();
                invite.change = Some(change(snapshot));
                invite.ring_expires_in_ms = Some(ring);
            }
            let signal = Signal::CallInvite(Box::new(invite));
            (
                Channel::IncomingCall("bob".parse().unwrap()),
                call_id,
                signal,
            )
        });
    prop_oneof![part_a, update, invite].prop_map(|(channel, call_id, signal)| Input::Signal {
        topic: Topic::new(&"church".parse().unwrap(), channel),
        envelope: Box::new(Envelope {
            call_id,
            timestamp: kit::server_time(0),
            rev: None,
            signal,
        }),
    })
}

fn change(snapshot: CallSnapshot) -> Change {
    Change {
        cause: Cause::Other,
        by: None,
        device_id: None,
        server_time: kit::server_time(0),
        snapshot,
    }
}

fn push() -> impl Strategy<Value = Input> {
    (call_id(), member(), 0_u64..46_000, any::<bool>()).prop_map(|(call_id, who, ring, over)| {
        Input::Push(Push {
            call_id,
            rev: Rev(1),
            kind: if over {
                PushKind::Over { reason: None }
            } else {
                PushKind::Invite {
                    call_type: CallType::Voice,
                    caller_id: who.parse().unwrap(),
                    caller_name: Default::default(),
                    caller_avatar: None,
                    callee_id: "bob".parse().unwrap(),
                    ring_expires_in_ms: ring,
                }
            },
        })
    })
}

fn device_change() -> impl Strategy<Value = SystemChange> {
    let source = prop_oneof![Just(MediaSource::Microphone), Just(MediaSource::Camera)];
    prop_oneof![
        Just(SystemChange::NetworkChanged),
        Just(SystemChange::InterruptionBegan),
        Just(SystemChange::InterruptionEnded),
        (source, any::<bool>())
            .prop_map(|(source, allowed)| SystemChange::PermissionChanged { source, allowed }),
    ]
}

/// Counters go up as a rule, and begin anew now and then.
fn statistics() -> impl Strategy<Value = Statistics> {
    let counters = (0_u64..1_000, 0_u64..400, 0_u32..100, 0_u64..5_000);
    let counters = counters.prop_map(|(arrived, lost, jitter_ms, frozen_ms)| Counters {
        arrived,
        lost,
        jitter_ms,
        frozen_ms,
    });
    let parts = (
        prop::option::of(0_u32..1_000),
        counters.clone(),
        member(),
        counters,
    );
    parts.prop_map(|(round_trip_ms, sent, identity, counters)| Statistics {
        round_trip_ms,
        sent,
        received: vec![Received { identity, counters }],
    })
}

fn server_word() -> impl Strategy<Value = RoomEvent> {
    let word = prop::sample::select(vec![
        ServerWord::Excellent,
        ServerWord::Good,
        ServerWord::Poor,
        ServerWord::Lost,
    ]);
    (prop::option::of(member()), word)
        .prop_map(|(identity, word)| RoomEvent::Connection { identity, word })
}

fn room_event() -> impl Strategy<Value = RoomEvent> {
    let source = prop_oneof![Just(MediaSource::Microphone), Just(MediaSource::Camera)];
    prop_oneof![
        4 => Just(RoomEvent::Connected),
        1 => Just(RoomEvent::ConnectFailed),
        1 => Just(RoomEvent::Reconnecting),
        1 => Just(RoomEvent::Reconnected),
        1 => prop_oneof![
            Just(DisconnectReason::Lost),
            Just(DisconnectReason::Removed),
            Just(DisconnectReason::RoomDeleted)
        ]
        .prop_map(|reason| RoomEvent::Disconnected { reason }),
        2 => member().prop_map(|identity| RoomEvent::ParticipantJoined { identity, sid: None }),
        1 => (member(), any::<bool>()).prop_map(|(identity, deliberate)| RoomEvent::ParticipantLeft {
            identity,
            sid: None,
            deliberate,
        }),
        1 => statistics().prop_map(RoomEvent::Statistics),
        1 => server_word(),
        1 => (source.clone(), any::<bool>()).prop_map(|(source, on)| RoomEvent::MediaSet { source, on }),
        1 => source.prop_map(|source| RoomEvent::MediaFailed {
            source,
            problem: MediaProblem::Unavailable
        }),
    ]
}

/// Each kind is boxed: nested in one another as they are, they would need more stack than a test has.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let give = |input: Input| Step::Give(Box::new(input));
    let result = prop_oneof![3 => reply().prop_map(Ok), 2 => failure().prop_map(Err)].boxed();
    prop_oneof![
        2 => (0_u64..20_000).prop_map(Step::Pass),
        3 => command().boxed().prop_map(move |c| give(Input::Command(c))),
        4 => signal().boxed().prop_map(give),
        1 => push().prop_map(give),
        1 => device_change().prop_map(move |change| give(Input::System(change))),
        1 => prop_oneof![Just(Input::LinkUp), Just(Input::LinkDown), Just(Input::SignedIn)]
            .prop_map(give),
        1 => (call_id(), any::<bool>())
            .prop_map(move |(call_id, subscribed)| give(Input::CallTopics { call_id, subscribed })),
        6 => (0_usize..4, result, any::<bool>())
            .prop_map(|(n, r, header)| Step::Answer(n, Box::new(r), header)),
        3 => (0_usize..2, room_event().boxed()).prop_map(|(n, e)| Step::Room(n, e)),
    ]
}
