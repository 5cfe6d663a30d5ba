//! A client, and waiting for what it tells.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use faithcall::room::RoomEngine;
use faithcall::{CallClient, ClientEvent, Config, Event, News, TokenProvider};
use tokio::time::timeout;

/// Nothing that a test waits for takes longer on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A client whose events are read one after another.
pub(crate) struct Phone(CallClient);

impl Deref for Phone {
    type Target = CallClient;

    fn deref(&self) -> &CallClient {
        &self.0
    }
}

impl Phone {
    pub(crate) async fn connect(
        config: Config,
        tokens: impl TokenProvider,
        engine: Arc<dyn RoomEngine>,
    ) -> Self {
        Self(CallClient::connect(config, tokens, engine).await.unwrap())
    }

    /// The first event from now on of which `wanted` makes something. Fails with all that came
    /// instead when it does not come.
    pub(crate) async fn until<T>(&self, mut wanted: impl FnMut(&News) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = async {
            loop {
                let ClientEvent { news, .. } = self.next_event().await?;
                if let Some(found) = wanted(&news) {
                    return Some(found);
                }
                seen.push(news);
            }
        };
        match timeout(PATIENCE, found).await {
            Ok(Some(found)) => found,
            Ok(None) => panic!("signed out instead: {seen:#?}"),
            Err(_) => panic!("did not come in {PATIENCE:?}; instead: {seen:#?}"),
        }
    }

    /// The same of the events about calls.
    pub(crate) async fn until_call<T>(&self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let wanted = |news: &News| match news {
            News::Call(event) => wanted(event),
            _ => None,
        };
        self.until(wanted).await
    }

    /// Waits until each has come, in whatever order.
    pub(crate) async fn until_each<const N: usize>(&self, wanted: [fn(&Event) -> bool; N]) {
        let mut missing = wanted.to_vec();
        let all = |event: &Event| {
            missing.retain(|wanted| !wanted(event));
            missing.is_empty().then_some(())
        };
        self.until_call(all).await;
    }

    pub(crate) async fn link_up(&self) {
        self.until(|news| (*news == News::LinkUp).then_some(()))
            .await;
    }
}
