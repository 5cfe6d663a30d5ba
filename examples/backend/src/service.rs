//! Everything that a request needs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::auth::Tokens;
use crate::bursts::Bursts;
use crate::calls::Calls;
use crate::http::LastReadiness;
use crate::livekit::RoomServer;
use crate::publish::Publisher;
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

/// Which of the parts that a call needs are there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readiness {
    pub(crate) database: bool,
    pub(crate) broker: bool,
    pub(crate) livekit: bool,
}

impl Readiness {
    pub(crate) fn all(self) -> bool {
        self.database && self.broker && self.livekit
    }
}

impl Service {
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
