//! One participant's counters.

use faithcall_protocol::quality::{Counters, Monitor, Quality, SAMPLE_MS, ServerWord};

/// A participant that is on, as its counters show it.
struct Watched {
    monitor: Monitor,
    counters: Counters,
    now: u64,
}

impl Watched {
    fn new() -> Self {
        Self {
            monitor: Monitor::default(),
            counters: Counters::default(),
            now: 0,
        }
    }

    /// So many samples, each with so much arrived and lost.
    fn samples(&mut self, count: u32, arrived: u64, lost: u64) -> Option<Quality> {
        for _ in 0..count {
            self.counters.arrived += arrived;
            self.counters.lost += lost;
            self.take(true);
        }
        self.monitor.quality()
    }

    fn take(&mut self, is_due: bool) {
        self.now += SAMPLE_MS;
        self.monitor.take(self.now, self.counters, Some(40), is_due);
    }
}

#[test]
fn nothing_is_said_before_there_was_enough_to_judge() {
    let mut ada = Watched::new();
    assert_eq!(ada.samples(1, 100, 0), None);
    assert_eq!(ada.samples(1, 100, 0), Some(Quality::Good));
    let mut quiet = Watched::new();
    assert_eq!(quiet.samples(3, 4, 0), None, "8 packets say nothing");
    assert_eq!(quiet.samples(1, 4, 0), Some(Quality::Good));
}

#[test]
fn loss_is_counted_over_the_last_six_seconds() {
    let mut ada = Watched::new();
    ada.samples(100, 100, 0);
    assert_eq!(ada.samples(2, 70, 30), Some(Quality::Good));
    let fair = "10 % and more for 4 s";
    assert_eq!(ada.samples(1, 70, 30), Some(Quality::Fair), "{fair}");
    let poor = "20 % and more for 4 s";
    assert_eq!(ada.samples(1, 70, 30), Some(Quality::Poor), "{poor}");
    assert_eq!(ada.samples(6, 100, 0), Some(Quality::Poor));
    let fair = "10 % and less for 10 s";
    assert_eq!(ada.samples(1, 100, 0), Some(Quality::Fair), "{fair}");
    assert_eq!(ada.samples(1, 100, 0), Some(Quality::Good));
}

#[test]
fn one_late_report_of_the_receiver_is_no_bad_stretch() {
    let mut ada = Watched::new();
    ada.samples(10, 100, 0);
    for _ in 0..10 {
        // A report that comes every 6 s tells of 2 % at once.
        ada.samples(2, 100, 0);
        assert_eq!(ada.samples(1, 94, 6), Some(Quality::Good));
    }
}

#[test]
fn silence_is_lost_media_where_something_should_come_and_only_there() {
    let mut ada = Watched::new();
    ada.samples(5, 100, 0);
    for _ in 0..5 {
        ada.take(false);
    }
    assert_eq!(ada.monitor.quality(), Some(Quality::Good));
    assert_eq!(ada.samples(3, 0, 0), Some(Quality::Lost));
}

#[test]
fn a_track_that_is_gone_takes_its_counters_with_it() {
    let mut ada = Watched::new();
    ada.samples(5, 1_000, 10);
    ada.counters = Counters::default();
    assert_eq!(ada.samples(10, 100, 0), Some(Quality::Good));
}

#[test]
fn a_picture_that_stands_still_counts() {
    let mut ada = Watched::new();
    ada.samples(5, 100, 0);
    for _ in 0..6 {
        ada.counters.frozen_ms += 1_500;
        ada.samples(1, 100, 0);
    }
    assert_eq!(ada.monitor.quality(), Some(Quality::Poor));
}

#[test]
fn the_servers_word_can_make_it_worse_and_never_better() {
    let mut ada = Watched::new();
    ada.samples(5, 100, 0);
    ada.monitor.heard(ServerWord::Good);
    assert_eq!(ada.samples(3, 100, 0), Some(Quality::Fair));
    ada.monitor.heard(ServerWord::Poor);
    assert_eq!(ada.samples(3, 100, 0), Some(Quality::Poor));
    ada.monitor.heard(ServerWord::Excellent);
    assert_eq!(ada.samples(5, 100, 0), Some(Quality::Poor));
    assert_eq!(ada.samples(1, 100, 0), Some(Quality::Good));
    assert_eq!(ada.samples(10, 70, 30), Some(Quality::Poor));
    ada.monitor.heard(ServerWord::Lost);
    for _ in 0..3 {
        ada.take(false);
    }
    assert_eq!(ada.monitor.quality(), Some(Quality::Lost));
}
