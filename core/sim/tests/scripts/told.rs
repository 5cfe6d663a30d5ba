//! What a failure tells.

use faithcall_sim::{Broken, Entry, Invariant, Violation};

use crate::talking;

fn line(at_ms: u64, who: &str, what: String) -> Entry {
    let who = who.to_owned();
    Entry { at_ms, who, what }
}

/// A hundred lines, an invariant that breaks, and a hundred more.
fn broken(by_chance: bool) -> String {
    let what = "ann/phone: call-1 still rings".to_owned();
    let news = |at_ms| line(at_ms, "ann/phone", format!("news {at_ms}"));
    let mut timeline: Vec<Entry> = (0..100).map(news).collect();
    timeline.push(line(100, "world", format!("I4 BROKEN: {what}")));
    timeline.extend((101..201).map(news));
    let violation = Violation {
        invariant: Invariant::I4,
        at_ms: 100,
        what,
    };
    let (seed, violations) = (7, vec![violation]);
    Broken {
        seed,
        violations,
        by_chance,
        timeline,
    }
    .to_string()
}

#[test]
fn a_failure_shows_what_happened_before_it() {
    let text = broken(false);
    assert!(text.contains("I4 at 100 ms: ann/phone: call-1 still rings"));
    assert!(text.contains("news 99") && text.contains("news 45"));
    assert!(!text.contains("news 101") && !text.contains("news 10\n"));
    assert!(text.contains("41 lines before") && text.contains("100 lines after"));
    assert!(text.ends_with("seed 7 and the same script bring it about again"));
}

#[test]
fn a_failure_by_chance_says_how_to_read_it() {
    assert!(broken(true).ends_with("cargo xtask sim --seed 7"));
}

#[test]
fn a_timeline_says_who_was_answered_what_and_what_got_lost() {
    let (mut world, call) = talking();
    world.lose_requests("bob/phone", 1);
    world.microphone("bob/phone", false);
    world.run_ms(5_000);
    world.lose_answers("ann", 1);
    world.lose_signals("bob/tablet", 1);
    world.end("ann", &call);
    world.run_ms(1_000);
    let told = |who: &str, what: &str| {
        let mut lines = world.timeline().iter();
        assert!(
            lines.any(|line| line.who == who && line.what == what),
            "{who} {what}"
        );
    };
    told("server", "answers bob/phone's Accept: 200");
    told("bob/phone", "user: Accept { call_id: call-1, other: None }");
    told("bob/phone", "Patch is lost on its way");
    told("ann/phone", "the answer to End is lost");
    told("bob/tablet", "misses call-1 rev 6 on call_update");
}
