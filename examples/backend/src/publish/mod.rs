//! Sends what the outbox holds, in the order of the commits, until the broker has it.
//!
//! An entry is removed when the broker acknowledged it. After a lost connection and after a restart
//! everything that is not acknowledged goes out again, in the same order: at least once each.

mod link;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use faithcall_protocol::ledger::Message;
use faithcall_protocol::signal;
use rumqttc::{AsyncClient, QoS};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

pub(crate) use link::BrokerAddress;
use link::LinkEvent;

use crate::clock;
use crate::store::Store;

/// How many publications are under way at once.
const WINDOW: usize = 32;
/// How long a store that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A message from a client, on a topic that the backend listens to.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
}

/// The running publisher. Dropped, it disconnects.
pub(crate) struct Publisher {
    listening: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Publisher {
    /// Starts to send; `news` tells of new entries, messages that match `filter` go to `inbound`.
    pub(crate) fn start(
        address: &BrokerAddress,
        filter: &'static str,
        store: Arc<dyn Store>,
        news: Arc<Notify>,
        inbound: mpsc::Sender<Inbound>,
    ) -> Self {
        let (client, events) = link::open(address);
        let listening = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            client,
            filter,
            store,
            inbound,
            listening: Arc::clone(&listening),
            window: Window::default(),
            reported: 0,
        };
        Self {
            listening,
            task: tokio::spawn(worker.run(events, news)),
        }
    }

    /// Whether it is connected to the broker and hears its clients.
    pub(crate) fn is_ready(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    /// Disconnects. What is not sent yet stays in the outbox.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Which entries are under way on this connection.
#[derive(Default)]
struct Window {
    connected: bool,
    /// Everything up to this entry was handed over.
    last: i64,
    handed_over: VecDeque<i64>,
    sent: HashMap<u16, i64>,
}

impl Window {
    fn room(&self) -> usize {
        WINDOW.saturating_sub(self.handed_over.len() + self.sent.len())
    }
}

struct Worker {
    client: AsyncClient,
    filter: &'static str,
    store: Arc<dyn Store>,
    inbound: mpsc::Sender<Inbound>,
    listening: Arc<AtomicBool>,
    window: Window,
    /// The last entry that was reported as unreadable; later readings find it again.
    reported: i64,
}

impl Worker {
    async fn run(mut self, mut events: mpsc::Receiver<LinkEvent>, news: Arc<Notify>) {
        let mut retry = false;
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { return };
                    let mut done = Vec::new();
                    self.handle(event, &mut done).await;
                    while let Ok(event) = events.try_recv() {
                        self.handle(event, &mut done).await;
                    }
                    self.mark_sent(&done).await;
                }
                () = news.notified() => {}
                () = tokio::time::sleep(RETRY_AFTER), if retry => {}
            }
            retry = !self.fill().await;
        }
    }

    async fn handle(&mut self, event: LinkEvent, done: &mut Vec<i64>) {
        match event {
            LinkEvent::Up => {
                self.window = Window {
                    connected: true,
                    ..Window::default()
                };
                link::subscribe(&self.client, self.filter).await;
            }
            LinkEvent::Down => {
                self.listening.store(false, Ordering::Relaxed);
                self.window = Window::default();
            }
            LinkEvent::Subscribed => self.listening.store(true, Ordering::Relaxed),
            LinkEvent::Sent(id) => {
                if let Some(seq) = self.window.handed_over.pop_front() {
                    self.window.sent.insert(id, seq);
                }
            }
            LinkEvent::Acknowledged(id) => done.extend(self.window.sent.remove(&id)),
            LinkEvent::Message { topic, payload } => {
                // A full queue means a flood of signals that only help part-A clients: drop it.
                let _ = self.inbound.try_send(Inbound { topic, payload });
            }
        }
    }

    /// Hands over as much as the window takes; `false` when the store failed.
    async fn fill(&mut self) -> bool {
        while self.window.connected && self.window.room() > 0 {
            let room = self.window.room();
            let entries = match self.store.unsent(self.window.last, room).await {
                Ok(entries) => entries,
                Err(error) => {
                    tracing::warn!(%error, "the outbox could not be read");
                    return false;
                }
            };
            if entries.is_empty() {
                break;
            }
            let mut stale = Vec::new();
            for entry in entries {
                self.window.last = entry.seq;
                let Some(message) = entry.message else {
                    self.report(entry.seq);
                    continue;
                };
                match as_it_is_now(message) {
                    Some((topic, payload)) => self.hand_over(entry.seq, topic, payload).await,
                    None => stale.push(entry.seq),
                }
            }
            self.mark_sent(&stale).await;
        }
        true
    }

    /// Says once that an entry cannot be read. It stays where it is and is not sent.
    fn report(&mut self, seq: i64) {
        if seq > self.reported {
            self.reported = seq;
            tracing::error!(
                seq,
                "a message in the outbox cannot be read: it is not sent"
            );
        }
    }

    async fn hand_over(&mut self, seq: i64, topic: String, payload: Vec<u8>) {
        let handed = self.client.publish(topic, QoS::AtLeastOnce, false, payload);
        match handed.await {
            Ok(()) => self.window.handed_over.push_back(seq),
            Err(error) => tracing::error!(%error, "a message could not be handed over"),
        }
    }

    async fn mark_sent(&self, entries: &[i64]) {
        if entries.is_empty() {
            return;
        }
        if let Err(error) = self.store.sent(entries).await {
            // They go out once more after the next start.
            tracing::warn!(%error, "sent messages could not be marked");
        }
    }
}

/// A message with the ring time that is left now; `None` where nobody is to be rung any more.
fn as_it_is_now(message: Message) -> Option<(String, Vec<u8>)> {
    let message = message.at(clock::now_ms())?;
    match signal::encode(&message.envelope) {
        Ok(payload) => Some((message.topic.to_string(), payload)),
        Err(error) => {
            tracing::error!(%error, "a message could not be written");
            None
        }
    }
}

#[cfg(test)]
mod tests;
