//! Bodies and answers of REFRESH, CONFIRM, ADOPT and SYNC (§4.2, RS-4, CLONE-5).

use super::codec::Reader;
use super::ot_setup::{OtsPart, PART_1, PART_2};
use crate::curve::Affine;
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::proof::Proof;
use zeroize::Zeroizing;

/// REFRESH, phone to server (RF-1).
#[derive(Clone, Copy)]
pub struct RefreshBody<S: Suite> {
    /// Ep = ep·G.
    pub ep: Affine<S>,
    /// Proof of the current share.
    pub proof: Proof<S>,
}

impl<S: Suite> RefreshBody<S> {
    /// Body without the device signature, 97 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.ep.encode().as_slice(), &self.proof.to_bytes()].concat()
    }

    /// Decodes 97 bytes.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let body = Self {
            ep: reader.point()?,
            proof: Proof::from_bytes(reader.array()?)?,
        };
        reader.end()?;
        Ok(body)
    }
}

/// REFRESH, server to phone (RF-2).
#[derive(Clone)]
pub struct RefreshAnswer<S: Suite> {
    /// Es = es·G.
    pub es: Affine<S>,
    /// Id of the pending record.
    pub share_id: [u8; 16],
    /// Random, 32 bytes.
    pub nonce_s: [u8; 32],
    /// End of the pending record's life, milliseconds since the Unix epoch.
    pub pending_expires_ms: u64,
    /// OTS part 1 (OTS-1), 8 448 bytes for P-256 signing keys, else empty.
    pub ots: OtsPart,
}

impl<S: Suite> RefreshAnswer<S> {
    /// Answer body, 89 bytes and the OTS part.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            self.es.encode().as_slice(),
            &self.share_id,
            &self.nonce_s,
            &self.pending_expires_ms.to_be_bytes(),
            &self.ots,
        ]
        .concat()
    }

    /// Decodes 89 bytes and, if `with_ots`, the OTS part.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`.
    pub fn decode(bytes: &[u8], with_ots: bool) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let answer = Self {
            es: reader.point()?,
            share_id: *reader.array()?,
            nonce_s: *reader.array()?,
            pending_expires_ms: reader.u64()?,
            ots: reader.ots(with_ots, PART_1)?,
        };
        reader.end()?;
        Ok(answer)
    }
}

/// CONFIRM (RF-6): a proof of the new share and the end of its OT set-up.
#[derive(Clone)]
pub struct ConfirmBody<S: Suite> {
    /// Proof of the share that the header names.
    pub proof: Proof<S>,
    /// OTS part 2 (OTS-4), 14 592 bytes for P-256 signing keys, else empty.
    pub ots: OtsPart,
}

impl<S: Suite> ConfirmBody<S> {
    /// Body without the device signature, 64 bytes and the OTS part.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.proof.to_bytes().as_slice(), &self.ots].concat())
    }

    /// Decodes 64 bytes and, if `with_ots`, the OTS part.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedScalar`.
    pub fn decode(bytes: &[u8], with_ots: bool) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let body = Self {
            proof: Proof::from_bytes(reader.array()?)?,
            ots: reader.ots(with_ots, PART_2)?,
        };
        reader.end()?;
        Ok(body)
    }
}

/// ADOPT (RS-4): a proof and nothing else.
#[derive(Clone, Copy)]
pub struct ProofBody<S: Suite> {
    /// Proof of the share that the header names.
    pub proof: Proof<S>,
}

impl<S: Suite> ProofBody<S> {
    /// Body without the device signature, 64 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.proof.to_bytes().to_vec()
    }

    /// Decodes 64 bytes.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedScalar`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let body = Self {
            proof: Proof::from_bytes(reader.array()?)?,
        };
        reader.end()?;
        Ok(body)
    }
}

/// Answer body of CONFIRM and ADOPT: the flags, one byte, bit 0 = durable.
#[must_use]
pub fn encode_flags(durable: bool) -> Vec<u8> {
    vec![u8::from(durable)]
}

/// Decodes the flags: whether the promotion is durable.
///
/// # Errors
/// `MalformedMessage` for another length or an unknown flag.
pub fn decode_flags(bytes: &[u8]) -> Result<bool> {
    match bytes {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(Error::MalformedMessage),
    }
}

/// Which clone rule a SYNC met (CLONE-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CloneCase {
    /// The phone holds the newest token.
    A = 1,
    /// The phone missed the answer of `last_req`.
    B = 2,
}

/// Answer body of SYNC: case and `last_req` (zeros under A), 17 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncAnswer {
    /// A or B.
    pub case: CloneCase,
    /// The last counted request.
    pub last_req: [u8; 16],
}

impl SyncAnswer {
    /// Answer body, 17 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&[self.case as u8], self.last_req.as_slice()].concat()
    }

    /// Decodes 17 bytes.
    ///
    /// # Errors
    /// `MalformedMessage` for another length or case.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let case = match reader.u8()? {
            1 => CloneCase::A,
            2 => CloneCase::B,
            _ => return Err(Error::MalformedMessage),
        };
        let answer = Self {
            case,
            last_req: *reader.array()?,
        };
        reader.end()?;
        Ok(answer)
    }
}
