//! How good the connections of real calls are.

use faithcall::{Event, Quality, Side};

use super::one_to_one::talk;
use super::world::World;

fn mine_is_good(event: &Event) -> bool {
    matches!(
        event,
        Event::QualityChanged {
            who: Side::Me,
            quality: Quality::Good,
            ..
        }
    )
}

fn the_others_is_good(event: &Event) -> bool {
    matches!(
        event,
        Event::QualityChanged {
            who: Side::Peer(_),
            quality: Quality::Good,
            ..
        }
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_connections_are_good_on_the_loopback() {
    let world = World::start().await;
    let (ruth, _) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let call = talk(&ruth, &boas).await;
    let wanted = [mine_is_good, the_others_is_good];
    tokio::join!(ruth.until_each(wanted), boas.until_each(wanted));
    let view = ruth.state().call.unwrap();
    assert_eq!(view.quality, Some(Quality::Good));
    assert_eq!(view.participants[0].quality, Some(Quality::Good));
    ruth.end(&call).await.unwrap();
    tokio::join!(ruth.disconnect(), boas.disconnect());
}
