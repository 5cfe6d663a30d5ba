//! Brings a room to what the ledger grants: who is in it, and what each may do.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{LiveKitError, Participant, Permission, RoomServer};

/// What each identity may do in one room. Whoever is not named has no business there.
pub type Wanted = HashMap<String, Permission>;

/// When a room is looked at, counted from the commit that changed what is wanted. More than once:
/// LiveKit knows nothing of somebody who is on the way in.
pub const SCHEDULE: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// One step towards what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Put it out of the room.
    Remove {
        /// Whom.
        identity: String,
    },
    /// Take something from it, and give it nothing.
    Demote {
        /// Whom.
        identity: String,
        /// All that it may still do.
        permission: Permission,
    },
    /// Give it all that it may have.
    Promote {
        /// Whom.
        identity: String,
        /// All that it may do from now on.
        permission: Permission,
    },
}

/// What one look at the room came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everybody wanted is there with what it may do, and nobody else.
    Settled,
    /// Somebody wanted is not there yet, something changed while we looked, or it was stopped. Look
    /// again.
    Unsettled,
}

/// The steps from what is to what is wanted, in the order in which they must be done: removals, then
/// demotions, then promotions, so that nothing is forwarded to or from somebody who must not have it.
pub fn plan(present: &[Participant], wanted: &Wanted) -> Vec<Action> {
    let (mut removals, mut demotions, mut promotions) = (Vec::new(), Vec::new(), Vec::new());
    for participant in present {
        let identity = participant.identity.clone();
        let Some(wish) = wanted.get(&identity) else {
            removals.push(Action::Remove { identity });
            continue;
        };
        // One that may do what we never grant keeps nothing of it in between.
        let kept = match &participant.permission {
            Some(now) if now == wish => continue,
            Some(now) => now.intersection(wish),
            None => Permission::default(),
        };
        if participant.permission.as_ref() != Some(&kept) {
            demotions.push(Action::Demote {
                identity: identity.clone(),
                permission: kept.clone(),
            });
        }
        if kept != *wish {
            promotions.push(Action::Promote {
                identity,
                permission: wish.clone(),
            });
        }
    }
    removals.append(&mut demotions);
    removals.append(&mut promotions);
    removals
}

/// Looks at the room once and does what [`plan`] says. `stop` ends it between two requests: one
/// under way is answered first.
///
/// # Errors
/// The first failure ends it, so that nobody is promoted while somebody could not be removed or
/// demoted. That somebody is not there any more is no failure.
pub async fn reconcile_once(
    server: &dyn RoomServer,
    room: &str,
    wanted: &Wanted,
    stop: &CancellationToken,
) -> Result<Outcome, LiveKitError> {
    let present = server.list_participants(room).await?;
    let mut settled = wanted
        .keys()
        .all(|identity| present.iter().any(|there| there.identity == *identity));
    for action in plan(&present, wanted) {
        if stop.is_cancelled() {
            return Ok(Outcome::Unsettled);
        }
        let done = match &action {
            Action::Remove { identity } => server.remove_participant(room, identity).await,
            Action::Demote {
                identity,
                permission,
            }
            | Action::Promote {
                identity,
                permission,
            } => server.update_permission(room, identity, permission).await,
        };
        match (done, &action) {
            (Ok(()), _) => {}
            (Err(error), Action::Remove { .. }) if error.is_not_found() => {}
            (Err(error), _) if error.is_not_found() => settled = false,
            (Err(error), _) => return Err(error),
        }
    }
    Ok(match settled {
        true => Outcome::Settled,
        false => Outcome::Unsettled,
    })
}

/// Looks at the room at each time of [`SCHEDULE`] until it is settled, or until `stop`: then it ends
/// between two requests, and none of its own is under way any more.
///
/// `wanted` is asked anew each time, so that a later commit is never undone by an earlier one; its
/// `None` says that the call is over and ends the work. Errors are logged and outlived: who calls
/// this looks at every participant list too.
pub async fn reconcile<F, Fut>(
    server: &dyn RoomServer,
    room: &str,
    stop: &CancellationToken,
    wanted: F,
) where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Option<Wanted>> + Send,
{
    let start = Instant::now();
    for at in SCHEDULE {
        let pause = stop.run_until_cancelled(sleep_until(start + at));
        if pause.await.is_none() {
            return;
        }
        let Some(wanted) = wanted().await else {
            return;
        };
        match reconcile_once(server, room, &wanted, stop).await {
            Ok(Outcome::Settled) => return,
            Ok(Outcome::Unsettled) => {}
            Err(error) => tracing::warn!(%error, "a room could not be reconciled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::livekit::Source;

    fn waiting() -> Permission {
        Permission {
            sources: [Source::Microphone].into(),
            ..Permission::default()
        }
    }

    fn full() -> Permission {
        Permission {
            can_subscribe: true,
            can_publish_data: true,
            ..waiting()
        }
    }

    fn there(identity: &str, permission: Permission) -> Participant {
        Participant {
            identity: identity.to_owned(),
            session: None,
            is_active: true,
            permission: Some(permission),
        }
    }

    fn wanted<const N: usize>(who: [(&str, Permission); N]) -> Wanted {
        who.map(|(identity, may)| (identity.to_owned(), may)).into()
    }

    fn remove(identity: &str) -> Action {
        Action::Remove {
            identity: identity.to_owned(),
        }
    }

    fn demote(identity: &str, permission: Permission) -> Action {
        Action::Demote {
            identity: identity.to_owned(),
            permission,
        }
    }

    fn promote(identity: &str, permission: Permission) -> Action {
        Action::Promote {
            identity: identity.to_owned(),
            permission,
        }
    }

    #[test]
    fn the_accept_promotes_both() {
        let present = [there("ann", waiting()), there("bob#1", waiting())];
        let actions = plan(&present, &wanted([("ann", full()), ("bob#1", full())]));
        let both = [promote("ann", full()), promote("bob#1", full())];
        assert_eq!(actions, both);
    }

    #[test]
    fn whoever_must_go_goes_before_anybody_is_promoted() {
        let present = [
            there("ann", waiting()),
            there("bob#1", waiting()),
            there("cid", full()),
        ];
        let actions = plan(&present, &wanted([("ann", full()), ("cid", waiting())]));
        let order = [
            remove("bob#1"),
            demote("cid", waiting()),
            promote("ann", full()),
        ];
        assert_eq!(actions, order);
    }

    #[test]
    fn who_gains_and_loses_loses_first() {
        let listening = Permission {
            can_subscribe: true,
            ..Permission::default()
        };
        let actions = plan(&[there("ann", listening)], &wanted([("ann", waiting())]));
        let steps = [
            demote("ann", Permission::default()),
            promote("ann", waiting()),
        ];
        assert_eq!(actions, steps);
    }

    #[test]
    fn what_we_never_grant_is_taken_away_first() {
        let hidden = Participant {
            permission: None,
            ..there("ann", full())
        };
        let actions = plan(&[hidden], &wanted([("ann", full())]));
        let steps = [demote("ann", Permission::default()), promote("ann", full())];
        assert_eq!(actions, steps);
    }

    #[test]
    fn nothing_is_sent_for_what_is_as_it_should_be() {
        let actions = plan(
            &[there("ann", full())],
            &wanted([("ann", full()), ("bob", full())]),
        );
        assert_eq!(actions, []);
    }

    /// A room where somebody may come in at a given look at it, and calls may fail.
    #[derive(Default)]
    struct FakeRoom {
        people: Mutex<BTreeMap<String, Permission>>,
        arrivals: HashMap<usize, (&'static str, Permission)>,
        looks: Mutex<Vec<Duration>>,
        refuses_removal: bool,
        start: Option<Instant>,
    }

    impl FakeRoom {
        fn new<const N: usize>(people: [(&str, Permission); N]) -> Self {
            Self {
                people: Mutex::new(wanted(people).into_iter().collect()),
                start: Some(Instant::now()),
                ..Self::default()
            }
        }

        fn may(&self, identity: &str) -> Option<Permission> {
            self.people.lock().unwrap().get(identity).cloned()
        }

        fn looks(&self) -> Vec<u128> {
            let looks = self.looks.lock().unwrap();
            looks.iter().map(Duration::as_millis).collect()
        }
    }

    #[async_trait]
    impl RoomServer for FakeRoom {
        async fn create_room(&self, _: &str) -> Result<(), LiveKitError> {
            Ok(())
        }
        async fn delete_room(&self, _: &str) -> Result<(), LiveKitError> {
            Ok(())
        }
        async fn list_rooms(&self) -> Result<Vec<String>, LiveKitError> {
            Ok(Vec::new())
        }
        async fn list_participants(&self, _: &str) -> Result<Vec<Participant>, LiveKitError> {
            let mut looks = self.looks.lock().unwrap();
            let mut people = self.people.lock().unwrap();
            if let Some((identity, permission)) = self.arrivals.get(&looks.len()) {
                people.insert((*identity).to_owned(), permission.clone());
            }
            looks.push(self.start.unwrap().elapsed());
            let all = people.iter();
            Ok(all.map(|(who, may)| there(who, may.clone())).collect())
        }
        async fn update_permission(
            &self,
            _: &str,
            identity: &str,
            permission: &Permission,
        ) -> Result<(), LiveKitError> {
            match self.people.lock().unwrap().get_mut(identity) {
                Some(may) => *may = permission.clone(),
                None => return Err(LiveKitError::NotFound { method: "Update" }),
            }
            Ok(())
        }
        async fn remove_participant(&self, _: &str, identity: &str) -> Result<(), LiveKitError> {
            if self.refuses_removal {
                return Err(LiveKitError::Refused {
                    method: "Remove",
                    status: 500,
                    code: "internal".to_owned(),
                });
            }
            self.people.lock().unwrap().remove(identity);
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_settled_room_is_looked_at_once() {
        let room = FakeRoom::new([("ann", waiting())]);
        reconcile(&room, "r", &CancellationToken::new(), || async {
            Some(wanted([("ann", full())]))
        })
        .await;
        assert_eq!(room.may("ann"), Some(full()));
        assert_eq!(room.looks(), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_in_late_with_an_old_token_is_promoted() {
        let room = FakeRoom {
            arrivals: [(3, ("bob", waiting()))].into(),
            ..FakeRoom::new([("ann", full())])
        };
        let both = || async { Some(wanted([("ann", full()), ("bob", full())])) };
        reconcile(&room, "r", &CancellationToken::new(), both).await;
        assert_eq!(room.may("bob"), Some(full()));
        assert_eq!(room.looks(), [0, 200, 500, 1000]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_schedule_ends() {
        let room = FakeRoom::new([]);
        reconcile(&room, "r", &CancellationToken::new(), || async {
            Some(wanted([("ann", full())]))
        })
        .await;
        assert_eq!(room.looks(), [0, 200, 500, 1000, 2000, 5000]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_done_for_a_call_that_is_over() {
        let room = FakeRoom::new([("ann", waiting())]);
        reconcile(&room, "r", &CancellationToken::new(), || async { None }).await;
        assert_eq!(room.looks(), [0; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_promoted_while_somebody_could_not_be_removed() {
        let room = FakeRoom {
            refuses_removal: true,
            ..FakeRoom::new([("ann", waiting()), ("stranger", full())])
        };
        reconcile(&room, "r", &CancellationToken::new(), || async {
            Some(wanted([("ann", full())]))
        })
        .await;
        assert_eq!(room.may("ann"), Some(waiting()));
        assert_eq!(room.looks().len(), SCHEDULE.len(), "it keeps trying");
    }
}
