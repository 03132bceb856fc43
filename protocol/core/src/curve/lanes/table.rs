//! The fixed-base comb in the layouts the lanes read. Public values.

use super::super::field::Fe;
use super::super::params::{pow2_mod, Modulus, Params};
use super::super::point::Aff;
use super::super::recode::{FIXED_DIGITS, LANE_DIGITS, LANE_WIDTH};
use super::super::tables::{comb, point_of, Entry, FIXED_ENTRIES};
use super::super::word::Portable;
use super::field::{split52, Lane};
use super::vector::{Ifma, V};

/// Entries per window of the comb for eight scalars.
const LANE_ENTRIES: usize = 1 << (LANE_WIDTH - 1);
/// One window for eight scalars: 10 limbs (x then y) of 64 entries.
pub(super) type Window = [[[u64; 8]; LANE_ENTRIES / 8]; 10];
/// Rows of eight windows that cover the comb.
pub(super) const WINDOW_ROWS: usize = FIXED_DIGITS.div_ceil(8);
/// One entry of eight neighbouring windows, for one scalar: 10 limbs, lane l for window l of the row.
type RowEntry = [[u64; 8]; 10];

/// Multiples of the generator for eight scalars (7-bit windows, 185 KiB) and for one (6-bit windows in rows, 120 KiB).
pub(crate) struct LaneTable {
    pub(super) windows: Vec<Window>,
    /// [`FIXED_ENTRIES`] per row.
    rows: Vec<RowEntry>,
}

impl LaneTable {
    /// Computes the wide comb and rearranges the scalar one.
    pub(crate) fn new<C: Params>(scalar: &[[Entry; FIXED_ENTRIES]], g: &Aff<C, Portable>) -> Self {
        let mut windows = vec![[[[0; 8]; LANE_ENTRIES / 8]; 10]; LANE_DIGITS];
        for (i, entry) in comb(g, LANE_WIDTH, LANE_DIGITS).iter().enumerate() {
            let (window, j) = (&mut windows[i / LANE_ENTRIES], i % LANE_ENTRIES);
            for (limb, value) in window.iter_mut().zip(limbs::<C>(entry)) {
                limb[j / 8][j % 8] = value;
            }
        }
        let mut rows = vec![[[0; 8]; 10]; FIXED_ENTRIES * WINDOW_ROWS];
        for (i, entries) in scalar.iter().enumerate() {
            let row = &mut rows[i / 8 * FIXED_ENTRIES..][..FIXED_ENTRIES];
            for (slot, entry) in row.iter_mut().zip(entries) {
                for (limb, value) in slot.iter_mut().zip(limbs::<C>(entry)) {
                    limb[i % 8] = value;
                }
            }
        }
        Self { windows, rows }
    }

    /// Entry `index` of each lane's own window in row `row`, by reading all entries.
    #[inline(always)]
    pub(super) fn look_up_row(&self, token: Ifma, row: usize, index: V) -> [V; 10] {
        let mut out = [index.splat(0); 10];
        for (j, entry) in self.rows[row * FIXED_ENTRIES..][..FIXED_ENTRIES]
            .iter()
            .enumerate()
        {
            let mask = index.equals(j as u64);
            for (o, limb) in out.iter_mut().zip(entry) {
                *o = o.blend(mask, V::load(token, limb));
            }
        }
        out
    }
}

/// x and y of an entry in the lanes' Montgomery form, canonical.
fn limbs<C: Params>(entry: &Entry) -> [u64; 10] {
    let p = point_of::<C, Portable>(entry);
    let convert = Fe::from_montgomery(const { pow2_mod(&<C::Field as Modulus>::M, 260) });
    let (x, y) = (split52(&p.x.mul(&convert).0), split52(&p.y.mul(&convert).0));
    core::array::from_fn(|i| if i < 5 { x[i] } else { y[i - 5] })
}
