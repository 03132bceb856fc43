//! Bodies and answer of `OT_SETUP`, and the two OTS parts that also travel in key generation and refresh (§6.2).

use zeroize::Zeroizing;

use super::codec::Reader;
use crate::error::Result;
use crate::hash::Suite;
use crate::proof::Proof;

/// Length of OTS part 1: 128 pairs of points.
pub const PART_1: usize = 128 * 2 * 33;
/// Length of OTS part 2: 128 pairs of points, then per tree of 64 two corrections, a leaf sum and a hash.
pub const PART_2: usize = 128 * 2 * 33 + 64 * (2 * 16 + 32 + 32);

/// An OTS part as it travels, empty where there is none. With the phone's blob it tells a right PIN from a wrong one,
/// so it is wiped when dropped.
pub type OtsPart = Zeroizing<Vec<u8>>;

/// Body of either request: the proof of the share, in the second one with OTS part 2.
#[derive(Clone)]
pub struct OtSetupBody<S: Suite> {
    /// Proof of the share that the header names.
    pub proof: Proof<S>,
    /// OTS part 2 (OTS-4), 14 592 bytes, in the second request; empty in the first.
    pub ots: OtsPart,
}

impl<S: Suite> OtSetupBody<S> {
    /// Body without the device signature: 64 or 14 656 bytes.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.proof.to_bytes().as_slice(), &self.ots].concat())
    }

    /// Decodes 64 or 14 656 bytes.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedScalar`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let body = Self {
            proof: Proof::from_bytes(reader.array()?)?,
            ots: reader.ots(bytes.len() > 64, PART_2)?,
        };
        reader.end()?;
        Ok(body)
    }

    /// Whether this is the second request.
    #[must_use]
    pub fn ends(&self) -> bool {
        !self.ots.is_empty()
    }
}

/// Answer to the first request.
#[derive(Clone)]
pub struct OtSetupAnswer {
    /// Random, 32 bytes; part of the session id of the set-up.
    pub nonce_s: [u8; 32],
    /// OTS part 1 (OTS-1), 8 448 bytes.
    pub ots: OtsPart,
}

impl OtSetupAnswer {
    /// Length of the answer body.
    pub const LEN: usize = 32 + PART_1;

    /// Answer body, 8 480 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.nonce_s.as_slice(), &self.ots].concat()
    }

    /// Decodes 8 480 bytes.
    ///
    /// # Errors
    /// `MalformedMessage`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let answer = Self {
            nonce_s: *reader.array()?,
            ots: reader.ots(true, PART_1)?,
        };
        reader.end()?;
        Ok(answer)
    }
}
