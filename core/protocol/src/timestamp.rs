//! Points in time on the wire, in both forms of the contract.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const WRITTEN: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
const WITHOUT_ZONE: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]");

/// A point in time, in microseconds since 1970-01-01 UTC.
///
/// Reads ISO 8601 with a zone (`…Z`, `…+02:00`) and, as deployed servers send it, without one
/// (then it is UTC). Writes `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a point in time of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 8601 time such as 2026-11-22T15:24:51.653959Z")]
pub struct TimestampError;

impl Timestamp {
    /// From milliseconds since 1970-01-01 UTC.
    pub fn from_unix_ms(ms: u64) -> Self {
        Self(i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1000))
    }

    /// Milliseconds since 1970-01-01 UTC; 0 for anything earlier.
    pub fn unix_ms(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// Moved by the span from one moment to another, both in milliseconds since 1970.
    pub(crate) fn moved_ms(self, from: u64, to: u64) -> Self {
        let Self(from) = Self::from_unix_ms(from);
        let Self(to) = Self::from_unix_ms(to);
        Self(self.0.saturating_add(to).saturating_sub(from))
    }

    /// Reads either form.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let moment = match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(moment) => moment,
            Err(_) => PrimitiveDateTime::parse(text, WITHOUT_ZONE)
                .map_err(|_| TimestampError)?
                .assume_utc(),
        };
        let micros = moment.unix_timestamp_nanos() / 1000;
        i64::try_from(micros).map(Self).map_err(|_| TimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .ok()
            .and_then(|moment| moment.format(WRITTEN).ok());
        // Out of the calendar's range: still a time on the wire, the earliest there is.
        f.write_str(text.as_deref().unwrap_or("1970-01-01T00:00:00Z"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_moment() {
        let naive = Timestamp::parse("2026-11-22T15:24:51.653959").unwrap();
        let zoned = Timestamp::parse("2026-11-22T17:24:51.653959+02:00").unwrap();
        assert_eq!(naive, zoned);
        assert_eq!(naive.to_string(), "2026-11-22T15:24:51.653959Z");
    }

    #[test]
    fn whole_seconds_and_nonsense() {
        assert_eq!(
            Timestamp::parse("2026-11-22T15:24:51").unwrap().unix_ms(),
            1_795_361_091_000
        );
        for bad in ["", "yesterday", "2026-13-40T99:00:00", "2026-11-22"] {
            assert!(Timestamp::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Timestamp(i64::MAX).to_string(), "1970-01-01T00:00:00Z");
    }
}
