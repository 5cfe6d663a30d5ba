//! What holds after any sequence of commands, in any order, at any time.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::ledger::*;
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{Actor, PatchParticipant, RejectReason, RejectScope};
use proptest::prelude::*;

use crate::bench::*;
use crate::invariants;

fn actors() -> impl Strategy<Value = Actor> {
    let members = prop::sample::select(vec!["alice", "bob", "carol", "dave"]);
    let devices = prop::sample::select(vec!["", "a1", "b1", "b2"]);
    (members, devices).prop_map(|(member, device)| actor(member, device))
}

fn identities() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["alice", "bob", "bob#b1", "bob#b2", "carol"]).prop_map(Into::into)
}

fn reasons() -> impl Strategy<Value = Option<EndReason>> {
    use EndReason as R;
    prop::option::of(prop::sample::select(vec![
        R::Normal,
        R::Missed,
        R::Rejected,
        R::Busy,
        R::Failed,
        R::NetworkError,
        R::Timeout,
        R::Cancelled,
    ]))
}

fn hints() -> impl Strategy<Value = RoomHint> {
    prop_oneof![
        Just(RoomHint::Joined),
        any::<bool>().prop_map(|client_initiated| RoomHint::Left { client_initiated }),
    ]
}

fn sessions() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(vec!["PA_1", "PA_2"]).prop_map(str::to_owned))
}

fn rejects() -> impl Strategy<Value = Command> {
    let reason = prop::sample::select(vec![RejectReason::Rejected, RejectReason::Busy]);
    let scope = prop::sample::select(vec![RejectScope::Member, RejectScope::Device]);
    (actors(), reason, scope).prop_map(|(actor, reason, scope)| Command::Reject {
        actor,
        reason,
        scope,
        reachable: Vec::new(),
    })
}

fn patches() -> impl Strategy<Value = Command> {
    let flag = || prop::option::of(any::<bool>());
    (actors(), flag(), flag(), flag()).prop_map(|(actor, muted, video, speaker)| Command::Patch {
        actor,
        flags: PatchParticipant {
            is_muted: muted,
            is_video_enabled: video,
            is_speaker_on: speaker,
        },
    })
}

fn room_lists() -> impl Strategy<Value = Command> {
    let seen =
        (identities(), sessions(), any::<bool>()).prop_map(|(identity, session, is_active)| {
            InRoom {
                identity,
                session,
                is_active,
            }
        });
    let present = prop::collection::vec(seen, 0..4);
    (present, START..START + 120_000).prop_map(|(present, asked_at_ms)| Command::RoomList {
        present,
        asked_at_ms,
    })
}

fn invites() -> impl Strategy<Value = Command> {
    let members = || prop::sample::subsequence(vec!["alice", "bob", "carol", "dave"], 0..4);
    (actors(), members(), members()).prop_map(|(actor, callees, busy)| Command::Invite {
        actor,
        callees: callees.into_iter().map(|id| person(id, id)).collect(),
        busy: busy.into_iter().map(|id| id.parse().unwrap()).collect(),
    })
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => actors().prop_map(|actor| Command::Ringing { actor }),
        2 => actors().prop_map(|actor| Command::Accept { actor }),
        1 => rejects(),
        1 => actors().prop_map(|actor| Command::Cancel { actor }),
        3 => actors().prop_map(|actor| Command::Connected { actor }),
        1 => (actors(), reasons()).prop_map(|(actor, reason)| Command::End { actor, reason }),
        2 => patches(),
        1 => actors().prop_map(|actor| Command::Leave { actor }),
        1 => (actors(), any::<bool>())
            .prop_map(|(actor, is_on_hold)| Command::Hold { actor, is_on_hold }),
        1 => invites(),
        3 => actors().prop_map(|actor| Command::Heard { actor }),
        4 => room_lists(),
        3 => (identities(), sessions(), hints()).prop_map(|(identity, session, hint)| Command::RoomHint {
            identity,
            session,
            hint
        }),
        1 => Just(Command::RoomUnavailable),
        1 => actors().prop_map(|actor| Command::Revoke { member: actor.member_id }),
        2 => Just(Command::Tick),
    ]
}

fn calls() -> impl Strategy<Value = Bench> {
    let video = any::<bool>();
    let named = any::<bool>();
    let ahead = any::<bool>();
    let callees = prop::sample::select(vec![vec!["bob"], vec!["bob", "carol", "dave"]]);
    (video, named, ahead, callees).prop_map(|(video, named, ahead, callees)| {
        Bench::of(NewCall {
            call_type: if video {
                CallType::Video
            } else {
                CallType::Voice
            },
            caller_device: named.then(|| "a1".parse().unwrap()),
            callees: callees.into_iter().map(|id| person(id, id)).collect(),
            allow_join_ahead: ahead,
            ..new_call()
        })
    })
}

/// Carries out what is due, then asks; the time may stand still, jump, and run backwards a bit.
fn play(bench: &mut Bench, script: &[(i64, Command)]) {
    for (passed, command) in script {
        bench.now = bench.now.saturating_add_signed(*passed);
        if bench.call.is_overdue(bench.now) {
            bench.commits(Command::Tick);
            assert!(
                bench.call.is_over() || bench.call.is_group(),
                "in a call of two each deadline ends it"
            );
            assert!(!bench.call.is_overdue(bench.now), "all that is due is done");
        }
        let before = bench.call.clone();
        if let Ok(step) = apply(&before, command, bench.now) {
            invariants::hold(&before, &step);
            bench.call = step.call;
        }
    }
}

fn scripts() -> impl Strategy<Value = Vec<(i64, Command)>> {
    prop::collection::vec((-500i64..9_000, commands()), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_after_any_sequence(mut bench in calls(), script in scripts()) {
        play(&mut bench, &script);
    }

    #[test]
    fn left_alone_every_call_is_over_within_its_longest_lease(
        mut bench in calls(),
        script in scripts(),
    ) {
        play(&mut bench, &script);
        while let Some(deadline) = bench.call.next_deadline() {
            bench.now = bench.now.max(deadline);
            bench.commits(Command::Tick);
        }
        let times = Timeouts::default();
        let longest = times.ring_ms + times.accept_grace_ms + times.connect_ms + 2 * times.longest_ms;
        prop_assert!(bench.call.ended_at_ms().unwrap() <= START + longest + 40 * 9_000);
    }

    #[test]
    fn whoever_asks_twice_in_a_row_changes_nothing_the_second_time(
        mut bench in calls(),
        script in scripts(),
        command in commands(),
    ) {
        play(&mut bench, &script);
        if let Ok(first) = apply(&bench.call, &command, bench.now)
            && let Ok(second) = apply(&first.call, &command, bench.now)
        {
            prop_assert_eq!(second.effect, Effect::Unchanged);
        }
    }
}
