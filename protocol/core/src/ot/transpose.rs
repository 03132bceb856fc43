//! Columns to rows: the bit matrix of the extension, transposed in blocks of 64 by 64.

use zeroize::{Zeroize, Zeroizing};

use super::{Column, Rows, COLUMNS, ROWS};

/// Row m has bit p = bit m of column p, m < 1 024. Time does not depend on the bits.
pub(super) fn rows(columns: &[Column]) -> Rows {
    debug_assert_eq!(columns.len(), COLUMNS);
    let mut rows = Zeroizing::new(vec![[0u8; 16]; ROWS]);
    let mut square = [0u64; 64];
    for (q, columns) in columns.chunks_exact(64).enumerate() {
        for (r, rows) in rows.chunks_exact_mut(64).enumerate() {
            for (word, column) in square.iter_mut().zip(columns) {
                *word = u64::from_le_bytes(core::array::from_fn(|i| column[8 * r + i]));
            }
            transpose(&mut square);
            for (row, word) in rows.iter_mut().zip(&square) {
                row[8 * q..8 * q + 8].copy_from_slice(&word.to_le_bytes());
            }
        }
    }
    square.zeroize();
    rows
}

/// Transposes 64 by 64 bits by exchanging the off-diagonal halves of ever smaller squares.
fn transpose(square: &mut [u64; 64]) {
    let mut width = 32;
    let mut low = 0x0000_0000_ffff_ffff_u64;
    while width > 0 {
        for pair in square.chunks_exact_mut(2 * width) {
            let (upper, lower) = pair.split_at_mut(width);
            for (u, l) in upper.iter_mut().zip(lower) {
                let swapped = (*u >> width ^ *l) & low;
                *u ^= swapped << width;
                *l ^= swapped;
            }
        }
        width /= 2;
        low ^= low << width;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{bit, COLUMN_BYTES};
    use super::{rows, COLUMNS};
    use crate::hash::{label, xof};

    #[test]
    fn rows_are_the_transposed_columns() {
        let mut columns = vec![[0; COLUMN_BYTES]; COLUMNS];
        xof(label::EC_PRG, &[b"any"], columns.as_flattened_mut());
        for (m, row) in rows(&columns).iter().enumerate() {
            for (p, column) in columns.iter().enumerate() {
                assert_eq!(bit(row, p), bit(column, m));
            }
        }
    }
}
