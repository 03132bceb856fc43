//! Strict reading of fixed layouts (ENC-1, ENC-2, ENC-5): no optional fields, no byte left over.

use super::ot_setup::OtsPart;
use crate::curve::{Affine, Scalar};
use crate::error::{Error, Result};
use crate::hash::Suite;
use zeroize::Zeroizing;

/// Largest number of items in one request (§3.2, §3.3).
pub const MAX_ITEMS: usize = 256;

/// Reads a message from its front.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `N` bytes, or `MalformedMessage` if there are fewer.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (head, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(Error::MalformedMessage)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `len` bytes, or `MalformedMessage` if there are fewer.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(Error::MalformedMessage)?;
        self.rest = rest;
        Ok(head)
    }

    /// `count` consecutive arrays of `N` bytes.
    pub(crate) fn arrays<const N: usize>(&mut self, count: usize) -> Result<Vec<[u8; N]>> {
        let len = count.checked_mul(N).ok_or(Error::MalformedMessage)?;
        Ok(self.bytes(len)?.as_chunks().0.to_vec())
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.array().map(|[byte]| *byte)
    }

    /// ENC-1.
    pub(crate) fn point<S: Suite>(&mut self) -> Result<Affine<S>> {
        Ok(Affine::decode(self.array::<33>()?)?)
    }

    /// ENC-2.
    pub(crate) fn scalar<S: Suite>(&mut self) -> Result<Scalar<S>> {
        Scalar::from_bytes(self.array()?).ok_or(Error::MalformedScalar)
    }

    /// A scalar that may be zero.
    pub(crate) fn residue<S: Suite>(&mut self) -> Result<Scalar<S>> {
        Scalar::from_bytes_or_zero(self.array()?).ok_or(Error::MalformedScalar)
    }

    /// N of SIGN and DECRYPT: u16, 1…256.
    pub(crate) fn count(&mut self) -> Result<usize> {
        let count = usize::from(self.u16()?);
        if (1..=MAX_ITEMS).contains(&count) {
            Ok(count)
        } else {
            Err(Error::MalformedMessage)
        }
    }

    /// A field of a TLV list: u32 length and bytes.
    pub(crate) fn field(&mut self) -> Result<&'a [u8]> {
        let len = self.u32()?;
        self.bytes(usize::try_from(len).map_err(|_| Error::MalformedMessage)?)
    }

    /// An OTS part of `len` bytes, or none.
    pub(crate) fn ots(&mut self, expected: bool, len: usize) -> Result<OtsPart> {
        Ok(Zeroizing::new(
            self.bytes(if expected { len } else { 0 })?.to_vec(),
        ))
    }

    /// Refuses bytes left over.
    pub(crate) fn end(self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::MalformedMessage)
        }
    }
}

/// A field that must have exactly `N` bytes.
pub(crate) fn exact<const N: usize>(field: &[u8]) -> Result<[u8; N]> {
    field.try_into().map_err(|_| Error::MalformedMessage)
}

/// u16 big-endian of an item count or index, both at most 256.
pub(crate) fn u16_bytes(count: usize) -> [u8; 2] {
    u16::try_from(count)
        .expect("item counts are at most 256")
        .to_be_bytes()
}
