//! TX-3 for a micro-batch: sorts the requests by suite and operation, so that proofs and answers of each kind share lanes.

use zeroize::Zeroizing;

use super::core::ServerCore;
use super::evaluate_p256::P256Only;
use super::evaluate_shares::{Shares, Stated};
use super::evaluation::Evaluation;
use super::ot_setup::OtRecord;
use super::request::{AnyBody, Content, Reply, Request};
use crate::curve::{Affine, SecretScalar, Sm2, P256};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{Body, DecryptBody, OtsPart, SignBody};
use crate::seal::SecretRecord;
use crate::shares::proof::Occasion;
use crate::sm2::decrypt::{self, DecryptRequest};
use crate::sm2::sign::{self, SignRequest};

/// A request with the share of its own record (HDR-4).
pub(super) struct Item<'a, S: Suite, B> {
    /// Position in the micro-batch.
    pub(super) at: usize,
    pub(super) reply: &'a Reply,
    pub(super) content: &'a Content,
    pub(super) ctx: [u8; 32],
    pub(super) body: B,
    pub(super) share: SecretScalar<S>,
    pub(super) point: Affine<S>,
    pub(super) ot: OtRecord,
    pub(super) held: Option<Held>,
}

/// A share whose other part is in a token (HSM-3).
pub(super) struct Held {
    /// That part, for the record of a refreshed share.
    pub(super) wrapped: Vec<u8>,
    /// What the token made of the points of this request; empty if it was not asked.
    pub(super) agreed: Zeroizing<Vec<[u8; 32]>>,
}

/// The micro-batch by operation.
#[derive(Default)]
struct Sorted<'a> {
    sign: Vec<Item<'a, Sm2, SignBody<Sm2>>>,
    decrypt: Vec<Item<'a, Sm2, DecryptBody<Sm2>>>,
    sm2: Shares<'a, Sm2>,
    p256: Shares<'a, P256>,
    p256_only: P256Only<'a>,
}

/// Outcome of the item at a position of the micro-batch.
pub(super) type Placed = (usize, Evaluation);

impl ServerCore {
    /// Checks each proof against the share point of its record and computes the answer, in the order of `items`. One
    /// item never disturbs another: whatever goes wrong with one is its own fault.
    #[must_use]
    pub fn evaluate(&self, items: &[(&Request, &SecretRecord)]) -> Vec<Evaluation> {
        let mut sorted = Sorted::default();
        for (at, (request, record)) in items.iter().enumerate() {
            // What cannot be sorted stays without an outcome and becomes a fault below.
            let _ = sorted.add(at, request, record);
        }
        let mut outcomes: Vec<Option<Evaluation>> = items.iter().map(|_| None).collect();
        for (at, evaluation) in sorted.evaluate() {
            outcomes[at] = Some(evaluation);
        }
        outcomes
            .into_iter()
            .zip(items)
            .map(|(outcome, (request, _))| {
                outcome.unwrap_or_else(|| Evaluation::fault(request.reply()))
            })
            .collect()
    }
}

impl<'a> Sorted<'a> {
    fn add(&mut self, at: usize, request: &'a Request, record: &SecretRecord) -> Result<()> {
        match request.content()?.take_body()? {
            AnyBody::Sm2(body) => self.add_sm2(Item::new(at, request, record)?, body),
            AnyBody::P256(body) => self.add_p256(Item::new(at, request, record)?, body),
        }
    }

    fn add_sm2(&mut self, item: Item<'a, Sm2, ()>, body: Body<Sm2>) -> Result<()> {
        match body {
            Body::Sign(body) => self.sign.push(item.with(body)),
            Body::Decrypt(body) => self.decrypt.push(item.with(body)),
            other => self.sm2.add(item, other)?,
        }
        Ok(())
    }

    fn add_p256(&mut self, item: Item<'a, P256, ()>, body: Body<P256>) -> Result<()> {
        match body {
            Body::EcSign(body) => self.p256_only.sign.push(item.with(body)),
            Body::Ecdh(body) => self.p256_only.ecdh.push(item.with(body)),
            other => self.p256.add(item, other)?,
        }
        Ok(())
    }

    fn evaluate(self) -> Vec<Placed> {
        let mut out = Vec::new();
        let requests: Vec<_> = self.sign.iter().map(Item::to_sign).collect();
        let outcomes = self.sign.iter().zip(sign::evaluate(&requests));
        out.extend(
            outcomes.map(|(item, outcome)| (item.at, Evaluation::of_outcome(item.reply, outcome))),
        );

        let requests: Vec<_> = self.decrypt.iter().map(Item::to_decrypt).collect();
        let outcomes = self.decrypt.iter().zip(decrypt::evaluate(&requests));
        out.extend(
            outcomes.map(|(item, outcome)| (item.at, Evaluation::of_outcome(item.reply, outcome))),
        );

        out.extend(self.sm2.evaluate());
        out.extend(self.p256.evaluate());
        out.extend(self.p256_only.evaluate());
        out
    }
}

impl<'a, S: Suite> Item<'a, S, ()> {
    fn new(at: usize, request: &'a Request, record: &SecretRecord) -> Result<Self> {
        let content = request.content()?;
        let (share, point, ot) = record.as_share()?;
        Ok(Self {
            at,
            reply: request.reply(),
            content,
            ctx: content.ctx.ok_or(Error::MalformedMessage)?,
            body: (),
            share: SecretScalar::from_bytes(share).ok_or(Error::SealBroken)?,
            point: Affine::decode(point)?,
            ot: OtRecord::read(ot)?,
            held: record.wrapped().map(|wrapped| Held {
                wrapped: wrapped.to_vec(),
                agreed: Zeroizing::new(record.agreed().to_vec()),
            }),
        })
    }

    /// The item with its body.
    pub(super) fn with<B>(self, body: B) -> Item<'a, S, B> {
        Item {
            at: self.at,
            reply: self.reply,
            content: self.content,
            ctx: self.ctx,
            body,
            share: self.share,
            point: self.point,
            ot: self.ot,
            held: self.held,
        }
    }
}

impl<'a, S: Suite> Shares<'a, S> {
    /// Sorts an operation that both suites have.
    fn add(&mut self, item: Item<'a, S, ()>, body: Body<S>) -> Result<()> {
        let (occasion, proof, ots) = match body {
            Body::Refresh(body) => {
                self.refresh.push(item.with(body));
                return Ok(());
            }
            Body::Confirm(body) => (Occasion::Confirm, body.proof, body.ots),
            Body::Adopt(body) => (Occasion::Adopt, body.proof, OtsPart::default()),
            Body::OtSetup(body) => (Occasion::OtSetup, body.proof, body.ots),
            _ => return Err(Error::MalformedMessage),
        };
        self.proofs.push(item.with(Stated {
            occasion,
            proof,
            ots,
        }));
        Ok(())
    }
}

impl Item<'_, Sm2, SignBody<Sm2>> {
    fn to_sign(&self) -> SignRequest<'_> {
        SignRequest {
            ctx: &self.ctx,
            body: &self.body,
            body_hash: &self.content.body_hash,
            share: &self.share,
            point: &self.point,
        }
    }
}

impl Item<'_, Sm2, DecryptBody<Sm2>> {
    fn to_decrypt(&self) -> DecryptRequest<'_> {
        DecryptRequest {
            ctx: &self.ctx,
            body: &self.body,
            share: &self.share,
            point: &self.point,
        }
    }
}
