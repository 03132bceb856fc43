//! Server side of DECRYPT (DEC-3, DEC-4).

use zeroize::Zeroizing;

use crate::curve::{mul_batch, Affine, SecretScalar, Sm2};
use crate::hash::label;
use crate::isolate::isolated;
use crate::message::{encode_decrypt_answer, DecryptBody};
use crate::proof::{verify_batch, Statement};
use crate::random::dummy_scalars;
use crate::shares::outcome::{audit_hash, Answer, Outcome};

/// One DECRYPT of a micro-batch.
pub struct DecryptRequest<'a> {
    /// Context hash of the request.
    pub ctx: &'a [u8; 32],
    /// Decoded body.
    pub body: &'a DecryptBody<Sm2>,
    /// b of the record that the header names.
    pub share: &'a SecretScalar<Sm2>,
    /// A1 of the same record.
    pub point: &'a Affine<Sm2>,
}

/// TX-3 for a micro-batch: all proofs in one set of lanes, then T2 = b·T1 of all items in another. An item whose proof
/// does not hold runs with a random dummy in place of b, and its result is discarded.
#[must_use]
pub fn evaluate(requests: &[DecryptRequest<'_>]) -> Vec<Outcome> {
    isolated(requests, evaluate_all, || Outcome::Fault)
}

fn evaluate_all(requests: &[DecryptRequest<'_>]) -> Vec<Outcome> {
    let statements: Vec<Statement<'_, Sm2>> = requests
        .iter()
        .map(|request| {
            Statement::of_share(
                label::DEC_POK,
                request.ctx,
                request.point,
                &request.body.proof,
            )
        })
        .collect();
    let held: Vec<bool> = verify_batch(&statements)
        .iter()
        .map(Result::is_ok)
        .collect();
    let Ok(dummies) = dummy_scalars(requests.len()) else {
        return requests.iter().map(|_| Outcome::Fault).collect();
    };
    let products = multiply(requests, &held, &dummies);
    let mut rest = products.as_slice();
    let mut outcomes = Vec::with_capacity(requests.len());
    for (request, held) in requests.iter().zip(held) {
        let (own, others) = rest.split_at(request.body.points.len());
        outcomes.push(outcome(request, own, held));
        rest = others;
    }
    outcomes
}

/// T2 of every item of every request, with b where the proof held and with the dummy where it did not.
pub(super) fn multiply(
    requests: &[DecryptRequest<'_>],
    held: &[bool],
    dummies: &[SecretScalar<Sm2>],
) -> Zeroizing<Vec<Option<Affine<Sm2>>>> {
    let mut scalars = Vec::new();
    let mut points = Vec::new();
    for ((request, dummy), held) in requests.iter().zip(dummies).zip(held) {
        let share = if *held { request.share } else { dummy };
        scalars.extend(request.body.points.iter().map(|_| share));
        points.extend_from_slice(&request.body.points);
    }
    Zeroizing::new(mul_batch(&scalars, &points))
}

fn outcome(request: &DecryptRequest<'_>, points: &[Option<Affine<Sm2>>], held: bool) -> Outcome {
    let points: Option<Vec<_>> = points.iter().copied().collect();
    let Some(points) = points.map(Zeroizing::new) else {
        return Outcome::Fault;
    };
    let answer = Answer {
        body: encode_decrypt_answer(&points).into(),
        audit_hash: audit_hash::<Sm2>(request.ctx),
    };
    if held {
        Outcome::Right(answer)
    } else {
        Outcome::Wrong
    }
}
