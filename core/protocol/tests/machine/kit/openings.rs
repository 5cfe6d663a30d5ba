//! Whole stretches of a call: how most tests begin, and what they go through on the way.

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::machine::{Reply, RoomEvent};
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::snapshot::CallSnapshot;

use super::{
    Phone, active_call, callee, created, created_a, done, incoming, outgoing, refusal, ringing,
    sync,
};

/// When the call of [`Phone::dialing_a`] began, by Bob's clock.
const DIALLED_A_MS: u64 = 1_000;

/// On a part-B server.
impl Phone {
    /// Rings, with Alice's call from a part-B server, the server told.
    pub(crate) fn ringing(call: &str) -> Self {
        let mut phone = Self::part_b();
        phone.invite(call, 45_000);
        phone.answer("ringing", ringing(45_000, false));
        phone.events();
        phone
    }

    /// Bob called Alice, and it rings there.
    pub(crate) fn dialing(call: &str) -> Self {
        let mut phone = Self::part_b();
        phone.call(call, "alice");
        phone.placed(call);
        phone.events();
        phone
    }

    /// In an active call that Alice made.
    pub(crate) fn active(call: &str) -> Self {
        let mut phone = Self::ringing(call);
        phone.accept(call);
        phone.accept_counts(call, 2);
        phone.room(RoomEvent::Connected);
        phone.joined("alice");
        phone.answer("connected", done());
        phone.update(incoming(call).rev(3).active("phone"));
        phone.events();
        phone
    }

    /// The create made the call; nobody joins ahead.
    pub(crate) fn placed(&mut self, call: &str) -> &mut Self {
        self.answer("create", created(outgoing(call).made(), false))
    }

    /// The create made the call, and the caller joins its room ahead.
    pub(crate) fn placed_ahead(&mut self, call: &str) -> &mut Self {
        self.answer("create", created(outgoing(call).made(), true))
    }

    /// The create met Alice's call the other way.
    pub(crate) fn glare(&mut self, with: &str) -> &mut Self {
        let other = incoming(with).made();
        self.fail("create", refusal(409, ErrorCode::Glare, Some(other)))
    }

    /// The accept won, at this revision.
    pub(crate) fn accept_counts(&mut self, call: &str, rev: u64) -> &mut Self {
        let accepted = incoming(call).rev(rev).accepted("phone");
        self.answer("accept", created(accepted, false))
    }

    /// The accept is refused, with the call as it is.
    pub(crate) fn accept_loses(&mut self, to: CallSnapshot) -> &mut Self {
        self.fail("accept", refusal(409, ErrorCode::CannotAccept, Some(to)))
    }

    /// The server is asked for everything, and has these calls with so much ring time.
    pub(crate) fn synced(&mut self, calls: Vec<(CallSnapshot, u64)>) -> &mut Self {
        let now = self.now;
        self.answer("sync", sync(now, calls, vec![]))
    }
}

/// On a part-A server.
impl Phone {
    /// Bob called Alice; the server named the call `call`; its topics are subscribed.
    pub(crate) fn dialing_a(call: &str) -> Self {
        let mut bob = Self::part_a();
        bob.call("c1", "alice");
        bob.answer("create", created_a(call)).topics(call, true);
        let ringing = active_call(call, "bob", "alice", CallStatus::Ringing, DIALLED_A_MS);
        bob.answer("active", ringing).events();
        bob
    }

    /// Alice accepted that call, and Bob is in the room.
    pub(crate) fn connecting_a(call: &str) -> Self {
        let mut bob = Self::dialing_a(call);
        bob.call_signal(call, Signal::CallAccept(callee("alice")));
        bob.room(RoomEvent::Connected).answer("connected", done());
        bob
    }

    /// Alice's call rings; its topics are subscribed.
    pub(crate) fn ringing_a(call: &str) -> Self {
        let mut bob = Self::part_a();
        bob.invite_a(call, "alice").rings_at_server(call);
        bob.topics(call, true).rings_at_server(call).events();
        bob
    }

    /// The server is asked what goes on: this call, from now.
    pub(crate) fn goes_on(
        &mut self,
        call: &str,
        caller: &str,
        callee: &str,
        status: CallStatus,
    ) -> &mut Self {
        let now = self.now;
        self.answer("active", active_call(call, caller, callee, status, now))
    }

    /// The server is asked what goes on: Alice's call to Bob rings.
    pub(crate) fn rings_at_server(&mut self, call: &str) -> &mut Self {
        self.goes_on(call, "alice", "bob", CallStatus::Ringing)
    }

    /// The server is asked what goes on: Bob's call to Alice rings.
    pub(crate) fn found_ringing(&mut self, call: &str) -> &mut Self {
        self.goes_on(call, "bob", "alice", CallStatus::Ringing)
    }

    /// The server is asked what goes on: nothing.
    pub(crate) fn nothing_goes_on(&mut self) -> &mut Self {
        self.answer("active", Reply::Active(None))
    }
}
