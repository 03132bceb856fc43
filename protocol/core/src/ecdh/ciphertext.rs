//! The ciphertexts of mode AEAD.

use zeroize::Zeroizing;

use super::kdf;
use crate::curve::{Affine, P256};
use crate::e2e::hpke::{Context, KeyPair};
use crate::error::{Error, Result};
use crate::seal::gcm;

/// Bytes of a GCM tag.
const TAG: usize = 16;

/// A ciphertext for a P-256 decryption key.
pub enum Ciphertext {
    /// HPKE base mode (RFC 9180) with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. Its key schedule binds T
    /// and P.
    Hpke {
        /// T, the sender's encapsulated key.
        enc: Affine<P256>,
        /// Ciphertext and tag.
        sealed: Vec<u8>,
        /// Application information.
        info: Vec<u8>,
        /// Additional data.
        aad: Vec<u8>,
    },
    /// One recipient of a CMS `AuthEnvelopedData`.
    Cms(CmsRecipient),
}

/// Key agreement of CMS (RFC 5753): X9.63 KDF with SHA-256, AES-256 key wrap, AES-256-GCM (RFC 5084).
pub struct CmsRecipient {
    /// T, the sender's ephemeral key.
    pub originator: Affine<P256>,
    /// DER of ECC-CMS-SharedInfo.
    pub shared_info: Vec<u8>,
    /// The wrapped content key.
    pub wrapped_key: [u8; 40],
    /// Nonce of the content.
    pub nonce: [u8; 12],
    /// DER of the authenticated attributes, or empty.
    pub aad: Vec<u8>,
    /// Ciphertext and tag.
    pub sealed: Vec<u8>,
}

impl Ciphertext {
    /// HPKE from its wire form `enc (65, uncompressed) ‖ ciphertext ‖ tag (16)`.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`.
    pub fn hpke(bytes: &[u8], info: &[u8], aad: &[u8]) -> Result<Self> {
        let (enc, sealed) = bytes.split_at_checked(65).ok_or(Error::MalformedMessage)?;
        if sealed.len() < TAG {
            return Err(Error::MalformedMessage);
        }
        Ok(Self::Hpke {
            enc: Affine::decode_uncompressed(enc)?,
            sealed: sealed.to_vec(),
            info: info.to_vec(),
            aad: aad.to_vec(),
        })
    }

    /// HPKE to the key `pk` (33): the wire form of [`Ciphertext::hpke`].
    ///
    /// # Errors
    /// `MalformedPoint`, `RandomUnavailable`.
    pub fn seal_hpke(pk: &[u8], plaintext: &[u8], info: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
        let recipient = Affine::decode(pk)?;
        let ephemeral = KeyPair::generate(&[])?;
        let (sealed, _) = Context::sender(&ephemeral, &recipient, info)?.seal(aad, plaintext)?;
        let enc = ephemeral.public().encode_uncompressed();
        Ok([enc.as_slice(), &sealed].concat())
    }

    /// T, the point that the key agreement is with.
    #[must_use]
    pub fn peer(&self) -> &Affine<P256> {
        match self {
            Self::Hpke { enc, .. } => enc,
            Self::Cms(recipient) => &recipient.originator,
        }
    }

    /// ECDH-2: opens with the shared point a·b·T; `pk` is P.
    ///
    /// # Errors
    /// `DecryptionFailed`.
    pub(super) fn open(
        &self,
        shared: &Affine<P256>,
        pk: &Affine<P256>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Self::Hpke {
                enc,
                sealed,
                info,
                aad,
            } => {
                let context = Context::agreed(shared, enc, pk, info)?;
                let (plaintext, _) = context.open(aad, sealed)?;
                Ok(plaintext)
            }
            Self::Cms(recipient) => recipient.open(&Zeroizing::new(shared.x_bytes())),
        }
    }
}

impl CmsRecipient {
    fn open(&self, z: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        let kek = kdf::x963(z, &self.shared_info);
        let key = kdf::unwrap(&kek, &self.wrapped_key)?;
        gcm::decrypt(&key, &self.nonce, &self.aad, &self.sealed).ok_or(Error::DecryptionFailed)
    }
}
