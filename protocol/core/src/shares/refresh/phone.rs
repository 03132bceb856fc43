//! Phone side of REFRESH.

use super::{duplicate, refresh_factor};
use crate::curve::{mul_base, Affine, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{label, Suite};
use crate::message::{refresh_ctx, RefreshAnswer, RefreshBody, Sharing};
use crate::proof::prove;
use crate::random::{pre_context, PhoneNonces};
use crate::shares::proof::Witness;

/// A REFRESH under way; works once.
pub struct PhoneRefresh<S: Suite> {
    share: SecretScalar<S>,
    ephemeral: SecretScalar<S>,
    ep: Affine<S>,
    ctx: [u8; 32],
}

impl<S: Suite> PhoneRefresh<S> {
    /// RF-1: Ep and the proof of the current share. `share` is d1 or a, `header` the encoded header, `pk` P. Gives the
    /// body and its context.
    ///
    /// # Errors
    /// `RandomUnavailable`, `InternalFault` for a share of zero.
    pub fn begin(
        sharing: Sharing,
        header: &[u8],
        pk: &[u8; 33],
        share: &SecretScalar<S>,
        local_seq: u64,
    ) -> Result<(Self, RefreshBody<S>, [u8; 32])> {
        let nonces =
            PhoneNonces::new::<S>(&share.to_bytes(), &pre_context::<S>(header), local_seq)?;
        Self::begin_with(sharing, header, pk, share, &nonces)
    }

    pub(super) fn begin_with(
        sharing: Sharing,
        header: &[u8],
        pk: &[u8; 33],
        share: &SecretScalar<S>,
        nonces: &PhoneNonces,
    ) -> Result<(Self, RefreshBody<S>, [u8; 32])> {
        let ephemeral: SecretScalar<S> = nonces.scalar("ep", 1);
        let ep = mul_base(&ephemeral).ok_or(Error::InternalFault)?;
        let ctx = refresh_ctx::<S>(header, &ep.encode(), pk);
        let witness = Witness::of(sharing, share)?;
        let proof = prove(
            label::RF_POK,
            &ctx,
            &[(&witness.secret, &witness.point)],
            |i| nonces.scalar("pok", i),
        )?;
        Ok((
            Self {
                share: duplicate(share),
                ephemeral,
                ep,
                ctx,
            },
            RefreshBody { ep, proof },
            ctx,
        ))
    }

    /// The context of the request: parent of the session id of an OT set-up (§6.2).
    #[must_use]
    pub const fn ctx(&self) -> &[u8; 32] {
        &self.ctx
    }

    /// RF-4: the new share, d1·rho or a·rho. Ep's secret, Z and rho are erased before it returns.
    ///
    /// # Errors
    /// `InternalFault`.
    pub fn finish(self, answer: &RefreshAnswer<S>) -> Result<SecretScalar<S>> {
        let RefreshAnswer { es, share_id, .. } = answer;
        let rho = refresh_factor(&self.ephemeral, es, &self.ctx, &self.ep, es, share_id)?;
        Ok(self.share.mul(&rho))
    }
}
