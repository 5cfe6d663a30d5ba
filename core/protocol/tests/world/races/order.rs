//! Messages that come twice, late, in another order or never: D, P.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::Event;
use faithcall_sim::{Link, Race};

use super::kit::*;

// Broken by not knowing a call by its id.
#[test]
fn race_d1_everything_comes_twice_and_answers_are_lost() {
    for seed in 1..20 {
        let links = Link {
            repeats_signal_one_in: 1,
            repeats_request_one_in: 3,
            loses_answer_one_in: 4,
            ..Link::default()
        };
        let mut world = pair(seed).links(links).build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(12_000);
        world.accept("bob", &call);
        world.run_ms(20_000);
        world.end("ann", &call);
        world.run_ms(10_000);
        healed(&mut world);
        happened(&world, Race::D1);
        assert!(world.rang("bob", &call) <= 1);
    }
}

// Broken by dropping an answer that news of its call have overtaken.
#[test]
fn race_d2_everything_comes_in_another_order() {
    let mut reordered = 0;
    for seed in 1..40 {
        let links = Link {
            jitter_ms: 400,
            ..Link::default()
        };
        let mut world = pair(seed).links(links).build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(2_000);
        world.accept("bob", &call);
        world.run_ms(3_000);
        assert_eq!((world.hears("ann").len(), world.hears("bob").len()), (1, 1));
        world.end("bob", &call);
        settled(&mut world);
        assert_eq!(reason(&world, &call), Some(EndReason::Normal));
        reordered += usize::from(world.races().contains(&Race::D2));
    }
    assert!(reordered > 5, "{reordered}");
}

// Broken by taking a snapshot whatever its revision.
#[test]
fn race_d2_the_word_of_ringing_comes_when_both_talk() {
    let mut world = pair(1).build();
    let slow = Link {
        signal_ms: 6_000,
        ..Link::default()
    };
    world.set_link("ann", slow);
    let call = world.call("ann", &["bob"]);
    world.run_ms(500);
    world.set_link("ann", Link::default());
    world.accept("bob", &call);
    world.run_ms(10_000);
    happened(&world, Race::D2);
    assert_eq!(world.hears("ann").len(), 1);
    settled(&mut world);
}

// Broken by sending an invite as it was written.
#[test]
fn race_d3_a_call_that_came_and_went_in_the_silence_never_rings() {
    let mut world = two_each().pushes(true).build();
    world.publish_commits(false);
    let call = world.call("ann", &["bob"]);
    world.run_ms(48_000);
    world.publish_commits(true);
    settled(&mut world);
    for name in ["bob/phone", "bob/tablet"] {
        assert_eq!(world.rang(name, &call), 0, "{name}");
    }
    assert_eq!(reason(&world, &call), Some(EndReason::Missed));
}

// Broken by not asking on connect.
#[test]
fn race_d3_a_call_that_still_rings_after_the_silence_rings_for_what_is_left() {
    let mut world = two_each().build();
    world.cut_signals("bob/phone");
    let call = world.call("ann", &["bob"]);
    world.run_ms(30_000);
    world.restore("bob/phone");
    world.run_ms(2_000);
    let left = world.rings_until_ms("bob/phone", &call).unwrap() - world.now_ms();
    assert!((12_000..=15_000).contains(&left), "{left}");
    settled(&mut world);
}

// Broken by taking news of one call for another's.
#[test]
fn race_d4_the_end_of_an_old_call_comes_during_a_new_one() {
    let (mut world, old) = active();
    let slow = Link {
        signal_ms: 4_000,
        ..Link::default()
    };
    world.set_link("bob/phone", slow);
    world.end("ann", &old);
    world.run_ms(200);
    world.end("bob/phone", &old);
    world.run_ms(200);
    let new = world.call("bob/phone", &["ann"]);
    world.run_ms(1_000);
    world.accept("ann/phone", &new);
    settled(&mut world);
    happened(&world, Race::D4);
    assert!(world.is_active("bob/phone", &new));
}

// Broken by taking an invite's age from two clocks.
#[test]
fn race_d5_clocks_that_differ_by_hours_change_nothing() {
    for seed in 1..10 {
        let mut world = pair(seed).build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(1_000);
        world.accept("bob", &call);
        settled(&mut world);
        happened(&world, Race::D5);
        assert!(world.is_active("ann", &call));
    }
}

// Broken by not knowing a call by its id.
#[test]
fn race_p1_a_push_comes_after_the_cancel() {
    let mut world = two_each().pushes(true).build();
    let slow = Link {
        push_ms: 5_000,
        ..Link::default()
    };
    world.set_link("bob/phone", slow);
    world.cut_signals("bob/phone");
    let call = world.call("ann", &["bob"]);
    world.run_ms(1_000);
    world.cancel("ann", &call);
    world.run_ms(10_000);
    happened(&world, Race::P1);
    healed(&mut world);
    // Nobody could know at the push; the server's word ends it.
    assert!(world.rang("bob/phone", &call) <= 1);
    assert!(!world.rings("bob/phone", &call));
}

// Broken by not knowing a call by its id.
#[test]
fn race_p2_push_and_signal_bring_the_same_invite() {
    for seed in 1..10 {
        let links = Link {
            jitter_ms: 100,
            ..Link::default()
        };
        let mut world = pair(seed).links(links).pushes(true).build();
        let call = world.call("ann", &["bob"]);
        world.run_ms(2_000);
        happened(&world, Race::P2);
        assert_eq!(world.rang("bob", &call), 1);
        world.accept("bob", &call);
        settled(&mut world);
        assert!(world.is_active("bob", &call));
    }
}

// Broken by not knowing a call by its id.
#[test]
fn race_p2_a_push_starts_a_process_that_was_killed() {
    let mut world = two_each().pushes(true).build();
    world.kill("bob/phone");
    world.stop("bob/tablet");
    let call = world.call("ann", &["bob"]);
    world.run_ms(2_000);
    assert!(world.rings("bob/phone", &call) && !world.rings("bob/tablet", &call));
    world.accept("bob/phone", &call);
    settled(&mut world);
    assert!(world.is_active("bob/phone", &call));
}

// Broken by a presence that needs no news.
#[test]
fn race_p3_an_app_is_killed_while_it_rings_or_talks() {
    let (mut world, call) = ringing();
    world.kill("ann/phone");
    happened(&world, Race::P3);
    settled(&mut world);
    assert_eq!(reason(&world, &call), Some(EndReason::NetworkError));

    let (mut world, call) = active();
    world.kill("bob/phone");
    world.run_ms(27_000);
    let shown = |event: &Event| matches!(event, Event::Reconnecting { .. });
    assert!(world.events("ann/phone").iter().any(shown), "within 27 s");
    world.run_ms(18_000);
    assert!(world.ended("ann/phone", &call).is_some(), "within 45 s");
    settled(&mut world);
}
