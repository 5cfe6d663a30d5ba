//! The trace of a whole call, recorded and replayed.

use std::sync::{Arc, Mutex};

use faithcall::{Config, TraceSink};
use faithcall_protocol::trace::Replay;

use super::one_to_one::{ended, talk};
use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_replayed_without_a_difference_and_holds_nothing_personal() {
    let world = World::start().await;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let sink = TraceSink::new(move |line: &str| kept.lock().unwrap().push(line.to_owned()));
    let traced = |config: Config| config.trace(sink);
    let (ruth, _) = world
        .phone_with("ruth", "ruths-telephone", 500.0, traced)
        .await;
    let (boas, _) = world.phone("boas", "boas-telephone", 900.0).await;
    let call = talk(&ruth, &boas).await;
    boas.end(&call).await.unwrap();
    ended(&ruth).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());

    let trace = lines.lock().unwrap().clone();
    let mut replay = Replay::new(&trace[0]).unwrap();
    for line in &trace[1..] {
        let replayed = replay.step(line).unwrap().unwrap();
        assert_eq!(replayed.difference, None, "{line}");
    }
    let whole = trace.join("\n");
    for happened in [
        r#""outgoing""#,
        r#""active""#,
        r#""first_media""#,
        r#""ended""#,
    ] {
        assert!(whole.contains(happened), "no {happened} in {whole}");
    }
    let media = world.media_address();
    for personal in [
        "ruth",
        "Ruth",
        "boas",
        "Boas",
        "telephone",
        "faithflow_",
        "/c/",
        "eyJ",
        "ws://",
        &media,
        call.as_str(),
    ] {
        let line = trace.iter().find(|line| line.contains(personal));
        assert!(line.is_none(), "{personal:?} shows: {line:?}");
    }
}
