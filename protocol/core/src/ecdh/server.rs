//! Server side of ECDH (ECDH-1, ECDH-3).

use zeroize::Zeroizing;

use super::dleq::{self, Claim};
use crate::curve::{mul_base, mul_batch, Affine, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::label;
use crate::isolate::isolated;
use crate::message::{encode_ecdh_answer, encode_x_answer, EcdhBody, EcdhMode};
use crate::proof::{verify_batch, Proof, Statement};
use crate::random::{dummy_scalar, ServerNonces};
use crate::shares::outcome::{audit_hash, Answer, Outcome};

/// Where the agreement of one request comes from.
#[derive(Clone, Copy)]
pub enum EcdhShare<'a> {
    /// b is here.
    Sealed(&'a SecretScalar<P256>),
    /// The token has evaluated the points already (HSM-3): x(b·T) of each.
    Token(&'a [[u8; 32]]),
}

/// One ECDH of a micro-batch.
pub struct EcdhRequest<'a> {
    /// Context hash of the request.
    pub ctx: &'a [u8; 32],
    /// Decoded body.
    pub body: &'a EcdhBody,
    /// HDR-2, for hedging.
    pub body_hash: &'a [u8; 32],
    /// b of the record that the header names, or what its token made of the points.
    pub share: EcdhShare<'a>,
    /// A1 of the same record.
    pub point: &'a Affine<P256>,
}

/// TX-3 for a micro-batch: all proofs in one set of lanes, then S = b·T of each item. An item whose proof does not hold
/// runs with a random dummy in place of b, and its result is discarded.
#[must_use]
pub fn evaluate(requests: &[EcdhRequest<'_>]) -> Vec<Outcome> {
    isolated(requests, evaluate_all, || Outcome::Fault)
}

fn evaluate_all(requests: &[EcdhRequest<'_>]) -> Vec<Outcome> {
    let statements: Vec<Statement<'_, P256>> = requests
        .iter()
        .map(|request| {
            Statement::of_share(
                label::ECDH_POK,
                request.ctx,
                request.point,
                &request.body.proof,
            )
        })
        .collect();
    requests
        .iter()
        .zip(verify_batch(&statements))
        .map(|(request, held)| step(request, held.is_ok()).unwrap_or(Outcome::Fault))
        .collect()
}

/// One item: with the record's share if the proof held, else with a dummy.
fn step(request: &EcdhRequest<'_>, held: bool) -> Result<Outcome> {
    let body = match request.share {
        EcdhShare::Sealed(share) => evaluated(request, share, held)?,
        EcdhShare::Token(xs) => given(request, xs)?,
    };
    Ok(if held {
        Outcome::Right(Answer {
            body,
            audit_hash: audit_hash::<P256>(request.ctx),
        })
    } else {
        Outcome::Wrong
    })
}

/// What the token gave, which is the same work whatever the proof was. It answers mode AEAD only (ECDH-3).
fn given(request: &EcdhRequest<'_>, xs: &[[u8; 32]]) -> Result<Zeroizing<Vec<u8>>> {
    if request.body.mode != EcdhMode::Aead || xs.len() != request.body.points.len() {
        return Err(Error::InternalFault);
    }
    Ok(Zeroizing::new(encode_x_answer(xs)))
}

fn evaluated(
    request: &EcdhRequest<'_>,
    share: &SecretScalar<P256>,
    held: bool,
) -> Result<Zeroizing<Vec<u8>>> {
    let dummy = dummy_scalar()?;
    let share = if held { share } else { &dummy };
    let points = &request.body.points;
    let shared = Zeroizing::new(mul_batch(&vec![share; points.len()], points));
    let shared: Option<Vec<_>> = shared.iter().copied().collect();
    let shared = Zeroizing::new(shared.ok_or(Error::InternalFault)?);
    let proofs = match request.body.mode {
        EcdhMode::Aead => Vec::new(),
        EcdhMode::Raw => prove_all(request, share, &shared)?,
    };
    Ok(Zeroizing::new(encode_ecdh_answer(&shared, &proofs)))
}

/// ECDH-3: the proofs of mode RAW.
fn prove_all(
    request: &EcdhRequest<'_>,
    share: &SecretScalar<P256>,
    shared: &[Affine<P256>],
) -> Result<Vec<Proof<P256>>> {
    let nonces = ServerNonces::new::<P256>(&share.to_bytes(), request.ctx, request.body_hash)?;
    let base = Zeroizing::new(mul_base(share).ok_or(Error::InternalFault)?);
    let items = request.body.points.iter().zip(shared);
    (1..=u16::MAX)
        .zip(items)
        .map(|(i, (peer, shared))| {
            let claim = Claim {
                ctx: request.ctx,
                i,
                base: &base,
                peer,
                shared,
            };
            dleq::prove(&claim, share, |retry| nonces.scalar("dleq", i, retry))
        })
        .collect()
}
