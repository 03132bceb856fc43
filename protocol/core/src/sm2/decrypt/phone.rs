//! Phone side of DECRYPT.

use zeroize::Zeroizing;

use crate::curve::{mul_base, mul_batch, Affine, Scalar, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::hash::label;
use crate::message::{decode_decrypt_answer, decrypt_ctx, DecryptBody, DhForm, MAX_ITEMS};
use crate::proof::prove;
use crate::random::PhoneNonces;
use crate::sm2::{open, Ciphertext};

/// A DECRYPT under way; works once.
pub struct PhoneDecrypt {
    ciphertexts: Vec<Ciphertext>,
    /// a·inv(w), or a where T1 = C1, per item.
    factors: Vec<SecretScalar<Sm2>>,
}

/// A plaintext, wiped when dropped.
type Plaintext = Zeroizing<Vec<u8>>;

impl PhoneDecrypt {
    /// DEC-1, DEC-2. `share` is a, `header` the encoded header, `pk` P; with `blind` the server sees w·C1 instead of C1.
    /// Gives the body and its context.
    ///
    /// # Errors
    /// `MalformedMessage` unless there are 1 … 256 ciphertexts, `RandomUnavailable`, `InternalFault`.
    pub fn begin(
        header: &[u8],
        pk: &[u8; 33],
        share: &SecretScalar<Sm2>,
        ciphertexts: Vec<Ciphertext>,
        blind: bool,
        local_seq: u64,
    ) -> Result<(Self, DecryptBody<Sm2>, [u8; 32])> {
        if !(1..=MAX_ITEMS).contains(&ciphertexts.len()) {
            return Err(Error::MalformedMessage);
        }
        let blinding = if blind {
            Some(blinding(header, share, ciphertexts.len(), local_seq)?)
        } else {
            None
        };
        Self::begin_with(header, pk, share, ciphertexts, blinding, |ctx| {
            PhoneNonces::new::<Sm2>(&share.to_bytes(), ctx, local_seq)
        })
    }

    pub(super) fn begin_with(
        header: &[u8],
        pk: &[u8; 33],
        share: &SecretScalar<Sm2>,
        ciphertexts: Vec<Ciphertext>,
        blinding: Option<Vec<SecretScalar<Sm2>>>,
        nonces: impl FnOnce(&[u8; 32]) -> Result<PhoneNonces>,
    ) -> Result<(Self, DecryptBody<Sm2>, [u8; 32])> {
        let c1: Vec<Affine<Sm2>> = ciphertexts.iter().map(|ciphertext| ciphertext.c1).collect();
        let (points, factors) = match blinding {
            None => {
                let factors = c1.iter().map(|_| share.mul_public(&Scalar::ONE)).collect();
                (c1, factors)
            }
            Some(blinding) => {
                let scalars: Vec<&SecretScalar<Sm2>> = blinding.iter().collect();
                let points: Option<Vec<_>> = mul_batch(&scalars, &c1).into_iter().collect();
                let factors = blinding.iter().map(|w| share.mul(&w.invert())).collect();
                (points.ok_or(Error::InternalFault)?, factors)
            }
        };
        let encoded: Vec<[u8; 33]> = points.iter().map(Affine::encode).collect();
        let ctx = decrypt_ctx::<Sm2>(header, &encoded, pk);
        let nonces = nonces(&ctx)?;
        let a1 = mul_base(share).ok_or(Error::InternalFault)?;
        let proof = prove(label::DEC_POK, &ctx, &[(share, &a1)], |i| {
            nonces.scalar("pok", i)
        })?;
        Ok((
            Self {
                ciphertexts,
                factors,
            },
            DecryptBody {
                encoded,
                points,
                proof,
            },
            ctx,
        ))
    }

    /// DEC-5: opens every ciphertext with K = inv(w)·a·T2. Either all plaintexts are given or none.
    ///
    /// # Errors
    /// `DecryptionFailed`, whatever went wrong: a malformed answer, another N, a wrong T2 or a wrong C3.
    pub fn finish(self, answer: &[u8], form: DhForm) -> Result<Vec<Plaintext>> {
        self.open_all(answer, form)
            .map_err(|_| Error::DecryptionFailed)
    }

    fn open_all(&self, answer: &[u8], form: DhForm) -> Result<Vec<Plaintext>> {
        let candidates = Zeroizing::new(decode_decrypt_answer::<Sm2>(answer, form)?);
        if candidates.len() != self.ciphertexts.len() {
            return Err(Error::BadAnswer);
        }
        let factors = self.factors.iter().zip(candidates.iter());
        let factors: Vec<_> = factors
            .flat_map(|(factor, points)| vec![factor; points.len()])
            .collect();
        let shared = Zeroizing::new(mul_batch(&factors, &candidates.concat()));
        let mut rest = shared.as_slice();
        let mut plaintexts = Vec::with_capacity(candidates.len());
        for (ciphertext, points) in self.ciphertexts.iter().zip(candidates.iter()) {
            let (own, others) = rest.split_at(points.len());
            plaintexts.push(open_one(ciphertext, own)?);
            rest = others;
        }
        Ok(plaintexts)
    }
}

/// Tries every shared point an answer may stand for; C3 selects.
fn open_one(ciphertext: &Ciphertext, shared: &[Option<Affine<Sm2>>]) -> Result<Plaintext> {
    let mut points = shared.iter().flatten();
    points
        .find_map(|point| open(point, &ciphertext.c3, &ciphertext.c2).ok())
        .ok_or(Error::DecryptionFailed)
}

/// The blinding scalars w. They are drawn before the context exists, which contains w·C1 (HEDGE-1).
fn blinding(
    header: &[u8],
    share: &SecretScalar<Sm2>,
    count: usize,
    local_seq: u64,
) -> Result<Vec<SecretScalar<Sm2>>> {
    let pre = crate::random::pre_context::<Sm2>(header);
    let nonces = PhoneNonces::new::<Sm2>(&share.to_bytes(), &pre, local_seq)?;
    (1..=count)
        .map(|i| Ok(nonces.scalar("w", u16::try_from(i).map_err(|_| Error::InternalFault)?)))
        .collect()
}
