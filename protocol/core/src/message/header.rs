//! The header of every request (§1.5): strict codec and request identity.

use super::codec::{exact, Reader};
use super::fields::{Op, Purpose, SuiteId};
use crate::curve::{Affine, Sm2, P256};
use crate::error::{Error, Result};
use crate::hash::{h, label, tlv, Suite};

/// Field 1, the only version there is.
pub const VERSION: u16 = 1;
/// Longest life of a request in milliseconds (field 13).
pub const MAX_TTL_MS: u64 = 120_000;
/// Most entries of `open_reqs`: 64 counted requests and 8 SYNC (field 16).
pub const MAX_OPEN_REQS: usize = 72;
/// Longest server, user, device or key id in bytes (fields 5–8).
pub const MAX_ID: usize = 64;
/// Upper bound of an encoded header in bytes; nothing longer is parsed.
pub const MAX_HEADER: usize =
    18 * 4 + 2 + 4 + 1 + 1 + 4 * MAX_ID + 16 + 33 + 32 + 3 * 8 + 16 + 16 * MAX_OPEN_REQS + 32 + 4;

/// Identity of a request: 16 bytes (HDR-1).
pub type ReqId = [u8; 16];

/// Fields 2–18 of §1.5, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Curve and hash of the operation.
    pub suite: SuiteId,
    /// Operation.
    pub op: Op,
    /// Purpose of the key.
    pub purpose: Purpose,
    /// Name of the key-share service, 1–64 bytes of UTF-8.
    pub server_id: String,
    /// 1–64 bytes of UTF-8.
    pub user_id: String,
    /// 1–64 bytes of UTF-8.
    pub device_id: String,
    /// 1–64 bytes of UTF-8.
    pub key_id: String,
    /// Share record the request names; zeros in KEYGEN and SYNC.
    pub share_id: [u8; 16],
    /// Joint public key, compressed; zeros in KEYGEN and SYNC.
    pub pk: [u8; 33],
    /// Fresh for every request.
    pub req_nonce: [u8; 32],
    /// Phone clock in milliseconds since the Unix epoch, corrected by the server's last time.
    pub issued_at_ms: u64,
    /// End of the request's life, at most 120 000 ms after `issued_at_ms`.
    pub expires_at_ms: u64,
    /// Last counter known to the phone.
    pub ctr: u64,
    /// Clone token.
    pub tau: [u8; 16],
    /// Ids of open requests, oldest first, at most 72.
    pub open_reqs: Vec<ReqId>,
    /// Hash of what was shown to the user; zeros if none.
    pub policy: [u8; 32],
    /// Last restore epoch known to the phone.
    pub restore_epoch: u32,
}

impl Header {
    /// Checks the rules of §1.5 and encodes.
    ///
    /// # Errors
    /// As [`Header::decode`].
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.check()?;
        let open_reqs = self.open_reqs.concat();
        Ok(tlv(&[
            &VERSION.to_be_bytes(),
            self.suite.name().as_bytes(),
            &[self.op as u8],
            &[self.purpose as u8],
            self.server_id.as_bytes(),
            self.user_id.as_bytes(),
            self.device_id.as_bytes(),
            self.key_id.as_bytes(),
            &self.share_id,
            &self.pk,
            &self.req_nonce,
            &self.issued_at_ms.to_be_bytes(),
            &self.expires_at_ms.to_be_bytes(),
            &self.ctr.to_be_bytes(),
            &self.tau,
            &open_reqs,
            &self.policy,
            &self.restore_epoch.to_be_bytes(),
        ]))
    }

    /// Decodes exactly the encoding that [`Header::encode`] makes; there is one encoding per header.
    ///
    /// # Errors
    /// `MalformedMessage` for a wrong version, length, count, range or byte left over, `MalformedPoint` if `pk` is
    /// not on the curve of the suite, `PurposeMismatch` if the operation does not fit the purpose.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_HEADER {
            return Err(Error::MalformedMessage);
        }
        let mut reader = Reader::new(bytes);
        if u16::from_be_bytes(exact(reader.field()?)?) != VERSION {
            return Err(Error::MalformedMessage);
        }
        let header = Self {
            suite: SuiteId::from_name(reader.field()?)?,
            op: Op::from_byte(u8::from_be_bytes(exact(reader.field()?)?))?,
            purpose: Purpose::from_byte(u8::from_be_bytes(exact(reader.field()?)?))?,
            server_id: id(reader.field()?)?,
            user_id: id(reader.field()?)?,
            device_id: id(reader.field()?)?,
            key_id: id(reader.field()?)?,
            share_id: exact(reader.field()?)?,
            pk: exact(reader.field()?)?,
            req_nonce: exact(reader.field()?)?,
            issued_at_ms: u64::from_be_bytes(exact(reader.field()?)?),
            expires_at_ms: u64::from_be_bytes(exact(reader.field()?)?),
            ctr: u64::from_be_bytes(exact(reader.field()?)?),
            tau: exact(reader.field()?)?,
            open_reqs: ids(reader.field()?)?,
            policy: exact(reader.field()?)?,
            restore_epoch: u32::from_be_bytes(exact(reader.field()?)?),
        };
        reader.end()?;
        header.check()?;
        Ok(header)
    }

    /// Whether the operation carries no share and no key (fields 9 and 10 are zeros).
    #[must_use]
    pub const fn is_keyless(&self) -> bool {
        matches!(self.op, Op::Keygen | Op::Sync)
    }

    /// ENC-1.
    fn check_pk(&self) -> Result<()> {
        match self.suite {
            SuiteId::Sm2 => Affine::<Sm2>::decode(&self.pk).map(|_| ()),
            SuiteId::P256 => Affine::<P256>::decode(&self.pk).map(|_| ()),
        }
        .map_err(|_| Error::MalformedPoint)
    }

    fn check(&self) -> Result<()> {
        let ids = [
            &self.server_id,
            &self.user_id,
            &self.device_id,
            &self.key_id,
        ];
        let life = self.expires_at_ms.checked_sub(self.issued_at_ms);
        if ids.iter().any(|id| !(1..=MAX_ID).contains(&id.len()))
            || self.open_reqs.len() > MAX_OPEN_REQS
            || life.is_none_or(|ms| ms > MAX_TTL_MS)
            || !self.op.allows_suite(self.suite)
        {
            return Err(Error::MalformedMessage);
        }
        if self.is_keyless() {
            if self.share_id != [0; 16] || self.pk != [0; 33] {
                return Err(Error::MalformedMessage);
            }
        } else {
            self.check_pk()?;
        }
        if self.op.allows_purpose(self.purpose) {
            Ok(())
        } else {
            Err(Error::PurposeMismatch)
        }
    }
}

/// HDR-1: first 16 bytes of `H("REQ/id", header)` in the suite of the header.
#[must_use]
pub fn req_id<S: Suite>(header: &[u8]) -> ReqId {
    h::<S>(label::REQ_ID, &[header]).as_chunks().0[0]
}

fn id(field: &[u8]) -> Result<String> {
    core::str::from_utf8(field)
        .map(str::to_owned)
        .map_err(|_| Error::MalformedMessage)
}

fn ids(field: &[u8]) -> Result<Vec<ReqId>> {
    let (ids, rest) = field.as_chunks();
    if rest.is_empty() && ids.len() <= MAX_OPEN_REQS {
        Ok(ids.to_vec())
    } else {
        Err(Error::MalformedMessage)
    }
}
