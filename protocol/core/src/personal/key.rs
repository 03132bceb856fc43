//! Data keys and index keys, and what is derived from them.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::datum::Datum;
use super::upload::{Header, UploadOpener, UploadSealer};
use super::{MAX_NAME, MAX_TEXT};
use crate::error::{Error, Result};
use crate::hash::tlv;
use crate::random;
use crate::seal::{Kind, SecretRecord};

const DATUM_LABEL: &[u8] = b"COSIGN-v1/data-datum";
const UPLOAD_LABEL: &[u8] = b"COSIGN-v1/data-upload";
const INDEX_LABEL: &[u8] = b"COSIGN-v1/data-index";

/// 32 random bytes with a version. Wiped when dropped; has no `Debug` and no `Clone`.
struct Versioned {
    version: u32,
    secret: Zeroizing<[u8; 32]>,
}

impl Versioned {
    fn generate(version: u32) -> Result<Self> {
        if version == 0 {
            return Err(Error::MalformedMessage);
        }
        let secret = random::fresh32()?;
        Ok(Self { version, secret })
    }

    fn restore(kind: Kind, record: &SecretRecord) -> Result<Self> {
        let [version, secret] = record.as_kind(kind)?;
        let version = u32::from_be_bytes(version.try_into().map_err(|_| Error::SealBroken)?);
        let secret: &[u8; 32] = secret.try_into().map_err(|_| Error::SealBroken)?;
        if version == 0 {
            return Err(Error::SealBroken);
        }
        Ok(Self {
            version,
            secret: Zeroizing::new(*secret),
        })
    }

    fn export(&self, kind: Kind) -> SecretRecord {
        SecretRecord::of(kind, &[&self.version.to_be_bytes(), self.secret.as_slice()])
    }

    fn mac(&self, fields: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let message = Zeroizing::new(tlv(fields));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_slice())
            .expect("HMAC takes keys of any length");
        mac.update(&message);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// One version of the key that personal data and uploads are sealed under.
pub struct DataKey(Versioned);

impl DataKey {
    /// Draws a key; versions count from 1.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`]; [`Error::MalformedMessage`] for version 0.
    pub fn generate(version: u32) -> Result<Self> {
        Versioned::generate(version).map(Self)
    }

    /// Reads a key back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        Versioned::restore(Kind::Data, record).map(Self)
    }

    /// The record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        self.0.export(Kind::Data)
    }

    /// Version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Seals a datum of `field` in row `row`.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a name that is not 1–64 bytes or a text over 4 096;
    /// [`Error::RandomUnavailable`].
    pub fn seal(&self, field: &[u8], row: &[u8], text: &[u8]) -> Result<Vec<u8>> {
        checked(&[field, row], text)?;
        Datum::seal(self.version(), &self.datum_key(field, row), text)
    }

    /// Opens a datum of `field` in row `row`.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] if it has not the form of a datum; [`Error::SealBroken`] for another field, row or
    /// key, or altered bytes.
    pub fn open(&self, field: &[u8], row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let datum = Datum::decode(sealed)?;
        if datum.version() != self.version() {
            return Err(Error::SealBroken);
        }
        datum.open(&self.datum_key(field, row))
    }

    /// Starts to seal the upload `id`.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for an id that is not 1–64 bytes; [`Error::RandomUnavailable`].
    pub fn seal_upload(&self, id: &[u8]) -> Result<UploadSealer> {
        checked(&[id], &[])?;
        let header = Header::new(self.version(), random::fresh()?);
        Ok(UploadSealer::new(self.upload_key(id, &header), header))
    }

    /// Starts to open the upload `id` with its header.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] if it is no header; [`Error::SealBroken`] for a header of another key.
    pub fn open_upload(&self, id: &[u8], header: &[u8]) -> Result<UploadOpener> {
        let header = Header::decode(header)?;
        if header.version() != self.version() {
            return Err(Error::SealBroken);
        }
        Ok(UploadOpener::new(self.upload_key(id, &header)))
    }

    pub(super) fn datum_key(&self, field: &[u8], row: &[u8]) -> Zeroizing<[u8; 32]> {
        self.0.mac(&[DATUM_LABEL, field, row])
    }

    fn upload_key(&self, id: &[u8], header: &Header) -> Zeroizing<[u8; 32]> {
        self.0.mac(&[UPLOAD_LABEL, id, header.salt()])
    }
}

/// One version of the key of the blind index.
pub struct IndexKey(Versioned);

impl IndexKey {
    /// Draws a key; versions count from 1.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`]; [`Error::MalformedMessage`] for version 0.
    pub fn generate(version: u32) -> Result<Self> {
        Versioned::generate(version).map(Self)
    }

    /// Reads a key back from its record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else.
    pub fn restore(record: &SecretRecord) -> Result<Self> {
        Versioned::restore(Kind::Index, record).map(Self)
    }

    /// The record to seal.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        self.0.export(Kind::Index)
    }

    /// Version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Index of `text` among the texts of `field` within `scope`.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a name that is not 1–64 bytes or a text over 4 096.
    pub fn index(&self, field: &[u8], scope: &[u8], text: &[u8]) -> Result<[u8; 32]> {
        checked(&[field, scope], text)?;
        Ok(*self.0.mac(&[INDEX_LABEL, field, scope, text]))
    }
}

fn checked(names: &[&[u8]], text: &[u8]) -> Result<()> {
    let fits = names
        .iter()
        .all(|name| (1..=MAX_NAME).contains(&name.len()));
    if fits && text.len() <= MAX_TEXT {
        Ok(())
    } else {
        Err(Error::MalformedMessage)
    }
}

#[cfg(test)]
impl DataKey {
    pub(super) fn known(version: u32, secret: [u8; 32]) -> Self {
        Self(Versioned {
            version,
            secret: secret.into(),
        })
    }
}
