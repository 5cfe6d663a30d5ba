//! The catalogue of races, at the server: two requests at once, or in the wrong order.
//!
//! Which of two requests that cross comes first is the server's; each race is run several times, and
//! every outcome must be whole. What breaks each is said beside it.

use std::future::Future;

use serde_json::{Value, json};

use crate::backend::{Answer, Backend, Phone, fresh_id, id_of};

/// How often two requests cross in a test.
pub(crate) const ROUNDS: usize = 8;

/// Two requests that cross, in every other round the second one before the first. Of two that are sent
/// at once the server carries out first the one that it has less to do for: the last two rounds, in
/// which one waits for the other's answer, leave it no choice.
pub(crate) async fn crossing<A: Future, B: Future>(
    round: usize,
    one: A,
    other: B,
) -> (A::Output, B::Output) {
    let in_turn = round + 2 >= ROUNDS;
    match (round.is_multiple_of(2), in_turn) {
        (true, false) => tokio::join!(one, other),
        (true, true) => (one.await, other.await),
        (false, false) => {
            let (other, one) = tokio::join!(other, one);
            (one, other)
        }
        (false, true) => {
            let other = other.await;
            (one.await, other)
        }
    }
}

/// Exactly one of two answers is 200; the other one is this refusal. Gives back which won.
#[track_caller]
fn one_wins(answers: [&Answer; 2], losers: [(u16, &str); 2]) -> usize {
    let won: Vec<usize> = (0..2).filter(|n| answers[*n].status == 200).collect();
    let [winner] = won.as_slice() else {
        panic!("{answers:?}")
    };
    let loser = 1 - winner;
    assert_eq!(answers[loser].refusal(), losers[loser], "{answers:?}");
    *winner
}

/// Ann and Bob, a phone each.
async fn ann_and_bob() -> (Backend, Phone, Phone) {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let bob = backend.phone("bob", "b1").await;
    (backend, ann, bob)
}

/// Ann with a phone, Bob with two devices, `b1` and `b2`.
async fn ann_and_bobs_two() -> (Backend, Phone, Phone, Phone) {
    let (backend, ann, phone) = ann_and_bob().await;
    let tablet = backend.phone("bob", "b2").await;
    (backend, ann, phone, tablet)
}

/// Ann, and Cleo who has nothing to do with her.
async fn ann_and_cleo() -> (Backend, Phone, Phone) {
    let backend = Backend::start().await;
    let ann = backend.phone("ann", "a1").await;
    let cleo = backend.phone("cleo", "c1").await;
    (backend, ann, cleo)
}

/// Ann calls Bob: the call's id.
async fn ring(ann: &Phone) -> String {
    id_of(&ann.dial("bob").await.ok())
}

/// Both see the same end.
async fn same_end(ann: &Phone, bob: &Phone, id: &str) -> Value {
    let (seen_by_ann, seen_by_bob) = (ann.snapshot(id).await, bob.snapshot(id).await);
    assert_eq!(seen_by_ann, seen_by_bob);
    seen_by_ann
}

// Broken by taking an accept of who rings no more, or taking back a call that was accepted.
#[tokio::test]
async fn race_c1_cancel_crosses_accept() {
    let (_backend, ann, bob) = ann_and_bob().await;
    for round in 0..ROUNDS {
        let id = ring(&ann).await;
        let (cancel, accept) = crossing(round, ann.cancel(&id), bob.accept(&id)).await;
        let losers = [(404, "already_handled"), (409, "cannot_accept")];
        match one_wins([&cancel, &accept], losers) {
            0 => assert_eq!(accept.body["call"]["reason"], "cancelled"),
            _ => {
                assert_eq!(cancel.body["call"]["status"], "connecting");
                bob.end(&id).await.ok();
            }
        }
        same_end(&ann, &bob, &id).await;
    }
}

// Broken by forgetting the cancel.
#[tokio::test]
async fn race_c2_cancel_comes_before_its_create() {
    let (_backend, ann, mut bob) = ann_and_bob().await;
    let id = fresh_id();
    let early = ann.cancel(&id).await;
    assert_eq!(early.refusal(), (404, "cancel_remembered"));
    let late = ann.dial_as("bob", &id).await;
    assert_eq!(late.refusal(), (409, "cancelled"));
    // The first invite that bob hears is the next call's.
    let next = ring(&ann).await;
    assert_eq!(bob.signal("/incoming_call").await["call_id"], *next);
}

// Broken by remembering a cancel whoever said it.
#[tokio::test]
async fn race_c2_a_cancel_is_remembered_for_its_member_only() {
    let (_backend, ann, cleo) = ann_and_cleo().await;
    let id = fresh_id();
    assert_eq!(cleo.cancel(&id).await.refusal(), (404, "cancel_remembered"));
    ann.dial_as("bob", &id).await.ok();
}

// Broken by forgetting the cancel.
#[tokio::test]
async fn race_c2_cancel_crosses_its_create() {
    let (_backend, ann, bob) = ann_and_bob().await;
    for round in 0..ROUNDS {
        let id = fresh_id();
        let (create, cancel) = crossing(round, ann.dial_as("bob", &id), ann.cancel(&id)).await;
        match create.status.as_u16() {
            200 => assert_eq!(cancel.ok()["call"]["reason"], "cancelled"),
            _ => {
                assert_eq!(create.refusal().0, 409, "{create:?}");
                assert!(cancel.status == 200 || cancel.refusal().1 == "cancel_remembered");
            }
        }
        assert_eq!(bob.get("/active").await.ok(), Value::Null);
    }
}

// Broken by taking a reject of who rings no more, or ending once more what is over.
#[tokio::test]
async fn race_c4_reject_and_busy_cross_cancel() {
    let (_backend, ann, mut bob) = ann_and_bob().await;
    for round in 0..ROUNDS {
        let reason = ["rejected", "busy"][round / 2 % 2];
        let id = ring(&ann).await;
        let (cancel, reject) = crossing(round, ann.cancel(&id), bob.reject(&id, reason)).await;
        let losers = [(404, "already_handled"), (404, "already_handled")];
        let winner = one_wins([&cancel, &reject], losers);
        let end = same_end(&ann, &bob, &id).await;
        assert_eq!(end["reason"], ["cancelled", reason][winner]);
        assert_eq!(end["rev"], 2, "over once");
        let over = loop {
            let update = bob.signal("/call_update").await;
            if update["snapshot"]["reason"].is_string() {
                break update;
            }
        };
        assert_eq!(over["snapshot"]["reason"], end["reason"]);
    }
}

// Broken by taking an accept of who rings no more, or comparing members, not devices.
#[tokio::test]
async fn race_a1_two_devices_accept_at_once() {
    let (_backend, ann, phone, tablet) = ann_and_bobs_two().await;
    for round in 0..ROUNDS {
        let id = ring(&ann).await;
        let (first, second) = crossing(round, phone.accept(&id), tablet.accept(&id)).await;
        let answers = [&first, &second];
        let winner = one_wins(answers, [(409, "cannot_accept"); 2]);
        let told = &answers[1 - winner].body["call"]["invitees"][0];
        assert_eq!(told["state"], "accepted");
        assert_eq!(told["device_id"], ["b1", "b2"][winner]);
        ann.end(&id).await.ok();
    }
}

// Broken by taking an accept, or a reject, of who rings no more.
#[tokio::test]
async fn race_a2_one_device_rejects_while_another_accepts() {
    let (_backend, ann, phone, tablet) = ann_and_bobs_two().await;
    for round in 0..ROUNDS {
        let id = ring(&ann).await;
        let (reject, accept) =
            crossing(round, phone.reject(&id, "rejected"), tablet.accept(&id)).await;
        let losers = [(404, "already_handled"), (409, "cannot_accept")];
        let winner = one_wins([&reject, &accept], losers);
        let status = ann.snapshot(&id).await["status"].clone();
        assert_eq!(status, ["rejected", "connecting"][winner]);
        ann.end(&id).await.ok();
        let reason = ann.snapshot(&id).await["reason"].clone();
        assert_eq!(reason, ["rejected", "normal"][winner]);
    }
}

// Broken by accepting, or dialling, without a look at the member's other calls in the commit.
#[tokio::test]
async fn race_a3_accept_while_another_call_begins_elsewhere() {
    let (_backend, ann, phone, tablet) = ann_and_bobs_two().await;
    for round in 0..ROUNDS {
        let (rung, made) = (ring(&ann).await, fresh_id());
        let (accept, dial) =
            crossing(round, phone.accept(&rung), tablet.dial_as("cleo", &made)).await;
        one_wins([&accept, &dial], [(409, "already_in_call"); 2]);
        ann.end(&rung).await.ok();
        let _ = tablet.end(&made).await;
    }
}

// Broken by refusing a repeat, or the create that finds its id taken by its twin.
#[tokio::test]
async fn race_d1_a_create_that_is_sent_twice_at_once_makes_one_call() {
    let (_backend, ann, mut bob) = ann_and_bob().await;
    for _ in 0..3 * ROUNDS {
        let id = fresh_id();
        let (first, again) = tokio::join!(ann.dial_as("bob", &id), ann.dial_as("bob", &id));
        assert_eq!(first.ok()["call_id"], again.ok()["call_id"]);
        ann.cancel(&id).await.ok();
        assert_eq!(bob.signal("/incoming_call").await["call_id"], *id);
    }
}

// Broken by refusing a repeat, or ending once more what is over.
#[tokio::test]
async fn race_d1_what_is_repeated_is_done_once() {
    let (_backend, mut ann, mut bob) = ann_and_bob().await;
    let id = fresh_id();
    for _ in 0..2 {
        assert_eq!(id_of(&ann.dial_as("bob", &id).await.ok()), id);
    }
    bob.accept(&id).await.ok();
    let again = bob.accept(&id).await.ok();
    assert_eq!(again["snapshot"]["status"], "connecting");
    let late = ann.dial_as("bob", &id).await.ok();
    assert_eq!(late["snapshot"]["status"], "connecting");
    let over = ann.end(&id).await.ok();
    assert_eq!(ann.end(&id).await.ok(), over);

    let declined = ring(&ann).await;
    bob.reject(&declined, "busy").await.ok();
    bob.reject(&declined, "busy").await.ok();
    let taken_back = ring(&ann).await;
    ann.cancel(&taken_back).await.ok();
    let again = ann.cancel(&taken_back).await.ok();
    assert_eq!(again["call"]["reason"], "cancelled");

    // Created, accepted, over; twice created and over: each told once.
    for phone in [&mut ann, &mut bob] {
        for rev in [1, 2, 3, 1, 2, 1, 2] {
            assert_eq!(phone.signal("/call_update").await["rev"], rev);
        }
    }
    for id in [&id, &declined, &taken_back] {
        assert_eq!(bob.signal("/incoming_call").await["call_id"], **id);
    }
}

// Broken by taking an accept of who rings no more.
#[tokio::test]
async fn race_d2_an_end_that_overtakes_the_accept_stays_the_end() {
    let (_backend, ann, bob) = ann_and_bob().await;
    let id = ring(&ann).await;
    let ended = ann.end(&id).await.ok();
    let late = bob.accept(&id).await;
    assert_eq!(late.refusal(), (409, "cannot_accept"));
    assert_eq!(late.body["call"]["rev"], ended["call"]["rev"]);
}

// Broken by ending once more what is over, or writing what was decided on an older record.
#[tokio::test]
async fn race_e1_hang_up_crosses_hang_up() {
    let (_backend, mut ann, bob) = ann_and_bob().await;
    for round in 0..ROUNDS {
        let id = ring(&ann).await;
        bob.accept(&id).await.ok();
        let (one, other) = crossing(round, ann.end(&id), bob.end(&id)).await;
        assert_eq!(one.ok()["call"], other.ok()["call"]);
        assert_eq!(ann.update("ended").await["rev"], 3);
    }
}

// Broken by taking 'ringing', 'connected' or a change of a call that is over, or a token for it.
#[tokio::test]
async fn race_e4_nothing_revives_a_call_that_is_over() {
    let (_backend, ann, bob) = ann_and_bob().await;
    let id = ring(&ann).await;
    let over = ann.cancel(&id).await.ok()["call"].clone();
    bob.ringing(&id).await.ok();
    bob.connected(&id).await.ok();
    let flags = json!({"is_muted": true});
    let path = format!("/{id}/participant");
    let patched = bob.request(reqwest::Method::PATCH, &path, Some(flags));
    patched.await.ok();
    let refused = bob.post(&format!("/{id}/token"), None).await;
    assert_eq!(refused.refusal(), (404, "already_handled"));
    assert_eq!(same_end(&ann, &bob, &id).await, over);
}

// Broken by answering the second create busy, or not looking for other calls in the commit.
#[tokio::test]
async fn race_g1_both_dial_each_other_at_once() {
    let (_backend, ann, bob) = ann_and_bob().await;
    for round in 0..ROUNDS {
        let (by_ann, by_bob) = crossing(round, ann.dial("bob"), bob.dial("ann")).await;
        let answers = [&by_ann, &by_bob];
        let winner = one_wins(answers, [(409, "glare"); 2]);
        let id = id_of(&answers[winner].body);
        assert_eq!(answers[1 - winner].body["call"]["call_id"], *id);
        let loser = [&ann, &bob][1 - winner];
        loser.accept(&id).await.ok();
        loser.end(&id).await.ok();
    }
}

// Broken by not asking whose call has the id, or showing a call to whoever asks.
#[tokio::test]
async fn race_g2_an_id_that_is_taken_shows_nothing() {
    let (backend, ann, cleo) = ann_and_cleo().await;
    let id = ring(&ann).await;
    for stranger in [&cleo, &backend.client("c2", "eve", Some("e1"))] {
        let callee = if stranger.member == "eve" {
            "finn"
        } else {
            "dan"
        };
        let refused = stranger.dial_as(callee, &id).await;
        assert_eq!(refused.refusal(), (409, "call_id_taken"));
        assert_eq!(refused.body["call"], Value::Null);
    }
}

// Broken by not asking whose call has the id, or overlooking that it was taken meanwhile.
#[tokio::test]
async fn race_g2_one_id_for_two_creates_at_once() {
    let (_backend, ann, cleo) = ann_and_cleo().await;
    for round in 0..ROUNDS {
        let id = fresh_id();
        let (one, other) = crossing(round, ann.dial_as("bob", &id), cleo.dial_as("dan", &id)).await;
        one_wins([&one, &other], [(409, "call_id_taken"); 2]);
        let _ = tokio::join!(ann.cancel(&id), cleo.cancel(&id));
    }
}
