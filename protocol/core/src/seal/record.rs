//! Plaintexts of sealed records.
//!
//! A share record is TLV(u16 version, scalar 32, phone point 33) as section 8.1 lays down, for a P-256 signing key with
//! two more fields: (Δ 16, leaves 3 072) of its OT set-up, or (seed 32, session id 32) of one that waits for part 2. For a
//! share in a token (HSM-3) the scalar is its part outside of the token, and one field follows: the part inside, wrapped. Every
//! other record is TLV(u16 version, kind, …) with a kind in ASCII; no kind is 32 bytes long, so the forms cannot be
//! confused.

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hash::tlv;
use crate::message::codec::Reader;
use crate::message::Purpose;

const VERSION: [u8; 2] = 1_u16.to_be_bytes();

/// Plaintext of a sealed record. Wiped when dropped; has no `Debug`, no `Clone` and no getter outside the core.
pub struct SecretRecord {
    bytes: Zeroizing<Vec<u8>>,
    /// What the token gave for one request; never sealed.
    agreed: Option<Zeroizing<Vec<[u8; 32]>>>,
}

/// What a record other than a share holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pending key generation (KG-2).
    Keygen,
    /// Identity key, hedge secret and row-MAC key of a core.
    Core,
    /// HPKE key pair of a core (E2E-4).
    Envelope,
    /// Device key (PIN-8).
    Device,
    /// PIN-blinded share (PIN-4).
    Blob,
    /// Key of personal data and uploads.
    Data,
    /// Key of the blind index.
    Index,
}

impl Kind {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Keygen => b"keygen",
            Self::Core => b"core",
            Self::Envelope => b"envelope",
            Self::Device => b"device",
            Self::Blob => b"blob",
            Self::Data => b"data",
            Self::Index => b"index",
        }
    }
}

/// Scalar, point and OT fields of a share record.
pub(crate) type ShareFields<'a> = (&'a [u8; 32], &'a [u8; 33], Option<[&'a [u8]; 2]>);

impl SecretRecord {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            bytes,
            agreed: None,
        }
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// A share with the phone's point: section 8.1.
    pub(crate) fn share(scalar: &[u8; 32], point: &[u8; 33]) -> Self {
        Self::new(Zeroizing::new(tlv(&[&VERSION, scalar, point])))
    }

    /// A share with its OT set-up, finished or waiting (§8.1): the two fields that follow the point.
    pub(crate) fn share_with_ot(scalar: &[u8; 32], point: &[u8; 33], ot: [&[u8]; 2]) -> Self {
        Self::new(Zeroizing::new(tlv(&[
            &VERSION, scalar, point, ot[0], ot[1],
        ])))
    }

    /// A share whose other part is in a token (HSM-3): `wrapped` is what the token unwraps.
    pub(crate) fn share_in_token(scalar: &[u8; 32], point: &[u8; 33], wrapped: &[u8]) -> Self {
        Self::new(Zeroizing::new(tlv(&[&VERSION, scalar, point, wrapped])))
    }

    /// The wrapped part of a share in a token, also of a pending key generation; `None` for every other record.
    #[must_use]
    pub fn wrapped(&self) -> Option<&[u8]> {
        if let Ok([version, _, _, wrapped]) = fields(&self.bytes) {
            return (version == VERSION).then_some(wrapped);
        }
        let [rest @ .., wrapped, _] = self.as_kind::<9>(Kind::Keygen).ok()?;
        (rest[1] == [Purpose::Decrypt as u8]).then_some(wrapped)
    }

    /// The same record with what the token gave for one request: an x-coordinate per point.
    #[must_use]
    pub fn with_agreed(&self, agreed: Zeroizing<Vec<[u8; 32]>>) -> Self {
        Self {
            bytes: self.bytes.clone(),
            agreed: Some(agreed),
        }
    }

    /// What the token gave; empty if it was not asked.
    pub(crate) fn agreed(&self) -> &[[u8; 32]] {
        self.agreed.as_ref().map_or(&[], |agreed| agreed.as_slice())
    }

    /// Scalar and point bytes of a share record, and the fields of an OT set-up; ranges and lengths are checked by
    /// whoever decodes them.
    pub(crate) fn as_share(&self) -> Result<ShareFields<'_>> {
        let (version, scalar, point, ot) = if let Ok([version, scalar, point]) = fields(&self.bytes)
        {
            (version, scalar, point, None)
        } else if let Ok([version, scalar, point, _]) = fields(&self.bytes) {
            (version, scalar, point, None)
        } else {
            let [version, scalar, point, first, second] = fields(&self.bytes)?;
            (version, scalar, point, Some([first, second]))
        };
        if version != VERSION {
            return Err(Error::SealBroken);
        }
        Ok((
            scalar.try_into().map_err(|_| Error::SealBroken)?,
            point.try_into().map_err(|_| Error::SealBroken)?,
            ot,
        ))
    }

    /// A record of `kind` with these fields.
    pub(crate) fn of(kind: Kind, content: &[&[u8]]) -> Self {
        let mut all: Vec<&[u8]> = vec![&VERSION, kind.name()];
        all.extend_from_slice(content);
        Self::new(Zeroizing::new(tlv(&all)))
    }

    /// The `N` fields of a record of `kind`.
    pub(crate) fn as_kind<const N: usize>(&self, kind: Kind) -> Result<[&[u8]; N]> {
        let head = tlv(&[&VERSION, kind.name()]);
        let rest = self
            .bytes
            .strip_prefix(head.as_slice())
            .ok_or(Error::SealBroken)?;
        fields(rest)
    }
}

/// Splits a TLV of exactly `N` fields.
fn fields<const N: usize>(bytes: &[u8]) -> Result<[&[u8]; N]> {
    let mut reader = Reader::new(bytes);
    let mut out = [&[][..]; N];
    for slot in &mut out {
        *slot = reader.field().map_err(|_| Error::SealBroken)?;
    }
    reader.end().map_err(|_| Error::SealBroken)?;
    Ok(out)
}
