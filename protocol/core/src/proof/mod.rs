//! Proof of knowledge of several discrete logarithms with one challenge (§1.3).
//!
//! The last statement is always the point of a share. Whoever holds a phone's blob could test PINs against that point,
//! so it is multiplied with a fixed schedule; every other term of a verification is public.

mod verify;

use crate::ct::declassify;
use crate::curve::{mul_base, Affine, Scalar, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{Suite, Transcript};
use crate::message::codec::Reader;
pub use verify::{verify, verify_batch, Statement};

/// Challenge and response (POK-1). On the wire c ‖ z, 64 bytes.
#[derive(Clone, Copy)]
pub struct Proof<S: Suite> {
    /// Challenge.
    pub c: Scalar<S>,
    /// Response.
    pub z: Scalar<S>,
}

impl<S: Suite> Proof<S> {
    /// Decodes c ‖ z (ENC-2).
    ///
    /// # Errors
    /// `MalformedScalar` if either is zero or not below the group order.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        Ok(Self {
            c: reader.scalar()?,
            z: reader.scalar()?,
        })
    }

    /// Encodes c ‖ z.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out[..32].copy_from_slice(&self.c.to_bytes());
        out[32..].copy_from_slice(&self.z.to_bytes());
        out
    }
}

/// POK-1: proves knowledge of every x in `witness`, pairs of x and X = x·G in hashed order. `nonce(i)` gives the secret
/// `a` of attempt i = 1, 2, …; a response of zero, of probability 2^-256, takes the next one.
///
/// # Errors
/// `InternalFault` if `nonce` gives zero.
pub fn prove<S: Suite>(
    label: &'static str,
    ctx: &[u8; 32],
    witness: &[(&SecretScalar<S>, &Affine<S>)],
    nonce: impl Fn(u16) -> SecretScalar<S>,
) -> Result<Proof<S>> {
    let statements: Vec<[u8; 33]> = witness.iter().map(|(_, point)| point.encode()).collect();
    let secrets: Vec<&SecretScalar<S>> = witness.iter().map(|(secret, _)| *secret).collect();
    for attempt in 1..=u16::MAX {
        let a = nonce(attempt);
        let commitment = mul_base(&a).ok_or(Error::InternalFault)?;
        let c = challenge(label, ctx, &statements, &commitment);
        if let Some(z) = response(a, &c, &secrets) {
            return Ok(Proof { c, z });
        }
    }
    Err(Error::InternalFault)
}

/// z = a + c·x1 + … + c^m·xm, `None` if it is zero.
fn response<S: Suite>(
    a: SecretScalar<S>,
    c: &Scalar<S>,
    secrets: &[&SecretScalar<S>],
) -> Option<Scalar<S>> {
    let mut z = a;
    let mut power = Scalar::ONE;
    for secret in secrets {
        power = power.mul(c);
        z = z.add(&secret.mul_public(&power));
    }
    let z = *z.expose();
    (!declassify(z.is_zero())).then_some(z)
}

/// c = H2S(label, ctx, X1, …, Xm, A).
fn challenge<S: Suite>(
    label: &'static str,
    ctx: &[u8; 32],
    statements: &[[u8; 33]],
    a: &Affine<S>,
) -> Scalar<S> {
    Transcript::new(label)
        .field(ctx)
        .fields(statements)
        .field(&a.encode())
        .finish_scalar()
}

#[cfg(test)]
mod tests;
