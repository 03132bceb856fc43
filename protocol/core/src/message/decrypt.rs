//! Body and answer of DECRYPT (§3.3).

use super::codec::{u16_bytes, Reader};
use crate::curve::{decode_batch, Affine};
use crate::error::Result;
use crate::hash::Suite;
use crate::proof::Proof;

/// Request body: N points, each the ciphertext's C1 or a blinded multiple of it.
#[derive(Clone)]
pub struct DecryptBody<S: Suite> {
    /// `T1_1` … `T1_N` as sent.
    pub encoded: Vec<[u8; 33]>,
    /// The same points, decoded.
    pub points: Vec<Affine<S>>,
    /// Proof of the share (DEC-2).
    pub proof: Proof<S>,
}

impl<S: Suite> DecryptBody<S> {
    /// Body without the device signature: 66 + 33·N bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            &u16_bytes(self.encoded.len()),
            self.encoded.as_flattened(),
            &self.proof.to_bytes(),
        ]
        .concat()
    }

    /// Decodes strictly: N = 1 … 256, every point (ENC-1) and scalar (ENC-2).
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut body = Self::parse(bytes)?;
        body.points = decode_batch(&body.encoded)?;
        Ok(body)
    }

    /// As [`DecryptBody::decode`], with `points` still empty.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let count = reader.count()?;
        let encoded = reader.arrays::<33>(count)?;
        let proof = reader.array::<64>()?;
        reader.end()?;
        Ok(Self {
            encoded,
            points: Vec::new(),
            proof: Proof::from_bytes(proof)?,
        })
    }
}

/// What a key's token returns for T2 (attribute `dh_form`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhForm {
    /// A compressed point, 33 bytes.
    Point,
    /// The x-coordinate only, 32 bytes.
    XOnly,
}

/// Answer body with points: `N, T2_i…`, 2 + 33·N bytes.
#[must_use]
pub fn encode_decrypt_answer<S: Suite>(points: &[Affine<S>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + 33 * points.len());
    out.extend_from_slice(&u16_bytes(points.len()));
    for point in points {
        out.extend_from_slice(&point.encode());
    }
    out
}

/// The points an answer body may stand for: one per item, or two with [`DhForm::XOnly`], where C3 selects.
///
/// # Errors
/// `MalformedMessage`, `MalformedPoint`.
pub fn decode_decrypt_answer<S: Suite>(bytes: &[u8], form: DhForm) -> Result<Vec<Vec<Affine<S>>>> {
    let mut reader = Reader::new(bytes);
    let count = reader.count()?;
    match form {
        DhForm::Point => {
            let encoded = reader.arrays::<33>(count)?;
            reader.end()?;
            Ok(decode_batch(&encoded)?
                .into_iter()
                .map(|point| vec![point])
                .collect())
        }
        DhForm::XOnly => {
            let encoded = reader.arrays::<32>(count)?;
            reader.end()?;
            encoded
                .iter()
                .map(|x| {
                    let point = Affine::lift_x(x).ok_or(crate::error::Error::MalformedPoint)?;
                    Ok(vec![point, point.neg()])
                })
                .collect()
        }
    }
}
