//! The phone's proof of its share, alone: CONFIRM (RF-6, RF-7), ADOPT (RS-4) and `OT_SETUP` (§6.2).

use zeroize::Zeroizing;

use super::outcome::{audit_hash, Answer, Outcome};
use crate::curve::{mul_base, Affine, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{label, Suite};
use crate::isolate::isolated;
use crate::message::{encode_flags, Sharing};
use crate::proof::{prove, verify_batch, Proof, Statement};
use crate::random::PhoneNonces;

/// The operation a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// First use of refreshed shares.
    Confirm,
    /// Adoption after a restore.
    Adopt,
    /// Either request of an OT set-up.
    OtSetup,
}

impl Occasion {
    const fn label(self) -> &'static str {
        match self {
            Self::Confirm => label::CF_POK,
            Self::Adopt => label::AD_POK,
            Self::OtSetup => label::OTS_POK,
        }
    }
}

/// What the phone proves of its share: u1 with P1, or a with A1.
pub(crate) struct Witness<S: Suite> {
    pub(crate) secret: SecretScalar<S>,
    pub(crate) point: Zeroizing<Affine<S>>,
}

impl<S: Suite> Witness<S> {
    /// From d1 or a.
    pub(crate) fn of(sharing: Sharing, share: &SecretScalar<S>) -> Result<Self> {
        let secret = match sharing {
            Sharing::TwoNonce => share.invert(),
            Sharing::Multiplicative => SecretScalar::new(*share.expose()),
        };
        let point = Zeroizing::new(mul_base(&secret).ok_or(Error::InternalFault)?);
        Ok(Self { secret, point })
    }
}

/// Phone: the proof under the context of the request. `share` is d1 or a.
///
/// # Errors
/// `RandomUnavailable`, `InternalFault` for a share of zero.
pub fn prove_share<S: Suite>(
    occasion: Occasion,
    sharing: Sharing,
    ctx: &[u8; 32],
    share: &SecretScalar<S>,
    local_seq: u64,
) -> Result<Proof<S>> {
    let nonces = PhoneNonces::new::<S>(&share.to_bytes(), ctx, local_seq)?;
    prove_with(occasion, sharing, ctx, share, &nonces)
}

pub(super) fn prove_with<S: Suite>(
    occasion: Occasion,
    sharing: Sharing,
    ctx: &[u8; 32],
    share: &SecretScalar<S>,
    nonces: &PhoneNonces,
) -> Result<Proof<S>> {
    let witness = Witness::of(sharing, share)?;
    prove(
        occasion.label(),
        ctx,
        &[(&witness.secret, &witness.point)],
        |i| nonces.scalar("pok", i),
    )
}

/// One such request of a micro-batch.
pub struct ShareRequest<'a, S: Suite> {
    /// Which operation.
    pub occasion: Occasion,
    /// Context hash of the request.
    pub ctx: &'a [u8; 32],
    /// Proof of the share.
    pub proof: &'a Proof<S>,
    /// P1 or A1 of the record that the header names.
    pub point: &'a Affine<S>,
}

/// Server: checks the proofs (RF-7, RS-4). The body of a right answer is the flags byte with `durable` unset; the caller
/// replaces it where the operation answers more.
#[must_use]
pub fn evaluate<S: Suite>(requests: &[ShareRequest<'_, S>]) -> Vec<Outcome> {
    isolated(requests, check, || Outcome::Fault)
}

fn check<S: Suite>(requests: &[ShareRequest<'_, S>]) -> Vec<Outcome> {
    let statements: Vec<Statement<'_, S>> = requests
        .iter()
        .map(|request| {
            Statement::of_share(
                request.occasion.label(),
                request.ctx,
                request.point,
                request.proof,
            )
        })
        .collect();
    requests
        .iter()
        .zip(verify_batch(&statements))
        .map(|(request, verdict)| match verdict {
            Ok(()) => Outcome::Right(Answer {
                body: encode_flags(false).into(),
                audit_hash: audit_hash::<S>(request.ctx),
            }),
            Err(_) => Outcome::Wrong,
        })
        .collect()
}
