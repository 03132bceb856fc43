//! The two messages of the set-up (§6.2): fixed layouts, strictly decoded.

use zeroize::Zeroizing;

use super::{Block, COLUMNS, TREES};
use crate::curve::{decode_batch, Affine, P256};
use crate::error::{Error, Result};

/// Bytes of part 1: `R_{i,0}, R_{i,1}`.
pub const PART_1: usize = POINTS;
/// Bytes of part 2: `Y_{i,0}, Y_{i,1}`, `τ_{j,0}, τ_{j,1}`, `th_j`, `sh_j`.
pub const PART_2: usize = POINTS + TREES * (2 * 16 + 32 + 32);
const POINTS: usize = COLUMNS * 2 * 33;

/// Part 1, S → P: two points per base OT.
pub struct Part1 {
    /// `R_{i,0}, R_{i,1}` for i = 0 … 127.
    pub points: Vec<[Affine<P256>; 2]>,
}

impl Part1 {
    /// Reads 8 448 bytes.
    ///
    /// # Errors
    /// `MalformedMessage` for another length, `MalformedPoint`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let points = decode_pairs(bytes)?;
        Ok(Self { points })
    }

    /// 8 448 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode_pairs(&self.points)
    }
}

/// Part 2, P → S.
pub struct Part2 {
    /// `Y_{i,0}, Y_{i,1}` for i = 0 … 127.
    pub points: Vec<[Affine<P256>; 2]>,
    /// `τ_{j,0}, τ_{j,1}`.
    pub tau: [[Block; 2]; TREES],
    /// `th_j`.
    pub th: [[u8; 32]; TREES],
    /// `sh_j`.
    pub sh: [[u8; 32]; TREES],
}

impl Part2 {
    /// Reads 14 592 bytes.
    ///
    /// # Errors
    /// `MalformedMessage` for another length, `MalformedPoint`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let (points, rest) = bytes
            .split_at_checked(POINTS)
            .ok_or(Error::MalformedMessage)?;
        let (tau, rest) = take::<{ TREES * 32 }>(rest)?;
        let (th, rest) = take::<{ TREES * 32 }>(rest)?;
        let (sh, rest) = take::<{ TREES * 32 }>(rest)?;
        if !rest.is_empty() {
            return Err(Error::MalformedMessage);
        }
        let mut part = Self {
            points: decode_pairs(points)?,
            tau: [[[0; 16]; 2]; TREES],
            th: [[0; 32]; TREES],
            sh: [[0; 32]; TREES],
        };
        let flat = part.tau.as_flattened_mut().as_flattened_mut();
        flat.copy_from_slice(tau);
        part.th.as_flattened_mut().copy_from_slice(th);
        part.sh.as_flattened_mut().copy_from_slice(sh);
        Ok(part)
    }

    /// 14 592 bytes. Secret on the way: with the phone's nodes it gives the phone's share.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(encode_pairs(&self.points));
        out.reserve_exact(PART_2 - POINTS);
        out.extend_from_slice(self.tau.as_flattened().as_flattened());
        out.extend_from_slice(self.th.as_flattened());
        out.extend_from_slice(self.sh.as_flattened());
        out
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8])> {
    bytes.split_first_chunk().ok_or(Error::MalformedMessage)
}

fn decode_pairs(bytes: &[u8]) -> Result<Vec<[Affine<P256>; 2]>> {
    let (encoded, rest) = bytes.as_chunks::<33>();
    if !rest.is_empty() || encoded.len() != 2 * COLUMNS {
        return Err(Error::MalformedMessage);
    }
    let points = decode_batch::<P256>(encoded)?;
    Ok(points.as_chunks::<2>().0.to_vec())
}

fn encode_pairs(points: &[[Affine<P256>; 2]]) -> Vec<u8> {
    points
        .as_flattened()
        .iter()
        .flat_map(Affine::encode)
        .collect()
}
