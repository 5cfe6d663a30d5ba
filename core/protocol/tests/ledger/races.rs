//! The races that the ledger alone decides, by their rows. Whatever the order of arrival, one
//! order counts: the server's.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::ledger::*;
use faithcall_protocol::rest::ErrorCode;

use crate::bench::*;

// Broken by taking an accept of who rings no more.
#[test]
fn race_c1_cancel_before_accept_cancels_for_both() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.commits(cancel(alice()));
    let refusal = bench.refuses(accept(bob()));
    assert_eq!(refusal.code(), ErrorCode::CannotAccept);
    assert!(refusal.shows_call(), "the loser converges by the answer");
    assert_eq!(bench.over().1, EndReason::Cancelled);
    assert_eq!(bench.entitled(), [], "no audio leaks");
}

// Broken by taking back a call that was accepted.
#[test]
fn race_c1_accept_before_cancel_stands() {
    let mut bench = Bench::connecting();
    let refusal = bench.refuses(cancel(alice()));
    assert_eq!(refusal, Refusal::AlreadyHandled);
    assert!(refusal.shows_call());
    assert_eq!(bench.status(), CallStatus::Connecting);
}

// Broken by a ring time without its grace.
#[test]
fn race_c3_an_accept_until_two_seconds_after_the_ring_time_wins() {
    let mut bench = Bench::nameless();
    bench.after(46_999).is_silent(Command::Tick);
    bench.commits(accept(bob()));
    assert_eq!(bench.status(), CallStatus::Connecting);
}

// Broken by taking anything of a call that is overdue.
#[test]
fn race_c3_an_accept_after_that_loses_even_if_nobody_carried_the_deadline_out_yet() {
    let mut bench = Bench::nameless();
    bench.after(47_000);
    assert_eq!(bench.refuses(accept(bob())), Refusal::Overdue);
    bench.commits(Command::Tick);
    let refusal = bench.refuses(accept(bob()));
    assert_eq!(refusal.detail(), "Call cannot be accepted (status: missed)");
}

// Broken by taking a reject of who rings no more.
#[test]
fn race_c4_reject_or_busy_crosses_cancel_and_is_over_once() {
    for answer in [reject(bob()), busy(bob()), reject_device(bob())] {
        let mut bench = Bench::ringing();
        bench.commits(cancel(alice()));
        assert_eq!(bench.refuses(answer.clone()), Refusal::AlreadyHandled);
        assert_eq!(bench.over().1, EndReason::Cancelled);

        let mut bench = Bench::ringing();
        bench.commits(answer);
        let reason = bench.over().1;
        assert_eq!(bench.refuses(cancel(alice())), Refusal::AlreadyHandled);
        assert_eq!(bench.over().1, reason);
    }
}

// Broken by comparing members, not devices.
#[test]
fn race_a1_of_two_devices_that_accept_at_once_one_wins() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.is_silent(ringing(bob2()));
    bench.commits(accept(bob2()));
    let refusal = bench.refuses(accept(bob()));
    assert_eq!(
        refusal.detail(),
        "Call cannot be accepted (status: connecting)"
    );
    assert!(refusal.shows_call());
    let answered = &bench.snapshot().invitees[0];
    assert_eq!(answered.device_id, bob2().device_id, "answered elsewhere");
}

// Broken by taking a reject of who rings no more.
#[test]
fn race_a2_a_reject_after_an_accept_changes_nothing() {
    for late in [
        reject(bob2()),
        busy(bob2()),
        reject_device(bob2()),
        reject(bob()),
    ] {
        for mut bench in [Bench::connecting(), Bench::active()] {
            assert_eq!(bench.refuses(late.clone()), Refusal::AlreadyHandled);
            assert!(!bench.call.is_over());
        }
    }
}

// Broken by taking an accept of who rings no more.
#[test]
fn race_a2_an_accept_after_a_reject_changes_nothing() {
    let mut bench = Bench::ringing();
    bench.commits(reject(bob()));
    assert_eq!(
        bench.refuses(accept(bob2())).detail(),
        "Call cannot be accepted (status: rejected)"
    );
}

// Broken by refusing a repeat.
#[test]
fn race_d1_every_command_of_a_named_device_may_come_twice() {
    let after_answer = [accept(bob()), connected(alice()), connected(bob())];
    let hang_up = [mute(alice(), true), end(bob())];
    let script = [ringing(bob())]
        .into_iter()
        .chain(after_answer)
        .chain(hang_up);
    let mut bench = Bench::ringing();
    for command in script {
        bench.commits(command.clone());
        assert_eq!(bench.does(command).effect, Effect::Unchanged);
    }
    for (start, last) in [
        (Bench::ringing(), cancel(alice())),
        (Bench::ringing(), reject(bob())),
        (Bench::ringing(), busy(bob())),
        (Bench::ringing(), reject_device(bob())),
    ] {
        let mut bench = start;
        bench.commits(last.clone());
        assert_eq!(bench.does(last).effect, Effect::Unchanged);
    }
}

// Broken by taking an accept of who rings no more.
#[test]
fn race_d2_an_end_that_overtakes_the_accept_is_the_end() {
    let mut bench = Bench::ringing();
    bench.commits(ringing(bob()));
    bench.commits(end(bob()));
    assert!(matches!(
        bench.refuses(accept(bob())),
        Refusal::CannotAccept { .. }
    ));
    bench.is_silent(connected(bob()));
    assert!(bench.call.is_over());
}

// Broken by sending an invite as it was written.
#[test]
fn race_d3_an_invite_that_is_published_late_carries_what_is_left_or_is_not_sent() {
    let step = made(new_call());
    let invite = step.messages(URL).remove(0);
    let at = |ms: u64| invite.clone().at(START + ms);
    let left = |ms: u64| {
        let sent = serde_json::to_value(at(ms).unwrap().envelope).unwrap();
        sent["ring_expires_in_ms"].as_u64().unwrap()
    };
    assert_eq!(left(0), 45_000);
    assert_eq!(left(30_000), 15_000);
    assert_eq!(at(45_000), None, "nobody is rung after a night's sleep");
}

// Broken by ending once more what is over.
#[test]
fn race_e1_hang_up_crosses_hang_up() {
    let mut bench = Bench::active();
    bench.commits(end(alice()));
    bench.is_silent(end(bob()));
    assert_eq!(bench.over().3, Some("alice".into()), "the first one counts");
}

// Broken by taking a change of a call that is over.
#[test]
fn race_e2_mute_crosses_hang_up_and_is_dropped() {
    let mut bench = Bench::active();
    bench.commits(end(alice()));
    assert_eq!(bench.does(mute(bob(), true)).effect, Effect::Unchanged);
}

// Broken by taking a change of a call that is over.
#[test]
fn race_e4_nothing_resurrects_a_call() {
    let mut bench = Bench::active();
    bench.commits(end(alice()));
    bench.after(60_000);
    for late in [
        ringing(bob()),
        connected(bob()),
        end(bob()),
        heard(alice()),
        mute(alice(), true),
        joined("alice"),
        left("bob#b1"),
        Command::RoomUnavailable,
        Command::Tick,
    ] {
        assert_eq!(bench.does(late).effect, Effect::Unchanged);
    }
    bench.lists(&["alice", "bob#b1"]);
    assert!(bench.call.is_over());
}

// Broken by not asking of which stay a hint is.
#[test]
fn race_m1_the_end_of_an_old_stay_says_nothing_of_the_one_that_followed_it() {
    for late in [left("bob#b1"), dropped("bob#b1")] {
        let mut bench = Bench::active();
        bench.after(1_000);
        bench.is_silent(in_stay("PA_2", joined("bob#b1")));
        bench.is_silent(in_stay("PA_1", late.clone()));
        bench
            .after(1_000)
            .lists_stays(&[("alice", "PA_0"), ("bob#b1", "PA_2")]);
        bench.is_silent(in_stay("PA_1", late.clone()));
        bench.is_silent(in_stay("PA_0", late));
    }
}

// Broken by taking the end of an old stay for one on purpose of the stay that dropped out.
#[test]
fn race_m1_an_old_stay_that_was_left_on_purpose_does_not_hang_up_for_the_one_that_dropped_out() {
    let mut bench = Bench::active();
    bench.after(60_000);
    bench.is_silent(in_stay("PA_2", joined("bob#b1")));
    bench.commits(in_stay("PA_2", dropped("bob#b1")));
    bench.is_silent(in_stay("PA_1", left("bob#b1")));
    assert!(bench.sleeps() > 5_000);
    let mut bench = Bench::active();
    bench.after(60_000);
    bench.is_silent(in_stay("PA_2", joined("bob#b1")));
    bench.lists(&["alice"]);
    bench.is_silent(in_stay("PA_1", left("bob#b1")));
    assert!(bench.sleeps() > 5_000);
}

// Broken by taking a stay that is over for begun anew.
#[test]
fn race_m1_that_a_stay_began_says_nothing_once_it_is_over() {
    let mut bench = Bench::active();
    bench.after(1_000);
    bench.is_silent(in_stay("PA_1", joined("bob#b1")));
    bench.commits(in_stay("PA_1", dropped("bob#b1")));
    bench.is_silent(in_stay("PA_1", joined("bob#b1")));
    assert!(bench.snapshot().participants[1].is_reconnecting);
    bench.commits(in_stay("PA_2", joined("bob#b1")));
    bench.commits(in_stay("PA_2", dropped("bob#b1")));
    bench.lists_stays(&[("alice", "PA_0"), ("bob#b1", "PA_2")]);
    assert!(!bench.snapshot().participants[1].is_reconnecting);
}

// Broken by a list that does not tell which stay it shows.
#[test]
fn race_m1_a_list_names_the_stay_that_is() {
    let mut bench = Bench::active();
    bench.after(1_000);
    bench.is_silent(in_stay("PA_1", joined("bob#b1")));
    bench
        .after(1_000)
        .lists_stays(&[("alice", "PA_0"), ("bob#b1", "PA_2")]);
    bench.is_silent(in_stay("PA_1", dropped("bob#b1")));
    // One that is older than what is known, and a hint that names none, take nothing back.
    bench.lists_stays_at(0, &[("alice", "PA_0"), ("bob#b1", "PA_1")]);
    bench.is_silent(joined("bob#b1"));
    bench.is_silent(in_stay("PA_1", dropped("bob#b1")));
    bench.commits(in_stay("PA_2", dropped("bob#b1")));
    assert!(bench.snapshot().participants[1].is_reconnecting);
    // The same stay's end may be told twice, and with its reason the second time.
    bench.is_silent(in_stay("PA_2", left("bob#b1")));
    assert_eq!(bench.sleeps(), 5_000);
}

// Broken by wanting a name from a media server that gives none.
#[test]
fn race_m1_a_stay_without_a_name_is_the_only_one() {
    for (first, then) in [(None, Some("PA_1")), (Some("PA_1"), None)] {
        let named = |session: Option<&str>, hint| match session {
            Some(session) => in_stay(session, hint),
            None => hint,
        };
        let mut bench = Bench::active();
        bench.after(1_000);
        bench.is_silent(named(first, joined("bob#b1")));
        bench.commits(named(then, dropped("bob#b1")));
        assert!(bench.snapshot().participants[1].is_reconnecting);
    }
}

// Broken by keeping as gone who has come back.
#[test]
fn race_m5_hints_late_twice_or_out_of_order_are_put_right_by_the_next_list() {
    let mut bench = Bench::active();
    bench.after(1_000).commits(dropped("bob#b1"));
    bench.is_silent(dropped("bob#b1"));
    bench.commits(joined("bob#b1"));
    bench.is_silent(joined("bob#b1"));
    // The 'left' of the stay before this one comes last.
    bench.commits(left("bob#b1"));
    bench.after(4_000).lists(&["alice", "bob#b1"]);
    assert_eq!(bench.status(), CallStatus::Active);
    assert!(!bench.snapshot().participants[1].is_reconnecting);
}

// Broken by waiting for media for ever.
#[test]
fn race_m6_accept_committed_and_one_side_never_gets_media() {
    let mut bench = Bench::connecting();
    bench.commits(connected(bob()));
    assert_eq!(bench.sleeps(), 30_000);
    assert_eq!(bench.over().1, EndReason::Timeout);
}

// Broken by a presence that needs no news.
#[test]
fn race_p3_a_killed_caller_does_not_ring_on_for_ever() {
    let mut bench = Bench::ringing();
    bench.after(1_000).lists(&["alice"]);
    bench.after(20_000).lists(&[]);
    bench.sleeps();
    assert_eq!(bench.over().1, EndReason::NetworkError);
}

// Broken by a record that leaves a device out.
#[test]
fn race_s1_what_a_store_kept_goes_on_where_it_was() {
    let mut bench = Bench::connecting();
    let kept = serde_json::to_string(&bench.call).unwrap();
    bench.call = serde_json::from_str(&kept).unwrap();
    bench.commits(connected(alice()));
    let step = bench.commits(connected(bob()));
    let outbox = serde_json::to_string(&step.messages(URL)).unwrap();
    let replayed: Vec<Message> = serde_json::from_str(&outbox).unwrap();
    assert_eq!(replayed, step.messages(URL));
}

// Broken by carrying out only what has just come due.
#[test]
fn race_s1_deadlines_that_passed_while_the_server_was_down_are_carried_out_at_the_next_start() {
    for mut bench in [Bench::ringing(), Bench::connecting()] {
        bench.after(3_600_000);
        assert!(bench.call.is_overdue(bench.now));
        bench.commits(Command::Tick);
        assert!(bench.call.is_over());
    }
}
