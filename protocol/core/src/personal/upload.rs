//! The sealed form of an upload: a header and chunks in their order.
//!
//! The nonce of a chunk is its number (11 bytes) and a byte that is 1 in the last chunk, so that chunks can be neither
//! moved, nor left out, nor cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::seal::gcm;

/// Bytes of every chunk but the last, before it is sealed.
pub const CHUNK: usize = 65_536;
const FORMAT: u8 = 2;
const SALT: usize = 32;

/// Start of a sealed upload.
#[derive(Clone, Copy)]
pub struct Header {
    version: u32,
    salt: [u8; SALT],
}

impl Header {
    /// Bytes of a header.
    pub const BYTES: usize = 1 + 4 + SALT;

    pub(super) fn new(version: u32, salt: [u8; SALT]) -> Self {
        Self { version, salt }
    }

    /// Reads a header of exactly [`Self::BYTES`] bytes.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`]: another format or length, or version 0.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| Error::MalformedMessage)?;
        let [format, v0, v1, v2, v3, salt @ ..] = *bytes;
        let version = u32::from_be_bytes([v0, v1, v2, v3]);
        if format != FORMAT || version == 0 {
            return Err(Error::MalformedMessage);
        }
        Ok(Self { version, salt })
    }

    /// The bytes of the header.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[0] = FORMAT;
        out[1..5].copy_from_slice(&self.version.to_be_bytes());
        out[5..].copy_from_slice(&self.salt);
        out
    }

    /// Version of the data key, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }
}

/// Key of one upload and the number of its next chunk; nothing follows the last one.
struct Chunks {
    key: Zeroizing<[u8; 32]>,
    next: Option<u64>,
}

impl Chunks {
    fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self { key, next: Some(0) }
    }

    /// Nonce of the next chunk of `length` bytes. Only the first chunk may be empty, and only as the last one.
    fn step(&mut self, length: usize, last: bool) -> Result<[u8; gcm::NONCE]> {
        let number = self.next.ok_or(Error::AlreadyUsed)?;
        let fits = if last {
            length <= CHUNK && (length > 0 || number == 0)
        } else {
            length == CHUNK
        };
        if !fits {
            return Err(Error::MalformedMessage);
        }
        let mut nonce = [0; gcm::NONCE];
        nonce[3..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(last);
        self.next = if last { None } else { number.checked_add(1) };
        Ok(nonce)
    }
}

/// Seals the chunks of one upload in their order.
pub struct UploadSealer {
    chunks: Chunks,
    header: Header,
}

impl UploadSealer {
    pub(super) fn new(key: Zeroizing<[u8; 32]>, header: Header) -> Self {
        let chunks = Chunks::new(key);
        Self { chunks, header }
    }

    /// What stands before the chunks.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// Seals the next chunk: 65 536 bytes, or fewer if it is the last.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for another length; [`Error::AlreadyUsed`] after the last chunk.
    pub fn chunk(&mut self, plain: &[u8], last: bool) -> Result<Vec<u8>> {
        let nonce = self.chunks.step(plain.len(), last)?;
        gcm::encrypt(&self.chunks.key, &nonce, &[], plain).ok_or(Error::InternalFault)
    }
}

/// Opens the chunks of one upload in their order.
pub struct UploadOpener {
    chunks: Chunks,
}

impl UploadOpener {
    pub(super) fn new(key: Zeroizing<[u8; 32]>) -> Self {
        let chunks = Chunks::new(key);
        Self { chunks }
    }

    /// Opens the next chunk: 65 552 bytes, or fewer if it is the last. Nothing follows a chunk that did not open.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for another length; [`Error::SealBroken`] if the chunk is altered or out of place;
    /// [`Error::AlreadyUsed`] after the last chunk or a refused one.
    pub fn chunk(&mut self, sealed: &[u8], last: bool) -> Result<Zeroizing<Vec<u8>>> {
        let length = sealed
            .len()
            .checked_sub(gcm::TAG)
            .ok_or(Error::MalformedMessage)?;
        let nonce = self.chunks.step(length, last)?;
        let opened = gcm::decrypt(&self.chunks.key, &nonce, &[], sealed);
        if opened.is_none() {
            self.chunks.next = None;
        }
        opened.ok_or(Error::SealBroken)
    }
}
