//! Server side of SIGN for a micro-batch (SIGN-8 … SIGN-11, TX-3, TX-B3).

use zeroize::Zeroizing;

use super::{binding_factor, number};
use crate::ct::declassify;
use crate::curve::{
    combine, mul_base_batch, Affine, Combination, First, Scalar, SecretScalar, Sm2,
};
use crate::error::Result;
use crate::hash::{label, Transcript};
use crate::isolate::isolated;
use crate::message::{digest_scalar, encode_sign_answer, SignBody, SignItem};
use crate::proof::{verify_batch, Statement};
use crate::random::{dummy_scalars, ServerNonces};
use crate::shares::outcome::{Answer, Outcome};

/// Most attempts of one item (SIGN-10); each fails with a probability of about 2^-254.
const MAX_ATTEMPTS: u32 = 8;

/// One SIGN of a micro-batch.
pub struct SignRequest<'a> {
    /// Context hash of the request (SIGN-3).
    pub ctx: &'a [u8; 32],
    /// Decoded body.
    pub body: &'a SignBody<Sm2>,
    /// HDR-2, for hedging.
    pub body_hash: &'a [u8; 32],
    /// v2 of the record that the header names.
    pub share: &'a SecretScalar<Sm2>,
    /// P1 of the same record.
    pub point: &'a Affine<Sm2>,
}

/// TX-3 for a micro-batch: all proofs in one set of lanes, then the answers of all items of all requests in another.
///
/// A request whose proof does not hold runs the second phase with a random dummy in place of v2 and its result is
/// discarded, so that both outcomes take the same time and nothing is computed from v2 (SIGN-8).
#[must_use]
pub fn evaluate(requests: &[SignRequest<'_>]) -> Vec<Outcome> {
    isolated(
        requests,
        |part| evaluate_all(part, ServerNonces::new::<Sm2>),
        || Outcome::Fault,
    )
}

/// `nonces` makes the nonces of a request from share, context and body hash.
pub(super) fn evaluate_all(
    requests: &[SignRequest<'_>],
    nonces: impl Fn(&[u8; 32], &[u8; 32], &[u8; 32]) -> Result<ServerNonces>,
) -> Vec<Outcome> {
    let held = proofs_hold(requests);
    let Ok(dummies) = dummy_scalars(requests.len()) else {
        return requests.iter().map(|_| Outcome::Fault).collect();
    };
    let shares: Vec<_> = requests
        .iter()
        .zip(&dummies)
        .zip(&held)
        .map(|((request, dummy), held)| if *held { request.share } else { dummy })
        .collect();
    let inverses = SecretScalar::invert_batch(&shares);
    let mut jobs = Vec::with_capacity(requests.len());
    for (((request, share), d2), held) in requests.iter().zip(shares).zip(inverses).zip(held) {
        match nonces(&share.to_bytes(), request.ctx, request.body_hash) {
            Ok(nonces) => jobs.push(Job::new(request, share, d2, nonces, held)),
            Err(_) => return requests.iter().map(|_| Outcome::Fault).collect(),
        }
    }
    answer_all(&mut jobs);
    jobs.into_iter().map(Job::outcome).collect()
}

/// SIGN-8 for every request, with the P1 of its own record.
fn proofs_hold(requests: &[SignRequest<'_>]) -> Vec<bool> {
    let statements: Vec<Statement<'_, Sm2>> = requests
        .iter()
        .map(|request| Statement {
            label: label::SIGN2_POK,
            ctx: request.ctx,
            encoded: &request.body.encoded,
            public: &request.body.points,
            share_point: request.point,
            proof: &request.body.proof,
        })
        .collect();
    verify_batch(&statements)
        .iter()
        .map(Result::is_ok)
        .collect()
}

/// A request in the second phase, with its own v2 or a dummy.
struct Job<'a> {
    request: &'a SignRequest<'a>,
    share: &'a SecretScalar<Sm2>,
    d2: SecretScalar<Sm2>,
    nonces: ServerNonces,
    held: bool,
    answers: Zeroizing<Vec<Option<SignItem<Sm2>>>>,
}

/// Places of Qa and Qb of an item in the lists of points.
const fn pair(item: usize) -> [usize; 2] {
    [2 * item, 2 * item + 1]
}

/// One item in one attempt.
struct Attempt {
    job: usize,
    item: usize,
    retry: u32,
}

impl<'a> Job<'a> {
    fn new(
        request: &'a SignRequest<'a>,
        share: &'a SecretScalar<Sm2>,
        d2: SecretScalar<Sm2>,
        nonces: ServerNonces,
        held: bool,
    ) -> Self {
        let answers = Zeroizing::new(vec![None; request.body.digests.len()]);
        Self {
            request,
            share,
            d2,
            nonces,
            held,
            answers,
        }
    }

    fn nonce(&self, attempt: &Attempt) -> SecretScalar<Sm2> {
        self.nonces
            .scalar("w2", number(attempt.item), attempt.retry)
    }

    fn binding_factor(&self, item: usize, w2: &Affine<Sm2>) -> Scalar<Sm2> {
        let encoded = &self.request.body.encoded;
        let [a, b] = pair(item);
        binding_factor(
            self.request.ctx,
            number(item),
            &encoded[a],
            &encoded[b],
            &w2.encode(),
        )
    }

    /// SIGN-9 from Q on: r = e + x(Q), s1 = d2·(r + w2); `None` if either is zero (SIGN-10).
    fn scalars(
        &self,
        attempt: &Attempt,
        w2: &SecretScalar<Sm2>,
        q: &Affine<Sm2>,
    ) -> Option<(Scalar<Sm2>, Scalar<Sm2>)> {
        let e = digest_scalar::<Sm2>(&self.request.body.digests[attempt.item]).ok()?;
        let x = q.x_scalar();
        #[cfg(test)]
        let x = super::forced::x_of((self.request.ctx, attempt.item, attempt.retry), x, &e, w2);
        answer_scalars(&e, &x, w2, &self.d2)
    }

    /// SIGN-11.
    fn outcome(self) -> Outcome {
        let items: Option<Vec<SignItem<Sm2>>> = self.answers.iter().copied().collect();
        let Some(items) = items.map(Zeroizing::new) else {
            return Outcome::Fault;
        };
        let body = Zeroizing::new(encode_sign_answer(&items));
        let audit_hash = Transcript::<Sm2>::new(label::AUDIT)
            .field(self.request.ctx)
            .fields(items.iter().map(|item| item.r.to_bytes()))
            .finish();
        if self.held {
            Outcome::Right(Answer { body, audit_hash })
        } else {
            Outcome::Wrong
        }
    }
}

/// r and s1 of one item, `None` if r = 0 or s1 = 0.
fn answer_scalars(
    e: &Scalar<Sm2>,
    x: &Scalar<Sm2>,
    w2: &SecretScalar<Sm2>,
    d2: &SecretScalar<Sm2>,
) -> Option<(Scalar<Sm2>, Scalar<Sm2>)> {
    let r = e.add(x);
    let s1 = d2.mul(&w2.add_public(&r));
    let s1 = *s1.expose();
    (!declassify(r.is_zero() | s1.is_zero())).then_some((r, s1))
}

/// Answers every item; an item that fails is tried again with its next nonce, alone (SIGN-10).
fn answer_all(jobs: &mut [Job<'_>]) {
    let items = |(job, j): (usize, &Job<'_>)| {
        (0..j.answers.len()).map(move |item| Attempt {
            job,
            item,
            retry: 0,
        })
    };
    let mut attempts: Vec<Attempt> = jobs.iter().enumerate().flat_map(items).collect();
    for _ in 0..MAX_ATTEMPTS {
        let answers = answer_round(jobs, &attempts);
        let mut failed = Vec::new();
        for (attempt, answer) in attempts.into_iter().zip(answers.iter()) {
            if answer.is_none() {
                failed.push(Attempt {
                    retry: attempt.retry + 1,
                    ..attempt
                });
            } else {
                jobs[attempt.job].answers[attempt.item] = *answer;
            }
        }
        if failed.is_empty() {
            return;
        }
        attempts = failed;
    }
}

/// SIGN-9 for many items: W2 of all in one fixed-base batch, then Q = W2 + v2·Qa + (v2·rho)·Qb of all.
fn answer_round(jobs: &[Job<'_>], attempts: &[Attempt]) -> Zeroizing<Vec<Option<SignItem<Sm2>>>> {
    let nonces: Vec<SecretScalar<Sm2>> = attempts
        .iter()
        .map(|attempt| jobs[attempt.job].nonce(attempt))
        .collect();
    let w2 = Zeroizing::new(mul_base_batch(&nonces.iter().collect::<Vec<_>>()));
    let bound: Vec<SecretScalar<Sm2>> = attempts
        .iter()
        .zip(w2.iter())
        .map(|(attempt, w2)| {
            let job = &jobs[attempt.job];
            let rho = w2
                .as_ref()
                .map_or(Scalar::ONE, |w2| job.binding_factor(attempt.item, w2));
            job.share.mul_public(&rho)
        })
        .collect();
    let combinations: Vec<_> = attempts
        .iter()
        .zip(w2.iter().zip(&bound))
        .map(|(attempt, (w2, bound))| {
            let job = &jobs[attempt.job];
            let [qa, qb] = pair(attempt.item).map(|i| job.request.body.points[i]);
            Combination {
                first: w2.map_or(First::Nothing, First::Point),
                products: vec![(job.share, qa), (bound, qb)],
            }
        })
        .collect();
    let sums = Zeroizing::new(combine(&combinations));
    let terms = w2.iter().zip(&nonces).zip(sums.iter());
    let answers = attempts
        .iter()
        .zip(terms)
        .map(|(attempt, ((w2, nonce), q))| {
            let (r, s1) = jobs[attempt.job].scalars(attempt, nonce, q.as_ref()?)?;
            Some(SignItem { w2: (*w2)?, r, s1 })
        });
    Zeroizing::new(answers.collect())
}
