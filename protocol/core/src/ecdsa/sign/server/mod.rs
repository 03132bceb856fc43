//! Server side of `EC_SIGN` for a micro-batch (EC-5 … EC-10, TX-3, TX-B3).

mod answer;
mod nonce;

use zeroize::Zeroizing;

use super::Outcome;
use crate::curve::{Affine, SecretScalar, P256};
use crate::error::Result;
use crate::hash::{label, Transcript};
use crate::isolate::isolated;
use crate::message::{EcSession, EcSignBody, OtMessage};
use crate::ot::{extend_server, Block, Inconsistent, Rows, ServerSetup, ROWS};
use crate::proof::{verify_batch, Statement};
use crate::random::{dummy_scalar, fresh, ServerNonces};
use crate::shares::outcome::audit_hash;
use crate::shares::Answer;
use answer::{ends, Ends, Products};
use nonce::{choose_nonces, Nonce};

/// One `EC_SIGN` of a micro-batch.
pub struct SignRequest<'a> {
    /// sid and ctx of the request.
    pub session: &'a EcSession,
    /// Decoded body.
    pub body: &'a EcSignBody,
    /// HDR-2, for hedging.
    pub body_hash: &'a [u8; 32],
    /// skA of the record that the header names.
    pub share: &'a SecretScalar<P256>,
    /// `X_p` of the same record.
    pub point: &'a Affine<P256>,
    /// OT set-up of the same record, in state READY.
    pub setup: &'a ServerSetup,
}

/// TX-3 for a micro-batch: all proofs in one set of lanes (EC-5), then per request the OT check (EC-6), then the answers.
///
/// A request whose proof does not hold runs the same steps with a random dummy in place of skA, of the set-up and of the
/// OT message, and its result is discarded: both outcomes take the same time, nothing is computed from skA or Δ, and the
/// OT message is not touched.
#[must_use]
pub fn evaluate(requests: &[SignRequest<'_>]) -> Vec<Outcome> {
    isolated(
        requests,
        |part| evaluate_all(part, Drawn::new, extend),
        || Outcome::Fault,
    )
}

/// Randomness of one request.
pub(super) struct Drawn {
    /// HEDGE-2.
    pub(super) nonces: ServerNonces,
    /// EC-8: public, in every pad; not what the nonces are made from.
    pub(super) nonce_s: [u8; 32],
}

impl Drawn {
    fn new(share: &[u8; 32], ctx: &[u8; 32], body_hash: &[u8; 32]) -> Result<Self> {
        Ok(Self {
            nonces: ServerNonces::new::<P256>(share, ctx, body_hash)?,
            nonce_s: fresh()?,
        })
    }
}

/// EC-6 of a received message.
fn extend(
    setup: &ServerSetup,
    sid: &[u8; 32],
    message: &OtMessage,
) -> core::result::Result<Rows, Inconsistent> {
    let OtMessage {
        columns,
        x_tilde,
        t_tilde,
    } = message;
    extend_server(setup, sid, columns, x_tilde, t_tilde)
}

/// `draw` makes the randomness of a request from share, context and body hash, `extend` is EC-6.
pub(super) fn evaluate_all(
    requests: &[SignRequest<'_>],
    draw: impl Fn(&[u8; 32], &[u8; 32], &[u8; 32]) -> Result<Drawn>,
    extend: impl Fn(&ServerSetup, &[u8; 32], &OtMessage) -> core::result::Result<Rows, Inconsistent>,
) -> Vec<Outcome> {
    let begun: Result<Vec<Job<'_>>> = requests
        .iter()
        .zip(proofs_hold(requests))
        .map(|(request, held)| Job::begin(request, held, &draw, &extend))
        .collect();
    let Ok(mut jobs) = begun else {
        return requests.iter().map(|_| Outcome::Fault).collect();
    };
    choose_nonces(&mut jobs);
    let products: Vec<Option<Products>> = jobs.iter().map(Job::multiply).collect();
    let ends = ends(&jobs, &products);
    jobs.into_iter()
        .zip(products)
        .zip(ends)
        .map(|((job, products), ends)| job.outcome(products.zip(ends)))
        .collect()
}

/// EC-5 for every request, with the `X_p` of its own record.
fn proofs_hold(requests: &[SignRequest<'_>]) -> Vec<bool> {
    let statements: Vec<Statement<'_, P256>> = requests
        .iter()
        .map(|request| Statement {
            label: label::EC_POK,
            ctx: &request.session.ctx,
            encoded: core::slice::from_ref(&*request.body.encoded),
            public: core::slice::from_ref(&*request.body.point),
            share_point: request.point,
            proof: &request.body.proof,
        })
        .collect();
    verify_batch(&statements)
        .iter()
        .map(Result::is_ok)
        .collect()
}

/// What EC-5 and EC-6 said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    OtDestroyed,
    Wrong,
}

/// A request after EC-6, with its own secrets or with dummies.
struct Job<'a> {
    request: &'a SignRequest<'a>,
    verdict: Verdict,
    share: SecretScalar<P256>,
    delta: Zeroizing<Block>,
    rows: Rows,
    drawn: Drawn,
    nonce: Option<Nonce>,
}

impl<'a> Job<'a> {
    /// EC-6. Dummies take the place of whatever may not be used after EC-5 or EC-6 failed; what they hold does not
    /// matter, as nothing here depends on it in time.
    fn begin(
        request: &'a SignRequest<'a>,
        held: bool,
        draw: impl Fn(&[u8; 32], &[u8; 32], &[u8; 32]) -> Result<Drawn>,
        extend: impl Fn(&ServerSetup, &[u8; 32], &OtMessage) -> core::result::Result<Rows, Inconsistent>,
    ) -> Result<Self> {
        let EcSession { sid, ctx } = request.session;
        let dummy_share = dummy_scalar()?;
        let dummy_setup = ServerSetup::from_bytes(&[0; ServerSetup::LEN])?;
        let extended = if held {
            extend(request.setup, sid, &request.body.ot)
        } else {
            extend(&dummy_setup, sid, &OtMessage::zero())
        };
        let (verdict, rows) = match (held, extended) {
            (true, Ok(rows)) => (Verdict::Right, rows),
            (true, Err(Inconsistent)) => (Verdict::OtDestroyed, dummy_rows()),
            (false, _) => (Verdict::Wrong, dummy_rows()),
        };
        let (share, setup) = match verdict {
            Verdict::Right => (SecretScalar::new(*request.share.expose()), request.setup),
            Verdict::OtDestroyed | Verdict::Wrong => (dummy_share, &dummy_setup),
        };
        Ok(Self {
            drawn: draw(&share.to_bytes(), ctx, request.body_hash)?,
            delta: Zeroizing::new(*setup.delta()),
            request,
            verdict,
            share,
            rows,
            nonce: None,
        })
    }

    fn outcome(self, computed: Option<(Products, Ends)>) -> Outcome {
        let ctx = &self.request.session.ctx;
        let Some((answer, r)) = computed.and_then(|(products, ends)| self.answer(products, &ends))
        else {
            return Outcome::Fault;
        };
        let body = answer.encode();
        match self.verdict {
            Verdict::Right => Outcome::Right(Answer {
                body,
                audit_hash: Transcript::<P256>::new(label::AUDIT)
                    .field(ctx)
                    .field(&r.to_bytes())
                    .finish(),
            }),
            Verdict::OtDestroyed => Outcome::OtDestroyed {
                audit_hash: audit_hash::<P256>(ctx),
            },
            Verdict::Wrong => Outcome::Wrong,
        }
    }
}

/// 1 024 rows to compute on instead of rows that do not exist.
fn dummy_rows() -> Rows {
    Zeroizing::new(vec![[0; 16]; ROWS])
}
