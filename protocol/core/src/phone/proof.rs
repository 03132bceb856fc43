//! CONFIRM (RF-6) and ADOPT (RS-4): the proof of a share and nothing else.

use std::sync::Mutex;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::Sm2;
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::message::{decode_flags, Op, Sharing};
use crate::shares::proof::{prove_share, Occasion};

/// One CONFIRM or ADOPT.
pub struct PhoneProof {
    envelope: Vec<u8>,
    exchange: Mutex<Option<Exchange>>,
}

impl PhoneProof {
    /// Proves the share that the header names and seals the request.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::PurposeMismatch`], [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn begin(
        occasion: Occasion,
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(match occasion {
            Occasion::Confirm => Op::Confirm,
            Occasion::Adopt => Op::Adopt,
        })?;
        let share = share.share_for(&header)?;
        let sharing = Sharing::of(header.fields.suite, header.fields.purpose);
        let (body, ctx) = prove_share::<Sm2>(
            occasion,
            sharing,
            &header.bytes,
            &header.fields.pk,
            &share,
            local_seq,
        )?;
        let (envelope, exchange) =
            seal::<Sm2>(target, device, &header, &ctx, &body.encode(), local_seq)?;
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
