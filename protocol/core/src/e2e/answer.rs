//! Plaintext frame of an answer (E2E-3).

use crate::error::{Error, Result};
use crate::message::codec::Reader;
use crate::message::{EcSignAnswer, EcdhMode, Op, OtSetupAnswer, PART_1};

/// Bytes of a frame without body and padding.
pub const FRAME: usize = 47;

/// Outcome of a request as the phone sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Done; the body carries the result.
    Ok = 0,
    /// The proof did not hold.
    PinWrong = 1,
    /// The request id was seen before (CLONE-2).
    Stale = 2,
    /// Outside its lifetime (CLONE-1).
    Expired = 3,
    /// A lock could not be had in time.
    Busy = 4,
    /// The outcome is not known to have been committed.
    Unavailable = 5,
    /// Attempts are used up for now or for good.
    Locked = 6,
    /// A clone was detected, or an operator froze the device or key.
    Frozen = 7,
    /// No usable record with this `share_id`.
    UnknownShare = 8,
    /// Quota used up.
    Quota = 9,
    /// Refused by policy.
    Policy = 10,
    /// The oblivious-transfer set-up was destroyed.
    OtDestroyed = 11,
    /// Older `restore_epoch` than the server's (CLONE-3).
    Resync = 12,
    /// Header or body could not be read.
    Malformed = 13,
    /// The device signature does not fit.
    DeviceProof = 14,
}

impl Status {
    const ALL: [Self; 15] = [
        Self::Ok,
        Self::PinWrong,
        Self::Stale,
        Self::Expired,
        Self::Busy,
        Self::Unavailable,
        Self::Locked,
        Self::Frozen,
        Self::UnknownShare,
        Self::Quota,
        Self::Policy,
        Self::OtDestroyed,
        Self::Resync,
        Self::Malformed,
        Self::DeviceProof,
    ];

    /// The status with this number.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`].
    pub fn from_byte(byte: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(byte))
            .copied()
            .ok_or(Error::MalformedMessage)
    }
}

/// Fields of a frame before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Outcome.
    pub status: Status,
    /// Server clock, ms since the Unix epoch.
    pub server_time_ms: u64,
    /// Flag bit 0: the state named by the answer is covered by a verified backup (RF-8).
    pub durable: bool,
    /// PIN attempts left.
    pub attempts_left: u8,
    /// Seconds until the next attempt is possible.
    pub retry_after_s: u32,
    /// Counter of the device.
    pub ctr: u64,
    /// New clone token, zeros if unchanged.
    pub tau: [u8; 16],
    /// Restore epoch of the server.
    pub restore_epoch: u32,
}

impl Frame {
    /// Frame ‖ u32 length ‖ body ‖ zeros, so that the body with its padding has at least `padded_body` bytes.
    #[must_use]
    pub(crate) fn encode(&self, body: &[u8], padded_body: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(FRAME + body.len().max(padded_body));
        out.push(self.status as u8);
        out.extend_from_slice(&self.server_time_ms.to_be_bytes());
        out.push(u8::from(self.durable));
        out.push(self.attempts_left);
        out.extend_from_slice(&self.retry_after_s.to_be_bytes());
        out.extend_from_slice(&self.ctr.to_be_bytes());
        out.extend_from_slice(&self.tau);
        out.extend_from_slice(&self.restore_epoch.to_be_bytes());
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(body);
        out.resize(FRAME + body.len().max(padded_body), 0);
        out
    }

    /// Strict inverse of [`Frame::encode`]: the frame and its body.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let mut reader = Reader::new(bytes);
        let frame = Self {
            status: Status::from_byte(reader.u8()?)?,
            server_time_ms: reader.u64()?,
            durable: match reader.u8()? {
                0 => false,
                1 => true,
                _ => return Err(Error::MalformedMessage),
            },
            attempts_left: reader.u8()?,
            retry_after_s: reader.u32()?,
            ctr: reader.u64()?,
            tau: *reader.array()?,
            restore_epoch: reader.u32()?,
        };
        let length = usize::try_from(reader.u32()?).map_err(|_| Error::MalformedMessage)?;
        let body = reader.bytes(length)?;
        if bytes[FRAME + length..].iter().any(|byte| *byte != 0) {
            return Err(Error::MalformedMessage);
        }
        Ok((frame, body))
    }
}

/// Bytes of the body of a success answer; `phase` and `count` are those of the request, `ots` says whether its key has an
/// OT set-up.
#[must_use]
pub fn success_body(op: Op, phase: u8, count: usize, ots: bool) -> usize {
    let part_1 = if ots { PART_1 } else { 0 };
    match (op, phase) {
        (Op::Keygen, 1) => 32 + 33 + 64 + part_1,
        (Op::Keygen, _) => 33 + 16 + 64 + 16 + 8,
        (Op::Sign, _) => 2 + count * (33 + 32 + 32),
        (Op::Decrypt, _) => 2 + count * 33,
        (Op::Refresh, _) => 33 + 16 + 32 + 8 + part_1,
        (Op::OtSetup, 1) => OtSetupAnswer::LEN,
        (Op::Confirm | Op::Adopt, _) => 1,
        (Op::OtSetup, _) => 0,
        (Op::Sync, _) => 1 + 16,
        (Op::EcSign, _) => EcSignAnswer::LEN,
        (Op::Ecdh, 0) => 2 + count * EcdhMode::Aead.item_len(),
        (Op::Ecdh, _) => 2 + count * EcdhMode::Raw.item_len(),
    }
}
