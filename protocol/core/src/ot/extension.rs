//! `SoftSpokenOT` with k = 2: 1 024 correlated rows from one set-up and one message (EC-3, EC-6).

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::gf128::{hashes, FACTORS};
use super::seeds::PhoneSeeds;
use super::setup::ServerSetup;
use super::transpose::rows;
use super::trees::{leaves, tail_of, TAIL};
use super::{bit, byte, Block, Column, Hidden, Inconsistent, Rows, COLUMNS, COLUMN_BYTES, TREES};
use crate::ct::{declassify, mask_of};
use crate::hash::{label, Xof, XofFamily};

/// The phone's side of one extension: the message of EC-3 and the rows it keeps.
pub struct PhoneExtension {
    /// `C_0 … C_63`.
    pub c: Hidden<[Column; TREES]>,
    /// `x~ = Hχ(x)`.
    pub x_tilde: Zeroizing<Block>,
    /// `t~_p = Hχ(v_p)`.
    pub t_tilde: Hidden<[Block; COLUMNS]>,
    /// `T_0 … T_1023`.
    pub rows: Rows,
}

/// What the phone's leaves expand to in one session.
struct Columns {
    /// `u_j`, one per tree.
    u: Zeroizing<Vec<Column>>,
    /// `v_p`, two per tree.
    v: Zeroizing<Vec<Column>>,
}

/// EC-3 with the choice bits `x` (1 024 used, 128 masking the check). A `sid` is used for one message only.
#[must_use]
pub fn extend_phone(seeds: &PhoneSeeds, sid: &[u8; 32], x: &Column) -> PhoneExtension {
    let columns = phone_columns(seeds, sid);
    let mut c = Hidden::new([[0; COLUMN_BYTES]; TREES].into());
    for (c, u) in c.iter_mut().zip(columns.u.iter()) {
        for i in 0..COLUMN_BYTES {
            c[i] = u[i] ^ x[i];
        }
    }
    let chi = challenges(sid, &c);
    let mut t_tilde = Hidden::new([[0; 16]; COLUMNS].into());
    t_tilde.copy_from_slice(&hashes(&chi, &columns.v));
    PhoneExtension {
        c,
        x_tilde: hashes(&chi, core::slice::from_ref(x))[0].into(),
        t_tilde,
        rows: rows(&columns.v),
    }
}

/// EC-3: `u_j = ⊕_x r_{j,x}`, `v_{2j+t} = ⊕_{bit t of x = 1} r_{j,x}`.
fn phone_columns(seeds: &PhoneSeeds, sid: &[u8; 32]) -> Columns {
    let leaves = leaves(seeds.otsid(), seeds.nodes());
    let tails = leaves.as_flattened().iter().enumerate();
    let tails = tails.map(|(i, leaf)| tail_of(i / 4, byte(i % 4), leaf));
    let r = expand(sid, tails.collect());
    let mut u = Zeroizing::new(vec![[0; COLUMN_BYTES]; TREES]);
    let mut v = Zeroizing::new(vec![[0; COLUMN_BYTES]; COLUMNS]);
    for ((r, u), v) in r
        .chunks_exact(4)
        .zip(u.iter_mut())
        .zip(v.chunks_exact_mut(2))
    {
        for i in 0..COLUMN_BYTES {
            v[0][i] = r[1][i] ^ r[3][i];
            v[1][i] = r[2][i] ^ r[3][i];
            u[i] = r[0][i] ^ r[2][i] ^ v[0][i];
        }
    }
    Columns { u, v }
}

/// EC-6: `Z_0 … Z_1023`, if every column of the phone's message is consistent. The result of all 128 checks is one bit,
/// found in constant time.
///
/// # Errors
/// [`Inconsistent`]: the caller wipes Δ and commits `ot_state = DESTROYED`.
pub fn extend_server(
    setup: &ServerSetup,
    sid: &[u8; 32],
    c: &[Column; TREES],
    x_tilde: &Block,
    t_tilde: &[Block; COLUMNS],
) -> Result<Rows, Inconsistent> {
    let delta = setup.delta();
    let tails = setup.leaves().as_flattened().iter().enumerate();
    let tails = tails.map(|(i, leaf)| {
        let (j, place) = (i / 3, i % 3);
        let punctured = bit(delta, 2 * j + 1) << 1 | bit(delta, 2 * j);
        tail_of(j, punctured ^ byte(place + 1), leaf)
    });
    let r = expand(sid, tails.collect());
    // Places 1, 2, 3 hold leaves x* ⊕ 1, x* ⊕ 2, x* ⊕ 3: bit t of x ⊕ x* is bit t of the place.
    let mut z = Zeroizing::new(vec![[0; COLUMN_BYTES]; COLUMNS]);
    for (j, (r, z)) in r.chunks_exact(3).zip(z.chunks_exact_mut(2)).enumerate() {
        let low = column_mask(delta, 2 * j);
        let high = column_mask(delta, 2 * j + 1);
        for i in 0..COLUMN_BYTES {
            z[0][i] = r[0][i] ^ r[2][i] ^ low & c[j][i];
            z[1][i] = r[1][i] ^ r[2][i] ^ high & c[j][i];
        }
    }
    let hashes = hashes(&challenges(sid, c), &z);
    let mut error: Block = [0; 16];
    for (p, (hash, t_tilde)) in hashes.iter().zip(t_tilde).enumerate() {
        let mask = column_mask(delta, p);
        for i in 0..16 {
            error[i] |= hash[i] ^ t_tilde[i] ^ mask & x_tilde[i];
        }
    }
    // Before the verdict is known, so that both verdicts take the same time (TX-3).
    let rows = rows(&z);
    if declassify(error.ct_eq(&[0; 16])) {
        Ok(rows)
    } else {
        Err(Inconsistent)
    }
}

/// `r = XOF("EC/prg", 144, sid, u8 j, u8 x, L_{j,x})` for the tails made of j, x and leaf.
fn expand(sid: &[u8; 32], tails: Vec<[u8; TAIL]>) -> Zeroizing<Vec<Column>> {
    let tails = Zeroizing::new(tails);
    XofFamily::new(label::EC_PRG, &[sid]).outputs(&tails)
}

/// `χ_0 … χ_7 = XOF("EC/chi", 128, sid, C_0 ‖ … ‖ C_63)`.
fn challenges(sid: &[u8; 32], c: &[Column; TREES]) -> [Block; FACTORS] {
    let mut chi = [[0; 16]; FACTORS];
    Xof::new(label::EC_CHI)
        .field(sid)
        .joined(c)
        .finish(chi.as_flattened_mut());
    chi
}

/// 0xff if `Δ_p = 1`, else 0.
#[allow(clippy::cast_possible_truncation)]
fn column_mask(delta: &Block, p: usize) -> u8 {
    mask_of(u64::from(bit(delta, p))) as u8
}

#[cfg(test)]
mod tests;
