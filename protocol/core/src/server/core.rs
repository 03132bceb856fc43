//! Long-lived secrets of one key-share service.

use std::sync::{Arc, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::envelope_key::EnvelopeKey;
use crate::curve::P256;
use crate::device::{SigningKey, SIGNATURE};
use crate::e2e::CoreKeyId;
use crate::error::{Error, Result};
use crate::hash::{h, label};
use crate::message::MAX_ID;
use crate::random;
use crate::seal::{Kind, SecretRecord};

/// Identity key (P-256 ECDSA), envelope keys, hedge secret and row-MAC key.
pub struct ServerCore {
    server_id: String,
    identity: SigningKey,
    hedge: Zeroizing<[u8; 32]>,
    row_mac: Zeroizing<[u8; 32]>,
    envelope_keys: RwLock<Vec<Arc<EnvelopeKey>>>,
}

impl ServerCore {
    /// Draws every secret of a new service.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a name that is not 1–64 bytes; [`Error::RandomUnavailable`].
    pub fn generate(server_id: &str) -> Result<Self> {
        Self::new(
            server_id,
            SigningKey::generate()?,
            random::fresh32()?,
            random::fresh32()?,
        )
    }

    /// Reads the secrets of `server_id` back from their record.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the record holds something else or belongs to another service.
    pub fn restore(server_id: &str, record: &SecretRecord) -> Result<Self> {
        let [name, identity, hedge, row_mac] = record.as_kind(Kind::Core)?;
        if name != server_id.as_bytes() {
            return Err(Error::SealBroken);
        }
        let exact = |field: &[u8]| -> Result<Zeroizing<[u8; 32]>> {
            field
                .try_into()
                .map(Zeroizing::new)
                .map_err(|_| Error::SealBroken)
        };
        let identity = SigningKey::from_bytes(&*exact(identity)?).map_err(|_| Error::SealBroken)?;
        Self::new(server_id, identity, exact(hedge)?, exact(row_mac)?)
    }

    fn new(
        server_id: &str,
        identity: SigningKey,
        hedge: Zeroizing<[u8; 32]>,
        row_mac: Zeroizing<[u8; 32]>,
    ) -> Result<Self> {
        if !(1..=MAX_ID).contains(&server_id.len()) {
            return Err(Error::MalformedMessage);
        }
        let envelope_keys = RwLock::default();
        Ok(Self {
            server_id: server_id.to_owned(),
            identity,
            hedge,
            row_mac,
            envelope_keys,
        })
    }

    /// Identity key, hedge secret and row-MAC key; envelope keys are exported one by one.
    #[must_use]
    pub fn export(&self) -> SecretRecord {
        let identity = self.identity.secret().to_bytes();
        let fields: [&[u8]; 4] = [
            self.server_id.as_bytes(),
            identity.as_slice(),
            self.hedge.as_slice(),
            self.row_mac.as_slice(),
        ];
        SecretRecord::of(Kind::Core, &fields)
    }

    /// Name of the service.
    #[must_use]
    pub fn server_id(&self) -> &str {
        &self.server_id
    }

    /// Compressed public key that apps pin.
    #[must_use]
    pub fn identity_public_key(&self) -> [u8; 33] {
        self.identity.public_key()
    }

    /// r ‖ s of the identity key over H(label, fields), for the labels "E2E/key", "AUDIT/head" and "ENV/descriptor"
    /// only: the caller must not be able to have a key-generation statement (KG-5) signed.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for any other label.
    pub fn sign_statement(&self, label: &str, fields: &[&[u8]]) -> Result<[u8; SIGNATURE]> {
        if ![label::E2E_KEY, label::AUDIT_HEAD, label::ENV_DESCRIPTOR].contains(&label) {
            return Err(Error::MalformedMessage);
        }
        self.identity.sign(&h::<P256>(label, fields))
    }

    /// Makes an envelope key readable. Adding a key twice changes nothing.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn add_envelope_key(&self, key: Arc<EnvelopeKey>) -> Result<()> {
        let mut keys = self
            .envelope_keys
            .write()
            .map_err(|_| Error::InternalFault)?;
        keys.retain(|known| known.key_id() != key.key_id());
        keys.push(key);
        Ok(())
    }

    /// Forgets an envelope key; an unknown id is no error.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn remove_envelope_key(&self, key_id: CoreKeyId) -> Result<()> {
        self.envelope_keys
            .write()
            .map_err(|_| Error::InternalFault)?
            .retain(|known| known.key_id() != key_id);
        Ok(())
    }

    /// SEAL-7: HMAC-SHA-256 of each encoded row.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn row_mac(&self, rows: &[impl AsRef<[u8]>]) -> Result<Vec<[u8; 32]>> {
        let keyed = Hmac::<Sha256>::new_from_slice(self.row_mac.as_slice())
            .map_err(|_| Error::InternalFault)?;
        Ok(rows
            .iter()
            .map(|row| {
                keyed
                    .clone()
                    .chain_update(row.as_ref())
                    .finalize()
                    .into_bytes()
                    .into()
            })
            .collect())
    }

    /// The envelope key with this id.
    pub(super) fn envelope_key(&self, key_id: CoreKeyId) -> Result<Arc<EnvelopeKey>> {
        let keys = self
            .envelope_keys
            .read()
            .map_err(|_| Error::InternalFault)?;
        let named = keys.iter().find(|key| key.key_id() == key_id);
        named.map(Arc::clone).ok_or(Error::EnvelopeInvalid)
    }

    pub(super) fn identity(&self) -> &SigningKey {
        &self.identity
    }

    pub(super) fn hedge(&self) -> &[u8; 32] {
        &self.hedge
    }
}
