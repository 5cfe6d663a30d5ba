//! Ends the room of a call that is over.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::reconcile::SCHEDULE;
use super::{LiveKitError, RoomServer};

/// Puts everybody out at each time of [`SCHEDULE`], and deletes the room once nobody is found in it; after the last
/// look whoever is there. Errors are logged and outlived.
///
/// The room is not deleted over people's heads. LiveKit (1.13.5) forgets a room as soon as its last participant was told
/// to leave. Who comes back on that word, before all were told, gets a room that is forgotten too: no request reaches
/// it any more, and it lasts as long as its people like. In a room that stays they are only put out again.
///
/// At `stop` it ends between two looks.
pub async fn close(server: &dyn RoomServer, room: &str, stop: &CancellationToken) {
    let start = Instant::now();
    for (at, is_last) in looks() {
        let pause = stop.run_until_cancelled(sleep_until(start + at));
        if pause.await.is_none() {
            return;
        }
        match close_once(server, room, is_last).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a room could not be closed"),
        }
    }
}

/// When the room is looked at, and whether that is the last time.
fn looks() -> impl Iterator<Item = (Duration, bool)> {
    let last = SCHEDULE.len().saturating_sub(1);
    let looks = SCHEDULE.into_iter().enumerate();
    looks.map(move |(look, at)| (at, look == last))
}

/// Puts everybody out, and deletes the room if nobody was there, or else `anyway`. Whether it is gone.
async fn close_once(
    server: &dyn RoomServer,
    room: &str,
    anyway: bool,
) -> Result<bool, LiveKitError> {
    let present = server.list_participants(room).await?;
    for participant in &present {
        match server.remove_participant(room, &participant.identity).await {
            Err(error) if !error.is_not_found() => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    if !present.is_empty() && !anyway {
        return Ok(false);
    }
    match server.delete_room(room).await {
        Err(error) if !error.is_not_found() => Err(error),
        Ok(()) | Err(_) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::livekit::{Participant, Permission};

    /// A room whose only participant comes back so often, and what was done to it.
    #[derive(Default)]
    struct FakeRoom {
        returns: Mutex<usize>,
        done: Mutex<Vec<&'static str>>,
        refuses_removal: bool,
    }

    impl FakeRoom {
        fn with_returns(returns: usize) -> Self {
            Self {
                returns: Mutex::new(returns),
                ..Self::default()
            }
        }

        fn done(&self) -> Vec<&'static str> {
            self.done.lock().unwrap().clone()
        }

        fn refused(method: &'static str) -> LiveKitError {
            LiveKitError::Refused {
                method,
                status: 500,
                code: "internal".to_owned(),
            }
        }
    }

    #[async_trait]
    impl RoomServer for FakeRoom {
        async fn create_room(&self, _: &str) -> Result<(), LiveKitError> {
            Ok(())
        }
        async fn delete_room(&self, _: &str) -> Result<(), LiveKitError> {
            self.done.lock().unwrap().push("delete");
            Err(LiveKitError::NotFound { method: "Delete" })
        }
        async fn list_rooms(&self) -> Result<Vec<String>, LiveKitError> {
            Ok(Vec::new())
        }
        async fn list_participants(&self, _: &str) -> Result<Vec<Participant>, LiveKitError> {
            let returns = *self.returns.lock().unwrap();
            let ann = Participant {
                identity: "ann".to_owned(),
                session: None,
                is_active: true,
                permission: Some(Permission::default()),
            };
            Ok(vec![ann; returns.min(1)])
        }
        async fn update_permission(
            &self,
            _: &str,
            _: &str,
            _: &Permission,
        ) -> Result<(), LiveKitError> {
            Ok(())
        }
        async fn remove_participant(&self, _: &str, _: &str) -> Result<(), LiveKitError> {
            self.done.lock().unwrap().push("remove");
            if self.refuses_removal {
                return Err(Self::refused("Remove"));
            }
            *self.returns.lock().unwrap() -= 1;
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_without_people_is_deleted_at_once() {
        let room = FakeRoom::default();
        let start = Instant::now();
        close(&room, "r", &CancellationToken::new()).await;
        assert_eq!(room.done(), ["delete"]);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_is_out_before_the_room_is_deleted() {
        let room = FakeRoom::with_returns(2);
        let start = Instant::now();
        close(&room, "r", &CancellationToken::new()).await;
        assert_eq!(room.done(), ["remove", "remove", "delete"]);
        assert_eq!(start.elapsed(), Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn who_always_comes_back_does_not_keep_the_room() {
        let room = FakeRoom::with_returns(100);
        let start = Instant::now();
        close(&room, "r", &CancellationToken::new()).await;
        let mut wanted = vec!["remove"; SCHEDULE.len()];
        wanted.push("delete");
        assert_eq!(room.done(), wanted);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_outlived() {
        let room = FakeRoom {
            refuses_removal: true,
            ..FakeRoom::with_returns(1)
        };
        close(&room, "r", &CancellationToken::new()).await;
        assert_eq!(room.done(), vec!["remove"; SCHEDULE.len()]);
    }
}
