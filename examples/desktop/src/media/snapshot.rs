//! Pictures as PNG files.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::picture::Picture;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the picture {path:?}: {source}")]
pub struct SnapshotError {
    path: PathBuf,
    source: png::EncodingError,
}

/// Writes a picture as a PNG file, replacing what was there.
///
/// # Errors
/// The file cannot be written, or the picture has no pixels.
pub fn write(path: &Path, picture: &Picture) -> Result<(), SnapshotError> {
    encode(path, picture).map_err(|source| SnapshotError {
        path: path.to_owned(),
        source,
    })
}

fn encode(path: &Path, picture: &Picture) -> Result<(), png::EncodingError> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, side(picture.width()), side(picture.height()));
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.to_rgb())?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::picture::{Label, draw};

    #[test]
    fn a_picture_becomes_a_png_of_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.png");
        write(
            &path,
            &draw(Label {
                camera: 3,
                frame: 1,
            }),
        )
        .unwrap();
        let decoder = png::Decoder::new(std::io::BufReader::new(File::open(&path).unwrap()));
        let reader = decoder.read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (640, 360));
        assert!(write(&folder.path().join("no/such/p.png"), &Picture::new(2, 2)).is_err());
    }
}
