//! Phone side of SIGN.

use zeroize::Zeroizing;

use super::{binding_factor, number};
use crate::ct::declassify;
use crate::curve::{mul_base_batch, mul_batch, sum_batch, Affine, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::hash::label;
use crate::message::{
    decode_sign_answer, digest_scalar, sign_ctx, Sharing, SignBody, SignItem, MAX_ITEMS,
};
use crate::proof::prove;
use crate::random::PhoneNonces;
use crate::shares::proof::Witness;

/// A SIGN under way; works once. A second answer for one request (CLONE-7) does not compile:
///
/// ```compile_fail,E0382
/// fn both(phone: cosign_core::sm2::sign::PhoneSign, first: &[u8], second: &[u8]) {
///     let _ = phone.finish(first);
///     let _ = phone.finish(second);
/// }
/// ```
pub struct PhoneSign {
    ctx: [u8; 32],
    pk: Affine<Sm2>,
    d1: SecretScalar<Sm2>,
    pub(super) wa: Vec<SecretScalar<Sm2>>,
    pub(super) wb: Vec<SecretScalar<Sm2>>,
    digests: Vec<[u8; 32]>,
    /// Points of the nonces, two per digest.
    points: Zeroizing<Vec<[u8; 33]>>,
}

/// What the phone computes from one item before it checks anything.
pub(super) struct Candidate {
    item: Zeroizing<SignItem<Sm2>>,
    s: SecretScalar<Sm2>,
    /// r + s.
    t: SecretScalar<Sm2>,
    /// w1·d1.
    k1: SecretScalar<Sm2>,
}

impl PhoneSign {
    /// SIGN-2 … SIGN-4. `share` is d1, `header` the encoded header, `pk` P. Gives the body and its context.
    ///
    /// # Errors
    /// `MalformedMessage` unless there are 1 … 256 digests, `DigestRefused`, `RandomUnavailable`, `InternalFault`.
    pub fn begin(
        header: &[u8],
        pk: &Affine<Sm2>,
        share: &SecretScalar<Sm2>,
        digests: Vec<[u8; 32]>,
        local_seq: u64,
    ) -> Result<(Self, SignBody<Sm2>, [u8; 32])> {
        if !(1..=MAX_ITEMS).contains(&digests.len()) {
            return Err(Error::MalformedMessage);
        }
        for digest in &digests {
            digest_scalar::<Sm2>(digest)?;
        }
        let ctx = sign_ctx::<Sm2>(header, &digests, &pk.encode());
        let nonces = PhoneNonces::new::<Sm2>(&share.to_bytes(), &ctx, local_seq)?;
        Self::begin_with(ctx, pk, share, digests, &nonces)
    }

    pub(super) fn begin_with(
        ctx: [u8; 32],
        pk: &Affine<Sm2>,
        share: &SecretScalar<Sm2>,
        digests: Vec<[u8; 32]>,
        nonces: &PhoneNonces,
    ) -> Result<(Self, SignBody<Sm2>, [u8; 32])> {
        let draw = |tag| {
            (0..digests.len())
                .map(|i| nonces.scalar(tag, number(i)))
                .collect::<Vec<_>>()
        };
        let (wa, wb) = (draw("a"), draw("b"));
        let scalars: Vec<&SecretScalar<Sm2>> =
            wa.iter().zip(&wb).flat_map(|(a, b)| [a, b]).collect();
        let points: Option<Vec<Affine<Sm2>>> = mul_base_batch(&scalars).into_iter().collect();
        let points = Zeroizing::new(points.ok_or(Error::InternalFault)?);
        let share_witness = Witness::of(Sharing::TwoNonce, share)?;
        let nonce_witnesses = scalars.iter().copied().zip(points.iter());
        let witness: Vec<_> = nonce_witnesses
            .chain([(&share_witness.secret, &*share_witness.point)])
            .collect();
        let proof = prove(label::SIGN2_POK, &ctx, &witness, |i| {
            nonces.scalar("pok", i)
        })?;
        let encoded = Zeroizing::new(points.iter().map(Affine::encode).collect::<Vec<_>>());
        let body = SignBody {
            digests: digests.clone(),
            encoded: encoded.clone(),
            points,
            proof,
        };
        let d1 = SecretScalar::new(*share.expose());
        Ok((
            Self {
                ctx,
                pk: *pk,
                d1,
                wa,
                wb,
                digests,
                points: encoded,
            },
            body,
            ctx,
        ))
    }

    /// SIGN-12 … SIGN-18: checks every item and only then gives every signature, r‖s, 64 bytes, in the order of the
    /// digests. Whatever it returns, the nonces are gone.
    ///
    /// # Errors
    /// `BadAnswer`, also for a malformed answer: nothing is released and the caller reports a security event.
    pub fn finish(self, answer: &[u8]) -> Result<Vec<[u8; 64]>> {
        let items = decode_sign_answer::<Sm2>(answer).map_err(|_| Error::BadAnswer)?;
        let items = Zeroizing::new(items);
        if items.len() != self.digests.len() {
            return Err(Error::BadAnswer);
        }
        let candidates: Option<Vec<Candidate>> = items
            .iter()
            .enumerate()
            .map(|(i, item)| self.candidate(i, *item))
            .collect();
        let candidates = candidates.ok_or(Error::BadAnswer)?;
        self.check_all(&candidates)?;
        Ok(candidates.iter().map(Candidate::signature).collect())
    }

    /// SIGN-13, SIGN-14; `None` if w1, s or r + s is zero.
    pub(super) fn candidate(&self, i: usize, item: SignItem<Sm2>) -> Option<Candidate> {
        let w2 = item.w2.encode();
        let rho = binding_factor(
            &self.ctx,
            number(i),
            &self.points[2 * i],
            &self.points[2 * i + 1],
            &w2,
        );
        let w1 = self.wa[i].add(&self.wb[i].mul_public(&rho));
        let t = self.d1.mul(&w1.add_public(&item.s1));
        let s = t.add_public(&item.r.neg());
        let k1 = self.d1.mul(&w1);
        let zero = w1.is_zero() | s.is_zero() | t.is_zero();
        (!declassify(zero)).then_some(Candidate {
            item: Zeroizing::new(item),
            s,
            t,
            k1,
        })
    }

    /// SIGN-15 … SIGN-17 for all items: (a) r = e + x(Q) for Q = s·G + (r+s)·P, and (b) Q = W2 + (w1·d1)·(P + G).
    fn check_all(&self, candidates: &[Candidate]) -> Result<()> {
        let shifted = self.pk.add(&Affine::generator()).ok_or(Error::BadAnswer)?;
        let base: Vec<&SecretScalar<Sm2>> = candidates.iter().map(|c| &c.s).collect();
        let scalars: Vec<&SecretScalar<Sm2>> =
            candidates.iter().flat_map(|c| [&c.t, &c.k1]).collect();
        let points: Vec<Affine<Sm2>> = candidates.iter().flat_map(|_| [self.pk, shifted]).collect();
        let base = Zeroizing::new(mul_base_batch(&base));
        let products = Zeroizing::new(mul_batch(&scalars, &points));
        let pairs = candidates
            .iter()
            .zip(base.iter())
            .zip(products.as_chunks().0)
            .flat_map(|((c, s_g), [t_p, k1_shifted])| {
                [[*s_g, *t_p], [Some(c.item.w2), *k1_shifted]]
            });
        let pairs = Zeroizing::new(pairs.map(both).collect::<Vec<_>>());
        let groups: Vec<&[Affine<Sm2>]> = pairs.iter().map(Vec::as_slice).collect();
        let sums = Zeroizing::new(sum_batch(&groups));
        let all_hold = candidates
            .iter()
            .zip(&self.digests)
            .zip(sums.as_chunks().0)
            .all(|((candidate, digest), [q, bound])| {
                candidate.holds(digest, q.as_ref(), bound.as_ref())
            });
        if all_hold {
            Ok(())
        } else {
            Err(Error::BadAnswer)
        }
    }
}

/// The points of a sum; a missing one is the identity and adds nothing.
fn both(pair: [Option<Affine<Sm2>>; 2]) -> Vec<Affine<Sm2>> {
    pair.into_iter().flatten().collect()
}

impl Candidate {
    /// SIGN-15 (Q ≠ O) and SIGN-17.
    fn holds(
        &self,
        digest: &[u8; 32],
        q: Option<&Affine<Sm2>>,
        bound: Option<&Affine<Sm2>>,
    ) -> bool {
        let (Some(q), Ok(e)) = (q, digest_scalar::<Sm2>(digest)) else {
            return false;
        };
        let verifies = e.add(&q.x_scalar()) == self.item.r;
        let bound_to_w2 = bound == Some(q);
        verifies && bound_to_w2
    }

    pub(super) fn signature(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out[..32].copy_from_slice(&self.item.r.to_bytes());
        out[32..].copy_from_slice(self.s.to_bytes().as_slice());
        out
    }
}
