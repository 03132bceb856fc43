//! REFRESH on the phone (RF-1, RF-4, RF-5). CONFIRM follows in the same user action.

use std::sync::Mutex;

use super::blob::{Blob, ShareName, Unlocked};
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use super::ot_setup::{answer_part_1, OtReply};
use crate::curve::{SecretScalar, Sm2, P256};
use crate::device::SigningKey;
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{needs_ot, Op, RefreshAnswer, Sharing, SuiteId};
use crate::ot::PhoneSeeds;
use crate::pin::{self, KdfParams};
use crate::shares::refresh;

/// One REFRESH.
pub struct PhoneRefresh {
    envelope: Vec<u8>,
    name: ShareName,
    header: Prepared,
    local_seq: u64,
    state: Mutex<Option<(Step, Exchange)>>,
}

/// The envelope, and the request that waits for its answer.
type Sent = (Vec<u8>, Exchange);

enum Step {
    Sm2(refresh::PhoneRefresh<Sm2>),
    P256(refresh::PhoneRefresh<P256>),
}

/// Result of a REFRESH.
pub struct Refreshed {
    /// Frame of the answer.
    pub answer: Answer,
    /// The new share under its new id; `None` unless the answer is OK. Store it next to the old one (RF-5).
    pub blob: Option<Blob>,
    /// When the server forgets the new share unless it is confirmed, ms since the Unix epoch.
    pub pending_expires_ms: u64,
    /// P-256 signing keys: OTS part 2, which CONFIRM carries. It must not be stored: lost with the process, it leaves the
    /// old share in use.
    pub ot: Option<OtReply>,
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
        let ((envelope, exchange), step) = match header.fields.suite {
            SuiteId::Sm2 => {
                let (sent, step) = prove(target, device, &header, share, local_seq)?;
                (sent, Step::Sm2(step))
            }
            SuiteId::P256 => {
                let (sent, step) = prove(target, device, &header, share, local_seq)?;
                (sent, Step::P256(step))
            }
        };
        Ok(Self {
            envelope,
            name: share.name.clone(),
            header,
            local_seq,
            state: Mutex::new(Some((step, exchange))),
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
        let (step, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok(Refreshed {
                answer,
                blob: None,
                pending_expires_ms: 0,
                ot: None,
            });
        };
        match step {
            Step::Sm2(step) => self.renew(step, answer, &body, |name, share, _| {
                Blob::make(name, share, None, new_pin, cost)
            }),
            Step::P256(step) => self.renew(step, answer, &body, |name, share, seeds| {
                Blob::make(name, share, seeds, new_pin, cost)
            }),
        }
    }

    fn renew<S: Suite>(
        &self,
        step: refresh::PhoneRefresh<S>,
        answer: Answer,
        body: &[u8],
        blind: impl FnOnce(ShareName, &SecretScalar<S>, Option<&PhoneSeeds>) -> Result<Blob>,
    ) -> Result<Refreshed> {
        let with_ots = needs_ot(self.name.suite, self.name.purpose);
        let fresh = RefreshAnswer::decode(body, with_ots).map_err(|_| Error::BadAnswer)?;
        let ctx = *step.ctx();
        let share = step.finish(&fresh)?;
        let name = ShareName {
            share_id: fresh.share_id,
            ..self.name.clone()
        };
        let (mut seeds, mut ot) = (None, None);
        if with_ots {
            let (header, hedge) = (&self.header, share.to_bytes());
            let setup = answer_part_1(
                &ctx,
                &fresh.nonce_s,
                &fresh.ots,
                &hedge,
                header,
                self.local_seq,
            )?;
            (seeds, ot) = (Some(setup.0), Some(OtReply::new(fresh.share_id, setup.1)));
        }
        Ok(Refreshed {
            answer,
            blob: Some(blind(name, &share, seeds.as_ref())?),
            pending_expires_ms: fresh.pending_expires_ms,
            ot,
        })
    }
}

/// RF-1 for one suite.
fn prove<S: Suite>(
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    share: &Unlocked,
    local_seq: u64,
) -> Result<(Sent, refresh::PhoneRefresh<S>)> {
    let share = share.share_for::<S>(header)?;
    let sharing = Sharing::of(header.fields.suite, header.fields.purpose);
    let (step, body, ctx) =
        refresh::PhoneRefresh::begin(sharing, &header.bytes, &header.fields.pk, &share, local_seq)?;
    let sent = seal::<S>(target, device, header, &ctx, &body.encode(), local_seq)?;
    Ok((sent, step))
}
