//! Events on their way to the app: kept until they are read, within bounds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faithcall_protocol::machine::Event;
use tokio::sync::Notify;

use crate::driver::Told;
use crate::room::RoomError;
use crate::signaling::LinkError;

/// A call has a few dozen; an app that lets so many lie reads the snapshot instead.
const CAPACITY: usize = 512;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientEvent {
    /// What.
    pub news: News,
    /// It happened before anybody asked for events.
    pub replayed: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Something about calls.
    Call(Event),
    /// The broker is reached, and the member's topics are subscribed.
    LinkUp,
    /// The broker is not reached; the client goes on trying. A call that is going on does not
    /// suffer. Told once, and again where the reason is another. No error: it reconnects with a new
    /// token, or over another network.
    LinkDown(Option<LinkError>),
    /// The media server, or a device, did not do as asked. Where that ends the call, `Ended`
    /// follows.
    RoomFailed(RoomError),
    /// So many older events were dropped unread: draw the screen anew from the snapshot.
    Lost(u64),
}

impl From<Told> for News {
    fn from(told: Told) -> Self {
        match told {
            Told::Event(event) => Self::Call(event),
            Told::LinkUp => Self::LinkUp,
            Told::LinkDown(error) => Self::LinkDown(error),
            Told::RoomFailed(error) => Self::RoomFailed(error),
        }
    }
}

#[derive(Default)]
pub(super) struct Events {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<ClientEvent>,
    lost: u64,
    asked_for: bool,
    closed: bool,
}

/// The loop's end; dropped, no more events follow.
pub(super) struct Teller(Arc<Events>);

impl Events {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn teller(self: &Arc<Self>) -> Teller {
        Teller(Arc::clone(self))
    }

    pub(super) async fn next(&self) -> Option<ClientEvent> {
        loop {
            let changed = self.changed.notified();
            {
                let mut queue = self.lock();
                queue.asked_for = true;
                if queue.lost > 0 {
                    let news = News::Lost(std::mem::take(&mut queue.lost));
                    return Some(ClientEvent {
                        news,
                        replayed: false,
                    });
                }
                if let Some(event) = queue.waiting.pop_front() {
                    if !queue.waiting.is_empty() || queue.closed {
                        // Another reader may be waiting.
                        self.changed.notify_one();
                    }
                    return Some(event);
                }
                if queue.closed {
                    self.changed.notify_one();
                    return None;
                }
            }
            changed.await;
        }
    }

    /// The queue is whole whatever panicked: nothing in here does.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Teller {
    pub(super) fn tell(&self, told: Told) {
        let mut queue = self.0.lock();
        if queue.waiting.len() == CAPACITY {
            queue.waiting.pop_front();
            queue.lost += 1;
        }
        let event = ClientEvent {
            news: told.into(),
            replayed: !queue.asked_for,
        };
        queue.waiting.push_back(event);
        drop(queue);
        self.0.changed.notify_one();
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_before_the_first_reader_are_kept_and_marked() {
        let events = Events::new();
        let teller = events.teller();
        teller.tell(Told::LinkUp);
        assert_eq!(
            events.next().await,
            Some(ClientEvent {
                news: News::LinkUp,
                replayed: true
            })
        );
        teller.tell(Told::LinkDown(None));
        assert!(!events.next().await.unwrap().replayed);
        drop(teller);
        assert_eq!(events.next().await, None);
        assert_eq!(events.next().await, None);
    }

    #[tokio::test]
    async fn the_oldest_are_dropped_and_counted() {
        let events = Events::new();
        let teller = events.teller();
        for _ in 0..CAPACITY + 3 {
            teller.tell(Told::LinkUp);
        }
        assert_eq!(events.next().await.unwrap().news, News::Lost(3));
        assert_eq!(events.next().await.unwrap().news, News::LinkUp);
    }
}
