//! One I420 picture.

/// A picture in I420: a plane of light, then two planes of colour at half the size each way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Picture {
    /// A grey picture. Odd sizes are rounded up to even ones.
    pub fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        Self {
            width,
            height,
            data: vec![128; width * height * 3 / 2],
        }
    }

    /// Takes planes without padding; `None` where the sizes do not fit together.
    pub fn from_i420(width: usize, height: usize, data: Vec<u8>) -> Option<Self> {
        let fits = width.is_multiple_of(2)
            && height.is_multiple_of(2)
            && width.checked_mul(height)?.checked_mul(3)? / 2 == data.len();
        fits.then_some(Self {
            width,
            height,
            data,
        })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The three planes, one after the other.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The light of one pixel; black outside.
    pub fn light(&self, x: usize, y: usize) -> u8 {
        if x >= self.width {
            return 0;
        }
        let inside = y < self.height;
        let at = self.data.get(y * self.width + x);
        at.filter(|_| inside).copied().unwrap_or(0)
    }

    /// Gives a rectangle one light; what lies outside is left out.
    pub fn fill_light(&mut self, x: usize, y: usize, width: usize, height: usize, light: u8) {
        let (left, right) = (x.min(self.width), (x + width).min(self.width));
        let stride = self.width;
        for row in y.min(self.height)..(y + height).min(self.height) {
            if let Some(pixels) = self.data.get_mut(row * stride + left..row * stride + right) {
                pixels.fill(light);
            }
        }
    }

    /// Gives the whole picture one colour (Cb, Cr).
    pub fn fill_colour(&mut self, blue: u8, red: u8) {
        let light = self.width * self.height;
        let (_, colour) = self.data.split_at_mut(light);
        let (first, second) = colour.split_at_mut(light / 4);
        first.fill(blue);
        second.fill(red);
    }

    /// The picture as rows of red, green and blue bytes (BT.601, limited range).
    pub fn to_rgb(&self) -> Vec<u8> {
        let (lights, colour) = self.data.split_at(self.width * self.height);
        let (blues, reds) = colour.split_at(colour.len() / 2);
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        for (n, light) in lights.iter().enumerate() {
            let (x, y) = (n % self.width, n / self.width);
            let at = (y / 2) * (self.width / 2) + x / 2;
            let chroma = |plane: &[u8]| f32::from(plane.get(at).copied().unwrap_or(128)) - 128.0;
            let (blue, red) = (chroma(blues), chroma(reds));
            let base = 1.164 * (f32::from(*light) - 16.0);
            let parts = [
                base + 1.596 * red,
                base - 0.392 * blue - 0.813 * red,
                base + 2.017 * blue,
            ];
            rgb.extend(parts.map(|part| part.clamp(0.0, 255.0) as u8));
        }
        rgb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_that_do_not_fit_are_refused() {
        assert!(Picture::from_i420(4, 2, vec![0; 12]).is_some());
        assert!(Picture::from_i420(4, 2, vec![0; 11]).is_none());
        assert!(Picture::from_i420(3, 2, vec![0; 9]).is_none());
        assert!(Picture::from_i420(usize::MAX - 1, 2, vec![]).is_none());
    }

    #[test]
    fn black_white_and_red() {
        let mut picture = Picture::new(4, 2);
        picture.fill_light(0, 0, 2, 2, 16);
        picture.fill_light(2, 0, 99, 99, 235);
        let rgb = picture.to_rgb();
        assert_eq!(rgb[..3], [0, 0, 0]);
        assert!(rgb[6..9].iter().all(|part| *part >= 254));
        picture.fill_light(0, 0, 4, 2, 81);
        picture.fill_colour(90, 240);
        let rgb = picture.to_rgb();
        assert!(rgb[0] > 250 && rgb[1] < 5 && rgb[2] < 5, "{rgb:?}");
    }

    #[test]
    fn outside_is_black_and_cannot_be_drawn_on() {
        let mut picture = Picture::new(4, 2);
        picture.fill_light(9, 9, 1, 1, 255);
        assert_eq!(picture.light(9, 0), 0);
        assert_eq!(picture.light(0, 9), 0);
        assert_eq!(picture, Picture::new(4, 2));
    }
}
