//! REFRESH on the phone (RF-1, RF-4, RF-5). CONFIRM follows in the same user action.

use std::sync::Mutex;

use super::blob::{Blob, ShareName, Unlocked};
use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::Sm2;
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::message::{Op, RefreshAnswer, Sharing};
use crate::pin::{self, KdfParams};
use crate::shares::refresh;

/// One REFRESH.
pub struct PhoneRefresh {
    envelope: Vec<u8>,
    name: ShareName,
    state: Mutex<Option<(refresh::PhoneRefresh<Sm2>, Exchange)>>,
}

/// Result of a REFRESH.
pub struct Refreshed {
    /// Frame of the answer.
    pub answer: Answer,
    /// The new share under its new id; `None` unless the answer is OK. Store it next to the old one (RF-5).
    pub blob: Option<Blob>,
    /// When the server forgets the new share unless it is confirmed, ms since the Unix epoch.
    pub pending_expires_ms: u64,
}

impl PhoneRefresh {
    /// RF-1: proves the current share and seals the request.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::PurposeMismatch`], [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn begin(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Refresh)?;
        let name = share.name.clone();
        let share = share.share_for(&header)?;
        let sharing = Sharing::of(header.fields.suite, header.fields.purpose);
        let (refreshing, body, ctx) = refresh::PhoneRefresh::begin(
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
            name,
            state: Mutex::new(Some((refreshing, exchange))),
        })
    }

    /// The message to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// RF-4, RF-5: the new share, blinded with `new_pin` under a new salt.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN that PIN-7 refuses, before anything is taken; [`Error::BadAnswer`],
    /// [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn finish(&self, answer: &[u8], new_pin: &str, cost: KdfParams) -> Result<Refreshed> {
        pin::check(new_pin)?;
        let (refreshing, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok(Refreshed {
                answer,
                blob: None,
                pending_expires_ms: 0,
            });
        };
        let fresh = RefreshAnswer::decode(&body).map_err(|_| Error::BadAnswer)?;
        let share = refreshing.finish(&fresh)?;
        let name = ShareName {
            share_id: fresh.share_id,
            ..self.name.clone()
        };
        let blob = Blob::make(name, &share, new_pin, cost)?;
        Ok(Refreshed {
            answer,
            blob: Some(blob),
            pending_expires_ms: fresh.pending_expires_ms,
        })
    }
}
