//! What is asked of Apple's push service, for PushKit.

use serde_json::{Map, Value, json};

use super::Delivery;

/// Path, headers and payload of the request, without the app's `apns-topic`.
pub(super) fn request(delivery: &Delivery) -> Value {
    let fields = delivery.push.fields().into_iter();
    let mut payload: Map<String, Value> = fields
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    payload.insert("aps".to_owned(), json!({}));
    json!({
        "path": format!("/3/device/{}", delivery.push_token.expose()),
        "headers": {
            "apns-push-type": "voip",
            "apns-priority": "10",
            // Whole seconds since 1970.
            "apns-expiration": (delivery.expires_at_ms / 1_000).to_string(),
            "apns-collapse-id": delivery.push.call_id.as_str(),
        },
        "payload": payload,
    })
}
