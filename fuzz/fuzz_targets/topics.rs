//! A topic's text: what is taken is exactly what would be built.
#![no_main]

use faithcall_protocol::signal::topic::Topic;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(topic) = text.parse::<Topic>() {
        assert_eq!(topic.to_string(), text);
        assert!(!text.contains(['#', '+', '\0']), "a filter is no topic");
    }
});
