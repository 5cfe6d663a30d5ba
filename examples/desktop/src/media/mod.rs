//! Microphones, speakers, cameras and screens without hardware.
//!
//! Sound is 48 kHz, mono, 16 bits, in frames of 10 ms; pictures are I420.

pub mod level;
pub mod picture;
pub mod random;
pub mod recording;
pub mod snapshot;
pub mod sound;
pub mod speech;
pub mod wav;

/// Samples a second of every sound here.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples of one frame: 10 ms.
pub const FRAME_SAMPLES: usize = 480;

/// How many samples last `ms` milliseconds.
pub fn samples_in_ms(ms: u64) -> usize {
    usize::try_from(ms.saturating_mul(u64::from(SAMPLE_RATE / 1000))).unwrap_or(usize::MAX)
}
