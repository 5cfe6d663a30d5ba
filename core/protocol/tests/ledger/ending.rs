//! How a call ends, row by row of the contract's table, and by deadlines.

use faithcall_protocol::end::{CallStatus as S, EndCause, EndReason as R, ReasonDetail as D};
use faithcall_protocol::ledger::*;
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::*;

fn by(member: &str) -> Option<String> {
    Some(member.to_owned())
}

fn end_saying(actor: faithcall_protocol::rest::Actor, reason: R) -> Command {
    Command::End {
        actor,
        reason: Some(reason),
    }
}

#[test]
fn the_caller_cancels() {
    let mut bench = Bench::ringing();
    bench.commits(cancel(alice()));
    assert_eq!(bench.over(), (S::Ended, R::Cancelled, None, by("alice")));
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Missed);
}

#[test]
fn a_cancel_again_is_done_already_for_a_named_device_and_part_a_for_a_nameless_one() {
    let mut bench = Bench::ringing();
    bench.commits(cancel(alice()));
    bench.is_silent(cancel(alice()));
    assert_eq!(
        bench.refuses(cancel(actor("alice", ""))),
        Refusal::AlreadyHandled
    );
}

#[test]
fn only_the_caller_cancels_and_only_while_it_rings() {
    let mut bench = Bench::ringing();
    for other in [bob(), actor("carol", "c")] {
        assert_eq!(bench.refuses(cancel(other)), Refusal::AlreadyHandled);
    }
    for mut bench in [Bench::connecting(), Bench::active()] {
        assert_eq!(bench.refuses(cancel(alice())), Refusal::AlreadyHandled);
        bench.commits(end(bob()));
        assert_eq!(bench.refuses(cancel(alice())), Refusal::AlreadyHandled);
    }
}

#[test]
fn nobody_answers() {
    let mut bench = Bench::nameless();
    assert_eq!(bench.sleeps(), 47_000);
    assert_eq!(bench.over(), (S::Missed, R::Missed, None, None));
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Missed);
}

#[test]
fn either_side_hangs_up() {
    for (who, name) in [(alice(), "alice"), (bob(), "bob")] {
        for mut bench in [Bench::ringing(), Bench::connecting(), Bench::active()] {
            let step = bench.commits(end(who.clone()));
            assert_eq!(bench.over(), (S::Ended, R::Normal, None, by(name)));
            assert_eq!(step.room_task(), Some(RoomTask::Delete));
        }
    }
}

#[test]
fn a_callee_that_ends_a_ringing_call_has_declined_and_one_that_ends_an_accepted_one_has_left() {
    let state = |mut bench: Bench| {
        bench.commits(end(bob()));
        let invitee = bench.snapshot().invitees.remove(0);
        assert_eq!(invitee.device_id, bob().device_id);
        invitee.state
    };
    assert_eq!(state(Bench::ringing()), InviteeState::Rejected);
    assert_eq!(state(Bench::connecting()), InviteeState::Left);
}

#[test]
fn an_end_that_repeats_is_answered_as_done_for_everybody_in_the_call() {
    let mut bench = Bench::active();
    bench.commits(end(bob()));
    for again in [bob(), alice(), bob2(), actor("alice", "")] {
        assert_eq!(bench.does(end(again)).effect, Effect::Unchanged);
    }
    assert_eq!(
        bench.refuses(end(actor("carol", ""))),
        Refusal::NotAParticipant
    );
}

#[test]
fn the_device_that_lost_the_call_cannot_end_it_but_a_nameless_one_speaks_for_its_member() {
    let mut bench = Bench::active();
    assert_eq!(bench.refuses(end(bob2())), Refusal::NotAParticipant);
    assert_eq!(bench.refuses(mute(bob2(), true)), Refusal::NotAParticipant);
    bench.commits(mute(actor("bob", ""), true));
    bench.commits(end(actor("bob", "")));
}

#[test]
fn what_a_participant_says_about_its_end_is_recorded() {
    for (reason, status) in [
        (R::NetworkError, S::Ended),
        (R::Failed, S::Failed),
        (R::Timeout, S::Failed),
    ] {
        let mut bench = Bench::active();
        bench.commits(end_saying(alice(), reason));
        assert_eq!(bench.over(), (status, reason, None, by("alice")));
    }
}

#[test]
fn words_of_an_unanswered_call_are_a_hang_up_once_it_was_answered() {
    for (reason, status) in [
        (R::Missed, S::Missed),
        (R::Rejected, S::Rejected),
        (R::Busy, S::Busy),
        (R::Cancelled, S::Ended),
    ] {
        let mut bench = Bench::ringing();
        bench.commits(end_saying(alice(), reason));
        assert_eq!(bench.over(), (status, reason, None, by("alice")));

        let mut bench = Bench::connecting();
        bench.commits(end_saying(alice(), reason));
        assert_eq!(bench.over(), (S::Ended, R::Normal, None, by("alice")));
    }
    assert_eq!(EndCause::reported(None, false), EndCause::HangUp);
}

#[test]
fn it_was_accepted_and_media_never_came_up() {
    let mut bench = Bench::connecting();
    bench.lists(&["alice"]);
    assert_eq!(bench.sleeps(), 30_000);
    assert_eq!(bench.over(), (S::Failed, R::Timeout, None, None));
    assert_eq!(bench.snapshot().invitees[0].state, InviteeState::Failed);
}

#[test]
fn the_longest_call_is_reached() {
    let mut bench = Bench::active();
    assert_eq!(bench.sleeps(), 4 * 60 * 60 * 1_000);
    assert_eq!(bench.over(), (S::Ended, R::Normal, Some(D::Lease), None));
    assert_eq!(bench.snapshot().duration_seconds, 4 * 60 * 60);
}

#[test]
fn the_room_could_not_be_made() {
    let mut bench = Bench::ringing();
    bench.commits(Command::RoomUnavailable);
    let detail = Some(D::MediaUnavailable);
    assert_eq!(bench.over(), (S::Failed, R::Failed, detail, None));
    for mut bench in [Bench::connecting(), Bench::active()] {
        bench.is_silent(Command::RoomUnavailable);
    }
}

#[test]
fn the_duration_counts_from_active_to_the_end() {
    let mut bench = Bench::connecting();
    bench.after(5_000).lists(&["alice", "bob#b1"]);
    bench.after(61_999);
    assert_eq!(bench.snapshot().duration_seconds, 61);
    bench.commits(end(alice()));
    bench.after(60_000);
    assert_eq!(bench.snapshot().duration_seconds, 61, "over is over");
}

#[test]
fn nothing_but_the_deadline_is_taken_once_it_has_passed() {
    let mut bench = Bench::nameless();
    bench.after(60_000);
    for command in [
        accept(bob()),
        reject(bob()),
        cancel(alice()),
        end(alice()),
        heard(alice()),
        connected(bob()),
        ringing(bob()),
        mute(alice(), true),
        joined("alice"),
        Command::RoomUnavailable,
    ] {
        assert_eq!(bench.refuses(command), Refusal::Overdue);
    }
    assert_eq!(Refusal::Overdue.status(), 409);
    bench.commits(Command::Tick);
    assert_eq!(bench.over().0, S::Missed);
}
