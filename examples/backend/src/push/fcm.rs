//! What is asked of Firebase Cloud Messaging (HTTP v1, `messages:send`).

use serde_json::{Value, json};

use super::Delivery;

/// The body of the request: data only, so that the app itself is woken; at once, and never later
/// than it makes sense.
pub(super) fn request(delivery: &Delivery) -> Value {
    let left_ms = delivery.expires_at_ms.saturating_sub(delivery.at_ms);
    json!({
        "message": {
            "token": delivery.push_token.expose(),
            "data": delivery.push.fields(),
            "android": {
                "priority": "HIGH",
                "ttl": format!("{}.{:03}s", left_ms / 1_000, left_ms % 1_000),
            },
        },
    })
}
