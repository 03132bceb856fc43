//! The sealed form of one datum.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::random;
use crate::seal::gcm;

use super::MAX_TEXT;

const FORMAT: u8 = 1;
const HEAD: usize = 1 + 4;
const OVERHEAD: usize = HEAD + gcm::NONCE + gcm::TAG;

/// A sealed datum whose form has been checked; its content has not.
pub struct Datum<'a> {
    version: u32,
    bytes: &'a [u8],
}

impl<'a> Datum<'a> {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`]: another format, version 0, too short, or longer than any datum.
    pub fn decode(bytes: &'a [u8]) -> Result<Self> {
        if !(OVERHEAD..=OVERHEAD + MAX_TEXT).contains(&bytes.len()) {
            return Err(Error::MalformedMessage);
        }
        let (head, _) = bytes
            .split_first_chunk::<HEAD>()
            .ok_or(Error::MalformedMessage)?;
        let [format, version @ ..] = *head;
        let version = u32::from_be_bytes(version);
        if format != FORMAT || version == 0 {
            return Err(Error::MalformedMessage);
        }
        Ok(Self { version, bytes })
    }

    /// Version of the data key it was sealed under, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The bytes it was decoded from.
    #[must_use]
    pub fn encode(&self) -> &[u8] {
        self.bytes
    }

    pub(super) fn seal(version: u32, key: &[u8; 32], text: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::fresh()?;
        Self::seal_with(version, key, &nonce, text)
    }

    pub(super) fn seal_with(
        version: u32,
        key: &[u8; 32],
        nonce: &[u8; gcm::NONCE],
        text: &[u8],
    ) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(OVERHEAD + text.len());
        out.push(FORMAT);
        out.extend_from_slice(&version.to_be_bytes());
        let body = gcm::encrypt(key, nonce, &out, text).ok_or(Error::InternalFault)?;
        out.extend_from_slice(nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    pub(super) fn open(&self, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        let (head, rest) = self.bytes.split_at(HEAD);
        let (nonce, body) = rest
            .split_first_chunk::<{ gcm::NONCE }>()
            .ok_or(Error::MalformedMessage)?;
        gcm::decrypt(key, nonce, head, body).ok_or(Error::SealBroken)
    }
}
