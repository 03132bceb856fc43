//! Two-party ECDSA signature over one digest in one exchange (§6.3, EC-1 … EC-14).

#[cfg(test)]
mod forced;
mod phone;
mod server;

use crate::curve::{Affine, Scalar, P256};
use crate::hash::{h2s, label};
use crate::shares::Answer;
pub use phone::PhoneSign;
pub use server::{evaluate, SignRequest};

/// Outcome of one evaluated request.
pub enum Outcome {
    /// Proof and OT message hold.
    Right(Answer),
    /// The proof holds, which counts as a right PIN, but the OT message does not (EC-6): `ot_state = DESTROYED` is
    /// committed with this outcome and the set-up is never used again. There is no result.
    OtDestroyed {
        /// Hash for the audit row: H("AUDIT", ctx).
        audit_hash: [u8; 32],
    },
    /// The proof does not hold: a wrong PIN. Nothing was computed from the OT message.
    Wrong,
    /// The core failed for this item; nothing of it is released.
    Fault,
}

/// What hides etaPhi and etaSig from a phone that did not use its inputs as announced (EC-10, EC-13).
struct EndPads<'a> {
    ctx: &'a [u8; 32],
    nonce_s: &'a [u8; 32],
}

impl EndPads<'_> {
    /// H2S("EC/g1", ctx, `nonce_s`, G1).
    fn phi(&self, g1: Option<&Affine<P256>>) -> Scalar<P256> {
        self.pad(label::EC_G1, g1)
    }

    /// H2S("EC/g2", ctx, `nonce_s`, G2).
    fn sig(&self, g2: Option<&Affine<P256>>) -> Scalar<P256> {
        self.pad(label::EC_G2, g2)
    }

    /// The identity is hashed as 33 zero bytes.
    fn pad(&self, label: &str, point: Option<&Affine<P256>>) -> Scalar<P256> {
        let encoded = point.map_or([0; 33], Affine::encode);
        h2s(label, &[self.ctx, self.nonce_s, &encoded])
    }
}

/// EC-7, EC-11: what is added to kA', H2S("EC/R", ctx, R').
fn nonce_offset(ctx: &[u8; 32], r1: &Affine<P256>) -> Scalar<P256> {
    h2s(label::EC_R, &[ctx, &r1.encode()])
}

/// EC-7, EC-11: challenge of the proof that the server knows kA with R = kA·D.
fn nonce_challenge(ctx: &[u8; 32], points: [&Affine<P256>; 4]) -> Scalar<P256> {
    let [d, r1, r, commitment] = points.map(Affine::encode);
    h2s(label::EC_POK_R, &[ctx, &d, &r1, &r, &commitment])
}

#[cfg(test)]
mod tests;
