//! WAV files, read at any rate and written at ours.

use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::SAMPLE_RATE;

/// Why a WAV file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path:?} as a WAV file: {source}")]
pub struct WavError {
    path: PathBuf,
    source: hound::Error,
}

impl WavError {
    fn at(path: &Path) -> impl Fn(hound::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            path: path.clone(),
            source,
        }
    }
}

/// Reads a file as 48 kHz mono: channels are averaged, other rates interpolated linearly.
///
/// # Errors
/// The file cannot be read, or is not a WAV file of whole or 32-bit floating samples.
pub fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    let fail = WavError::at(path);
    let mut reader = WavReader::open(path).map_err(&fail)?;
    let spec = reader.spec();
    let all: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>(),
        SampleFormat::Int => {
            let full = (1_i64 << spec.bits_per_sample.clamp(1, 32).saturating_sub(1)) as f32;
            reader
                .samples::<i32>()
                .map(|sample| sample.map(|s| s as f32 / full))
                .collect()
        }
    }
    .map_err(&fail)?;
    let channels = usize::from(spec.channels.max(1));
    let mono: Vec<f32> = all
        .chunks(channels)
        .map(|c| c.iter().sum::<f32>() / c.len() as f32)
        .collect();
    Ok(resample(&mono, spec.sample_rate))
}

fn resample(mono: &[f32], rate: u32) -> Vec<i16> {
    let to_i16 = |s: f32| (s.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
    if rate == SAMPLE_RATE || rate == 0 {
        return mono.iter().map(|s| to_i16(*s)).collect();
    }
    let step = f64::from(rate) / f64::from(SAMPLE_RATE);
    let length = (mono.len() as f64 / step) as usize;
    let at = |index: usize| mono.get(index).or(mono.last()).copied().unwrap_or(0.0);
    (0..length)
        .map(|n| {
            let position = n as f64 * step;
            let index = position as usize;
            let part = (position - index as f64) as f32;
            to_i16(at(index) * (1.0 - part) + at(index + 1) * part)
        })
        .collect()
}

/// Writes 48 kHz mono samples, replacing what was there.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, samples: &[i16]) -> Result<(), WavError> {
    let fail = WavError::at(path);
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(path, spec).map_err(&fail)?;
    for sample in samples {
        writer.write_sample(*sample).map_err(&fail)?;
    }
    writer.finalize().map_err(&fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let sound: Vec<i16> = (0..4800).map(|n| (n * 13 % 4001 - 2000) as i16).collect();
        write(&path, &sound).unwrap();
        let read = read(&path).unwrap();
        assert_eq!(read.len(), sound.len());
        assert!(read.iter().zip(&sound).all(|(a, b)| (a - b).abs() <= 1));
    }

    #[test]
    fn another_rate_and_two_channels_keep_their_length_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for _ in 0..16_000 {
            writer.write_sample(1000_i16).unwrap();
            writer.write_sample(3000_i16).unwrap();
        }
        writer.finalize().unwrap();
        let sound = read(&path).unwrap();
        assert_eq!(sound.len(), SAMPLE_RATE as usize);
        assert!(sound.iter().all(|s| (s - 2000).abs() <= 1));
    }

    #[test]
    fn what_is_no_wav_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.wav");
        std::fs::write(&path, b"not a wav").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("c.wav"));
    }
}
