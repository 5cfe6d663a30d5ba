//! How loud a sound is.

/// The level of digital silence, and the lowest one reported, in dB below full scale.
pub const SILENCE_DB: f32 = -96.0;

/// The root mean square of samples, in dB below full scale; [`SILENCE_DB`] for none.
pub fn rms_db(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DB;
    }
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (energy / samples.len() as f64).sqrt() / f64::from(i16::MAX);
    (20.0 * rms.max(1e-6).log10()).max(f64::from(SILENCE_DB)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_half_scale_and_full_scale() {
        assert_eq!(rms_db(&[]), SILENCE_DB);
        assert_eq!(rms_db(&[0; 480]), SILENCE_DB);
        assert!((rms_db(&[i16::MAX; 480])).abs() < 0.01);
        assert!((rms_db(&[i16::MAX / 2; 480]) + 6.02).abs() < 0.01);
    }
}
