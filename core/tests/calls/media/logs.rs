//! What a log of a whole call shows, at its most talkative.

use faithcall_testing::Log;

use super::one_to_one::talk_and_hang_up;
use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_no_name_and_no_query_shows() {
    let log = Log::caught_everywhere("trace,faithcall_backend=off,rmqtt=off");
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    talk_and_hang_up(&ruth, &boas).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());

    let log = log.text();
    for expected in ["answered", "the link to the broker is up"] {
        assert!(log.contains(expected), "nothing of {expected:?} in the log");
    }
    // Any JWT, the members' and LiveKit's, begins so.
    for secret in ["eyJ", "Ruth Ahab", "Boas Levi", "access_token", "known="] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret:?} shows: {line:?}");
    }
}
