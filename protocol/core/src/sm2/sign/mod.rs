//! Two-party SM2 signature over N = 1 … 256 digests in one exchange (§3.2, SIGN-2 … SIGN-18).
//!
//! The phone offers two nonce points per digest; the binding factor rho depends on the server's point W2, so that the
//! nonce the phone ends up using is fixed only after the server's.

#[cfg(test)]
mod forced;
mod phone;
mod server;

use crate::curve::{Scalar, Sm2};
use crate::hash::{label, Transcript};
pub use phone::PhoneSign;
pub use server::{evaluate, SignRequest};

/// SIGN-9, SIGN-13: rho = H2S("SIGN2/bind", ctx, u16 i, Qa, Qb, W2); `i` counts from 1.
fn binding_factor(
    ctx: &[u8; 32],
    i: u16,
    qa: &[u8; 33],
    qb: &[u8; 33],
    w2: &[u8; 33],
) -> Scalar<Sm2> {
    Transcript::new(label::SIGN2_BIND)
        .field(ctx)
        .field(&i.to_be_bytes())
        .fields([qa, qb, w2])
        .finish_scalar()
}

/// Number of an item in hashes and nonce tags: 1 for the first. At most 256 items exist.
fn number(index: usize) -> u16 {
    u16::try_from(index + 1).expect("at most 256 items")
}

#[cfg(test)]
mod tests;
