//! The backend's parts on the wire: a real broker, a real LiveKit server, foreign clients.

// The helpers of a test may stop it, as the test itself may.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod backend;
mod broker;
mod broker_access;
mod broker_client;
mod broker_sessions;
mod broker_transports;
mod call_flow;
mod call_logs;
mod external_broker;
mod feedback;
mod group;
mod history;
mod hold;
mod idempotency;
mod join_ahead;
mod late_push;
mod livekit;
mod livekit_peer;
mod media_line;
mod media_outage;
mod part_a;
mod push;
mod races;
mod races_in_call;
mod readiness;
mod recovery;
mod refusals;
mod revoked;
mod trace;
mod unreadable;
mod waiting;
mod webhooks;
