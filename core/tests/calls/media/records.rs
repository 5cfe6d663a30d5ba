//! What a server keeps of calls that are over, and what a phone knows of one that goes on.

use faithcall::{CallFeedback, CallType, Event, RequestError, TraceId};
use faithcall_testing::Log;

use super::one_to_one::{ended, rings, talk, talk_and_hang_up};
use super::world::World;
use crate::phone::Phone;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_missed_calls_statistics_and_feedback() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    talk_and_hang_up(&ruth, &boas).await;
    let talked = boas.state().call.unwrap().call_id;
    let missed = give_up(&ruth, &boas).await;

    let first = boas.history(1, 1, None).await.unwrap();
    assert_eq!((first.total, first.has_more), (2, true));
    assert_eq!(first.calls[0].call_id, missed);
    assert!(first.calls[0].is_missed());
    let second = boas.history(2, 1, Some(CallType::Voice)).await.unwrap();
    assert_eq!((second.page, second.has_more), (2, false));
    assert_eq!(second.calls[0].call_id, talked);
    assert!(second.calls[0].is_incoming && !second.calls[0].is_missed());
    let video = boas.history(1, 20, Some(CallType::Video)).await.unwrap();
    assert_eq!((video.total, video.calls), (0, vec![]));
    let of_ruth = ruth.history(1, 20, None).await.unwrap();
    assert!(
        of_ruth
            .calls
            .iter()
            .all(|call| !call.is_incoming && !call.is_missed())
    );

    let stats = boas.stats(1).await.unwrap();
    let counted = (stats.total_calls, stats.voice_calls, stats.missed_calls);
    assert_eq!(counted, (2, 2, 1));

    let feedback = CallFeedback {
        rating: 4,
        issues: vec!["echo".to_owned()],
        comment: None,
    };
    boas.send_feedback(&talked, &feedback).await.unwrap();
    let refused = boas.send_feedback(&missed, &feedback).await;
    assert_eq!(refused, Err(RequestError::TookNoPart));
    tokio::join!(ruth.disconnect(), boas.disconnect());
    let late = boas.history(1, 1, None).await;
    assert_eq!(late, Err(RequestError::SignedOut));
}

/// A call that nobody takes, and that its caller takes back.
async fn give_up(caller: &Phone, callee: &Phone) -> faithcall::CallId {
    let whom = [callee.member().clone()];
    let call = caller.start_call(&whom, CallType::Voice).await.unwrap();
    assert_eq!(rings(callee).await, call);
    caller.cancel(&call).await.unwrap();
    tokio::join!(ended(caller), ended(callee));
    call
}

// One thread runs server and phones, so that all the server logs is caught.
#[tokio::test]
async fn every_phase_of_a_call_has_its_time_and_the_servers_log_its_trace() {
    let log = Log::caught("faithcall_backend=debug");
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let before = ruth.clock_ms();
    let call = talk(&ruth, &boas).await;
    boas.end(&call).await.unwrap();
    let told = |event: &Event| match event {
        Event::Ended { timings, .. } => Some(*timings),
        _ => None,
    };
    let with_its_end = ruth.until_call(told).await;

    // They are shown of a call that is over too.
    let over = ruth.state().call.unwrap();
    let of_caller = over.timings;
    assert_eq!(of_caller, with_its_end);
    let [active_ms, ended_ms] = [of_caller.active_ms, of_caller.ended_ms].map(Option::unwrap);
    let duration = over.duration.unwrap();
    let here_ms = duration.ms_at(ruth.clock_ms()) - duration.before_ms;
    assert_eq!(here_ms, ended_ms - active_ms);
    let dialled = [
        Some(before),
        of_caller.dialled_ms,
        of_caller.acknowledged_ms,
        of_caller.ringing_ms,
        of_caller.accepted_ms,
        of_caller.active_ms,
        of_caller.ended_ms,
        Some(ruth.clock_ms()),
    ];
    assert!(
        dialled.is_sorted() && dialled.iter().all(Option::is_some),
        "{of_caller:?}"
    );
    let of_callee = boas.state().call.unwrap().timings;
    assert_eq!(
        (of_callee.dialled_ms, of_callee.acknowledged_ms),
        (None, None)
    );
    let answered = [
        of_callee.ringing_ms,
        of_callee.accepted_ms,
        of_callee.active_ms,
    ];
    assert!(
        answered.is_sorted() && answered.iter().all(Option::is_some),
        "{of_callee:?}"
    );
    for timings in [of_caller, of_callee] {
        let heard = [timings.joined_ms, timings.accepted_ms].into_iter().max();
        assert!(
            heard.is_some() && heard <= Some(timings.first_audio_ms),
            "{timings:?}"
        );
        assert_eq!(timings.first_frame_ms, None, "nobody had a camera on");
    }

    tokio::join!(ruth.disconnect(), boas.disconnect());
    let trace = TraceId::of(&call).unwrap().to_string();
    let text = log.text();
    for path in ["", "/{call_id}/accept", "/{call_id}/end"] {
        let route = format!("method=POST route=\"/api/calls{path}\"");
        let traced = |line: &str| line.contains(&route) && line.contains(&trace);
        assert!(text.lines().any(traced), "{route}: {text}");
    }
}
