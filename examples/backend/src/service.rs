//! Everything that a request needs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::auth::Tokens;
use crate::bursts::Bursts;
use crate::calls::Calls;
use crate::livekit::RoomServer;
use crate::publish::Publisher;
use crate::readiness::{LastReadiness, Readiness};
use crate::rooms::Rooms;

/// How long a part may take to prove that it is there.
const PROVEN_WITHIN: Duration = Duration::from_secs(2);

/// The server's parts, as its routes use them.
pub(crate) struct Service {
    pub(crate) tokens: Tokens,
    pub(crate) calls: Arc<Calls>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) publisher: Publisher,
    pub(crate) patches: Bursts,
    pub(crate) last_readiness: LastReadiness,
}

impl Service {
    /// Which parts are there, as it was a second ago at most: for anybody who asks.
    pub(crate) async fn recent_readiness(&self) -> Readiness {
        self.last_readiness.get(self.readiness()).await
    }

    /// Asks every part whether it is there.
    pub(crate) async fn readiness(&self) -> Readiness {
        // No call has this name: the answer is that nobody is there.
        let asked = self
            .rooms
            .livekit()
            .list_participants("faithcall_readiness");
        let (database, livekit) = tokio::join!(
            timeout(PROVEN_WITHIN, self.calls.store.check()),
            timeout(PROVEN_WITHIN, asked)
        );
        Readiness {
            database: matches!(database, Ok(Ok(()))),
            broker: self.publisher.is_ready(),
            livekit: matches!(livekit, Ok(Ok(_))),
        }
    }
}
