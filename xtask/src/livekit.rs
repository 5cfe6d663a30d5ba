//! Which LiveKit server the demo and `up` use: a running one of the user's, else one started for the occasion.

use std::env;

use crate::failure::{Failure, Result};

/// Where a running LiveKit server is, and the key to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) api_key: String,
    pub(crate) api_secret: String,
}

impl Running {
    /// The variables that name it.
    pub(crate) const NAMES: [&str; 3] = ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"];

    /// The server that `LIVEKIT_URL`, `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET` name, if they do.
    pub(crate) fn from_environment() -> Result<Option<Self>> {
        Self::from_values(
            Self::NAMES.map(|name| env::var(name).ok().filter(|value| !value.is_empty())),
        )
    }

    fn from_values(values: [Option<String>; 3]) -> Result<Option<Self>> {
        match values {
            [Some(url), Some(api_key), Some(api_secret)] => Ok(Some(Self {
                url,
                api_key,
                api_secret,
            })),
            [None, None, None] => Ok(None),
            values => {
                let missing = Self::NAMES
                    .iter()
                    .zip(&values)
                    .filter(|(_, value)| value.is_none());
                let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
                Err(Failure::new(format!(
                    "a running LiveKit server is named in part: set {} too, or unset the others",
                    missing.join(" and ")
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_or_none() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(Running::from_values([None, None, None]).unwrap(), None);
        let running =
            Running::from_values([some("ws://127.0.0.1:7880"), some("key"), some("secret")]);
        assert_eq!(running.unwrap().unwrap().url, "ws://127.0.0.1:7880");
        let part =
            Running::from_values([some("ws://127.0.0.1:7880"), None, some("secret")]).unwrap_err();
        assert!(
            part.to_string().contains("set LIVEKIT_API_KEY too"),
            "{part}"
        );
    }
}
