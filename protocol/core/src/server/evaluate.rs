//! TX-3 for a micro-batch: sorts the requests by operation, so that proofs and answers of each kind share lanes.

use super::core::ServerCore;
use super::evaluation::Evaluation;
use super::request::{Content, Reply, Request};
use crate::curve::{Affine, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::message::{Body, DecryptBody, ProofBody, RefreshBody, Sharing, SignBody};
use crate::seal::SecretRecord;
use crate::shares::proof::{self, Occasion, ShareRequest};
use crate::shares::refresh::{self, RefreshRequest};
use crate::sm2::decrypt::{self, DecryptRequest};
use crate::sm2::sign::{self, SignRequest};

/// A request with the share of its own record (HDR-4).
struct Item<'a, B> {
    /// Position in the micro-batch.
    at: usize,
    reply: &'a Reply,
    content: &'a Content,
    ctx: [u8; 32],
    body: B,
    share: SecretScalar<Sm2>,
    point: Affine<Sm2>,
}

/// The micro-batch by operation.
#[derive(Default)]
struct Sorted<'a> {
    sign: Vec<Item<'a, SignBody<Sm2>>>,
    decrypt: Vec<Item<'a, DecryptBody<Sm2>>>,
    refresh: Vec<Item<'a, RefreshBody<Sm2>>>,
    share: Vec<Item<'a, (Occasion, ProofBody<Sm2>)>>,
}

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
        let content = request.content()?;
        let (share, point) = record.as_share()?;
        let item = Item {
            at,
            reply: request.reply(),
            content,
            ctx: content.ctx.ok_or(Error::MalformedMessage)?,
            body: (),
            share: SecretScalar::from_bytes(share).ok_or(Error::SealBroken)?,
            point: Affine::decode(point)?,
        };
        match content.take_body()? {
            Body::Sign(body) => self.sign.push(item.with(body)),
            Body::Decrypt(body) => self.decrypt.push(item.with(body)),
            Body::Refresh(body) => self.refresh.push(item.with(body)),
            Body::Confirm(body) => self.share.push(item.with((Occasion::Confirm, body))),
            Body::Adopt(body) => self.share.push(item.with((Occasion::Adopt, body))),
            Body::KeygenM1(_) | Body::KeygenM3(_) | Body::Sync | Body::EcSign(_) => {
                return Err(Error::MalformedMessage)
            }
        }
        Ok(())
    }

    fn evaluate(&self) -> Vec<(usize, Evaluation)> {
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

        let requests: Vec<_> = self.refresh.iter().map(Item::to_refresh).collect();
        let steps = self.refresh.iter().zip(refresh::evaluate(&requests));
        out.extend(steps.map(|(item, step)| (item.at, Evaluation::of_refresh(item.reply, &step))));

        let requests: Vec<_> = self.share.iter().map(Item::to_share).collect();
        let outcomes = self.share.iter().zip(proof::evaluate(&requests));
        out.extend(
            outcomes.map(|(item, outcome)| (item.at, Evaluation::of_flags(item.reply, outcome))),
        );
        out
    }
}

impl<'a> Item<'a, ()> {
    /// The item with its body.
    fn with<B>(self, body: B) -> Item<'a, B> {
        Item {
            at: self.at,
            reply: self.reply,
            content: self.content,
            ctx: self.ctx,
            body,
            share: self.share,
            point: self.point,
        }
    }
}

impl Item<'_, SignBody<Sm2>> {
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

impl Item<'_, DecryptBody<Sm2>> {
    fn to_decrypt(&self) -> DecryptRequest<'_> {
        DecryptRequest {
            ctx: &self.ctx,
            body: &self.body,
            share: &self.share,
            point: &self.point,
        }
    }
}

impl Item<'_, RefreshBody<Sm2>> {
    fn to_refresh(&self) -> RefreshRequest<'_, Sm2> {
        RefreshRequest {
            sharing: Sharing::of(self.content.header.suite, self.content.header.purpose),
            ctx: &self.ctx,
            body: &self.body,
            body_hash: &self.content.body_hash,
            share: &self.share,
            point: &self.point,
        }
    }
}

impl Item<'_, (Occasion, ProofBody<Sm2>)> {
    fn to_share(&self) -> ShareRequest<'_, Sm2> {
        ShareRequest {
            occasion: self.body.0,
            ctx: &self.ctx,
            proof: &self.body.1.proof,
            point: &self.point,
        }
    }
}
