//! ECDH-3: proof that `log_G(B) = log_T(S)`.

use crate::ct::declassify;
use crate::curve::{msm_vartime, mul, mul_base, Affine, Scalar, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::{label, Transcript};
use crate::proof::Proof;

/// What one proof says: S = b·T for the b of B = b·G, item `i` of the request with this context.
pub(super) struct Claim<'a> {
    pub(super) ctx: &'a [u8; 32],
    /// 1 … N.
    pub(super) i: u16,
    /// B.
    pub(super) base: &'a Affine<P256>,
    /// T.
    pub(super) peer: &'a Affine<P256>,
    /// S.
    pub(super) shared: &'a Affine<P256>,
}

impl Claim<'_> {
    /// c = H2S("ECDH/dleq", ctx, u16 i, B, T, S, κ·G, κ·T).
    fn challenge(&self, first: &Affine<P256>, second: &Affine<P256>) -> Scalar<P256> {
        let points = [self.base, self.peer, self.shared, first, second];
        Transcript::new(label::ECDH_DLEQ)
            .field(self.ctx)
            .field(&self.i.to_be_bytes())
            .fields(points.map(Affine::encode))
            .finish_scalar()
    }
}

/// z = κ + c·b. `nonce(attempt)` gives κ; a response of zero, of probability 2^-256, takes the next one.
///
/// # Errors
/// `InternalFault`.
pub(super) fn prove(
    claim: &Claim<'_>,
    share: &SecretScalar<P256>,
    nonce: impl Fn(u32) -> SecretScalar<P256>,
) -> Result<Proof<P256>> {
    for attempt in 0..u32::MAX {
        let kappa = nonce(attempt);
        let first = mul_base(&kappa).ok_or(Error::InternalFault)?;
        let second = mul(&kappa, claim.peer).ok_or(Error::InternalFault)?;
        let c = claim.challenge(&first, &second);
        let z = *kappa.add(&share.mul_public(&c)).expose();
        if !declassify(z.is_zero()) {
            return Ok(Proof { c, z });
        }
    }
    Err(Error::InternalFault)
}

/// Recomputes κ·G = z·G − c·B and κ·T = z·T − c·S. B tells a right PIN from a wrong one, so it is multiplied with a fixed
/// schedule.
///
/// # Errors
/// `BadProof`.
pub(super) fn verify(claim: &Claim<'_>, proof: &Proof<P256>) -> Result<()> {
    let [z, c] = [proof.z, proof.c].map(SecretScalar::new);
    let base = mul(&c, claim.base).ok_or(Error::BadProof)?;
    let first = mul_base(&z).ok_or(Error::BadProof)?.sub(&base);
    let terms = [(proof.z, *claim.peer), (proof.c.neg(), *claim.shared)];
    let second = msm_vartime(&Scalar::ZERO, &terms);
    let (first, second) = first.zip(second).ok_or(Error::BadProof)?;
    if claim.challenge(&first, &second) == proof.c {
        Ok(())
    } else {
        Err(Error::BadProof)
    }
}
