//! Smaller pictures.

use super::{PixelLayout, VideoFrame};

impl VideoFrame {
    /// The picture at half its width and height, rounded down, each pixel the mean of four; the
    /// picture itself where it is not complete, or has not two pixels each way.
    #[must_use]
    pub fn halved(self) -> Self {
        if !self.is_complete() || self.width < 2 || self.height < 2 {
            return self;
        }
        let (width, height) = (self.width / 2, self.height / 2);
        let mut data = Vec::with_capacity(self.layout.bytes(width, height).unwrap_or(0));
        match self.layout {
            PixelLayout::Rgba => halve(&self.data, self.width, (width, height), 4, &mut data),
            PixelLayout::I420 => {
                let half = |length: u32| length.div_ceil(2);
                let (from, to) = (
                    (half(self.width), half(self.height)),
                    (half(width), half(height)),
                );
                let planes = [
                    ((self.width, self.height), (width, height)),
                    (from, to),
                    (from, to),
                ];
                let mut rest = self.data.as_slice();
                for ((from_width, from_height), to) in planes {
                    let (plane, others) = rest.split_at(from_width as usize * from_height as usize);
                    halve(plane, from_width, to, 1, &mut data);
                    rest = others;
                }
            }
        }
        Self {
            width,
            height,
            layout: self.layout,
            data,
        }
    }
}

/// Appends a plane of `depth` bytes a pixel at half its size. At an edge that has no second pixel
/// the first counts twice.
fn halve(plane: &[u8], width: u32, to: (u32, u32), depth: usize, into: &mut Vec<u8>) {
    let line = width as usize * depth;
    let lines: Vec<&[u8]> = plane.chunks_exact(line.max(1)).collect();
    for pair in lines.chunks(2).take(to.1 as usize) {
        let (Some(above), Some(below)) = (pair.first(), pair.last()) else {
            return;
        };
        let above = above.chunks(2 * depth);
        for (above, below) in above.zip(below.chunks(2 * depth)).take(to.0 as usize) {
            for byte in 0..depth {
                let four = [above, below].map(|two| {
                    let first = two.get(byte).copied().unwrap_or(0);
                    let second = two.get(depth + byte).copied().unwrap_or(first);
                    u16::from(first) + u16::from(second)
                });
                let mean = (four[0] + four[1] + 2) / 4;
                into.push(u8::try_from(mean).unwrap_or(u8::MAX));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32, layout: PixelLayout, data: Vec<u8>) -> VideoFrame {
        VideoFrame {
            width,
            height,
            layout,
            data,
        }
    }

    #[test]
    fn each_pixel_is_the_mean_of_four() {
        let luma = vec![0, 10, 100, 100, 20, 30, 100, 104];
        let whole = frame(
            4,
            2,
            PixelLayout::I420,
            [luma, vec![7, 9], vec![1, 3]].concat(),
        );
        assert!(whole.is_complete());
        let small = whole.halved();
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.data, [15, 101, 8, 2]);
        let pixels = [
            [0, 0, 0, 255],
            [8, 4, 0, 255],
            [0, 0, 4, 255],
            [0, 0, 0, 255],
        ];
        let small = frame(2, 2, PixelLayout::Rgba, pixels.concat()).halved();
        assert_eq!(small.data, [2, 1, 1, 255]);
    }

    #[test]
    fn every_size_stays_complete() {
        for (width, height) in [(1, 1), (2, 2), (3, 5), (5, 3), (6, 6), (7, 7), (640, 361)] {
            for layout in [PixelLayout::I420, PixelLayout::Rgba] {
                let bytes = layout.bytes(width, height).unwrap();
                let small = frame(width, height, layout, vec![9; bytes]).halved();
                assert!(small.is_complete(), "{width}x{height} {layout:?}");
                assert!(small.data.iter().all(|byte| *byte == 9));
                assert!(small.width == (width / 2).max(1) || height == 1);
            }
        }
    }

    #[test]
    fn a_picture_that_is_not_complete_is_left_alone() {
        let broken = frame(4, 4, PixelLayout::Rgba, vec![1, 2, 3]);
        assert_eq!(broken.clone().halved(), broken);
    }
}
