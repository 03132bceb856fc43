//! OT set-up on the phone (§6.2): part 2 for key generation and refresh, and the operation `OT_SETUP`.

use std::sync::{Arc, Mutex};

use super::blob::{Blob, Unlocked};
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use crate::curve::P256;
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::message::{ot_setup_ctx, Op, OtSetupAnswer, OtSetupBody, OtsPart, Sharing};
use crate::ot::{self, PhoneSeeds};
use crate::random::{pre_context, PhoneNonces};
use crate::shares::proof::{prove_share, Occasion};

/// OTS-2 … OTS-4: the seeds to keep and part 2. `parent` is k1 or the ctx of the request that part 1 answers, `hedge` the
/// share (in key generation the secret of the device key), `header` that of the request of this step (HEDGE-1).
pub(super) fn answer_part_1(
    parent: &[u8; 32],
    nonce_s: &[u8; 32],
    part_1: &[u8],
    hedge: &[u8; 32],
    header: &Prepared,
    local_seq: u64,
) -> Result<(PhoneSeeds, OtsPart)> {
    let nonces = PhoneNonces::new::<P256>(hedge, &pre_context::<P256>(&header.bytes), local_seq)?;
    ot::base::answer(&ot::otsid(parent, nonce_s), part_1, &nonces).map_err(|_| Error::BadAnswer)
}

/// OTS part 2 on its way from REFRESH to CONFIRM, and to a repeated CONFIRM. It must not be stored (§10.2).
pub struct OtReply {
    share_id: [u8; 16],
    part_2: OtsPart,
}

impl OtReply {
    pub(super) fn new(share_id: [u8; 16], part_2: OtsPart) -> Self {
        Self { share_id, part_2 }
    }

    /// The part for the share it belongs to.
    pub(super) fn part_for(&self, share_id: [u8; 16]) -> Result<OtsPart> {
        if share_id == self.share_id {
            Ok(self.part_2.clone())
        } else {
            Err(Error::MalformedMessage)
        }
    }
}

/// One `OT_SETUP`: `begin`, `receive`, `reply`, `finish`, each once. A failure ends it.
pub struct PhoneOtSetup {
    target: Arc<Target>,
    device: Arc<SigningKey>,
    share: Arc<Unlocked>,
    envelope: Mutex<Vec<u8>>,
    state: Mutex<Option<State>>,
}

enum State {
    /// The first request is out; its ctx is the parent of the session id.
    Asked([u8; 32], Exchange),
    /// Part 1 came in; what it answers is the parent of the session id.
    Answered([u8; 32], OtSetupAnswer),
    /// The second request is out.
    Replied(Exchange),
}

impl PhoneOtSetup {
    /// Proves the share that the header names and seals the first request.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::PurposeMismatch`], [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn begin(
        target: Arc<Target>,
        device: Arc<SigningKey>,
        header: &Header,
        share: Arc<Unlocked>,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::OtSetup)?;
        let (ctx, none) = (
            ot_setup_ctx(&header.bytes, &header.fields.pk),
            OtsPart::default(),
        );
        let (envelope, exchange) = prove(&target, &device, &header, &share, none, local_seq)?;
        Ok(Self {
            target,
            device,
            share,
            envelope: Mutex::new(envelope),
            state: Mutex::new(Some(State::Asked(ctx, exchange))),
        })
    }

    /// The message to send now: the first request, after `reply` the second.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn envelope(&self) -> Result<Vec<u8>> {
        let envelope = self.envelope.lock().map_err(|_| Error::InternalFault)?;
        Ok(envelope.clone())
    }

    /// Takes the answer with part 1. Only with OK there is a part 2 to send.
    ///
    /// # Errors
    /// [`Error::BadAnswer`], [`Error::AlreadyUsed`].
    pub fn receive(&self, answer: &[u8]) -> Result<Answer> {
        let State::Asked(parent, exchange) = super::take(&self.state)? else {
            return Err(Error::AlreadyUsed);
        };
        let (answer, body) = exchange.open(answer)?;
        if let Some(body) = body {
            let part_1 = OtSetupAnswer::decode(&body).map_err(|_| Error::BadAnswer)?;
            self.advance(State::Answered(parent, part_1))?;
        }
        Ok(answer)
    }

    /// OTS-2 … OTS-4: makes part 2 and the second request under a new header for the same share. Gives the blob with the
    /// new seeds. Store it in place of the old one before sending: the old seeds are of no use from here on.
    ///
    /// # Errors
    /// [`Error::BadAnswer`] for a part 1 that is none, [`Error::AlreadyUsed`], [`Error::MalformedMessage`] for a header of
    /// another share.
    pub fn reply(&self, header: &Header, local_seq: u64) -> Result<Blob> {
        let State::Answered(parent, part_1) = super::take(&self.state)? else {
            return Err(Error::AlreadyUsed);
        };
        let header = header.take(Op::OtSetup)?;
        let hedge = self.share.share_for::<P256>(&header)?.to_bytes();
        let (nonce_s, ots) = (&part_1.nonce_s, &part_1.ots);
        let (seeds, part_2) = answer_part_1(&parent, nonce_s, ots, &hedge, &header, local_seq)?;
        let blob = self.share.reseeded(&seeds)?;
        let (target, device) = (&self.target, &self.device);
        let (envelope, exchange) = prove(target, device, &header, &self.share, part_2, local_seq)?;
        *self.envelope.lock().map_err(|_| Error::InternalFault)? = envelope;
        self.advance(State::Replied(exchange))?;
        Ok(blob)
    }

    fn advance(&self, next: State) -> Result<()> {
        *self.state.lock().map_err(|_| Error::InternalFault)? = Some(next);
        Ok(())
    }

    /// Takes the answer to part 2: with OK the set-up is ready, with `OT_DESTROYED` part 2 did not fit and a new set-up is
    /// needed.
    ///
    /// # Errors
    /// [`Error::BadAnswer`], [`Error::AlreadyUsed`].
    pub fn finish(&self, answer: &[u8]) -> Result<Answer> {
        let State::Replied(exchange) = super::take(&self.state)? else {
            return Err(Error::AlreadyUsed);
        };
        let (answer, body) = exchange.open(answer)?;
        if body.is_some_and(|body| !body.is_empty()) {
            return Err(Error::BadAnswer);
        }
        Ok(answer)
    }
}

fn prove(
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    share: &Unlocked,
    ots: OtsPart,
    local_seq: u64,
) -> Result<(Vec<u8>, Exchange)> {
    let share = share.share_for::<P256>(header)?;
    let ctx = ot_setup_ctx(&header.bytes, &header.fields.pk);
    let sharing = Sharing::Multiplicative;
    let proof = prove_share(Occasion::OtSetup, sharing, &ctx, &share, local_seq)?;
    let body = OtSetupBody { proof, ots }.encode();
    seal::<P256>(target, device, header, &ctx, &body, local_seq)
}
