//! SIGN on the phone (SIGN-2 … SIGN-5, SIGN-12 … SIGN-18).

use std::sync::Mutex;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::{Affine, Sm2};
use crate::device::SigningKey;
use crate::error::Result;
use crate::message::Op;
use crate::sm2::sign;

/// One SIGN over 1 … 256 digests.
pub struct PhoneSign {
    envelope: Vec<u8>,
    state: Mutex<Option<(sign::PhoneSign, Exchange)>>,
}

impl PhoneSign {
    /// Draws the nonces, proves them with the share and seals the request.
    ///
    /// # Errors
    /// [`MalformedMessage`](crate::error::Error::MalformedMessage) for no or more than 256 digests or a header of
    /// another operation, key or share; `PurposeMismatch`, `DigestRefused`, `AlreadyUsed`, `RandomUnavailable`.
    pub fn begin(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        digests: Vec<[u8; 32]>,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Sign)?;
        let share = share.share_for(&header)?;
        let pk = Affine::<Sm2>::decode(&header.fields.pk)?;
        let (signing, body, ctx) =
            sign::PhoneSign::begin(&header.bytes, &pk, &share, digests, local_seq)?;
        let (envelope, exchange) =
            seal::<Sm2>(target, device, &header, &ctx, &body.encode(), local_seq)?;
        Ok(Self {
            envelope,
            state: Mutex::new(Some((signing, exchange))),
        })
    }

    /// The message to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// r ‖ s per digest, released only when SIGN-17 holds for all of them; none unless the answer is OK.
    ///
    /// # Errors
    /// [`BadAnswer`](crate::error::Error::BadAnswer), `AlreadyUsed`.
    pub fn finish(&self, answer: &[u8]) -> Result<(Answer, Vec<[u8; 64]>)> {
        let (signing, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let signatures = body.map_or(Ok(Vec::new()), |body| signing.finish(&body))?;
        Ok((answer, signatures))
    }
}
