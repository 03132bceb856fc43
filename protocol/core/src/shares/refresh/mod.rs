//! Refresh (§4.2, RF-1 … RF-4): both shares change, the key stays, and neither side learns the other's share.

mod phone;
mod server;

use crate::curve::{mul, Affine, Scalar, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{label, Suite, Transcript};
use zeroize::Zeroizing;

pub use phone::PhoneRefresh;
pub use server::{evaluate, RefreshRequest, RefreshStep, Verdict};

/// RF-2, RF-4: rho = H2S("RF/rho", Z, ctx, Ep, Es, `share_id`') with Z = x of the shared point, 32 bytes.
fn refresh_factor<S: Suite>(
    ephemeral: &SecretScalar<S>,
    theirs: &Affine<S>,
    ctx: &[u8; 32],
    ep: &Affine<S>,
    es: &Affine<S>,
    share_id: &[u8; 16],
) -> Result<SecretScalar<S>> {
    let shared = Zeroizing::new(mul(ephemeral, theirs).ok_or(Error::InternalFault)?);
    let z = Zeroizing::new(shared.x_bytes());
    Ok(Transcript::new(label::RF_RHO)
        .field(z.as_slice())
        .field(ctx)
        .fields([ep.encode(), es.encode()])
        .field(share_id)
        .finish_secret())
}

/// A copy of a scalar that is already secret elsewhere.
fn duplicate<S: Suite>(secret: &SecretScalar<S>) -> SecretScalar<S> {
    secret.mul_public(&Scalar::ONE)
}

#[cfg(test)]
mod tests;
