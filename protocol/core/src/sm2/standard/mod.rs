//! Plain SM2 of GB/T 32918: what a joint signature or decryption must equal, and public operations.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ct::declassify;
use crate::curve::{msm_vartime, mul, mul_base, Affine, Scalar, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::hash::sm3;
use crate::message::codec::Reader;
use crate::random::dummy_scalar;

/// The signer identity of GM/T 0009 when none is agreed.
pub const DEFAULT_ID: &[u8] = b"1234567812345678";
/// Longest plaintext in bytes (DEC-1).
pub const MAX_PLAINTEXT: usize = 1 << 20;

/// Curve constants a and b, which enter `Z_A`.
const CURVE_A: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
];
const CURVE_B: [u8; 32] = [
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
];

/// `Z_A` = SM3(bit length of the identity ‖ identity ‖ a ‖ b ‖ G ‖ P).
///
/// # Errors
/// `MalformedMessage` if the identity is longer than 8 191 bytes.
pub fn za(pk: &Affine<Sm2>, signer_id: &[u8]) -> Result<[u8; 32]> {
    let bits = signer_id
        .len()
        .checked_mul(8)
        .and_then(|bits| u16::try_from(bits).ok());
    let bits = bits.ok_or(Error::MalformedMessage)?;
    let g = Affine::<Sm2>::generator();
    Ok(sm3(&[
        &bits.to_be_bytes(),
        signer_id,
        &CURVE_A,
        &CURVE_B,
        &g.x_bytes(),
        &g.y_bytes(),
        &pk.x_bytes(),
        &pk.y_bytes(),
    ]))
}

/// SIGN-1: e = `SM3(Z_A ‖ message)`.
///
/// # Errors
/// As [`za`].
pub fn digest(pk: &Affine<Sm2>, message: &[u8], signer_id: &[u8]) -> Result<[u8; 32]> {
    Ok(sm3(&[&za(pk, signer_id)?, message]))
}

/// Verifies r‖s over a digest, in variable time.
///
/// # Errors
/// `MalformedScalar` if r or s is out of range, `BadSignature`.
pub fn verify(pk: &Affine<Sm2>, digest: &[u8; 32], signature: &[u8; 64]) -> Result<()> {
    let mut reader = Reader::new(signature);
    let (r, s): (Scalar<Sm2>, Scalar<Sm2>) = (reader.scalar()?, reader.scalar()?);
    let t = r.add(&s);
    if declassify(t.is_zero()) {
        return Err(Error::BadSignature);
    }
    let q = msm_vartime(&s, &[(t, *pk)]).ok_or(Error::BadSignature)?;
    if Scalar::reduce32(digest).add(&q.x_scalar()) == r {
        Ok(())
    } else {
        Err(Error::BadSignature)
    }
}

/// Ciphertext in the order C1 ‖ C3 ‖ C2.
#[derive(Clone)]
pub struct Ciphertext {
    /// C1 = k·G.
    pub c1: Affine<Sm2>,
    /// C3 = SM3(x2 ‖ M ‖ y2).
    pub c3: [u8; 32],
    /// C2 = M ⊕ KDF(x2 ‖ y2).
    pub c2: Vec<u8>,
}

impl Ciphertext {
    /// DEC-1: decodes C1 (65 bytes uncompressed or 33 compressed) ‖ C3 (32) ‖ C2 (1 … [`MAX_PLAINTEXT`]).
    ///
    /// # Errors
    /// `MalformedPoint`, `MalformedMessage`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let len = match bytes.first() {
            Some(4) => 65,
            Some(2 | 3) => 33,
            _ => return Err(Error::MalformedPoint),
        };
        let (c1, rest) = bytes.split_at_checked(len).ok_or(Error::MalformedMessage)?;
        let c1 = if len == 65 {
            Affine::decode_uncompressed(c1)?
        } else {
            Affine::decode(c1)?
        };
        let (c3, c2) = rest.split_first_chunk().ok_or(Error::MalformedMessage)?;
        if c2.is_empty() || c2.len() > MAX_PLAINTEXT {
            return Err(Error::MalformedMessage);
        }
        Ok(Self {
            c1,
            c3: *c3,
            c2: c2.to_vec(),
        })
    }

    /// C1 uncompressed (65) ‖ C3 (32) ‖ C2.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.c1.encode_uncompressed().as_slice(), &self.c3, &self.c2].concat()
    }
}

/// Encrypts 1 … [`MAX_PLAINTEXT`] bytes to a public key.
///
/// # Errors
/// `MalformedMessage` for another length, `RandomUnavailable`.
pub fn encrypt(pk: &Affine<Sm2>, plaintext: &[u8]) -> Result<Ciphertext> {
    loop {
        if let Some(ciphertext) = encrypt_with(pk, plaintext, &dummy_scalar()?)? {
            return Ok(ciphertext);
        }
    }
}

/// Encryption with a given k; `None` if the key stream is all zero, as the standard demands a new k then.
fn encrypt_with(
    pk: &Affine<Sm2>,
    plaintext: &[u8],
    k: &SecretScalar<Sm2>,
) -> Result<Option<Ciphertext>> {
    if plaintext.is_empty() || plaintext.len() > MAX_PLAINTEXT {
        return Err(Error::MalformedMessage);
    }
    let c1 = mul_base(k).ok_or(Error::InternalFault)?;
    let shared = Zeroizing::new(mul(k, pk).ok_or(Error::InternalFault)?);
    let (x2, y2) = coordinates(&shared);
    let stream = kdf(&[x2.as_slice(), y2.as_slice()], plaintext.len());
    if is_zero(&stream) {
        return Ok(None);
    }
    let c2 = plaintext
        .iter()
        .zip(stream.iter())
        .map(|(m, t)| m ^ t)
        .collect();
    Ok(Some(Ciphertext {
        c1,
        c3: sm3(&[&*x2, plaintext, &*y2]),
        c2,
    }))
}

/// DEC-5: opens C3 ‖ C2 under K = d·C1. The comparison takes the same time for every C3.
///
/// # Errors
/// `DecryptionFailed` if the key stream is all zero or C3 differs.
pub fn open(shared: &Affine<Sm2>, c3: &[u8; 32], c2: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (x2, y2) = coordinates(shared);
    let mut plaintext = kdf(&[x2.as_slice(), y2.as_slice()], c2.len());
    let empty_stream = is_zero(&plaintext);
    for (t, c) in plaintext.iter_mut().zip(c2) {
        *t ^= c;
    }
    let tag = Zeroizing::new(sm3(&[x2.as_slice(), &plaintext, y2.as_slice()]));
    if !empty_stream && declassify(tag.ct_eq(c3)) {
        Ok(plaintext)
    } else {
        Err(Error::DecryptionFailed)
    }
}

/// KDF of GB/T 32918.4: SM3(Z ‖ u32 counter) for counter = 1, 2, …, cut to `len` bytes. Z is given in parts.
///
/// # Panics
/// If `len` needs more than 2^32 − 1 blocks.
#[must_use]
pub fn kdf(z: &[&[u8]], len: usize) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![0; len]);
    for (i, chunk) in out.chunks_mut(32).enumerate() {
        let counter = u32::try_from(i + 1)
            .expect("fewer than 2^32 blocks")
            .to_be_bytes();
        let block = Zeroizing::new(sm3(&[z, &[counter.as_slice()]].concat()));
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    out
}

fn coordinates(point: &Affine<Sm2>) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    (
        Zeroizing::new(point.x_bytes()),
        Zeroizing::new(point.y_bytes()),
    )
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

#[cfg(test)]
mod tests;
