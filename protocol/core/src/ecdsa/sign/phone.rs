//! Phone side of `EC_SIGN`.

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{nonce_challenge, nonce_offset, EndPads};
use crate::ct::{declassify, memcheck};
use crate::curve::{
    mul_base, mul_base_batch, mul_batch, sum_batch, Affine, Scalar, SecretScalar, P256,
};
use crate::device;
use crate::ecdsa::multiply::{receive, Choices, Instance};
use crate::error::{Error, Result};
use crate::hash::label;
use crate::message::{
    digest_scalar, ec_ctx0, ec_sid, EcSession, EcSignAnswer, EcSignBody, OtMessage, XI,
};
use crate::ot::{extend_phone, Column, PhoneExtension, PhoneSeeds, Rows};
use crate::proof::{prove, Proof};
use crate::random::PhoneNonces;

/// An `EC_SIGN` under way; works once. A second answer for one request (CLONE-7) does not compile:
///
/// ```compile_fail,E0382
/// fn both(phone: cosign_core::ecdsa::sign::PhoneSign, first: &[u8], second: &[u8]) {
///     let _ = phone.finish(first);
///     let _ = phone.finish(second);
/// }
/// ```
pub struct PhoneSign {
    session: EcSession,
    digest: [u8; 32],
    pk: Affine<P256>,
    /// 1/kB.
    inverse: SecretScalar<P256>,
    /// D = kB·G.
    d: Zeroizing<Affine<P256>>,
    x: Zeroizing<Column>,
    rows: Rows,
}

/// What the phone computes under a proven R (EC-11).
pub(super) struct Nonce {
    point: Zeroizing<Affine<P256>>,
    r: Scalar<P256>,
}

impl PhoneSign {
    /// EC-1 … EC-4. `share` is skB, `header` the encoded header, `seeds` belong to the same share. Gives the body and
    /// its hashes; the device signs over `ctx`.
    ///
    /// # Errors
    /// `DigestRefused`, `RandomUnavailable`, `InternalFault` for a share of zero.
    pub fn begin(
        header: &[u8],
        pk: &Affine<P256>,
        share: &SecretScalar<P256>,
        seeds: &PhoneSeeds,
        digest: &[u8; 32],
        local_seq: u64,
    ) -> Result<(Self, EcSignBody, EcSession)> {
        digest_scalar::<P256>(digest)?;
        let ctx0 = ec_ctx0(header, digest, &pk.encode());
        let nonces = PhoneNonces::new::<P256>(&share.to_bytes(), &ctx0, local_seq)?;
        let x = nonces.expand(label::EC_X);
        Self::begin_with(&ctx0, pk, share, digest, &nonces, x, |sid, x| {
            extend_phone(seeds, sid, x)
        })
    }

    /// `x` are the choice bits (EC-2), `extend` is EC-3.
    pub(super) fn begin_with(
        ctx0: &[u8; 32],
        pk: &Affine<P256>,
        share: &SecretScalar<P256>,
        digest: &[u8; 32],
        nonces: &PhoneNonces,
        x: Zeroizing<Column>,
        extend: impl FnOnce(&[u8; 32], &Column) -> PhoneExtension,
    ) -> Result<(Self, EcSignBody, EcSession)> {
        let kb = nonces.scalar::<P256>("k", 0);
        let points = Zeroizing::new(mul_base_batch(&[&kb, share]));
        let [Some(d), Some(share_point)] = points[..] else {
            return Err(Error::InternalFault);
        };
        let inverse = kb.invert();
        let inputs = [&inverse, &share.mul(&inverse)];
        let delta = Zeroizing::new([0, 1].map(|i| Choices::new(&x, i).remainder(inputs[i])));
        let PhoneExtension {
            c,
            x_tilde,
            t_tilde,
            rows,
        } = extend(&ec_sid(ctx0), &x);
        let one = Scalar::ONE;
        let mut body = EcSignBody {
            digest: *digest,
            encoded: Zeroizing::new(d.encode()),
            point: Zeroizing::new(d),
            ot: OtMessage {
                columns: c,
                x_tilde,
                t_tilde,
            },
            delta,
            proof: Proof { c: one, z: one },
        };
        let session = EcSession::of(ctx0, &body);
        let witness = [(&kb, &d), (share, &share_point)];
        body.proof = prove(label::EC_POK, &session.ctx, &witness, |i| {
            nonces.scalar("pok", i)
        })?;
        let phone = Self {
            session,
            digest: *digest,
            pk: *pk,
            inverse,
            d: Zeroizing::new(d),
            x,
            rows,
        };
        Ok((phone, body, session))
    }

    /// EC-11 … EC-14: gives the signature, r ‖ s with low s, 64 bytes, only after it verified under pk. Whatever it
    /// returns, the nonce is gone.
    ///
    /// # Errors
    /// `BadAnswer`, also for a malformed answer: nothing is released, the caller reports a security event and never
    /// retries with the same data.
    pub fn finish(self, answer: &[u8]) -> Result<[u8; 64]> {
        let answer = EcSignAnswer::decode(answer).map_err(|_| Error::BadAnswer)?;
        let nonce = self.nonce(&answer)?;
        let products = self.products(&answer)?;
        let s = self.response(&answer, &nonce, &products)?;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&nonce.r.to_bytes());
        signature[32..].copy_from_slice(low(&s).to_bytes().as_slice());
        // The verification is that of a public signature, in variable time.
        memcheck::mark_public(&mut signature);
        device::verify(&self.pk, &self.digest, &signature).map_err(|_| Error::BadAnswer)?;
        Ok(signature)
    }

    /// EC-11: R = R' + H2S("EC/R", ctx, R')·D and its proof.
    pub(super) fn nonce(&self, answer: &EcSignAnswer) -> Result<Nonce> {
        let ctx = &self.session.ctx;
        let offset = SecretScalar::new(nonce_offset(ctx, &answer.point));
        let shift = mul_batch(&[&offset], &[*self.d])[0].ok_or(Error::BadAnswer)?;
        let point = Zeroizing::new(answer.point.add(&shift).ok_or(Error::BadAnswer)?);
        let r = point.x_scalar();
        if declassify(r.is_zero()) {
            return Err(Error::BadAnswer);
        }
        let Proof { c, z } = answer.proof;
        let terms = [SecretScalar::new(z), SecretScalar::new(c)];
        let parts = mul_batch(&[&terms[0], &terms[1]], &[*self.d, point.neg()]);
        let [Some(z_d), Some(c_r)] = parts[..] else {
            return Err(Error::BadAnswer);
        };
        let commitment = Zeroizing::new(z_d.add(&c_r).ok_or(Error::BadAnswer)?);
        let shown = nonce_challenge(ctx, [&self.d, &answer.point, &point, &commitment]);
        if !declassify(shown.to_bytes().ct_eq(&c.to_bytes())) {
            return Err(Error::BadAnswer);
        }
        Ok(Nonce { point, r })
    }

    /// EC-12: `q_0`, `q_1`. Which of the two checks failed is not told.
    pub(super) fn products(&self, answer: &EcSignAnswer) -> Result<[SecretScalar<P256>; 2]> {
        let sid = &self.session.sid;
        let (rows_0, rows_1) = self.rows.split_at(XI);
        let multiply = |number: u8, rows| {
            let at = usize::from(number);
            receive(
                &Instance::new(number, sid, &answer.nonce_s),
                &Choices::new(&self.x, at),
                rows,
                &answer.multiplications[at],
            )
        };
        let (q_0, holds_0) = multiply(0, rows_0);
        let (q_1, holds_1) = multiply(1, rows_1);
        if declassify(holds_0 & holds_1) {
            Ok([q_0, q_1])
        } else {
            Err(Error::BadAnswer)
        }
    }

    /// EC-13: s, not zero.
    fn response(
        &self,
        answer: &EcSignAnswer,
        nonce: &Nonce,
        [q_0, q_1]: &[SecretScalar<P256>; 2],
    ) -> Result<SecretScalar<P256>> {
        let pads = EndPads {
            ctx: &self.session.ctx,
            nonce_s: &answer.nonce_s,
        };
        let g1 = Zeroizing::new(mul_batch(&[q_0], &[*nonce.point]));
        let phi = SecretScalar::new(answer.eta_phi.sub(&pads.phi(g1[0].as_ref())));
        let th = q_0.add_public(&phi.mul(&self.inverse).expose().neg());
        let own = mul_base(q_1);
        let minus = SecretScalar::new(th.expose().neg());
        let theirs = mul_batch(&[&minus], &[self.pk])[0];
        let terms = Zeroizing::new(own.into_iter().chain(theirs).collect::<Vec<_>>());
        let g2 = Zeroizing::new(sum_batch(&[&terms]));
        let e = digest_scalar::<P256>(&self.digest)?;
        let pad = pads.sig(g2[0].as_ref());
        let s = th
            .mul_public(&e)
            .add(&q_1.mul_public(&nonce.r))
            .add_public(&answer.eta_sig.sub(&pad));
        if declassify(s.is_zero()) {
            Err(Error::BadAnswer)
        } else {
            Ok(s)
        }
    }
}

/// EC-14: the smaller of s and n − s. Twice s modulo the odd n is odd exactly if s is above n/2.
pub(super) fn low(s: &SecretScalar<P256>) -> SecretScalar<P256> {
    let high = Choice::from(s.add(s).to_bytes()[31] & 1);
    let (plain, negated) = (s.expose(), s.expose().neg());
    SecretScalar::new(plain.masked(!high).add(&negated.masked(high)))
}
