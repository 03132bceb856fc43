//! TX-3 of the operations that only P-256 keys have: `EC_SIGN` and ECDH.

use super::evaluate::{Item, Placed};
use super::evaluation::Evaluation;
use super::ot_setup::{OtChange, OtRecord};
use crate::curve::P256;
use crate::ecdh::{self, EcdhRequest, EcdhShare};
use crate::ecdsa::sign::{self, SignRequest};
use crate::message::{EcSession, EcSignBody, EcdhBody};
use crate::ot::ServerSetup;
use crate::seal::SecretRecord;

/// Requests by operation.
#[derive(Default)]
pub(super) struct P256Only<'a> {
    pub(super) sign: Vec<Item<'a, P256, EcSignBody>>,
    pub(super) ecdh: Vec<Item<'a, P256, EcdhBody>>,
}

impl P256Only<'_> {
    pub(super) fn evaluate(&self) -> Vec<Placed> {
        let mut out = self.evaluate_sign();
        let requests: Vec<_> = self.ecdh.iter().map(Item::to_ecdh).collect();
        let outcomes = self.ecdh.iter().zip(ecdh::evaluate(&requests));
        out.extend(
            outcomes.map(|(item, outcome)| (item.at, Evaluation::of_outcome(item.reply, outcome))),
        );
        out
    }

    /// A share whose set-up is not ready stays without an outcome, which is a fault: its state is checked before (EC-5).
    fn evaluate_sign(&self) -> Vec<Placed> {
        let ready: Vec<_> = self
            .sign
            .iter()
            .filter_map(|item| match &item.ot {
                OtRecord::Ready(setup) => Some((item, setup, item.session())),
                OtRecord::None | OtRecord::Waiting(_) => None,
            })
            .collect();
        let requests: Vec<_> = ready
            .iter()
            .map(|(item, setup, session)| item.to_sign(setup, session))
            .collect();
        ready
            .iter()
            .zip(sign::evaluate(&requests))
            .map(|((item, _, _), outcome)| (item.at, item.signed(outcome)))
            .collect()
    }
}

impl Item<'_, P256, EcSignBody> {
    fn session(&self) -> EcSession {
        let header = &self.content.header;
        EcSession::new(&self.content.header_bytes, &header.pk, &self.body)
    }

    fn to_sign<'b>(&'b self, setup: &'b ServerSetup, session: &'b EcSession) -> SignRequest<'b> {
        SignRequest {
            session,
            body: &self.body,
            body_hash: &self.content.body_hash,
            share: &self.share,
            point: &self.point,
            setup,
        }
    }

    /// EC-6: after a failed check the record is replaced by one without Δ.
    fn signed(&self, outcome: sign::Outcome) -> Evaluation {
        match outcome {
            sign::Outcome::Right(answer) => Evaluation::of_right(self.reply, answer),
            sign::Outcome::OtDestroyed { audit_hash } => {
                let record = SecretRecord::share(&self.share.to_bytes(), &self.point.encode());
                Evaluation::of_refused(self.reply, audit_hash)
                    .with_record(record, OtChange::Destroyed)
            }
            sign::Outcome::Wrong => Evaluation::wrong(self.reply),
            sign::Outcome::Fault => Evaluation::fault(self.reply),
        }
    }
}

impl Item<'_, P256, EcdhBody> {
    fn to_ecdh(&self) -> EcdhRequest<'_> {
        EcdhRequest {
            ctx: &self.ctx,
            body: &self.body,
            body_hash: &self.content.body_hash,
            share: match &self.held {
                Some(held) => EcdhShare::Token(&held.agreed),
                None => EcdhShare::Sealed(&self.share),
            },
            point: &self.point,
        }
    }
}
