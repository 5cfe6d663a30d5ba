//! What the simulation has found, each as a scene of its own.

use faithcall_protocol::end::EndReason;
use faithcall_sim::{Link, Race};

use super::kit::*;

/// The answer to a create is lost, and its repeat is refused for another reason: the call that
/// the first one made must not ring for a minute.
/// Broken by keeping one's own word for the server's.
#[test]
fn race_c2_a_repeat_that_is_refused_takes_back_what_the_first_create_made() {
    let mut world = two_each().build();
    world.kill_server_at_commit();
    let call = world.call("ann/phone", &["bob"]);
    world.run_ms(200);
    world.expire_token("ann/phone", 20_000);
    world.start_server();
    world.run_ms(30_000);
    let status = world.server_call(&call).unwrap().status;
    assert!(status.is_over(), "{status:?}");
    settled(&mut world);
}

/// A stale push of a call that the member took elsewhere, while the member is in another one.
/// Broken by comparing members, not devices.
#[test]
fn race_p1_a_stale_push_does_not_hide_the_call_that_goes_on_elsewhere() {
    let mut world = two_each().pushes(true).build();
    let late = Link {
        push_ms: 30_000,
        ..Link::default()
    };
    world.cut_signals("bob/tablet");
    world.set_link("bob/tablet", late);
    let first = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.accept("bob/phone", &first);
    world.run_ms(2_000);
    world.end("bob/phone", &first);
    world.run_ms(1_000);
    world.restore("bob/tablet");
    world.run_ms(5_000);
    let second = world.call("bob/phone", &["ann"]);
    world.run_ms(1_000);
    world.accept("ann/phone", &second);
    world.run_ms(30_000);
    happened(&world, Race::D3);
    settled(&mut world);
    assert_eq!(world.view("bob/tablet").in_call_elsewhere, Some(second));
}

/// An accept is refused because the member began a call on its other device: the first call goes
/// on ringing there, and how it ends is the server's to say.
/// Broken by an end that nobody is asked about.
#[test]
fn race_a3_the_end_of_a_call_whose_accept_was_refused_is_the_servers() {
    let mut world = two_each().device("cyd", "phone").build();
    world.cut_signals("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.call("bob/tablet", &["cyd"]);
    world.run_ms(22);
    world.accept("bob/phone", &call);
    world.run_ms(5_000);
    happened(&world, Race::A3);
    world.cancel("ann", &call);
    healed(&mut world);
}

/// A new process does not know yet what the server speaks. Something on the way repeats its create,
/// whose call is declined meanwhile; the user takes it back before any answer.
/// Broken by taking the refusal for a call that was never made.
#[test]
fn race_c4_a_cancel_takes_the_end_that_the_creates_refusal_brings() {
    let mut declined = 0;
    for seed in 1..20 {
        let mut world = pair(seed).build();
        world.kill("ann");
        let slow = Link {
            answer_ms: 4_000,
            signal_ms: 4_000,
            repeats_request_one_in: 1,
            ..Link::default()
        };
        world.set_link("ann", slow);
        world.start("ann");
        let call = world.call("ann", &["bob"]);
        world.run_ms(100);
        world.reject("bob", &call);
        world.run_ms(100);
        world.cancel("ann", &call);
        healed(&mut world);
        declined += usize::from(reason(&world, &call) == Some(EndReason::Rejected));
    }
    assert!(declined > 5, "{declined}");
}

/// The push of a call comes when the process that answered it has died, and a new one has been
/// offered to come back; or starts that new one.
/// Broken by ringing for what is on offer, or asking on and on.
#[test]
fn race_p2_a_late_push_of_a_call_that_an_earlier_process_was_in() {
    for starts_before_the_push in [true, false] {
        let mut world = two_each().pushes(true).build();
        let late = Link {
            push_ms: 12_000,
            ..Link::default()
        };
        world.set_link("bob/phone", late);
        let (mut world, call) = active_in(world);
        world.kill("bob/phone");
        world.run_ms(1_000);
        if starts_before_the_push {
            world.start("bob/phone");
        }
        world.run_ms(10_000);
        assert!(!world.rings("bob/phone", &call));
        let offer = world.view("bob/phone").rejoinable.unwrap();
        assert_eq!(offer.call_id, call);
        // Nobody takes it up.
        world.run_ms(30_000);
        assert!(world.ended("ann/phone", &call).is_some(), "within 45 s");
        healed(&mut world);
    }
}

/// A cancel whose create was lost looks for the call that it may have made, and finds the one that
/// was dialled after it.
/// Broken by taking any call to the same member for the one that was lost.
#[test]
fn race_c2_a_late_cancel_leaves_the_call_that_was_dialled_after_it() {
    let mut world = two_each().build();
    world.kill("ann/phone");
    world.cut_requests("ann/phone");
    world.start("ann/phone");
    let first = world.call("ann/phone", &["bob"]);
    world.run_ms(500);
    world.cancel("ann/phone", &first);
    world.run_ms(15_000);
    world.restore("ann/phone");
    let second = world.call("ann/phone", &["bob"]);
    world.run_ms(20_000);
    assert!(world.rings("bob/phone", &second));
    settled(&mut world);
}

/// Something on the way repeats a create, and the token expires in between: the second is refused,
/// and the first has made the call.
/// Broken by keeping one's own word for the server's.
#[test]
fn race_s3_a_create_that_is_refused_for_its_token_is_taken_back() {
    let mut rang = 0;
    for seed in 1..10 {
        let mut world = pair(seed).build();
        let twice = Link {
            repeats_request_one_in: 1,
            signal_ms: 4_000,
            ..Link::default()
        };
        world.set_link("ann", twice);
        let call = world.call("ann", &["bob"]);
        world.run_ms(25);
        world.expire_token("ann", 5_000);
        healed_after(&mut world, 10_000);
        rang += world.rang("bob", &call);
        assert!(!world.rings("bob", &call));
    }
    assert!(rang > 5, "{rang}");
}

/// Declined, and called in anew before the answer to that came, in the middle of dialling somebody
/// else: the end that was shown is still to be confirmed.
/// Broken by forgetting the end before it rings anew.
#[test]
fn race_d1_an_invite_anew_that_cannot_ring_leaves_the_end_of_before() {
    let builder = two_each().device("cyd", "phone").device("dee", "phone");
    let mut world = builder.build();
    let call = world.call("bob/phone", &["ann", "cyd"]);
    world.run_ms(1_000);
    world.accept("cyd", &call);
    world.run_ms(1_000);
    world.lose_answers("ann/phone", 1);
    world.reject("ann/phone", &call);
    world.call("ann/phone", &["dee"]);
    world.run_ms(100);
    world.invite("bob/phone", &call, &["ann"]);
    world.run_ms(30_000);
    world.end("bob/phone", &call);
    settled(&mut world);
    assert!(world.ended("ann/phone", &call).unwrap().confirmed);
}

/// An answer that shows the call going on elsewhere comes after the word that it is over.
/// Broken by believing an answer from before the end.
#[test]
fn race_d2_an_answer_from_before_the_end_brings_no_call_elsewhere() {
    let slow = Link {
        push_ms: 500,
        answer_ms: 2_600,
        ..Link::default()
    };
    let (mut world, call) = ringing_in(two_each().pushes(true).build());
    world.cut_signals("bob/phone");
    world.set_link("bob/phone", slow);
    world.accept("bob/tablet", &call);
    world.run_ms(100);
    world.lose_requests("bob/phone", 1);
    world.accept("bob/phone", &call);
    // The push says that the ringing has stopped; the server is asked, and answers slowly.
    world.run_ms(600);
    world.set_link("bob/phone", Link::default());
    world.end("ann/phone", &call);
    world.run_ms(800);
    world.restore("bob/phone");
    settled(&mut world);
    assert!(world.ended("bob/phone", &call).is_some());
}
