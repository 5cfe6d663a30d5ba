//! How a group call is over by itself: by the answers before an accept, by who is left after it.

use faithcall_protocol::end::{CallStatus as S, EndReason as R, ReasonDetail as D};
use faithcall_protocol::ledger::*;
use faithcall_protocol::snapshot::InviteeState as I;

use crate::bench::*;

#[test]
fn by_the_answers_when_nobody_accepted() {
    let ends = |answers: [Command; 3], status, reason| {
        let mut bench = Bench::group();
        for answer in answers {
            assert_eq!(bench.status(), S::Ringing);
            bench.commits(answer);
        }
        let over = bench.over();
        assert_eq!((over.0, over.1), (status, reason));
    };
    ends([busy(bob()), busy(carol()), busy(dave())], S::Busy, R::Busy);
    ends(
        [busy(bob()), reject(carol()), busy(dave())],
        S::Rejected,
        R::Rejected,
    );
}

#[test]
fn by_the_ring_time_of_the_last_one() {
    let mut bench = Bench::of(NewCall {
        caller_device: None,
        callees: ["bob", "carol"].map(|id| person(id, id)).into(),
        ..new_call()
    });
    bench.commits(busy(bob()));
    assert_eq!(bench.sleeps(), 47_000);
    assert_eq!(bench.over(), (S::Missed, R::Missed, None, None));

    let mut bench = Bench::of(NewCall {
        caller_device: None,
        callees: ["bob", "carol"].map(|id| person(id, id)).into(),
        ..new_call()
    });
    bench.commits(reject(bob()));
    bench.sleeps();
    assert_eq!(bench.over().0, S::Rejected, "somebody did answer");
}

#[test]
fn not_while_somebody_rings() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(leave(bob()));
    assert_eq!(bench.status(), S::Connecting, "carol and dave may come");
    bench.commits(reject(carol()));
    bench.commits(accept(dave()));
    bench.lists(&["alice", "dave"]);
    assert_eq!(bench.status(), S::Active);
}

#[test]
fn when_one_is_left_and_nobody_rings() {
    let mut bench = Bench::three();
    bench.commits(leave(bob()));
    bench.commits(leave(carol()));
    assert_eq!(
        bench.over(),
        (S::Ended, R::Normal, None, Some("carol".into()))
    );

    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(leave(bob()));
    bench.commits(reject(carol()));
    let step = bench.commits(reject(dave()));
    assert_eq!(
        bench.over(),
        (S::Ended, R::Normal, None, Some("dave".into()))
    );
    assert!(published(&step).contains(&("member/alice/call_status".into(), "call_end".into())));
}

#[test]
fn when_the_last_one_that_rang_misses_it() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.lists(&["alice", "bob"]);
    bench.commits(leave(bob()));
    bench.after(20_000).lists(&["alice"]);
    bench.sleeps();
    assert_eq!(bench.over(), (S::Ended, R::Normal, None, None));
    assert_eq!(bench.invitee("carol"), I::Missed);
}

#[test]
fn when_the_last_two_lose_each_other() {
    let mut bench = Bench::three();
    bench.commits(leave(bob()));
    bench.does(dropped("carol"));
    bench.sleeps();
    assert_eq!(
        bench.over(),
        (S::Ended, R::NetworkError, Some(D::Lease), None)
    );

    let mut bench = Bench::three();
    bench.commits(leave(bob()));
    bench.does(left("carol"));
    bench.sleeps();
    assert_eq!(
        bench.over(),
        (S::Ended, R::Normal, None, Some("carol".into()))
    );
}

#[test]
fn when_nobody_s_media_comes_up() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(accept(carol()));
    bench.commits(reject(dave()));
    assert_eq!(bench.sleeps(), 30_000);
    assert_eq!(bench.over(), (S::Failed, R::Timeout, None, None));
    assert_eq!(
        (bench.invitee("bob"), bench.invitee("carol")),
        (I::Failed, I::Failed)
    );
}

#[test]
fn not_when_the_caller_s_media_never_came_up_and_it_is_shown_as_out() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(connected(bob()));
    assert_eq!(bench.sleeps(), 30_000);
    assert_eq!(bench.status(), S::Connecting, "carol and dave may come");
    let shown = bench.snapshot();
    let alice = &shown.participants[0].participant;
    assert_eq!(alice.joined_at, None);
    assert!(alice.left_at.is_some());
}

#[test]
fn when_the_caller_is_gone_before_anybody_accepted() {
    let mut bench = Bench::group();
    bench.lists(&["alice"]);
    bench.does(dropped("alice"));
    bench.sleeps();
    assert_eq!(
        bench.over(),
        (S::Ended, R::NetworkError, Some(D::Lease), None)
    );
}

#[test]
fn after_four_hours_however_often_somebody_is_invited() {
    let mut bench = Bench::group();
    let end = START + Timeouts::default().longest_ms;
    let names = ["erin", "fred"];
    bench.commits(invite_all(alice(), &names[1..]));
    for (invited, declines) in [(0, 1), (1, 0)].into_iter().cycle() {
        if bench.now + 40_000 >= end {
            break;
        }
        bench.now += 40_000;
        if bench.call.is_overdue(bench.now) {
            bench.commits(Command::Tick);
        }
        bench.commits(invite_all(alice(), &names[invited..=invited]));
        bench.commits(reject(actor(names[declines], "1")));
    }
    bench.sleeps();
    assert_eq!(bench.now, end);
    assert_eq!(bench.over(), (S::Ended, R::Normal, Some(D::Lease), None));
}

#[test]
fn at_once_when_nobody_at_all_is_left_for_those_who_ring() {
    let mut bench = Bench::group();
    bench.commits(accept(bob()));
    bench.commits(leave(alice()));
    assert_eq!(
        bench.status(),
        S::Connecting,
        "bob waits for carol and dave"
    );
    bench.commits(leave(bob()));
    assert_eq!(
        bench.over(),
        (S::Ended, R::Normal, None, Some("bob".into()))
    );
    assert_eq!(bench.invitee("carol"), I::Missed);
}

#[test]
fn all_that_is_due_at_once_is_one_change() {
    let mut bench = Bench::three();
    bench.after(60_000).lists(&["alice"]);
    bench.after(15_000);
    let rev = bench.call.rev();
    bench.commits(Command::Tick);
    assert_eq!(bench.call.rev(), rev.next());
    assert_eq!(
        (bench.invitee("bob"), bench.invitee("carol")),
        (I::Left, I::Left)
    );
    assert_eq!(bench.over().1, R::NetworkError);
}
