//! HPKE key pair of a core (E2E-4).

use crate::curve::P256;
use crate::e2e::hpke::KeyPair;
use crate::e2e::CoreKeyId;
use crate::error::{Error, Result};
use crate::hash::{h, label};
use crate::seal::{Kind, SecretRecord};

/// An envelope key. Replaced weekly; the previous one stays readable for a day, then it is dropped and wiped.
pub struct EnvelopeKey {
    pair: KeyPair,
    key_id: CoreKeyId,
}

impl EnvelopeKey {
    /// Draws a key.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`].
    pub fn generate() -> Result<Self> {
        Ok(Self::new(KeyPair::generate(&[])?))
    }

    /// Reads a key back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        let [secret] = record.as_kind(Kind::Envelope)?;
        let secret = secret.try_into().map_err(|_| Error::SealBroken)?;
        Ok(Self::new(
            KeyPair::from_bytes(secret).map_err(|_| Error::SealBroken)?,
        ))
    }

    fn new(pair: KeyPair) -> Self {
        let hash = h::<P256>(label::E2E_KEY_ID, &[&pair.public().encode()]);
        let mut key_id = [0; 8];
        key_id.copy_from_slice(&hash[..8]);
        Self { pair, key_id }
    }

    /// The record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        SecretRecord::of(Kind::Envelope, &[self.pair.secret_bytes().as_slice()])
    }

    /// First 8 bytes of H("E2E/key-id", public key).
    #[must_use]
    pub fn key_id(&self) -> CoreKeyId {
        self.key_id
    }

    /// Compressed public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 33] {
        self.pair.public().encode()
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.pair
    }
}
