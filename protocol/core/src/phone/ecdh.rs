//! ECDH on the phone (ECDH-1 … ECDH-3).

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::{Affine, P256};
use crate::device::SigningKey;
use crate::ecdh::{self, Ciphertext};
use crate::error::Result;
use crate::message::{EcdhMode, Op};

/// One ECDH with 1 … 256 points.
pub struct PhoneEcdh {
    envelope: Vec<u8>,
    state: Mutex<Option<Sent>>,
}

/// The agreement, what it opens, and the request that waits for its answer.
type Sent = (ecdh::PhoneEcdh, Vec<Arc<Ciphertext>>, Exchange);

impl PhoneEcdh {
    /// ECDH-2: proves the share and seals the request for the points of these ciphertexts.
    ///
    /// # Errors
    /// [`MalformedMessage`](crate::error::Error::MalformedMessage), `PurposeMismatch`, `AlreadyUsed`,
    /// `RandomUnavailable`.
    pub fn begin(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        ciphertexts: Vec<Arc<Ciphertext>>,
        local_seq: u64,
    ) -> Result<Self> {
        let points = ciphertexts.iter().map(|one| *one.peer()).collect();
        let (mode, given) = (EcdhMode::Aead, ciphertexts);
        Self::send(
            target,
            device,
            header,
            share,
            (mode, points, given),
            local_seq,
        )
    }

    /// ECDH-3: the same for peer points, 33 bytes each, whose shared secrets are given out. A server answers it only
    /// where its operator allows it.
    ///
    /// # Errors
    /// As [`PhoneEcdh::begin`], and `MalformedPoint`.
    pub fn begin_raw(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        points: &[impl AsRef<[u8]>],
        local_seq: u64,
    ) -> Result<Self> {
        let points = points
            .iter()
            .map(|point| Ok(Affine::decode(point.as_ref())?))
            .collect::<Result<_>>()?;
        let work = (EcdhMode::Raw, points, Vec::new());
        Self::send(target, device, header, share, work, local_seq)
    }

    fn send(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        (mode, points, ciphertexts): (EcdhMode, Vec<Affine<P256>>, Vec<Arc<Ciphertext>>),
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Ecdh)?;
        let share = share.share_for::<P256>(&header)?;
        let pk = &header.fields.pk;
        let (agreement, body, ctx) =
            ecdh::PhoneEcdh::begin(&header.bytes, pk, &share, mode, points, local_seq)?;
        let (envelope, exchange) =
            seal::<P256>(target, device, &header, &ctx, &body.encode(), local_seq)?;
        Ok(Self {
            envelope,
            state: Mutex::new(Some((agreement, ciphertexts, exchange))),
        })
    }

    /// The message to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The plaintexts, or after [`PhoneEcdh::begin_raw`] the shared secrets of 32 bytes; all or none, and none unless the
    /// answer is OK.
    ///
    /// # Errors
    /// [`BadAnswer`](crate::error::Error::BadAnswer) if the answer does not open or a proof of mode RAW is wrong,
    /// `DecryptionFailed` for everything that depends on a ciphertext, `AlreadyUsed`.
    pub fn finish(&self, answer: &[u8]) -> Result<(Answer, Vec<Zeroizing<Vec<u8>>>)> {
        let (agreement, ciphertexts, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok((answer, Vec::new()));
        };
        let results = if ciphertexts.is_empty() {
            agreement.shared_secrets(&body)?
        } else {
            agreement.open(&body, &ciphertexts)?
        };
        Ok((answer, results))
    }
}
