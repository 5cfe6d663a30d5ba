//! Five digits of seven segments each, in the upper part of a picture.

use super::Picture;

const LIGHT: u8 = 235;
const COUNT: usize = 5;

/// Which segments a digit lights: top, upper right, lower right, bottom, lower left, upper left,
/// middle.
const SEGMENTS: [[bool; 7]; 10] = {
    const O: bool = true;
    const X: bool = false;
    [
        [O, O, O, O, O, O, X],
        [X, O, O, X, X, X, X],
        [O, O, X, O, O, X, O],
        [O, O, O, O, X, X, O],
        [X, O, O, X, X, O, O],
        [O, X, O, O, X, O, O],
        [O, X, O, O, O, O, O],
        [O, O, O, X, X, X, X],
        [O, O, O, O, O, O, O],
        [O, O, O, O, X, O, O],
    ]
};

pub(super) fn draw(picture: &mut Picture, number: u16) {
    let cell = picture.width() / (COUNT + 1);
    let (height, stroke) = (picture.height() * 45 / 100, cell / 6);
    let top = picture.height() * 11 / 100;
    let mut rest = usize::from(number);
    for place in (0..COUNT).rev() {
        let left = cell / 2 + place * cell + stroke / 2;
        let width = cell - stroke * 2;
        let half = height / 2;
        let shapes = [
            (left, top, width, stroke),
            (left + width - stroke, top, stroke, half),
            (left + width - stroke, top + half, stroke, half),
            (left, top + height - stroke, width, stroke),
            (left, top + half, stroke, half),
            (left, top, stroke, half),
            (left, top + half - stroke / 2, width, stroke),
        ];
        let lit = SEGMENTS.get(rest % 10).copied().unwrap_or_default();
        for ((x, y, w, h), lit) in shapes.into_iter().zip(lit) {
            if lit {
                picture.fill_light(x, y, w, h, LIGHT);
            }
        }
        rest /= 10;
    }
}
