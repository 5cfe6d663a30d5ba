//! A broker that is not the backend's own, which can die and come back.

use std::sync::Arc;

use faithcall_backend::broker::{self, Broker, BrokerConfig};
use faithcall_testing::free_tcp_port;

use crate::backend::Backend;
use crate::broker_client::TestGate;

/// Where it is, and the settings that lead to it.
pub(crate) struct External {
    port: u16,
}

impl External {
    pub(crate) fn reserve() -> Self {
        let port = free_tcp_port().unwrap();
        Self { port }
    }

    /// Starts it; another one must not run.
    pub(crate) async fn broker(&self) -> Broker {
        let config = BrokerConfig {
            tcp: Some(([127, 0, 0, 1], self.port).into()),
            ..BrokerConfig::default()
        };
        let expires_at_ms = None;
        broker::start(config, Arc::new(TestGate { expires_at_ms }))
            .await
            .unwrap()
    }

    /// A backend that uses it, not waited for.
    pub(crate) async fn backend(&self, more: &[(&str, &str)]) -> Backend {
        let port = self.port.to_string();
        let mut settings = vec![
            ("MQTT_BROKER_HOST", "127.0.0.1"),
            ("MQTT_BROKER_PORT", &port),
            ("FAITHCALL_MQTT_USERNAME", "backend"),
            ("FAITHCALL_MQTT_PASSWORD", "pw-backend"),
        ];
        settings.extend(more);
        Backend::unready(&settings).await
    }
}
