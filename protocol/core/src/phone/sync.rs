//! SYNC, the heartbeat that needs no PIN (CLONE-5).

use std::sync::Mutex;

use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::P256;
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::message::{sync_ctx, Op, SyncAnswer};

/// One SYNC under suite P256 (HDR-3).
pub struct PhoneSync {
    envelope: Vec<u8>,
    exchange: Mutex<Option<Exchange>>,
}

impl PhoneSync {
    /// Seals the request.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn begin(target: &Target, device: &SigningKey, header: &Header) -> Result<Self> {
        let header = header.take(Op::Sync)?;
        let ctx = sync_ctx::<P256>(&header.bytes);
        let (envelope, exchange) = seal::<P256>(target, device, &header, &ctx, &[], 0)?;
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

    /// Takes the answer: the state of the token, `None` unless the answer is OK.
    ///
    /// # Errors
    /// [`Error::BadAnswer`], [`Error::AlreadyUsed`].
    pub fn finish(&self, answer: &[u8]) -> Result<(Answer, Option<SyncAnswer>)> {
        let (answer, body) = super::take(&self.exchange)?.open(answer)?;
        let state = body
            .map(|body| SyncAnswer::decode(&body).map_err(|_| Error::BadAnswer))
            .transpose()?;
        Ok((answer, state))
    }
}
