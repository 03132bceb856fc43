//! SIGN (SIGN-2 … SIGN-5, SIGN-12 … SIGN-18) and `EC_SIGN` (EC-1 … EC-4, EC-11 … EC-14) on the phone.

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use crate::curve::{Affine, Sm2, P256};
use crate::device::SigningKey;
use crate::ecdsa;
use crate::error::{Error, Result};
use crate::message::{Op, SuiteId};
use crate::sm2;

/// One SIGN over 1 … 256 digests, or one `EC_SIGN` over one digest.
pub struct PhoneSign {
    envelope: Vec<u8>,
    state: Mutex<Option<(Signing, Exchange)>>,
}

enum Signing {
    Sm2(Box<sm2::sign::PhoneSign>),
    P256(Box<ecdsa::sign::PhoneSign>),
}

impl PhoneSign {
    /// Draws the nonces, proves them with the share and seals the request of the key's suite.
    ///
    /// # Errors
    /// [`MalformedMessage`](Error::MalformedMessage) for a wrong number of digests or a header of another operation, key
    /// or share; `PurposeMismatch`, `DigestRefused`, `AlreadyUsed`, `RandomUnavailable`.
    pub fn begin(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        digests: Vec<[u8; 32]>,
        local_seq: u64,
    ) -> Result<Self> {
        let (signing, envelope, exchange) = match share.name.suite {
            SuiteId::Sm2 => {
                let header = header.take(Op::Sign)?;
                let (signing, body, ctx) = begin_sm2(&header, share, digests, local_seq)?;
                let (envelope, exchange) =
                    seal::<Sm2>(target, device, &header, &ctx, &body, local_seq)?;
                (Signing::Sm2(Box::new(signing)), envelope, exchange)
            }
            SuiteId::P256 => {
                let header = header.take(Op::EcSign)?;
                let [digest] = digests[..] else {
                    return Err(Error::MalformedMessage);
                };
                let (signing, body, ctx) = begin_p256(&header, share, &digest, local_seq)?;
                let (envelope, exchange) =
                    seal::<P256>(target, device, &header, &ctx, &body, local_seq)?;
                (Signing::P256(Box::new(signing)), envelope, exchange)
            }
        };
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

    /// r ‖ s per digest, released only when SIGN-17, or EC-11, EC-12 and EC-14, hold for all of them; none unless the answer
    /// is OK.
    ///
    /// # Errors
    /// [`BadAnswer`](Error::BadAnswer), `AlreadyUsed`.
    pub fn finish(&self, answer: &[u8]) -> Result<(Answer, Vec<[u8; 64]>)> {
        let (signing, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok((answer, Vec::new()));
        };
        let signatures = match signing {
            Signing::Sm2(signing) => signing.finish(&body)?,
            Signing::P256(signing) => vec![signing.finish(&body)?],
        };
        Ok((answer, signatures))
    }
}

fn begin_sm2(
    header: &Prepared,
    share: &Unlocked,
    digests: Vec<[u8; 32]>,
    local_seq: u64,
) -> Result<(sm2::sign::PhoneSign, Zeroizing<Vec<u8>>, [u8; 32])> {
    let share = share.share_for::<Sm2>(header)?;
    let pk = Affine::decode(&header.fields.pk)?;
    let (signing, body, ctx) =
        sm2::sign::PhoneSign::begin(&header.bytes, &pk, &share, digests, local_seq)?;
    Ok((signing, body.encode().into(), ctx))
}

fn begin_p256(
    header: &Prepared,
    unlocked: &Unlocked,
    digest: &[u8; 32],
    local_seq: u64,
) -> Result<(ecdsa::sign::PhoneSign, Zeroizing<Vec<u8>>, [u8; 32])> {
    let share = unlocked.share_for::<P256>(header)?;
    let pk = Affine::decode(&header.fields.pk)?;
    let seeds = unlocked.seeds()?;
    let (signing, body, session) =
        ecdsa::sign::PhoneSign::begin(&header.bytes, &pk, &share, &seeds, digest, local_seq)?;
    Ok((signing, body.encode(), session.ctx))
}
