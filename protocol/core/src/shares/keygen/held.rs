//! Key generation with the server's share in a token (HSM-3): b = `b_t·b_s`, B = `b_s·B_t`.
//!
//! The token draws `b_t` and never gives it away; `b_s` is what refresh changes. A token cannot make the proof of KG-2,
//! which needs a nonce of its own kind, but it signs: an ECDSA signature by `b_t` over `e/b_s`, with s multiplied by `b_s`,
//! is one by b over e, so the phone sees a signature by the share it is about to trust.

use zeroize::Zeroizing;

use super::server::Pending;
use super::token_statement;
use crate::curve::{mul, Affine, Scalar, SecretScalar, P256};
use crate::device;
use crate::error::{Error, Result};
use crate::hash::{h, label};
use crate::message::{keygen_m1_ctx, KeygenM1, KeygenM2, OtsPart, Sharing};
use crate::proof::Proof;
use crate::random::{fresh, ServerNonces};

/// A key generation that waits for the token's signature.
pub struct HeldDraft {
    soft: SecretScalar<P256>,
    b: Affine<P256>,
    com: [u8; 32],
    k0: [u8; 32],
    k1: [u8; 32],
    nonce_s: [u8; 32],
    statement: [u8; 32],
}

impl HeldDraft {
    /// KG-2 as far as it goes without the token. `token_key` is `B_t`; the rest as `begin`.
    ///
    /// # Errors
    /// `RandomUnavailable`, `InternalFault`.
    pub fn new(
        header: &[u8],
        m1: &KeygenM1,
        body_hash: &[u8; 32],
        hedge: &[u8; 32],
        token_key: &Affine<P256>,
    ) -> Result<Self> {
        let k0 = keygen_m1_ctx::<P256>(Sharing::Multiplicative, header, m1);
        let nonces = ServerNonces::new::<P256>(hedge, &k0, body_hash)?;
        let soft: SecretScalar<P256> = nonces.scalar("v2", 1, 0);
        let b = mul(&soft, token_key).ok_or(Error::InternalFault)?;
        let nonce_s = fresh()?;
        let k1 = h::<P256>(label::KGM_1, &[&k0, &m1.com, &nonce_s]);
        let statement = token_statement(&k1, &b.encode());
        Ok(Self {
            soft,
            b,
            com: m1.com,
            k0,
            k1,
            nonce_s,
            statement,
        })
    }

    /// What the token signs as it is: `e/b_s`. It tells `b_s` to whoever knows e.
    #[must_use]
    pub fn challenge(&self) -> Zeroizing<[u8; 32]> {
        let e = Scalar::<P256>::reduce32(&self.statement);
        self.soft.invert().mul_public(&e).to_bytes()
    }

    /// KG-2 with the token's signature r ‖ s.
    ///
    /// # Errors
    /// `BadProof` if it is not one by `b_t` over the challenge.
    pub fn complete(self, signature: &[u8; 64]) -> Result<(Pending<P256>, KeygenM2<P256>)> {
        let by_token = Proof::<P256>::from_bytes(signature).map_err(|_| Error::BadProof)?;
        let pi2 = Proof {
            c: by_token.c,
            z: *self.soft.mul_public(&by_token.z).expose(),
        };
        device::verify(&self.b, &self.statement, &pi2.to_bytes()).map_err(|_| Error::BadProof)?;
        let pending = Pending::held(self.soft, self.com, self.k0, self.k1, &self.b, &pi2);
        let m2 = KeygenM2 {
            nonce_s: self.nonce_s,
            p2: self.b,
            pi2,
            ots: OtsPart::default(),
        };
        Ok((pending, m2))
    }
}

/// `b_t·T` from the x-coordinates of `b_t·T` and `b_t·(T + G)`, for `B_t = b_t·G`. A token gives x only, which leaves the
/// sign open; one of the two candidates fits the second.
///
/// # Errors
/// `BadAnswer` if neither does.
pub fn of_token(token_key: &Affine<P256>, xs: &[[u8; 32]]) -> Result<Affine<P256>> {
    let [of_point, of_next] = xs else {
        return Err(Error::BadAnswer);
    };
    let lifted = Affine::lift_x(of_point).ok_or(Error::BadAnswer)?;
    [lifted, lifted.neg()]
        .into_iter()
        .find(|one| {
            one.add(token_key)
                .is_some_and(|next| next.x_bytes() == *of_next)
        })
        .ok_or(Error::BadAnswer)
}

#[cfg(test)]
mod tests;
