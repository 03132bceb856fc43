//! Body and answer of ECDH (§6.6).

use super::codec::{u16_bytes, Reader};
use crate::curve::{decode_batch, Affine, P256};
use crate::error::{Error, Result};
use crate::proof::Proof;

/// What the phone makes of the shared points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EcdhMode {
    /// It opens a ciphertext; the tag proves the answer (ECDH-2).
    Aead = 0,
    /// It gives the shared secret away; every item of the answer carries a proof (ECDH-3).
    Raw = 1,
}

impl EcdhMode {
    /// Mode with this number.
    ///
    /// # Errors
    /// `MalformedMessage` for an unknown number.
    pub const fn from_byte(byte: u8) -> Result<Self> {
        match byte {
            0 => Ok(Self::Aead),
            1 => Ok(Self::Raw),
            _ => Err(Error::MalformedMessage),
        }
    }

    /// Bytes of one item of an answer with points.
    #[must_use]
    pub const fn item_len(self) -> usize {
        match self {
            Self::Aead => 33,
            Self::Raw => 33 + 64,
        }
    }
}

/// Request body: N peer points.
#[derive(Clone)]
pub struct EcdhBody {
    /// What the phone asks for.
    pub mode: EcdhMode,
    /// `T_1` … `T_N` as sent.
    pub encoded: Vec<[u8; 33]>,
    /// The same points, decoded.
    pub points: Vec<Affine<P256>>,
    /// Proof of the share (ECDH-1).
    pub proof: Proof<P256>,
}

impl EcdhBody {
    /// Body without the device signature: 67 + 33·N bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            &[self.mode as u8],
            u16_bytes(self.encoded.len()).as_slice(),
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
        let mut reader = Reader::new(bytes);
        let mode = EcdhMode::from_byte(reader.u8()?)?;
        let count = reader.count()?;
        let encoded = reader.arrays::<33>(count)?;
        let proof = reader.array::<64>()?;
        reader.end()?;
        Ok(Self {
            mode,
            points: decode_batch(&encoded)?,
            encoded,
            proof: Proof::from_bytes(proof)?,
        })
    }
}

/// Answer in mode AEAD: x-coordinates, all the phone needs of the shared points. A token that holds the share gives
/// nothing else.
///
/// # Errors
/// `MalformedMessage`, `MalformedPoint`.
pub fn decode_ecdh_answer(bytes: &[u8]) -> Result<Vec<Affine<P256>>> {
    let mut reader = Reader::new(bytes);
    let count = reader.count()?;
    if bytes.len() == 2 + 32 * count {
        let encoded = reader.arrays::<32>(count)?;
        let lifted = encoded.iter().map(Affine::lift_x).collect::<Option<_>>();
        return lifted.ok_or(Error::MalformedPoint);
    }
    let encoded = reader.arrays::<33>(count)?;
    reader.end()?;
    Ok(decode_batch(&encoded)?)
}

/// Answer in mode RAW: points and their proofs (ECDH-3).
///
/// # Errors
/// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
pub fn decode_raw_answer(bytes: &[u8]) -> Result<Vec<(Affine<P256>, Proof<P256>)>> {
    let mut reader = Reader::new(bytes);
    let count = reader.count()?;
    let items = (0..count)
        .map(|_| Ok((reader.point()?, Proof::from_bytes(reader.array()?)?)))
        .collect::<Result<_>>()?;
    reader.end()?;
    Ok(items)
}

/// Answer of a share in a token, mode AEAD: `N, x(S_i)…`.
#[must_use]
pub fn encode_x_answer(xs: &[[u8; 32]]) -> Vec<u8> {
    [u16_bytes(xs.len()).as_slice(), xs.as_flattened()].concat()
}

/// Answer body: `N, S_i…`, in mode RAW `N, (S_i, c_i ‖ z_i)…`.
#[must_use]
pub fn encode_ecdh_answer(points: &[Affine<P256>], proofs: &[Proof<P256>]) -> Vec<u8> {
    let mut out = u16_bytes(points.len()).to_vec();
    for (i, point) in points.iter().enumerate() {
        out.extend_from_slice(&point.encode());
        if let Some(proof) = proofs.get(i) {
            out.extend_from_slice(&proof.to_bytes());
        }
    }
    out
}
