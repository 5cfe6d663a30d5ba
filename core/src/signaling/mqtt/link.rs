//! Keeps the link up: connects, and starts again after a loss.

use std::ops::ControlFlow;
use std::time::Duration;

use faithcall_protocol::backoff::Backoff;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::session::{Over, Session};
use super::{Command, MqttConfig};
use crate::signaling::{LinkError, LinkEvent};
use crate::token::Tokens;

const RECONNECT: Backoff = Backoff {
    first_ms: 500,
    longest_ms: 30_000,
};
/// A link that was up for so long was good: the next loss is a first one.
const STABLE: Duration = Duration::from_secs(10);

pub(super) struct Link {
    pub(super) config: MqttConfig,
    pub(super) tokens: Tokens,
    pub(super) events: mpsc::Sender<LinkEvent>,
    pub(super) commands: mpsc::Receiver<Command>,
}

impl Link {
    pub(super) async fn run(mut self) {
        if let Some(done) = self.keep_up().await {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    /// Returns when the link is not wanted any more, with whom to tell.
    async fn keep_up(&mut self) -> Option<oneshot::Sender<()>> {
        let mut failures = 0;
        let mut token_is_fresh = false;
        // Why there is no link, as it was told.
        let mut told = None;
        loop {
            let token = self.tokens.present();
            let generation = token.generation;
            let (up_since, over) = Session::open(&self.config, token, self.events.clone())
                .run(&self.tokens, &mut self.commands)
                .await;
            if up_since.is_some() {
                told = None;
            }
            let error = match over {
                Over::Asked(done) => return done,
                Over::NewToken => {
                    tracing::debug!("reconnecting to the broker with a new token");
                    if up_since.is_some() {
                        self.tell(LinkEvent::Down(None)).await?;
                    }
                    continue;
                }
                Over::NewNetwork => {
                    tracing::debug!("reconnecting to the broker over another network");
                    failures = 0;
                    if up_since.is_some() {
                        self.tell(LinkEvent::Down(None)).await?;
                    }
                    continue;
                }
                Over::Lost(error) => error,
            };
            if error == LinkError::BadCredentials && !token_is_fresh {
                match self.tokens.replace(generation).await {
                    Ok(_) => {
                        token_is_fresh = true;
                        continue;
                    }
                    Err(refused) => tracing::warn!(%refused, "no newer token for the broker"),
                }
            }
            // One question to the provider for each wait, not one for each refusal.
            token_is_fresh = false;
            let was_good = up_since.is_some_and(|since| since.elapsed() > STABLE);
            failures = if was_good { 1 } else { failures + 1 };
            tracing::info!(%error, failures, "no link to the broker");
            if told.replace(error) != Some(error) {
                self.tell(LinkEvent::Down(Some(error))).await?;
            }
            let wait = Duration::from_millis(RECONNECT.delay_ms(failures, fastrand::u32(..)));
            if let ControlFlow::Break(done) = self.wait(wait, generation).await {
                return done;
            }
        }
    }

    /// Between attempts; commands go on being answered, and a new token ends the wait.
    async fn wait(
        &mut self,
        wait: Duration,
        generation: u64,
    ) -> ControlFlow<Option<oneshot::Sender<()>>> {
        let tokens = self.tokens.clone();
        let over = sleep(wait);
        let newer = tokens.newer_than(generation);
        tokio::pin!(over, newer);
        loop {
            let command = tokio::select! {
                () = &mut over => return ControlFlow::Continue(()),
                _ = &mut newer => return ControlFlow::Continue(()),
                command = self.commands.recv() => command,
            };
            match command {
                None => return ControlFlow::Break(None),
                Some(Command::Disconnect(done)) => return ControlFlow::Break(Some(done)),
                Some(Command::Subscribe(call)) => {
                    let refused = LinkEvent::CallTopics {
                        call,
                        subscribed: false,
                    };
                    if self.tell(refused).await.is_none() {
                        return ControlFlow::Break(None);
                    }
                }
                Some(Command::Reconnect) => return ControlFlow::Continue(()),
                Some(Command::Unsubscribe(_)) => {}
                Some(Command::Publish(..)) => tracing::debug!("no link: nothing published"),
            }
        }
    }

    /// `None` when nobody listens any more.
    async fn tell(&self, event: LinkEvent) -> Option<()> {
        self.events.send(event).await.ok()
    }
}
