//! Sends the pushes that commits left behind, each until its service has taken it, it has expired, or
//! a newer one of its call takes its place. A service that is slow or down keeps no other push.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use super::{Delivery, Sender};
use crate::clock::now_ms;
use crate::spans;
use crate::store::{Store, StoreError, UnsentPush};

/// How many pushes are on their way at once.
const AT_A_TIME: usize = 256;
/// A service that takes longer has not taken it.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long a store or a service that failed is left alone.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Starts to send; `news` tells of new ones. What was not sent is sent after the next start.
pub(crate) fn start(
    sender: Arc<dyn Sender>,
    store: Arc<dyn Store>,
    news: Arc<Notify>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut last = 0;
        // Dropped with this task, it ends theirs.
        let mut on_their_way = JoinSet::new();
        loop {
            let entries = match store.unsent_pushes(last).await {
                Ok(entries) => entries,
                Err(error) => {
                    tracing::warn!(%error, "the pushes could not be read");
                    sleep(RETRY_AFTER).await;
                    continue;
                }
            };
            if entries.is_empty() {
                tokio::select! {
                    () = news.notified() => {}
                    Some(_) = on_their_way.join_next() => {}
                }
            }
            for seq in entries {
                last = seq;
                if on_their_way.len() >= AT_A_TIME {
                    on_their_way.join_next().await;
                }
                let (sender, store) = (Arc::clone(&sender), Arc::clone(&store));
                on_their_way.spawn(async move { bring(&*sender, &*store, seq).await });
            }
        }
    })
}

/// Sends one, however often that takes.
async fn bring(sender: &dyn Sender, store: &dyn Store, seq: i64) {
    loop {
        match store.unsent_push(seq).await {
            Ok(Some(unsent)) => {
                let span = spans::call(&unsent.order.push.call_id);
                if attempt(sender, unsent).instrument(span).await {
                    break;
                }
            }
            Ok(None) => break,
            Err(StoreError::Unreadable(fault)) => {
                // It is tried once more after the next start.
                tracing::error!(seq, %fault, "a push cannot be read: it is not sent");
                return;
            }
            Err(error) => tracing::warn!(%error, "a push could not be read; trying again"),
        }
        sleep(RETRY_AFTER).await;
    }
    if let Err(error) = store.push_sent(seq).await {
        // It goes out once more after the next start.
        tracing::warn!(%error, "a push could not be marked as sent");
    }
}

/// `true` where nothing is left to be done.
async fn attempt(sender: &dyn Sender, unsent: UnsentPush) -> bool {
    let Some(delivery) = delivery(unsent, now_ms()) else {
        return true;
    };
    match timeout(SEND_WITHIN, sender.send(&delivery)).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a push was not taken; trying again");
            false
        }
        Err(_) => {
            tracing::warn!("a push was not taken in time; trying again");
            false
        }
    }
}

/// None where it need not, or must not, be sent: too late, or not that way.
fn delivery(unsent: UnsentPush, now_ms: u64) -> Option<Delivery> {
    let UnsentPush {
        device,
        registration,
        order,
    } = unsent;
    let push = order.at(now_ms)?;
    let service = registration.push_kind?;
    push.kind.goes_by(service).then_some(())?;
    Some(Delivery {
        member: order.member_id,
        device,
        service,
        push_token: registration.push_token?,
        push,
        at_ms: now_ms,
        expires_at_ms: order.expires_at_ms,
    })
}

#[cfg(test)]
mod tests;
