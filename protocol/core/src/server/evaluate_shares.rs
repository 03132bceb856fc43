//! TX-3 of the operations that both suites have: REFRESH, and the proofs of CONFIRM, ADOPT and `OT_SETUP`, with the OT
//! set-up of P-256 signing keys.

use super::evaluate::{Item, Placed};
use super::evaluation::{Evaluation, Kept};
use super::ot_setup::{ready_record, OtChange, OtRecord, Waiting};
use crate::curve::SecretScalar;
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{needs_ot, OtSetupAnswer, OtsPart, RefreshBody, Sharing};
use crate::proof::Proof;
use crate::random::{dummy_scalar, fresh};
use crate::seal::SecretRecord;
use crate::shares::proof::{self, Occasion, ShareRequest};
use crate::shares::refresh::{self, RefreshRequest, RefreshStep};
use crate::shares::{Answer, Outcome};

/// Requests of one suite.
pub(super) struct Shares<'a, S: Suite> {
    pub(super) refresh: Vec<Item<'a, S, RefreshBody<S>>>,
    pub(super) proofs: Vec<Item<'a, S, Stated<S>>>,
}

/// A proof of a share, and OTS part 2 where there is one.
pub(super) struct Stated<S: Suite> {
    pub(super) occasion: Occasion,
    pub(super) proof: Proof<S>,
    pub(super) ots: OtsPart,
}

impl<S: Suite> Default for Shares<'_, S> {
    fn default() -> Self {
        Self {
            refresh: Vec::new(),
            proofs: Vec::new(),
        }
    }
}

impl<S: Suite> Shares<'_, S> {
    pub(super) fn evaluate(&self) -> Vec<Placed> {
        let requests: Vec<_> = self.refresh.iter().map(Item::to_refresh).collect();
        let steps = self.refresh.iter().zip(refresh::evaluate(&requests));
        let mut out: Vec<Placed> = steps
            .map(|(item, step)| {
                let done = item.refreshed(step);
                (
                    item.at,
                    done.unwrap_or_else(|_| Evaluation::fault(item.reply)),
                )
            })
            .collect();
        let requests: Vec<_> = self.proofs.iter().map(Item::to_share).collect();
        let outcomes = self.proofs.iter().zip(proof::evaluate(&requests));
        out.extend(outcomes.map(|(item, outcome)| {
            let done = item.proven(outcome);
            (
                item.at,
                done.unwrap_or_else(|_| Evaluation::fault(item.reply)),
            )
        }));
        out
    }
}

impl<S: Suite> Item<'_, S, RefreshBody<S>> {
    fn to_refresh(&self) -> RefreshRequest<'_, S> {
        RefreshRequest {
            sharing: Sharing::of(self.content.header.suite, self.content.header.purpose),
            ctx: &self.ctx,
            body: &self.body,
            body_hash: &self.content.body_hash,
            share: &self.share,
            point: &self.point,
        }
    }

    /// RF-3, RF-10: a P-256 signing key begins the OT set-up of its new share, whatever the proof was (TX-3).
    fn refreshed(&self, mut step: RefreshStep<S>) -> Result<Evaluation> {
        let header = &self.content.header;
        if !needs_ot(header.suite, header.purpose) {
            let kept = match &self.held {
                Some(held) => Kept::Token(&held.wrapped),
                None => Kept::Alone,
            };
            return Ok(Evaluation::of_refresh(self.reply, step, &kept));
        }
        let (waiting, part_1) = Waiting::begin(
            &step.share.to_bytes(),
            &self.ctx,
            &self.content.body_hash,
            &self.ctx,
            &step.answer.nonce_s,
        )?;
        step.answer.ots = part_1;
        Ok(Evaluation::of_refresh(
            self.reply,
            step,
            &Kept::Waiting(&waiting),
        ))
    }
}

impl<S: Suite> Item<'_, S, Stated<S>> {
    fn to_share(&self) -> ShareRequest<'_, S> {
        ShareRequest {
            occasion: self.body.occasion,
            ctx: &self.ctx,
            proof: &self.body.proof,
            point: &self.point,
        }
    }

    /// Adds the OT set-up to the outcome of the proof. The same work is done whatever the proof was (TX-3).
    fn proven(&self, outcome: Outcome) -> Result<Evaluation> {
        let header = &self.content.header;
        let with_ot = needs_ot(header.suite, header.purpose);
        match (self.body.occasion, &self.ot) {
            (Occasion::OtSetup, _) if self.body.ots.is_empty() => self.begin_setup(outcome),
            (Occasion::Confirm | Occasion::OtSetup, OtRecord::Waiting(waiting)) if with_ot => {
                self.end_setup(outcome, waiting)
            }
            // No set-up waits for this part 2: it was discarded. A new share without one must not be promoted (RF-10).
            (Occasion::Confirm, OtRecord::None) if with_ot => {
                let evaluation = Evaluation::of_flags(self.reply, outcome);
                Ok(evaluation.with_ot(OtChange::Failed))
            }
            (Occasion::OtSetup, _) => {
                let evaluation = Evaluation::of_outcome(self.reply, without_body(outcome));
                Ok(evaluation.with_ot(OtChange::Failed))
            }
            _ => Ok(Evaluation::of_flags(self.reply, outcome)),
        }
    }

    /// OTS-1.
    fn begin_setup(&self, outcome: Outcome) -> Result<Evaluation> {
        let share = self.share_or_dummy(&outcome)?.to_bytes();
        let nonce_s = fresh()?;
        let (waiting, ots) = Waiting::begin(
            &share,
            &self.ctx,
            &self.content.body_hash,
            &self.ctx,
            &nonce_s,
        )?;
        let record = SecretRecord::share_with_ot(&share, &self.point.encode(), waiting.fields());
        let outcome = match outcome {
            Outcome::Right(Answer { audit_hash, .. }) => Outcome::Right(Answer {
                body: OtSetupAnswer { nonce_s, ots }.encode().into(),
                audit_hash,
            }),
            other => other,
        };
        let evaluation = Evaluation::of_outcome(self.reply, outcome);
        Ok(evaluation.with_record(record, OtChange::Begun))
    }

    /// OTS-5 … OTS-7.
    fn end_setup(&self, outcome: Outcome, waiting: &Waiting) -> Result<Evaluation> {
        let setup = waiting.finish(&self.body.ots);
        let share = self.share_or_dummy(&outcome)?.to_bytes();
        let point = self.point.encode();
        let evaluation = if self.body.occasion == Occasion::Confirm {
            Evaluation::of_flags(self.reply, outcome)
        } else {
            Evaluation::of_outcome(self.reply, without_body(outcome))
        };
        Ok(match setup {
            Ok(setup) => {
                evaluation.with_record(ready_record(&share, &point, &setup), OtChange::Ready)
            }
            Err(Error::BadProof) => {
                evaluation.with_record(SecretRecord::share(&share, &point), OtChange::Failed)
            }
            Err(error) => return Err(error),
        })
    }

    /// What goes into the new record: the share itself only after a right proof.
    fn share_or_dummy(&self, outcome: &Outcome) -> Result<SecretScalar<S>> {
        match outcome {
            Outcome::Right(_) => Ok(SecretScalar::new(*self.share.expose())),
            Outcome::Wrong | Outcome::Fault => dummy_scalar(),
        }
    }
}

/// The outcome of a request whose success answer is empty.
fn without_body(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Right(Answer { audit_hash, .. }) => Outcome::Right(Answer {
            body: Vec::new().into(),
            audit_hash,
        }),
        other => other,
    }
}
