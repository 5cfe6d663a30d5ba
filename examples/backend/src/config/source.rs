//! Where values come from, and what is said about a bad one.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use faithcall_protocol::redact::Secret;

/// The variable that names a file with more variables.
pub(super) const FILE: &str = "FAITHCALL_CONFIG";

/// What is wrong with the configuration. The message names the variable and what it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nothing is set, and there is no default.
    #[error("{name} is not set; it must be {allowed}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it may be.
        allowed: String,
    },
    /// The value cannot be used. It is not shown: it may be a secret.
    #[error("{name} cannot be used; it must be {allowed}")]
    Bad {
        /// The variable.
        name: &'static str,
        /// What it may be.
        allowed: String,
    },
    /// The file of variables or a file that a variable names cannot be read.
    #[error("{name} names the file {path}, which cannot be used: {reason}")]
    File {
        /// The variable.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Variables by name: those of a file, and over them those of the environment.
#[derive(Default)]
pub struct Source {
    values: BTreeMap<String, String>,
}

impl Source {
    /// The process environment, and the file that it names in `FAITHCALL_CONFIG`.
    ///
    /// # Errors
    /// The file is not there, or not one JSON object of texts, numbers and booleans.
    pub fn from_environment() -> Result<Self, ConfigError> {
        // A variable that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::with_file(environment.collect())
    }

    /// These variables, and under them those of the file that they name.
    fn with_file(environment: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut values = match environment.get(FILE) {
            Some(path) => read_file(Path::new(path))?,
            None => BTreeMap::new(),
        };
        values.extend(environment);
        Ok(Self { values })
    }

    /// These variables and no others.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let values = pairs.into_iter().map(|(n, v)| (n.into(), v.into()));
        Self {
            values: values.collect(),
        }
    }

    /// The text of a variable; an empty one counts as not set.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn required(
        &self,
        name: &'static str,
        allowed: &str,
    ) -> Result<String, ConfigError> {
        let text = self.text(name).ok_or_else(|| ConfigError::Missing {
            name,
            allowed: allowed.to_owned(),
        })?;
        Ok(text.to_owned())
    }

    /// A secret of at least `min_bytes`: shorter ones can be guessed.
    pub(super) fn secret(
        &self,
        name: &'static str,
        min_bytes: usize,
    ) -> Result<Secret, ConfigError> {
        let allowed = format!("a secret of at least {min_bytes} bytes");
        let secret = self.required(name, &allowed)?;
        if secret.len() < min_bytes {
            return Err(ConfigError::Bad { name, allowed });
        }
        Ok(Secret::new(secret))
    }

    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        allowed: &str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let parsed = text.parse().map_err(|_| ConfigError::Bad {
            name,
            allowed: allowed.to_owned(),
        })?;
        Ok(Some(parsed))
    }

    pub(super) fn address(&self, name: &'static str) -> Result<Option<SocketAddr>, ConfigError> {
        self.parsed(
            name,
            "an address with a port, such as 127.0.0.1:8080 (port 0 takes a free one)",
        )
    }

    pub(super) fn number<T: FromStr + PartialOrd + Display>(
        &self,
        name: &'static str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> Result<T, ConfigError> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        match self.parsed(name, &allowed)? {
            None => Ok(default),
            Some(value) if range.contains(&value) => Ok(value),
            Some(_) => Err(ConfigError::Bad { name, allowed }),
        }
    }

    /// A time in seconds, fractions allowed; never 0.
    pub(super) fn seconds(
        &self,
        name: &'static str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Duration, ConfigError> {
        let allowed = match range.start() {
            0 => format!("seconds, more than 0 and at most {}", range.end()),
            least => format!("seconds, from {least} to {}", range.end()),
        };
        let (least, most) = (f64::from(*range.start()), f64::from(*range.end()));
        match self.parsed::<f64>(name, &allowed)? {
            None => Ok(Duration::from_secs(default.into())),
            Some(seconds) if seconds > 0.0 && seconds >= least && seconds <= most => {
                Ok(Duration::from_secs_f64(seconds))
            }
            Some(_) => Err(ConfigError::Bad { name, allowed }),
        }
    }

    /// A time in seconds, fractions allowed, never 0, and no longer than devices keep to; that is
    /// also the default.
    pub(super) fn seconds_within(
        &self,
        name: &'static str,
        bound_ms: u64,
    ) -> Result<Duration, ConfigError> {
        let bound = u32::try_from(bound_ms / 1_000).unwrap_or(u32::MAX);
        self.seconds(name, bound, 0..=bound)
            .map_err(|error| match error {
                ConfigError::Bad { name, allowed } => ConfigError::Bad {
                    name,
                    allowed: format!(
                        "{allowed}: devices give up by then, whatever the server says"
                    ),
                },
                other => other,
            })
    }

    pub(super) fn switch(&self, name: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.text(name) {
            None => Ok(default),
            Some("on" | "true" | "1") => Ok(true),
            Some("off" | "false" | "0") => Ok(false),
            Some(_) => Err(ConfigError::Bad {
                name,
                allowed: "on or off".to_owned(),
            }),
        }
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let bad = |reason: String| ConfigError::File {
        name: FILE,
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let object: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    let mut values = BTreeMap::new();
    for (name, value) in object {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(switch) => switch.to_string(),
            _ => return Err(bad(format!("{name} is not a text, a number or a boolean"))),
        };
        values.insert(name, text);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(file: &str) -> Result<Source, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, file).unwrap();
        let path = path.display().to_string();
        let environment = [(FILE, path.as_str()), ("LIVEKIT_URL", "ws://here")];
        let owned = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Source::with_file(owned.into())
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = r#"{"LIVEKIT_URL": "ws://there", "FAITHCALL_RING_SECONDS": 30,
            "FAITHCALL_JOIN_AHEAD": false, "FAITHCALL_DATABASE": " "}"#;
        let source = source(file).unwrap();
        assert_eq!(source.text("LIVEKIT_URL"), Some("ws://here"));
        assert_eq!(source.text("FAITHCALL_RING_SECONDS"), Some("30"));
        assert_eq!(source.switch("FAITHCALL_JOIN_AHEAD", true), Ok(false));
        assert_eq!(source.text("FAITHCALL_DATABASE"), None);
    }

    #[test]
    fn a_bad_file_is_named() {
        for bad in ["", "[]", r#"{"LIVEKIT_URL": ["a"]}"#] {
            let error = source(bad).err().unwrap().to_string();
            assert!(
                error.contains(FILE) && error.contains("config.json"),
                "{error}"
            );
        }
    }
}
