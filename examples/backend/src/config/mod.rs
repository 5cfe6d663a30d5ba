//! The configuration: from the environment, and from a file that it names.
//!
//! Every variable is listed in this crate's README. A value that cannot be used stops the start.

mod source;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use faithcall_protocol::bounds;
use faithcall_protocol::redact::Secret;

pub use source::{ConfigError, Source};

use crate::broker::{BrokerConfig, TlsConfig, TlsFiles};

/// HS256 with less than its own width can be guessed. LiveKit itself refuses shorter ones.
const SECRET_BYTES: usize = 32;
/// MQTT's own, without TLS.
const MQTT_PORT: u16 = 1883;
const DAY_SECONDS: u32 = 24 * 3600;
/// The contract's least: [`faithcall_protocol::ledger::OVER_KNOWN_MS`].
const OVER_KNOWN_SECONDS: u32 = 600;

/// All that the backend must know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the REST interface listens; port 0 takes a free one.
    pub http: SocketAddr,
    /// The SQLite file; made where it is missing.
    pub database: PathBuf,
    /// Signs and checks the members' tokens (HS256).
    pub jwt_secret: Secret,
    /// The media server.
    pub livekit: LiveKitConfig,
    /// The MQTT broker.
    pub broker: BrokerChoice,
    /// Who can be called.
    pub members: MembersSource,
    /// How long things may take.
    pub times: Times,
    /// How often a member may call.
    pub limits: Limits,
    /// Whether devices may wait in the room while it rings.
    pub join_ahead: bool,
    /// Where pushes are written instead of being sent; `None`: there are none.
    pub push_folder: Option<PathBuf>,
}

/// The media server and the key that the backend has there.
#[derive(Debug, Clone)]
pub struct LiveKitConfig {
    /// Where the backend reaches it (`ws://`, `wss://`, `http://` or `https://`).
    pub url: String,
    /// Where clients reach it, as it is written into answers.
    pub public_url: String,
    /// The key's name.
    pub api_key: String,
    /// The key.
    pub api_secret: Secret,
}

/// Which broker carries the signals.
#[derive(Debug, Clone)]
pub enum BrokerChoice {
    /// The one inside this process.
    Embedded(BrokerConfig),
    /// One that runs already. Who may do what there is that broker's configuration.
    External(ExternalBroker),
}

/// A broker that runs already.
#[derive(Debug, Clone)]
pub struct ExternalBroker {
    /// Its host.
    pub host: String,
    /// Its port for MQTT over TCP.
    pub port: u16,
    /// Name and password of the backend there.
    pub credentials: Option<(String, Secret)>,
}

/// Where the members are listed.
#[derive(Debug, Clone)]
pub enum MembersSource {
    /// A JSON file: a list of `{"id", "name", "avatar", "church", "disabled"}`, read again when it
    /// changes.
    File(PathBuf),
    /// A list for development: `church/id=Name, …`.
    Development(String),
}

/// How long things may take. The first three are the contract's [`bounds`] at most.
#[derive(Debug, Clone)]
pub struct Times {
    /// A ring without an answer.
    pub ring: Duration,
    /// From the accept until both are in the room.
    pub connect: Duration,
    /// The longest call.
    pub longest_call: Duration,
    /// How often the room of a call is asked who is in it.
    pub room_watch: Duration,
    /// How often rooms that no call needs are looked for.
    pub reaper: Duration,
    /// How long an ended call stays known.
    pub keep_ended: Duration,
}

/// How many creates a member has in [`Limits::window`]; counted in the store.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The time that is counted over.
    pub window: Duration,
    /// Calls made by one member.
    pub creates: u32,
    /// Calls of one member to the same other one.
    pub creates_per_pair: u32,
    /// Of those, calls that rang out without an answer.
    pub unanswered_per_pair: u32,
}

impl Config {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be used.
    pub fn read(source: &Source) -> Result<Self, ConfigError> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            http: source
                .address("FAITHCALL_HTTP_LISTEN")?
                .unwrap_or(local(8080)),
            database: source
                .text("FAITHCALL_DATABASE")
                .unwrap_or("faithcall.sqlite")
                .into(),
            jwt_secret: source.secret("FAITHCALL_JWT_SECRET", SECRET_BYTES)?,
            livekit: livekit(source)?,
            broker: broker(source, local(MQTT_PORT))?,
            members: members(source)?,
            times: times(source)?,
            limits: limits(source)?,
            join_ahead: source.switch("FAITHCALL_JOIN_AHEAD", true)?,
            push_folder: source.text("FAITHCALL_PUSH_DIR").map(PathBuf::from),
        })
    }
}

fn livekit(source: &Source) -> Result<LiveKitConfig, ConfigError> {
    let url_of = |name| -> Result<Option<String>, ConfigError> {
        let allowed = "an address such as ws://127.0.0.1:7880 or wss://livekit.example";
        match source.text(name) {
            None => Ok(None),
            Some(url) => {
                let known = ["ws://", "wss://", "http://", "https://"]
                    .iter()
                    .any(|scheme| {
                        url.strip_prefix(scheme)
                            .is_some_and(|host| !host.is_empty())
                    });
                if known {
                    Ok(Some(url.trim_end_matches('/').to_owned()))
                } else {
                    Err(ConfigError::Bad {
                        name,
                        allowed: allowed.to_owned(),
                    })
                }
            }
        }
    };
    let url = url_of("LIVEKIT_URL")?.unwrap_or_else(|| "ws://127.0.0.1:7880".to_owned());
    Ok(LiveKitConfig {
        public_url: url_of("FAITHCALL_LIVEKIT_PUBLIC_URL")?.unwrap_or_else(|| url.clone()),
        url,
        api_key: source.required("LIVEKIT_API_KEY", "the name of LiveKit's key")?,
        api_secret: source.secret("LIVEKIT_API_SECRET", SECRET_BYTES)?,
    })
}

fn broker(source: &Source, default_tcp: SocketAddr) -> Result<BrokerChoice, ConfigError> {
    let port: Option<NonZeroU16> =
        source.parsed("MQTT_BROKER_PORT", "a port number from 1 to 65535")?;
    let host = source.text("MQTT_BROKER_HOST");
    if port.is_some() || host.is_some() {
        let credentials = match source.text("FAITHCALL_MQTT_USERNAME") {
            None => None,
            Some(name) => Some((
                name.to_owned(),
                source.secret("FAITHCALL_MQTT_PASSWORD", 1)?,
            )),
        };
        return Ok(BrokerChoice::External(ExternalBroker {
            host: host.unwrap_or("localhost").to_owned(),
            port: port.map_or(MQTT_PORT, NonZeroU16::get),
            credentials,
        }));
    }
    let mqtts = source.address("FAITHCALL_MQTTS_LISTEN")?;
    let wss = source.address("FAITHCALL_MQTT_WSS_LISTEN")?;
    let tls = if mqtts.is_some() || wss.is_some() {
        let file = |name| source.required(name, "the path of a PEM file");
        Some(TlsConfig {
            files: TlsFiles {
                certificate: file("FAITHCALL_TLS_CERTIFICATE")?.into(),
                key: file("FAITHCALL_TLS_KEY")?.into(),
            },
            mqtts,
            wss,
        })
    } else {
        None
    };
    Ok(BrokerChoice::Embedded(BrokerConfig {
        tcp: Some(
            source
                .address("FAITHCALL_MQTT_LISTEN")?
                .unwrap_or(default_tcp),
        ),
        ws: source.address("FAITHCALL_MQTT_WS_LISTEN")?,
        tls,
    }))
}

fn members(source: &Source) -> Result<MembersSource, ConfigError> {
    if let Some(list) = source.text("FAITHCALL_DEV_MEMBERS") {
        return Ok(MembersSource::Development(list.to_owned()));
    }
    let path = source.required(
        "FAITHCALL_MEMBERS_FILE",
        r#"the path of a JSON file, a list of {"id", "name", "avatar", "church"} (or set FAITHCALL_DEV_MEMBERS)"#,
    )?;
    Ok(MembersSource::File(path.into()))
}

fn times(source: &Source) -> Result<Times, ConfigError> {
    let seconds = |name, default, range| source.seconds(name, default, range);
    Ok(Times {
        ring: source.seconds_within("FAITHCALL_RING_SECONDS", bounds::RING_MS)?,
        connect: source.seconds_within("FAITHCALL_CONNECT_SECONDS", bounds::CONNECT_MS)?,
        longest_call: source
            .seconds_within("FAITHCALL_LONGEST_CALL_SECONDS", bounds::LONGEST_CALL_MS)?,
        room_watch: seconds("FAITHCALL_ROOM_WATCH_SECONDS", 5, 0..=60)?,
        reaper: seconds("FAITHCALL_REAPER_SECONDS", 10, 0..=600)?,
        keep_ended: seconds(
            "FAITHCALL_KEEP_ENDED_SECONDS",
            30 * DAY_SECONDS,
            OVER_KNOWN_SECONDS..=366 * DAY_SECONDS,
        )?,
    })
}

fn limits(source: &Source) -> Result<Limits, ConfigError> {
    let count = |name, default| source.number(name, default, 1..=1_000_000);
    Ok(Limits {
        window: source.seconds("FAITHCALL_LIMIT_WINDOW_SECONDS", 60, 0..=DAY_SECONDS)?,
        creates: count("FAITHCALL_LIMIT_CREATES", 30)?,
        creates_per_pair: count("FAITHCALL_LIMIT_CREATES_PER_PAIR", 20)?,
        unanswered_per_pair: count("FAITHCALL_LIMIT_UNANSWERED_PER_PAIR", 10)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [(&str, &str); 4] = [
        ("LIVEKIT_API_KEY", "key"),
        ("LIVEKIT_API_SECRET", "a-secret-of-more-than-32-characters"),
        (
            "FAITHCALL_JWT_SECRET",
            "a-secret-of-more-than-32-characters",
        ),
        ("FAITHCALL_DEV_MEMBERS", "c1/ann=Ann"),
    ];

    fn read(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let pairs = NEEDED.iter().chain(more).copied();
        Config::read(&Source::from_pairs(pairs))
    }

    #[test]
    fn what_is_needed_is_enough() {
        let config = read(&[]).unwrap();
        assert_eq!(config.livekit.public_url, "ws://127.0.0.1:7880");
        assert_eq!(config.times.ring, Duration::from_secs(45));
        assert!(matches!(config.broker, BrokerChoice::Embedded(_)));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (missing, _) in NEEDED {
            let rest = NEEDED.iter().filter(|(name, _)| *name != missing).copied();
            let error = Config::read(&Source::from_pairs(rest)).unwrap_err();
            assert!(error.to_string().contains(missing), "{error}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_allowed_and_never_shown() {
        for (name, bad) in [
            ("FAITHCALL_HTTP_LISTEN", "localhost"),
            ("FAITHCALL_MQTT_LISTEN", "1883"),
            ("MQTT_BROKER_PORT", "65536"),
            ("MQTT_BROKER_PORT", "0"),
            ("LIVEKIT_API_SECRET", "too-short"),
            ("LIVEKIT_URL", "my-host:7880"),
            ("LIVEKIT_URL", "ws://"),
            ("FAITHCALL_JWT_SECRET", "too-short"),
            ("FAITHCALL_RING_SECONDS", "0"),
            ("FAITHCALL_RING_SECONDS", "-1"),
            ("FAITHCALL_RING_SECONDS", "NaN"),
            ("FAITHCALL_RING_SECONDS", "45.5"),
            ("FAITHCALL_CONNECT_SECONDS", "31"),
            ("FAITHCALL_LONGEST_CALL_SECONDS", "14401"),
            ("FAITHCALL_KEEP_ENDED_SECONDS", "599"),
            ("FAITHCALL_LIMIT_CREATES", "0"),
            ("FAITHCALL_LIMIT_CREATES", "1.5"),
            ("FAITHCALL_JOIN_AHEAD", "maybe"),
        ] {
            let error = read(&[(name, bad)]).unwrap_err().to_string();
            assert!(
                error.starts_with(name) && error.contains("must be"),
                "{error}"
            );
            assert!(bad.len() < 6 || !error.contains(bad), "{error}");
        }
    }

    #[test]
    fn tls_needs_its_files() {
        let error = read(&[("FAITHCALL_MQTTS_LISTEN", "127.0.0.1:0")]).unwrap_err();
        assert!(
            error.to_string().contains("FAITHCALL_TLS_CERTIFICATE"),
            "{error}"
        );
    }

    #[test]
    fn a_host_or_a_port_makes_the_broker_an_external_one() {
        for (name, value, host, port) in [
            ("MQTT_BROKER_PORT", "1884", "localhost", 1884),
            ("MQTT_BROKER_HOST", "broker.example", "broker.example", 1883),
        ] {
            let config = read(&[(name, value)]).unwrap();
            let BrokerChoice::External(broker) = config.broker else {
                panic!("embedded");
            };
            assert_eq!((broker.host.as_str(), broker.port), (host, port));
        }
    }
}
