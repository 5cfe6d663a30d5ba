//! Everything that a request needs.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Tokens;
use crate::calls::Calls;
use crate::livekit::RoomServer;
use crate::publish::Publisher;
use crate::rooms::Rooms;

/// How long the media server may take to prove that it is there.
const LIVEKIT_WITHIN: Duration = Duration::from_secs(2);

/// The server's parts, as its routes use them.
pub(crate) struct Service {
    pub(crate) tokens: Tokens,
    pub(crate) calls: Arc<Calls>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) publisher: Publisher,
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
            self.calls.store.check(),
            tokio::time::timeout(LIVEKIT_WITHIN, asked)
        );
        Readiness {
            database: database.is_ok(),
            broker: self.publisher.is_ready(),
            livekit: matches!(livekit, Ok(Ok(_))),
        }
    }
}
