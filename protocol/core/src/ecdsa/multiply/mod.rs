//! Two-party multiplication (EC-8, EC-9, EC-12): from correlated rows Z = T ⊕ x·Δ to `q_i + t_i = a_i·y_i`.
//!
//! Instance i uses rows 512·i … 512·i + 511. The server's input `a_i` enters every row; the phone's input is
//! `y_i = delta_i + Σ_j g_j·beta_{i,j}`, its choice bits weighted by the gadget. Two check columns show the phone that all
//! rows carry the same `a_i`: θ depends on every correction, so a server that wants to use different inputs in different
//! rows has fixed them before it learns θ.

mod receive;
mod send;

use zeroize::Zeroizing;

use crate::curve::{Factor, Scalar, P256};
use crate::hash::{h, h2s, label, tail, Transcript, XofFamily};
use crate::message::{ROW, XI};
use crate::ot::Block;
pub(super) use receive::{receive, Choices};
pub(super) use send::send;

/// TLV of the fields in which the pads of a request differ: u16 m, row.
const TAIL: usize = 4 + 2 + 4 + 16;
/// Bytes of three pads.
const PADS: usize = 48 * ROW;
/// Rows expanded at once.
const CHUNK: usize = 8;

/// The scalars of one row: product, first check, second check.
type Row = [Scalar<P256>; ROW];

/// One multiplication of one request.
pub(super) struct Instance<'a> {
    number: u8,
    sid: &'a [u8; 32],
    nonce_s: &'a [u8; 32],
}

impl<'a> Instance<'a> {
    /// Instance 0 or 1.
    pub(super) fn new(number: u8, sid: &'a [u8; 32], nonce_s: &'a [u8; 32]) -> Self {
        Self {
            number,
            sid,
            nonce_s,
        }
    }

    /// `sid_i` = H("EC/mul", sid, u8 i).
    fn sid_i(&self) -> [u8; 32] {
        h::<P256>(label::EC_MUL, &[self.sid, &[self.number]])
    }

    /// The pads of every row (EC-8).
    fn pads(&self) -> Pads {
        let common: [&[u8]; 2] = [self.sid, self.nonce_s];
        Pads {
            family: XofFamily::new(label::EC_PAD, &common),
            first: u16::from(self.number) << 9,
        }
    }

    /// `θ_1`, `θ_2` = H2S("EC/theta", hAT, u8 k) with hAT = H("EC/at", `sid_i`, `nonce_s`, all corrections): every row, every
    /// column.
    fn theta(&self, at: &[u8]) -> [Factor<P256>; ROW - 1] {
        debug_assert_eq!(at.len(), XI * ROW * 32);
        let fields: [&[u8]; 3] = [&self.sid_i(), self.nonce_s, at];
        let all = h::<P256>(label::EC_AT, &fields);
        [1, 2].map(|k| Factor::new(&h2s::<P256>(label::EC_THETA, &[&all, &[k]])))
    }

    /// mu = H("EC/mu", `sid_i`, `nonce_s`, values): two check values per row, as 32-byte scalars, j-major.
    fn mu(&self, values: &[[u8; 32]]) -> [u8; 32] {
        debug_assert_eq!(values.len(), XI * (ROW - 1));
        Transcript::<P256>::new(label::EC_MU)
            .field(&self.sid_i())
            .field(self.nonce_s)
            .field(values.as_flattened())
            .finish()
    }
}

/// Makes the pads of an instance: three scalars from XOF("EC/pad", 144, sid, `nonce_s`, u16 m, row), 48 bytes each.
struct Pads {
    family: XofFamily<TAIL>,
    /// Number of the instance's first row.
    first: u16,
}

impl Pads {
    /// The pads of rows j, j + 1, …, at most [`CHUNK`] of them.
    fn of(&self, j: usize, rows: &[Block]) -> Zeroizing<Vec<Row>> {
        let tails: Vec<[u8; TAIL]> = (self.number(j)..)
            .zip(rows)
            .map(|(m, row)| tail(&[&m.to_be_bytes(), row]))
            .collect();
        let bytes = self.family.outputs::<PADS>(&Zeroizing::new(tails));
        let scalars = bytes.iter().map(|bytes| {
            let (parts, _) = bytes.as_chunks::<48>();
            core::array::from_fn(|k| Scalar::reduce48(&parts[k]))
        });
        Zeroizing::new(scalars.collect())
    }

    /// m = 512·i + j.
    fn number(&self, j: usize) -> u16 {
        self.first + u16::try_from(j).expect("an instance has 512 rows")
    }
}

/// Value of check column k: row value + `θ_k`·product.
fn check_value(theta: &Factor<P256>, row: &Row, k: usize) -> Scalar<P256> {
    row[k].add(&theta.mul(&row[0]))
}

#[cfg(test)]
mod tests;
