//! The software token's key-encryption key (tier 0 of section 8.2).
//!
//! The key file is read and written through a descriptor that the caller opened, so that the caller decides about
//! path, permissions and locking while the key itself never leaves this module.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use aes_gcm::aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::aes::Aes256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::gcm;
use super::SecretRecord;
use crate::error::{Error, Result};
use crate::random;

const MAGIC: &[u8; 16] = b"COSIGN-v1/kek\0\0\0";
const FILE_BYTES: usize = MAGIC.len() + 32 + 3;

/// Why a key file could not be used.
#[derive(Debug)]
pub enum KekFault {
    /// The operating system refused; the text names no key material.
    Io(io::Error),
    /// The file is not a key file, or its check value does not fit.
    Broken,
    /// No random bytes for a new key.
    RandomUnavailable,
}

impl From<io::Error> for KekFault {
    fn from(fault: io::Error) -> Self {
        Self::Io(fault)
    }
}

/// One version of an AES-256-GCM key-encryption key.
pub struct Kek {
    key: Zeroizing<[u8; 32]>,
}

impl Kek {
    /// Draws a key and writes its file: magic (16) ‖ key (32) ‖ check value (3), flushed to the disk.
    ///
    /// # Errors
    /// [`KekFault::Io`] with kind `AlreadyExists` if the file is not empty, or what writing reported.
    pub fn create(descriptor: i32) -> core::result::Result<Self, KekFault> {
        let mut file = reopen(descriptor, OpenOptions::new().write(true))?;
        if file.metadata()?.len() != 0 {
            return Err(
                io::Error::new(io::ErrorKind::AlreadyExists, "the key file is not empty").into(),
            );
        }
        let key = random::fresh32().map_err(|_| KekFault::RandomUnavailable)?;
        let kek = Self { key };
        let mut content = Zeroizing::new([0_u8; FILE_BYTES]);
        content[..16].copy_from_slice(MAGIC);
        content[16..48].copy_from_slice(kek.key.as_slice());
        content[48..].copy_from_slice(&kek.check_value());
        file.write_all(content.as_slice())?;
        file.sync_all()?;
        Ok(kek)
    }

    /// Reads a key file from its beginning.
    ///
    /// # Errors
    /// [`KekFault::Broken`] for any other length, magic or check value.
    pub fn load(descriptor: i32) -> core::result::Result<Self, KekFault> {
        let mut file = reopen(descriptor, OpenOptions::new().read(true))?;
        if file.metadata()?.len() != FILE_BYTES as u64 {
            return Err(KekFault::Broken);
        }
        let mut content = Zeroizing::new([0_u8; FILE_BYTES]);
        file.read_exact(content.as_mut_slice())?;
        let mut key = Zeroizing::new([0_u8; 32]);
        key.copy_from_slice(&content[16..48]);
        let kek = Self { key };
        let intact = content[..16].ct_eq(MAGIC) & content[48..].ct_eq(&kek.check_value());
        if bool::from(intact) {
            Ok(kek)
        } else {
            Err(KekFault::Broken)
        }
    }

    /// Key check value: the first 3 bytes of AES-256-ECB(0^16).
    #[must_use]
    pub fn check_value(&self) -> [u8; 3] {
        let key: &[u8; 32] = &self.key;
        let mut block = [0_u8; 16].into();
        Aes256::new(key.into()).encrypt_block(&mut block);
        [block[0], block[1], block[2]]
    }

    /// Seals a record: iv (12, random) ‖ ciphertext ‖ tag (16).
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`].
    pub fn seal(&self, record: &SecretRecord, aad: &[u8]) -> Result<Vec<u8>> {
        let iv = random::fresh::<{ gcm::NONCE }>()?;
        let sealed =
            gcm::encrypt(&self.key, &iv, aad, record.expose()).ok_or(Error::InternalFault)?;
        Ok([iv.as_slice(), &sealed].concat())
    }

    /// Opens a sealed record (SEAL-2).
    ///
    /// # Errors
    /// [`Error::SealBroken`] if key, AAD or bytes differ; nothing tells which.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<SecretRecord> {
        let (iv, ciphertext) = sealed.split_first_chunk().ok_or(Error::SealBroken)?;
        let plaintext = gcm::decrypt(&self.key, iv, aad, ciphertext).ok_or(Error::SealBroken)?;
        Ok(SecretRecord::new(plaintext))
    }
}

/// Opens the file behind a descriptor once more. Adopting the number itself would need `unsafe` and could close a
/// descriptor that belongs to somebody else.
fn reopen(descriptor: i32, options: &OpenOptions) -> io::Result<File> {
    if descriptor < 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "negative file descriptor",
        ));
    }
    let file = options.open(format!("/dev/fd/{descriptor}"))?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the key file is not a regular file",
        ))
    }
}
