//! DECRYPT on the phone (DEC-1, DEC-2, DEC-5, DEC-6).

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::blob::Unlocked;
use super::exchange::{seal, Answer, Exchange, Header, Target};
use crate::curve::Sm2;
use crate::device::SigningKey;
use crate::error::Result;
use crate::message::{DhForm, Op};
use crate::sm2::decrypt;
use crate::sm2::Ciphertext;

/// One DECRYPT of 1 … 256 ciphertexts.
pub struct PhoneDecrypt {
    envelope: Vec<u8>,
    state: Mutex<Option<(decrypt::PhoneDecrypt, Exchange)>>,
}

impl PhoneDecrypt {
    /// Proves the share and seals the request; `blind` hides C1 from the server. Each ciphertext is C1 (65 or 33) ‖ C3
    /// (32) ‖ C2.
    ///
    /// # Errors
    /// [`MalformedMessage`](crate::error::Error::MalformedMessage), `MalformedPoint`, `PurposeMismatch`, `AlreadyUsed`,
    /// `RandomUnavailable`.
    pub fn begin(
        target: &Target,
        device: &SigningKey,
        header: &Header,
        share: &Unlocked,
        ciphertexts: &[impl AsRef<[u8]>],
        local_seq: u64,
        blind: bool,
    ) -> Result<Self> {
        let ciphertexts = ciphertexts
            .iter()
            .map(|bytes| Ciphertext::decode(bytes.as_ref()))
            .collect::<Result<_>>()?;
        let header = header.take(Op::Decrypt)?;
        let share = share.share_for::<Sm2>(&header)?;
        let (opening, body, ctx) = decrypt::PhoneDecrypt::begin(
            &header.bytes,
            &header.fields.pk,
            &share,
            ciphertexts,
            blind,
            local_seq,
        )?;
        let (envelope, exchange) =
            seal::<Sm2>(target, device, &header, &ctx, &body.encode(), local_seq)?;
        Ok(Self {
            envelope,
            state: Mutex::new(Some((opening, exchange))),
        })
    }

    /// The message to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The plaintexts, all or none; none unless the answer is OK.
    ///
    /// # Errors
    /// [`BadAnswer`](crate::error::Error::BadAnswer) if the answer does not open, `DecryptionFailed` for everything
    /// that depends on the ciphertext, `AlreadyUsed`.
    pub fn finish(&self, answer: &[u8]) -> Result<(Answer, Vec<Zeroizing<Vec<u8>>>)> {
        let (opening, exchange) = super::take(&self.state)?;
        let (answer, body) = exchange.open(answer)?;
        let plaintexts =
            body.map_or(Ok(Vec::new()), |body| opening.finish(&body, DhForm::Point))?;
        Ok((answer, plaintexts))
    }
}
