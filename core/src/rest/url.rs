//! Where the server is.

use std::fmt;
use std::str::FromStr;

use faithcall_protocol::rest::BASE_PATH;
use url::Url;

/// The server's address, `https://host[:port][/prefix]`; the call routes lie below it, at
/// `/api/calls`. Holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// Why a text is not a server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiUrlError {
    /// Not a URL with a host.
    #[error("not a server URL: write https://host or http://host:port")]
    Malformed,
    /// Another scheme.
    #[error("a server URL begins with https:// or http://")]
    Scheme,
    /// Credentials stand in it.
    #[error("a server URL holds no user and no password: the member's token is used")]
    Credentials,
}

impl FromStr for ApiUrl {
    type Err = ApiUrlError;

    fn from_str(text: &str) -> Result<Self, ApiUrlError> {
        let mut url = Url::parse(text).map_err(|_| ApiUrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ApiUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ApiUrlError::Credentials);
        }
        url.set_query(None);
        url.set_fragment(None);
        // Whoever copied the address of the call routes means the same server.
        let path = url.path().trim_end_matches('/');
        let prefix = path.strip_suffix(BASE_PATH).unwrap_or(path).to_owned();
        url.set_path(&prefix);
        Ok(Self(url))
    }
}

impl ApiUrl {
    /// The URL of a route: `base` (`/api/calls`) and these segments, each escaped.
    pub(super) fn route(&self, base: &str, segments: &[&str], query: Option<&str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend(base.split('/').filter(|part| !part.is_empty()));
            path.extend(segments);
        }
        url.set_query(query);
        url
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_lie_below_the_address() {
        for base in [
            "http://host:8",
            "http://host:8/",
            "http://host:8/api/calls",
            "http://host:8/api/calls/?x=1",
        ] {
            let api: ApiUrl = base.parse().unwrap();
            assert_eq!(
                api.route(BASE_PATH, &[], None).as_str(),
                "http://host:8/api/calls"
            );
            assert_eq!(
                api.route(BASE_PATH, &["a b?", "end"], Some("known=1"))
                    .as_str(),
                "http://host:8/api/calls/a%20b%3F/end?known=1"
            );
        }
        let prefixed: ApiUrl = "https://host/ff/".parse().unwrap();
        assert_eq!(
            prefixed.route(BASE_PATH, &["active"], None).as_str(),
            "https://host/ff/api/calls/active"
        );
    }

    #[test]
    fn what_is_no_server_is_refused_with_a_reason() {
        for (text, error) in [
            ("", ApiUrlError::Malformed),
            ("http://", ApiUrlError::Malformed),
            ("mqtt://host", ApiUrlError::Scheme),
            ("https://ruth:pw@host", ApiUrlError::Credentials),
        ] {
            assert_eq!(text.parse::<ApiUrl>(), Err(error), "{text}");
        }
    }
}
