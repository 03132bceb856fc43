//! Body and answer of SIGN (§3.2).

use zeroize::{Zeroize, Zeroizing};

use super::codec::{u16_bytes, Reader};
use crate::curve::{decode_batch, Affine, Scalar};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::proof::Proof;

/// Request body: N digests and N pairs of nonce points, in the order of the digests.
#[derive(Clone)]
pub struct SignBody<S: Suite> {
    /// `e_1` … `e_N`, 32 bytes each, not zero modulo n.
    pub digests: Vec<[u8; 32]>,
    /// `Qa_1, Qb_1, …, Qa_N, Qb_N` as sent.
    pub encoded: Zeroizing<Vec<[u8; 33]>>,
    /// The same points, decoded.
    pub points: Zeroizing<Vec<Affine<S>>>,
    /// Proof of all nonces and of the share (SIGN-4).
    pub proof: Proof<S>,
}

impl<S: Suite> SignBody<S> {
    /// Body without the device signature: 66 + 98·N bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let count = u16_bytes(self.digests.len());
        [
            &count,
            self.digests.as_flattened(),
            self.encoded.as_flattened(),
            &self.proof.to_bytes(),
        ]
        .concat()
    }

    /// Decodes strictly: N = 1 … 256, every digest (ENC-3), point (ENC-1) and scalar (ENC-2).
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`, `DigestRefused`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut body = Self::parse(bytes)?;
        body.points = Zeroizing::new(decode_batch(&body.encoded)?);
        Ok(body)
    }

    /// As [`SignBody::decode`], with `points` still empty.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let count = reader.count()?;
        let digests = reader.arrays::<32>(count)?;
        let encoded = Zeroizing::new(reader.arrays::<33>(2 * count)?);
        let proof = reader.array::<64>()?;
        reader.end()?;
        for digest in &digests {
            digest_scalar::<S>(digest)?;
        }
        Ok(Self {
            digests,
            encoded,
            points: Zeroizing::default(),
            proof: Proof::from_bytes(proof)?,
        })
    }
}

/// ENC-3: the digest as a number, reduced once.
///
/// # Errors
/// `DigestRefused` if it is zero modulo n.
pub fn digest_scalar<S: Suite>(digest: &[u8; 32]) -> Result<Scalar<S>> {
    let e = Scalar::reduce32(digest);
    if e.is_zero().into() {
        Err(Error::DigestRefused)
    } else {
        Ok(e)
    }
}

/// One item of the answer (SIGN-9).
#[derive(Clone, Copy)]
pub struct SignItem<S: Suite> {
    /// W2 = w2·G.
    pub w2: Affine<S>,
    /// First half of the signature.
    pub r: Scalar<S>,
    /// s1 = d2·(r + w2).
    pub s1: Scalar<S>,
}

impl<S: Suite> Zeroize for SignItem<S> {
    fn zeroize(&mut self) {
        self.w2.zeroize();
        self.r.zeroize();
        self.s1.zeroize();
    }
}

/// Answer body: `N, (W2_i, r_i, s1_i)…`, 2 + 97·N bytes.
#[must_use]
pub fn encode_sign_answer<S: Suite>(items: &[SignItem<S>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 + 97 * items.len());
    out.extend_from_slice(&u16_bytes(items.len()));
    for item in items {
        out.extend_from_slice(&item.w2.encode());
        out.extend_from_slice(&item.r.to_bytes());
        out.extend_from_slice(&item.s1.to_bytes());
    }
    out
}

/// SIGN-12: strict decoding of an answer body.
///
/// # Errors
/// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
pub fn decode_sign_answer<S: Suite>(bytes: &[u8]) -> Result<Vec<SignItem<S>>> {
    let mut reader = Reader::new(bytes);
    let count = reader.count()?;
    let mut encoded = Vec::with_capacity(count);
    let mut scalars = Vec::with_capacity(count);
    for _ in 0..count {
        encoded.push(*reader.array::<33>()?);
        scalars.push((reader.scalar()?, reader.scalar()?));
    }
    reader.end()?;
    let points = decode_batch(&encoded)?;
    let items = points.into_iter().zip(scalars);
    Ok(items.map(|(w2, (r, s1))| SignItem { w2, r, s1 }).collect())
}
