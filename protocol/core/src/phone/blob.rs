//! The phone's share at rest and in use (PIN-1 … PIN-5).

use std::sync::Mutex;

use zeroize::Zeroizing;

use super::exchange::Prepared;
use crate::curve::{Affine, Scalar, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::message::{Purpose, SuiteId, MAX_ID};
use crate::pin::{self, KdfParams, SALT};
use crate::random;
use crate::seal::{Kind, SecretRecord};

/// Which share of which key: the public half of a blob.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ShareName {
    pub(super) key_id: String,
    pub(super) share_id: [u8; 16],
    pub(super) purpose: Purpose,
    pub(super) pk: [u8; 33],
}

impl ShareName {
    /// An operation under a header that names another share, key or purpose would prove the wrong thing.
    pub(super) fn check(&self, header: &Prepared) -> Result<()> {
        let header = &header.fields;
        if header.purpose != self.purpose || header.suite != SuiteId::Sm2 {
            return Err(Error::PurposeMismatch);
        }
        if header.key_id != self.key_id || header.share_id != self.share_id || header.pk != self.pk
        {
            return Err(Error::MalformedMessage);
        }
        Ok(())
    }
}

/// The phone's PIN-blinded share (PIN-4). Tells nothing about the PIN.
pub struct Blob {
    name: ShareName,
    /// `b_blob`.
    blinded: Zeroizing<[u8; 32]>,
    salt: Zeroizing<[u8; SALT]>,
    cost: KdfParams,
}

impl Blob {
    /// PIN-1 … PIN-3: blinds a share under a new salt.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN that PIN-7 refuses; [`Error::RandomUnavailable`].
    pub(super) fn make(
        name: ShareName,
        share: &SecretScalar<Sm2>,
        pin: &str,
        cost: KdfParams,
    ) -> Result<Self> {
        pin::check(pin)?;
        let salt = random::fresh32()?;
        let k_pin = pin::k_pin(pin, &salt, cost)?;
        let h = pin::factor::<Sm2>(&k_pin, &name.key_id, &name.share_id);
        let blinded = Zeroizing::new(pin::blind(share, &h).to_bytes());
        Ok(Self {
            name,
            blinded,
            salt,
            cost,
        })
    }

    /// Reads a blob back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        Self::read(record).map_err(|_| Error::SealBroken)
    }

    fn read(record: &SecretRecord) -> Result<Self> {
        let [key_id, share_id, suite, purpose, b_blob, salt, cost, pk] =
            record.as_kind(Kind::Blob)?;
        let key_id = core::str::from_utf8(key_id).map_err(|_| Error::SealBroken)?;
        if SuiteId::from_name(suite)? != SuiteId::Sm2 || !(1..=MAX_ID).contains(&key_id.len()) {
            return Err(Error::SealBroken);
        }
        let &[purpose] = purpose else {
            return Err(Error::SealBroken);
        };
        let blinded = Zeroizing::new(exact(b_blob)?);
        Scalar::<Sm2>::from_bytes(&blinded).ok_or(Error::SealBroken)?;
        let pk = exact(pk)?;
        Affine::<Sm2>::decode(&pk)?;
        let name = ShareName {
            key_id: key_id.to_owned(),
            share_id: exact(share_id)?,
            purpose: Purpose::from_byte(purpose)?,
            pk,
        };
        Ok(Self {
            name,
            blinded,
            salt: Zeroizing::new(exact(salt)?),
            cost: KdfParams::from_bytes(cost)?,
        })
    }

    /// PIN-4: the record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        SecretRecord::of(
            Kind::Blob,
            &[
                self.name.key_id.as_bytes(),
                &self.name.share_id,
                SuiteId::Sm2.name().as_bytes(),
                &[self.name.purpose as u8],
                self.blinded.as_slice(),
                self.salt.as_slice(),
                &self.cost.to_bytes(),
                &self.name.pk,
            ],
        )
    }

    /// Name of the key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.name.key_id
    }

    /// Server record this share belongs to.
    #[must_use]
    pub fn share_id(&self) -> [u8; 16] {
        self.name.share_id
    }

    /// Suite of the key.
    #[must_use]
    pub fn suite(&self) -> SuiteId {
        SuiteId::Sm2
    }

    /// Purpose of the key.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.name.purpose
    }

    /// Joint public key, compressed.
    #[must_use]
    pub fn pk(&self) -> [u8; 33] {
        self.name.pk
    }

    /// PIN-5: every PIN gives a share; only the server's proof check tells whether it is the right one.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN of more than 256 bytes.
    pub fn unlock(&self, pin: &str) -> Result<Unlocked> {
        let k_pin = pin::k_pin(pin, &self.salt, self.cost)?;
        let h = pin::factor::<Sm2>(&k_pin, &self.name.key_id, &self.name.share_id);
        let b_blob = SecretScalar::from_bytes(&self.blinded).ok_or(Error::InternalFault)?;
        let share = pin::unblind(b_blob.expose(), &h);
        Ok(Unlocked {
            name: self.name.clone(),
            share: Mutex::new(Some(share)),
        })
    }
}

/// A share opened for one operation or one batch (d1, or a of a decryption key).
pub struct Unlocked {
    pub(super) name: ShareName,
    share: Mutex<Option<SecretScalar<Sm2>>>,
}

impl Unlocked {
    /// Drops the share now; later use is [`Error::AlreadyUsed`].
    pub fn wipe(&self) {
        drop(super::take(&self.share));
    }

    /// A copy for the operation that starts under `header`.
    pub(super) fn share_for(&self, header: &Prepared) -> Result<SecretScalar<Sm2>> {
        self.name.check(header)?;
        let share = self.share.lock().map_err(|_| Error::InternalFault)?;
        share
            .as_ref()
            .map(|share| SecretScalar::new(*share.expose()))
            .ok_or(Error::AlreadyUsed)
    }
}

fn exact<const N: usize>(field: &[u8]) -> Result<[u8; N]> {
    field.try_into().map_err(|_| Error::SealBroken)
}
