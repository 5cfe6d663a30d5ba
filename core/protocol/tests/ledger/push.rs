//! Which pushes follow from a change.

use faithcall_protocol::bounds::RING_MS;
use faithcall_protocol::ledger::*;
use faithcall_protocol::push::PushKind;

use crate::bench::*;

/// Whose devices are told what, but for which one: an invite, or an end with its reason.
fn pushes(bench: &mut Bench, command: Command) -> Vec<String> {
    let before = bench.call.clone();
    told(&bench.commits(command).pushes(Some(&before)))
}

fn told(orders: &[PushOrder]) -> Vec<String> {
    let told = |order: &PushOrder| {
        let says = match &order.push.kind {
            PushKind::Invite { callee_id, .. } => {
                assert_eq!(*callee_id, order.member_id);
                "invite".to_owned()
            }
            PushKind::Over { reason } => match reason {
                Some(reason) => format!("over {}", reason.word()),
                None => "over".to_owned(),
            },
        };
        let but = order.but.as_ref().map(|device| format!(" but {device}"));
        format!("{}: {says}{}", order.member_id, but.unwrap_or_default())
    };
    orders.iter().map(told).collect()
}

#[test]
fn who_is_called_is_invited_unless_it_is_busy() {
    let new = NewCall {
        callees: ["bob", "carol"].map(|id| person(id, id)).into(),
        ..new_call()
    };
    let calls = [elsewhere("carol").call];
    let step = create_call(new, &finding(&calls), START).unwrap();
    let orders = step.pushes(None);
    assert_eq!(told(&orders), ["bob: invite"]);
    assert_eq!(orders[0].expires_at_ms, START + 45_000);
}

#[test]
fn an_end_goes_to_all_devices_but_the_one_that_made_it() {
    for (command, expected) in [
        (accept(bob()), "bob: over but b1"),
        (reject(bob()), "bob: over rejected but b1"),
        (cancel(alice()), "bob: over cancelled"),
    ] {
        assert_eq!(pushes(&mut Bench::ringing(), command), [expected]);
    }
    // A nameless one is on no list.
    let nameless = pushes(&mut Bench::ringing(), accept(actor("bob", "")));
    assert_eq!(nameless, ["bob: over"]);
    let mut bench = Bench::ringing();
    bench.now = bench.call.next_deadline().unwrap();
    let before = bench.call.clone();
    // The caller gave no sign of life.
    let step = bench.commits(Command::Tick);
    let reason = step.call.ending().unwrap().outcome.reason.word();
    let orders = step.pushes(Some(&before));
    assert_eq!(told(&orders), [format!("bob: over {reason}")]);
    assert_eq!(orders[0].expires_at_ms, bench.now + RING_MS);
}

#[test]
fn what_changes_nobodys_ringing_makes_no_push() {
    let mut bench = Bench::ringing();
    assert!(pushes(&mut bench, ringing(bob())).is_empty());
    bench.does(accept(bob()));
    assert!(pushes(&mut bench, mute(bob(), true)).is_empty());
    assert!(pushes(&mut bench, end(alice())).is_empty());
}

#[test]
fn each_of_a_group_is_told_of_its_own_ringing() {
    let mut bench = Bench::group();
    assert_eq!(pushes(&mut bench, accept(bob())), ["bob: over but b1"]);
    assert_eq!(
        pushes(&mut bench, busy(carol())),
        ["carol: over busy but c1"]
    );
    assert_eq!(
        pushes(&mut bench, invite_all(bob(), &["carol", "dave"])),
        ["carol: invite"]
    );
    assert_eq!(
        pushes(&mut bench, end(alice())),
        ["carol: over normal", "dave: over normal"]
    );
}

#[test]
fn an_invite_carries_the_ring_time_that_is_left_and_goes_out_no_later() {
    let order = made(new_call()).pushes(None).remove(0);
    let left = |now_ms| {
        order.at(now_ms).map(|push| match push.kind {
            PushKind::Invite {
                ring_expires_in_ms, ..
            } => ring_expires_in_ms,
            PushKind::Over { .. } => panic!("over"),
        })
    };
    assert_eq!(left(START), Some(45_000));
    assert_eq!(left(START + 44_999), Some(1));
    assert_eq!(left(START + 45_000), None);
}
