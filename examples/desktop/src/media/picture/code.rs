//! A picture's label as blocks of black and white.
//!
//! Two rows of 17 blocks along the lower edge: 8 bits of camera, 16 of frame, 8 of checksum, 16 a
//! row, and at each row's end a block that is always white (above) or black (below). Blocks are
//! placed by proportion, so that any size of the picture can be read.

use super::Picture;

/// Which picture this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Which camera filmed it.
    pub camera: u8,
    /// The how-manieth of that camera; begins again after 65535.
    pub frame: u16,
}

const COLUMNS: usize = 17;
const ROWS: usize = 2;
/// Where the rows lie, as parts of the picture's height.
const TOP: f32 = 0.68;
const BOTTOM: f32 = 0.96;
/// Blank margin left and right, as a part of the width.
const MARGIN: f32 = 0.04;
const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// Least difference between the white and the black reference block for a label to be there.
const LEAST_CONTRAST: f32 = 40.0;

impl Label {
    fn bits(self) -> u32 {
        let [high, low] = self.frame.to_be_bytes();
        u32::from_be_bytes([self.camera, high, low, checksum([self.camera, high, low])])
    }

    fn from_bits(bits: u32) -> Option<Self> {
        let [camera, high, low, sum] = bits.to_be_bytes();
        (checksum([camera, high, low]) == sum).then_some(Self {
            camera,
            frame: u16::from_be_bytes([high, low]),
        })
    }
}

/// CRC-8 with polynomial 0x07. It starts from ones, so a blank picture has a wrong one.
fn checksum(bytes: [u8; 3]) -> u8 {
    bytes.iter().fold(0xff, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| {
            let shifted = sum << 1;
            if sum & 0x80 == 0 {
                shifted
            } else {
                shifted ^ 0x07
            }
        })
    })
}

/// A block's edges: left, top, right, bottom, in pixels.
fn block(picture: &Picture, column: usize, row: usize) -> [f32; 4] {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let across = width * (1.0 - 2.0 * MARGIN) / COLUMNS as f32;
    let down = height * (BOTTOM - TOP) / ROWS as f32;
    let left = width * MARGIN + across * column as f32;
    let top = height * TOP + down * row as f32;
    [left, top, left + across, top + down]
}

fn bit_at(column: usize, row: usize) -> u32 {
    1 << (31 - (row * (COLUMNS - 1) + column))
}

pub(super) fn draw(picture: &mut Picture, label: Label) {
    let bits = label.bits();
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let white = if column == COLUMNS - 1 {
                row == 0
            } else {
                bits & bit_at(column, row) != 0
            };
            let [left, top, right, bottom] = block(picture, column, row).map(|e| e as usize);
            let light = if white { WHITE } else { BLACK };
            picture.fill_light(left, top, right - left, bottom - top, light);
        }
    }
}

/// Reads the label of a picture, whatever its size; `None` where there is none to be trusted.
pub fn read_label(picture: &Picture) -> Option<Label> {
    let white = mean(picture, COLUMNS - 1, 0);
    let black = mean(picture, COLUMNS - 1, 1);
    if white - black < LEAST_CONTRAST {
        return None;
    }
    let middle = (white + black) / 2.0;
    let mut bits = 0;
    for row in 0..ROWS {
        for column in 0..COLUMNS - 1 {
            if mean(picture, column, row) > middle {
                bits |= bit_at(column, row);
            }
        }
    }
    Label::from_bits(bits)
}

/// Mean light of the inner half of a block, where neighbours do not bleed in.
fn mean(picture: &Picture, column: usize, row: usize) -> f32 {
    let [left, top, right, bottom] = block(picture, column, row);
    let (inset_x, inset_y) = ((right - left) / 4.0, (bottom - top) / 4.0);
    let (mut sum, mut count) = (0.0, 0.0);
    for y in (top + inset_y) as usize..=(bottom - inset_y) as usize {
        for x in (left + inset_x) as usize..=(right - inset_x) as usize {
            sum += f32::from(picture.light(x, y));
            count += 1.0;
        }
    }
    sum / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_block_is_noticed() {
        let bits = Label {
            camera: 5,
            frame: 77,
        }
        .bits();
        for bit in 0..32 {
            assert_eq!(Label::from_bits(bits ^ (1 << bit)), None);
        }
    }
}
