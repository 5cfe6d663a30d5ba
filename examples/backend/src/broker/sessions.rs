//! Who is connected with which client id, and until when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Session;

/// How long after a token's expiry its connection is cut, in milliseconds. Time for the SDK, which
/// renews at 80 % of the token's life, to have reconnected under the same client id.
pub const GRACE_MS: u64 = 30_000;

/// How long a connection may take from its password to its CONNACK, in milliseconds. A claim whose
/// connection never came about is forgotten after it.
pub(super) const HANDSHAKE_MS: u64 = 10_000;

/// The claims on client ids, one per connection that gave a right password.
///
/// A client id belongs to whoever claimed it first, until that connection and its stored session are
/// gone; the same owner may claim it again (a reconnect takes the old connection over).
#[derive(Default)]
pub(super) struct Sessions {
    claims: Mutex<HashMap<String, Claim>>,
}

struct Claim {
    session: Arc<Session>,
    claimed_ms: u64,
    /// The connection is, or was, up: from now on the broker knows whether it still exists.
    established: bool,
    cut_ms: Option<u64>,
}

impl Sessions {
    /// Claims `client_id` for `session`. Refused when it is another owner's.
    ///
    /// `exists` says whether the broker holds a connection or a stored session of that client id.
    pub(super) fn claim(
        &self,
        client_id: &str,
        session: Session,
        now_ms: u64,
        exists: bool,
    ) -> Result<(), HeldByAnother> {
        let mut claims = self.lock();
        if let Some(held) = claims.get(client_id)
            && held.session.role != session.role
            && !held.is_gone(now_ms, exists)
        {
            return Err(HeldByAnother);
        }
        let cut_ms = session.expires_at_ms.map(|at| at.saturating_add(GRACE_MS));
        let claim = Claim {
            session: Arc::new(session),
            claimed_ms: now_ms,
            established: false,
            cut_ms,
        };
        claims.insert(client_id.to_owned(), claim);
        Ok(())
    }

    /// The connection of `client_id` is up.
    pub(super) fn established(&self, client_id: &str) {
        if let Some(claim) = self.lock().get_mut(client_id) {
            claim.established = true;
        }
    }

    /// Whose connection this is.
    pub(super) fn get(&self, client_id: &str) -> Option<Arc<Session>> {
        self.lock()
            .get(client_id)
            .map(|claim| Arc::clone(&claim.session))
    }

    /// The client ids of all connections, those still in their handshake included.
    pub(super) fn all(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// The client ids whose connection must be cut now. Forgets what is gone.
    pub(super) fn due(&self, now_ms: u64, exists: impl Fn(&str) -> bool) -> Vec<String> {
        let mut claims = self.lock();
        claims.retain(|client_id, claim| !claim.is_gone(now_ms, exists(client_id)));
        claims
            .iter()
            .filter(|(_, claim)| claim.cut_ms.is_some_and(|at| at <= now_ms))
            .map(|(client_id, _)| client_id.clone())
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Claim>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    fn is_gone(&self, now_ms: u64, exists: bool) -> bool {
        let came_to_nothing = now_ms.saturating_sub(self.claimed_ms) > HANDSHAKE_MS;
        !exists && (self.established || came_to_nothing)
    }
}

/// The client id is another member's at the moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeldByAnother;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Role;

    fn member(name: &str, expires_at_ms: Option<u64>) -> Session {
        let role = Role::Member {
            church: "c".parse().unwrap(),
            member: name.parse().unwrap(),
        };
        Session {
            role,
            expires_at_ms,
        }
    }

    #[test]
    fn a_client_id_is_its_owners_until_the_broker_has_forgotten_it() {
        let sessions = Sessions::default();
        assert_eq!(sessions.claim("x", member("ann", None), 0, false), Ok(()));
        let taken = sessions.claim("x", member("bob", None), 1, false);
        assert_eq!(taken, Err(HeldByAnother), "in ann's handshake");
        sessions.established("x");
        let taken = sessions.claim("x", member("bob", None), 2, true);
        assert_eq!(taken, Err(HeldByAnother), "ann is connected");
        let again = sessions.claim("x", member("ann", None), 3, true);
        assert_eq!(again, Ok(()), "ann reconnects");
        sessions.established("x");
        let free = sessions.claim("x", member("bob", None), 4, false);
        assert_eq!(free, Ok(()), "ann is gone");
    }

    #[test]
    fn a_connection_is_due_thirty_seconds_after_its_token() {
        let sessions = Sessions::default();
        sessions
            .claim("x", member("ann", Some(1_000)), 0, false)
            .unwrap();
        assert!(sessions.due(30_999, |_| true).is_empty());
        assert_eq!(sessions.due(31_000, |_| true), ["x"]);
    }

    #[test]
    fn a_renewed_token_moves_the_cut() {
        let sessions = Sessions::default();
        sessions
            .claim("x", member("ann", Some(1_000)), 0, false)
            .unwrap();
        sessions
            .claim("x", member("ann", Some(9_000)), 900, true)
            .unwrap();
        assert!(sessions.due(38_999, |_| true).is_empty());
        assert_eq!(sessions.due(39_000, |_| true), ["x"]);
    }

    #[test]
    fn a_claim_that_came_to_nothing_is_forgotten() {
        let sessions = Sessions::default();
        sessions.claim("x", member("ann", None), 0, false).unwrap();
        sessions.due(HANDSHAKE_MS, |_| false);
        assert!(sessions.get("x").is_some());
        sessions.due(HANDSHAKE_MS + 1, |_| false);
        assert!(sessions.get("x").is_none());
    }
}
