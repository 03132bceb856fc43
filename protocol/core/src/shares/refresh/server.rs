//! Server side of REFRESH (RF-2, RF-3).

use super::{duplicate, refresh_factor};
use crate::curve::{mul, mul_base, Affine, Scalar, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{label, Suite};
use crate::isolate::isolated;
use crate::message::{OtsPart, RefreshAnswer, RefreshBody, Sharing};
use crate::proof::{verify_batch, Statement};
use crate::random::{dummy_scalar, fresh, ServerNonces};
use crate::shares::outcome::audit_hash;

/// One REFRESH of a micro-batch.
pub struct RefreshRequest<'a, S: Suite> {
    /// How the shares make the key.
    pub sharing: Sharing,
    /// Context hash of the request.
    pub ctx: &'a [u8; 32],
    /// Decoded body.
    pub body: &'a RefreshBody<S>,
    /// HDR-2, for hedging.
    pub body_hash: &'a [u8; 32],
    /// v2 or b of the current record.
    pub share: &'a SecretScalar<S>,
    /// P1 or A1 of the same record.
    pub point: &'a Affine<S>,
}

/// Whether the proof held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The proof holds; the new share is to be stored PENDING.
    Right,
    /// A wrong PIN; every other field is a dummy of the same shape.
    Wrong,
    /// The core failed for this item; every other field is a dummy.
    Fault,
}

/// A refreshed share. Unless `verdict` is `Right` all of it is made from a random dummy (TX-3).
pub struct RefreshStep<S: Suite> {
    /// Outcome of the proof.
    pub verdict: Verdict,
    /// v2' or b'.
    pub share: SecretScalar<S>,
    /// P1' or A1'.
    pub point: Affine<S>,
    /// Es, the new share id and a nonce; the caller sets `pending_expires_ms` and the OTS part before encoding.
    pub answer: RefreshAnswer<S>,
    /// Hash for the audit row, zeros unless `Right`.
    pub audit_hash: [u8; 32],
}

/// RF-2, RF-3 for a micro-batch: all proofs first, then the new shares.
#[must_use]
pub fn evaluate<S: Suite>(requests: &[RefreshRequest<'_, S>]) -> Vec<RefreshStep<S>> {
    isolated(requests, evaluate_all, fault)
}

fn evaluate_all<S: Suite>(requests: &[RefreshRequest<'_, S>]) -> Vec<RefreshStep<S>> {
    let statements: Vec<Statement<'_, S>> = requests
        .iter()
        .map(|request| {
            Statement::of_share(
                label::RF_POK,
                request.ctx,
                request.point,
                &request.body.proof,
            )
        })
        .collect();
    let verdicts = verify_batch(&statements);
    requests
        .iter()
        .zip(verdicts)
        .map(|(request, held)| step(request, held.is_ok()).unwrap_or_else(|_| fault()))
        .collect()
}

/// One item: with the record's share if the proof held, else with a dummy.
fn step<S: Suite>(request: &RefreshRequest<'_, S>, held: bool) -> Result<RefreshStep<S>> {
    let dummy = dummy_scalar()?;
    let generator = Affine::generator();
    let (share, point) = if held {
        (request.share, request.point)
    } else {
        (&dummy, &generator)
    };
    let nonces = ServerNonces::new::<S>(&share.to_bytes(), request.ctx, request.body_hash)?;
    let mut step = renew(request, share, point, &nonces, fresh()?, fresh()?)?;
    if held {
        step.verdict = Verdict::Right;
        step.audit_hash = audit_hash::<S>(request.ctx);
    }
    Ok(step)
}

pub(super) fn renew<S: Suite>(
    request: &RefreshRequest<'_, S>,
    share: &SecretScalar<S>,
    point: &Affine<S>,
    nonces: &ServerNonces,
    share_id: [u8; 16],
    nonce_s: [u8; 32],
) -> Result<RefreshStep<S>> {
    let ephemeral: SecretScalar<S> = nonces.scalar("es", 1, 0);
    let es = mul_base(&ephemeral).ok_or(Error::InternalFault)?;
    let ep = &request.body.ep;
    let rho = refresh_factor(&ephemeral, ep, request.ctx, ep, &es, &share_id)?;
    let inverse = rho.invert();
    let (share_factor, point_factor) = match request.sharing {
        Sharing::TwoNonce => (&rho, &inverse),
        Sharing::Multiplicative => (&inverse, &rho),
    };
    Ok(RefreshStep {
        verdict: Verdict::Wrong,
        share: share.mul(share_factor),
        point: mul(point_factor, point).ok_or(Error::InternalFault)?,
        answer: RefreshAnswer {
            es,
            share_id,
            nonce_s,
            pending_expires_ms: 0,
            ots: OtsPart::default(),
        },
        audit_hash: [0; 32],
    })
}

fn fault<S: Suite>() -> RefreshStep<S> {
    let generator = Affine::generator();
    RefreshStep {
        verdict: Verdict::Fault,
        share: duplicate(&SecretScalar::new(Scalar::ONE)),
        point: generator,
        answer: RefreshAnswer {
            es: generator,
            share_id: [0; 16],
            nonce_s: [0; 32],
            pending_expires_ms: 0,
            ots: OtsPart::default(),
        },
        audit_hash: [0; 32],
    }
}
