//! How long to wait before another attempt. Randomness is an argument, like time.

/// Waits that double from attempt to attempt, up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second attempt, in milliseconds.
    pub first_ms: u64,
    /// Never longer than this, in milliseconds.
    pub longest_ms: u64,
}

impl Backoff {
    /// The wait after `failures` failed attempts in a row (1 after the first), in milliseconds.
    ///
    /// Between half of the doubled wait and all of it, as `random` (evenly spread over all of
    /// `u32`) decides, so that devices which lost the same server do not return at once.
    pub fn delay_ms(self, failures: u32, random: u32) -> u64 {
        let doublings = failures.saturating_sub(1).min(32);
        let whole = self
            .first_ms
            .saturating_mul(1 << doublings)
            .min(self.longest_ms);
        let half = whole / 2;
        let spread = u128::from(whole - half) * u128::from(random) / u128::from(u32::MAX);
        half + u64::try_from(spread).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound_and_are_spread() {
        let backoff = Backoff {
            first_ms: 200,
            longest_ms: 1000,
        };
        let longest: Vec<u64> = (1..6).map(|n| backoff.delay_ms(n, u32::MAX)).collect();
        assert_eq!(longest, [200, 400, 800, 1000, 1000]);
        let shortest: Vec<u64> = (1..6).map(|n| backoff.delay_ms(n, 0)).collect();
        assert_eq!(shortest, [100, 200, 400, 500, 500]);
        assert_eq!(backoff.delay_ms(u32::MAX, u32::MAX), 1000);
    }
}
