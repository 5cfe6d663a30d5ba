//! Damps one member's bursts on this instance. What must hold everywhere is counted in the store.

use std::num::NonZeroU32;
use std::time::Duration;

use faithcall_protocol::id::{ChurchId, MemberId};
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// An SDK sends 4 changes a second at most.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(8).expect("not zero");
const AT_ONCE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
/// So many members are remembered before those are forgotten who have been quiet for a while.
const REMEMBERED: usize = 4096;

type Key = (ChurchId, MemberId);

/// How many changes each member made lately.
pub(crate) struct Bursts<C: Clock = MonotonicClock> {
    limiter: RateLimiter<Key, HashMapStateStore<Key>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
}

impl Default for Bursts {
    fn default() -> Self {
        Self::with_clock(MonotonicClock)
    }
}

impl<C: Clock + Clone> Bursts<C> {
    fn with_clock(clock: C) -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(AT_ONCE);
        Self {
            limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()),
            clock,
        }
    }

    /// Counts a change, unless it is one too many: then the time to wait.
    pub(crate) fn admit(&self, church: &ChurchId, member: &MemberId) -> Result<(), Duration> {
        if self.limiter.len() >= REMEMBERED {
            self.limiter.retain_recent();
        }
        let key = (church.clone(), member.clone());
        let counted = self.limiter.check_key(&key);
        counted.map_err(|full| full.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    struct Bench {
        bursts: Bursts<FakeRelativeClock>,
        clock: FakeRelativeClock,
    }

    impl Bench {
        fn new() -> Self {
            let clock = FakeRelativeClock::default();
            let bursts = Bursts::with_clock(clock.clone());
            Self { bursts, clock }
        }

        fn admit(&self, member: &str) -> Result<(), Duration> {
            let church = "c1".parse().unwrap();
            self.bursts.admit(&church, &member.parse().unwrap())
        }
    }

    #[test]
    fn four_a_second_are_never_too_many() {
        let bench = Bench::new();
        for _ in 0..4_000 {
            assert_eq!(bench.admit("ann"), Ok(()));
            bench.clock.advance(Duration::from_millis(250));
        }
    }

    #[test]
    fn who_sends_too_many_at_once_waits_for_its_own() {
        let bench = Bench::new();
        for _ in 0..20 {
            assert_eq!(bench.admit("ann"), Ok(()));
        }
        let wait = bench.admit("ann").unwrap_err();
        assert_eq!(wait, Duration::from_millis(125));
        assert_eq!(bench.admit("bob"), Ok(()));
        bench.clock.advance(wait);
        assert_eq!(bench.admit("ann"), Ok(()));
        assert!(bench.admit("ann").is_err());
    }

    #[test]
    fn who_has_been_quiet_is_forgotten() {
        let bench = Bench::new();
        for n in 0..REMEMBERED {
            bench.admit(&format!("m{n}")).unwrap();
        }
        bench.clock.advance(Duration::from_secs(10));
        bench.admit("ann").unwrap();
        assert_eq!(bench.bursts.limiter.len(), 1);
    }
}
