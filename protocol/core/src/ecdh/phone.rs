//! Phone side of ECDH.

use zeroize::Zeroizing;

use super::ciphertext::Ciphertext;
use super::dleq::{self, Claim};
use crate::curve::{mul, mul_base, mul_batch, Affine, Scalar, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::hash::label;
use crate::message::{
    decode_ecdh_answer, decode_raw_answer, ecdh_ctx, EcdhBody, EcdhMode, MAX_ITEMS,
};
use crate::proof::prove;
use crate::random::PhoneNonces;

/// An ECDH under way; works once.
pub struct PhoneEcdh {
    share: SecretScalar<P256>,
    pk: Affine<P256>,
    ctx: [u8; 32],
    points: Vec<Affine<P256>>,
}

/// A plaintext or a shared secret, wiped when dropped.
type Secret = Zeroizing<Vec<u8>>;

impl PhoneEcdh {
    /// ECDH-1: proves the share under a context with every T. `share` is a, `header` the encoded header, `pk` P. Gives the
    /// body and its context.
    ///
    /// # Errors
    /// `MalformedMessage` unless there are 1 … 256 points, `MalformedPoint`, `RandomUnavailable`, `InternalFault`.
    pub fn begin(
        header: &[u8],
        pk: &[u8; 33],
        share: &SecretScalar<P256>,
        mode: EcdhMode,
        points: Vec<Affine<P256>>,
        local_seq: u64,
    ) -> Result<(Self, EcdhBody, [u8; 32])> {
        if !(1..=MAX_ITEMS).contains(&points.len()) {
            return Err(Error::MalformedMessage);
        }
        let encoded: Vec<[u8; 33]> = points.iter().map(Affine::encode).collect();
        let ctx = ecdh_ctx(header, mode, &encoded, pk);
        let nonces = PhoneNonces::new::<P256>(&share.to_bytes(), &ctx, local_seq)?;
        let a1 = Zeroizing::new(mul_base(share).ok_or(Error::InternalFault)?);
        let proof = prove(label::ECDH_POK, &ctx, &[(share, &a1)], |i| {
            nonces.scalar("pok", i)
        })?;
        let body = EcdhBody {
            mode,
            encoded,
            points: points.clone(),
            proof,
        };
        let state = Self {
            share: share.mul_public(&Scalar::ONE),
            pk: Affine::decode(pk)?,
            ctx,
            points,
        };
        Ok((state, body, ctx))
    }

    /// ECDH-2: opens `ciphertexts`, whose points are those of the request in the same order. Either all plaintexts are
    /// given or none; the tag of each proves its answer.
    ///
    /// # Errors
    /// `DecryptionFailed`, whatever went wrong: a malformed answer, another N, a wrong S or a wrong tag.
    pub fn open(
        self,
        answer: &[u8],
        ciphertexts: &[impl AsRef<Ciphertext>],
    ) -> Result<Vec<Secret>> {
        self.open_all(answer, ciphertexts)
            .map_err(|_| Error::DecryptionFailed)
    }

    fn open_all(
        &self,
        answer: &[u8],
        ciphertexts: &[impl AsRef<Ciphertext>],
    ) -> Result<Vec<Secret>> {
        let answered = Zeroizing::new(decode_ecdh_answer(answer)?);
        if answered.len() != self.points.len() || ciphertexts.len() != self.points.len() {
            return Err(Error::BadAnswer);
        }
        let shared = Zeroizing::new(mul_batch(&vec![&self.share; answered.len()], &answered));
        ciphertexts
            .iter()
            .zip(shared.iter())
            .map(|(ciphertext, shared)| {
                let shared = shared.as_ref().ok_or(Error::BadAnswer)?;
                ciphertext.as_ref().open(shared, &self.pk)
            })
            .collect()
    }

    /// ECDH-3: Z = x(a·S) of every item, 32 bytes each, after the proof of every item; without it a server could have
    /// another point's secret given out.
    ///
    /// # Errors
    /// `BadAnswer`, whatever went wrong.
    pub fn shared_secrets(self, answer: &[u8]) -> Result<Vec<Secret>> {
        self.prove_all(answer).map_err(|_| Error::BadAnswer)
    }

    fn prove_all(&self, answer: &[u8]) -> Result<Vec<Secret>> {
        let answered = decode_raw_answer(answer)?;
        if answered.len() != self.points.len() {
            return Err(Error::BadAnswer);
        }
        let base = mul(&self.share.invert(), &self.pk).ok_or(Error::InternalFault)?;
        let base = Zeroizing::new(base);
        let items = self.points.iter().zip(&answered);
        for (i, (peer, (shared, proof))) in (1..=u16::MAX).zip(items) {
            let claim = Claim {
                ctx: &self.ctx,
                i,
                base: &base,
                peer,
                shared,
            };
            dleq::verify(&claim, proof)?;
        }
        answered
            .iter()
            .map(|(shared, _)| {
                let point = Zeroizing::new(mul(&self.share, shared).ok_or(Error::BadAnswer)?);
                Ok(Zeroizing::new(point.x_bytes().to_vec()))
            })
            .collect()
    }
}
