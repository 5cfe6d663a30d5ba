//! Whether what the ledger asks of the media server suffices.
//!
//! The server also looks after rooms without being told: it removes what should not be there, and
//! sets right what differs. That would hide a ledger that forgets to ask, so what the ledger asked
//! for is judged apart from it.

use faithcall_protocol::id::CallId;
use faithcall_protocol::ledger::{self, RoomTask};

use super::World;
use super::watch::ROOM_OUTLIVES_MS;
use crate::invariant::Invariant;

/// What follows from a commit is done within so long, and its way to the media server.
const TASK_MS: u64 = 1_000;

/// What has become of the ledger's room tasks of one call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RoomTasks {
    /// Its room was removed by the ledger's own task, or need not be judged any more.
    removed: bool,
    /// When somebody's rights in the room last changed.
    pub(super) rights_changed_at: u64,
}

impl World {
    pub(super) fn room_task_done(&mut self, id: &CallId, task: RoomTask) {
        if task == RoomTask::Delete {
            self.room_task_given_up(id);
        }
    }

    /// The media server would not; from here on it is the reaper's.
    pub(super) fn room_task_given_up(&mut self, id: &CallId) {
        self.stories.entry(id.clone()).or_default().tasks.removed = true;
    }

    /// No room outlives its call (I8), and what a commit changes of somebody's rights in a room
    /// reaches the room (I1, I9), by the ledger's own tasks.
    pub(super) fn watch_room_tasks(&mut self) {
        let now = self.now;
        if !self.server.up || self.media.down || now < self.troubled_at + ROOM_OUTLIVES_MS {
            return;
        }
        let mut wrong = Vec::new();
        for (id, story) in &mut self.stories {
            let late = story.over_at.is_some_and(|at| now > at + ROOM_OUTLIVES_MS);
            if late && !story.tasks.removed {
                story.tasks.removed = true;
                let what = format!("the ledger has not asked for the room of {id} to be removed");
                wrong.push((Invariant::I8, what));
            }
        }
        let patience = self.backstage.room_work_ms + TASK_MS;
        for call in self.server.open_calls() {
            let id = call.call_id();
            let tasks = self.stories.get(id).map(|story| story.tasks);
            let changed_at = tasks.unwrap_or_default().rights_changed_at;
            if now < changed_at + patience {
                continue;
            }
            let entitled = ledger::entitled(call);
            let seats = self.media.seats(id).iter();
            for seat in seats.filter(|seat| seat.since_ms < changed_at) {
                let mut rights = entitled.iter();
                let who = &seat.identity;
                match rights.find(|(identity, _)| identity == who) {
                    None => wrong.push((Invariant::I1, format!("{who} was left in {id}"))),
                    Some((_, grants)) if *grants != seat.grants => {
                        let what = format!("{who} in {id} has not the rights that the ledger gave");
                        wrong.push((Invariant::I9, what));
                    }
                    Some(_) => {}
                }
            }
        }
        for (invariant, what) in wrong {
            self.broken(invariant, what);
        }
    }
}
