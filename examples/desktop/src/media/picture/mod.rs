//! Pictures whose number can be read by people and by programs.

mod canvas;
mod code;
mod digits;

pub use canvas::Picture;
pub use code::{Label, read_label};

/// Width of what the made-up camera films, in pixels.
pub const WIDTH: usize = 640;
/// Height of what the made-up camera films, in pixels.
pub const HEIGHT: usize = 360;

/// Draws the picture of a label: the number in big digits on the camera's own colour, a bar that
/// moves, and the label again as blocks of black and white, which survive a video codec.
pub fn draw(label: Label) -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    let (blue, red) = colour_of(label.camera);
    picture.fill_colour(blue, red);
    for band in 0..12 {
        let shade = 70 + band as u8 * 8;
        picture.fill_light(0, band * HEIGHT / 12, WIDTH, HEIGHT / 12, shade);
    }
    let bar = usize::from(label.frame) * 8 % WIDTH;
    picture.fill_light(bar, 0, 16, HEIGHT, 200);
    digits::draw(&mut picture, label.frame);
    code::draw(&mut picture, label);
    picture
}

/// Two chroma values a camera, eight well distinguishable ones.
fn colour_of(camera: u8) -> (u8, u8) {
    let turn = f32::from(camera % 8) / 8.0 * std::f32::consts::TAU;
    let part = |amount: f32| (128.0 + 56.0 * amount) as u8;
    (part(turn.cos()), part(turn.sin()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::random::Random;

    fn labels() -> impl Iterator<Item = Label> {
        [(0, 0), (1, 1), (170, 21_845), (255, 65_535), (7, 1234)]
            .into_iter()
            .map(|(camera, frame)| Label { camera, frame })
    }

    #[test]
    fn the_label_is_read_from_the_picture_itself() {
        for label in labels() {
            assert_eq!(read_label(&draw(label)), Some(label));
        }
    }

    #[test]
    fn the_label_survives_a_quarter_of_the_size_blur_and_noise() {
        let mut random = Random::new(3);
        for label in labels() {
            let small = degrade(&draw(label), 4, || random.between(-25.0, 25.0));
            assert_eq!(small.width(), 160);
            assert_eq!(read_label(&small), Some(label));
        }
    }

    #[test]
    fn what_carries_no_label_reads_as_none() {
        assert_eq!(read_label(&Picture::new(640, 360)), None);
        assert_eq!(read_label(&Picture::new(0, 0)), None);
        let mut random = Random::new(9);
        let noise = degrade(&Picture::new(640, 360), 1, || random.between(-90.0, 90.0));
        assert_eq!(read_label(&noise), None);
    }

    /// Halves contrast, averages squares of `factor` pixels and adds noise.
    fn degrade(picture: &Picture, factor: usize, mut noise: impl FnMut() -> f32) -> Picture {
        let (width, height) = (picture.width() / factor, picture.height() / factor);
        let mut small = Picture::new(width, height);
        for y in 0..height {
            for x in 0..width {
                let mut sum = 0.0;
                for dy in 0..factor {
                    for dx in 0..factor {
                        sum += f32::from(picture.light(x * factor + dx, y * factor + dy));
                    }
                }
                let mean = sum / (factor * factor) as f32;
                let light = (128.0 + (mean - 128.0) * 0.5 + noise()).clamp(0.0, 255.0);
                small.fill_light(x, y, 1, 1, light as u8);
            }
        }
        small
    }
}
