//! Oblivious transfer for two-party ECDSA (§6.2, §6.3): 128 base OTs once per share, `SoftSpokenOT` per signature.
//!
//! The phone is the sender of the base OTs and the receiver of the extension; the server has the choice bits and with
//! them Δ. After the extension row m satisfies `Z_m = T_m ⊕ x_m·Δ`. Bit m of a byte string is
//! `(s[m>>3] >> (m&7)) & 1` (ENC-5).
//!
//! | Module | Content |
//! |---|---|
//! | `base` | OTS-1, OTS-2, OTS-5: base OTs; entry points of the set-up |
//! | `parts` | encodings of the two messages of the set-up |
//! | `trees` | OTS-3, OTS-4, OTS-6, OTS-7: trees of four leaves and their check |
//! | `seeds`, `setup` | what the phone and the server keep |
//! | `extension` | EC-3, EC-6 |
//! | `gf128`, `transpose` | check hash, columns to rows |

pub mod base;
mod extension;
mod gf128;
mod parts;
mod seeds;
mod setup;
#[cfg(any(test, feature = "fuzzing"))]
pub mod testing;
mod transpose;
mod trees;

use zeroize::Zeroizing;

use crate::curve::P256;
use crate::hash::{h, label};

pub use extension::{extend_phone, extend_server, PhoneExtension};
pub use parts::{Part1, Part2, PART_1, PART_2};
pub use seeds::PhoneSeeds;
pub use setup::ServerSetup;

/// κ: base OTs, columns, bits of Δ.
pub const COLUMNS: usize = 128;
/// Trees of four leaves, one per pair of base OTs.
pub const TREES: usize = COLUMNS / 2;
/// ℓ: correlated rows, two instances of 512.
pub const ROWS: usize = 1024;
/// Bytes of one column: ℓ' = 1 152 bits, the last 128 of them mask the check.
pub const COLUMN_BYTES: usize = 144;

/// A node, a leaf, a row, an element of GF(2^128).
pub type Block = [u8; 16];
/// One column of the extension: bit m belongs to row m.
pub type Column = [u8; COLUMN_BYTES];
/// What must not be seen and is too large for the stack; wiped when dropped.
pub type Hidden<T> = Box<Zeroizing<T>>;
/// ℓ rows, secret.
pub type Rows = Zeroizing<Vec<Block>>;

/// The other side's OT messages are not consistent (OTS-7, EC-6). Not an `Error`: in EC-6 the caller must commit
/// `ot_state = DESTROYED` before it tells anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconsistent;

/// `otsid = H("OTS/sid", parent, nonce_s)`; the parent is k1, the RF ctx or the OTS ctx.
#[must_use]
pub fn otsid(parent: &[u8; 32], nonce_s: &[u8; 32]) -> [u8; 32] {
    h::<P256>(label::OTS_SID, &[parent, nonce_s])
}

/// The product of two elements of GF(2^128), for the start-up self-test.
pub(crate) fn product(a: &Block, b: &Block) -> Block {
    let mut factors = [[0; 16]; gf128::FACTORS];
    let mut column = [0; COLUMN_BYTES];
    factors[0] = *a;
    column[..16].copy_from_slice(b);
    gf128::hashes(&factors, &[column])[0]
}

/// Bit m of a byte string.
fn bit(bytes: &[u8], m: usize) -> u8 {
    bytes[m >> 3] >> (m & 7) & 1
}

/// A loop index of at most 256 as `u8`.
#[allow(clippy::cast_possible_truncation)]
const fn byte(index: usize) -> u8 {
    debug_assert!(index < 256);
    index as u8
}
