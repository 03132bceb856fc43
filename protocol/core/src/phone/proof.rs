//! CONFIRM (RF-6) and ADOPT (RS-4): the proof of a share, in CONFIRM of a P-256 signing key with the end of its OT set-up.

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use super::ot_setup::OtReply;
use crate::curve::{Sm2, P256};
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{
    adopt_ctx, confirm_ctx, decode_flags, needs_ot, ConfirmBody, Op, OtsPart, ProofBody, Sharing,
    SuiteId,
};
use crate::shares::proof::{prove_share, Occasion};

/// One CONFIRM or ADOPT.
pub struct PhoneProof {
    envelope: Vec<u8>,
    exchange: Mutex<Option<Exchange>>,
}

impl PhoneProof {
    /// RF-6: proves the new share that the header names. `ot` comes from the REFRESH of a P-256 signing key.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], also if `ot` is missing, not needed or of another share; [`Error::PurposeMismatch`],
    /// [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn confirm(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        ot: Option<&OtReply>,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Confirm)?;
        let fields = &header.fields;
        if needs_ot(fields.suite, fields.purpose) != ot.is_some() {
            return Err(Error::MalformedMessage);
        }
        let ots = ot.map_or_else(|| Ok(OtsPart::default()), |ot| ot.part_for(fields.share_id))?;
        match fields.suite {
            SuiteId::Sm2 => confirm::<Sm2>(target, device, &header, share, ots, local_seq),
            SuiteId::P256 => confirm::<P256>(target, device, &header, share, ots, local_seq),
        }
    }

    /// RS-4: proves the share that the header names.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::PurposeMismatch`], [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn adopt(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Adopt)?;
        match header.fields.suite {
            SuiteId::Sm2 => adopt::<Sm2>(target, device, &header, share, local_seq),
            SuiteId::P256 => adopt::<P256>(target, device, &header, share, local_seq),
        }
    }

    fn send<S: Suite>(
        target: &Target,
        device: &SigningKey,
        header: &Prepared,
        ctx: &[u8; 32],
        body: &[u8],
        local_seq: u64,
    ) -> Result<Self> {
        let (envelope, exchange) = seal::<S>(target, device, header, ctx, body, local_seq)?;
        Ok(Self {
            envelope,
            exchange: Mutex::new(Some(exchange)),
        })
    }

    /// The message to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// Takes the answer. Whether the promotion is durable (RF-8) is told by the frame.
    ///
    /// # Errors
    /// [`Error::BadAnswer`], [`Error::AlreadyUsed`].
    pub fn finish(&self, answer: &[u8]) -> Result<Answer> {
        let (answer, body) = super::take(&self.exchange)?.open(answer)?;
        if let Some(body) = body {
            decode_flags(&body).map_err(|_| Error::BadAnswer)?;
        }
        Ok(answer)
    }
}

fn confirm<S: Suite>(
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    share: &Unlocked,
    ots: OtsPart,
    local_seq: u64,
) -> Result<PhoneProof> {
    let share = share.share_for::<S>(header)?;
    let sharing = Sharing::of(header.fields.suite, header.fields.purpose);
    let ctx = confirm_ctx::<S>(&header.bytes, &ots, &header.fields.pk);
    let proof = prove_share(Occasion::Confirm, sharing, &ctx, &share, local_seq)?;
    let body = ConfirmBody { proof, ots }.encode();
    PhoneProof::send::<S>(target, device, header, &ctx, &body, local_seq)
}

fn adopt<S: Suite>(
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    share: &Unlocked,
    local_seq: u64,
) -> Result<PhoneProof> {
    let share = share.share_for::<S>(header)?;
    let sharing = Sharing::of(header.fields.suite, header.fields.purpose);
    let ctx = adopt_ctx::<S>(&header.bytes, &header.fields.pk);
    let proof = prove_share(Occasion::Adopt, sharing, &ctx, &share, local_seq)?;
    let body = Zeroizing::new(ProofBody { proof }.encode());
    PhoneProof::send::<S>(target, device, header, &ctx, &body, local_seq)
}
