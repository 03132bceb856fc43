//! RFC 9380 `P256_XMD:SHA-256_SSWU_RO_` from uniform bytes to the curve, in constant time and in batches.

use super::affine::{lift, Affine};
use super::batch::add_batch;
use super::dispatch::with_words;
use super::field::{subtract_once, Fe};
use super::params::{Modulus, P256Field, Params, P256};
use super::point::{invert_batch, Aff, F};
use super::scalar::limbs_from_bytes;
use super::word::{Limbs, Words};
#[cfg(target_arch = "x86_64")]
use super::{dispatch, lanes};
use crate::ct::mask_of;

/// √10 mod p; the constant Z of the map is −10.
const SQRT_10: Limbs = [
    0x2ccd_3427_e433_c47f,
    0x7b8d_1ff8_4c55_d5b6,
    0xc978_fc67_5180_aab2,
    0xda53_8e3b_e1d8_9b99,
];
const TEN: Limbs = [10, 0, 0, 0];

/// The point of every 96 uniform bytes, which are the output of `expand_message_xmd` (RFC 9380, 3). `None` is the
/// identity, of probability 2^-256.
#[must_use]
pub fn map_batch(uniform: &[[u8; 96]]) -> Vec<Option<Affine<P256>>> {
    let (halves, _) = uniform.as_flattened().as_chunks::<48>();
    let points: Vec<_> = with_words!(W => {
        let u: Vec<_> = halves.iter().map(field_element::<W>).collect();
        sswu::<W>(&u).iter().map(Affine::from_parts).collect()
    });
    let (even, odd): (Vec<_>, Vec<_>) = points
        .as_chunks()
        .0
        .iter()
        .map(|[first, second]| (*first, *second))
        .unzip();
    add_batch(&even, &odd)
}

/// 48 bytes big-endian modulo p (RFC 9380, 5.2).
fn field_element<W: Words>(bytes: &[u8; 48]) -> F<P256, W> {
    let mut high = [0u8; 32];
    high[16..].copy_from_slice(&bytes[..16]);
    let low = core::array::from_fn(|i| bytes[16 + i]);
    // high·2^256: each conversion multiplies by 2^256.
    let high = Fe::<P256Field, W>::from_plain(&limbs_from_bytes(&high));
    let low = subtract_once::<W>(limbs_from_bytes(&low), false, &P256Field::M);
    Fe::from_plain(&high.0).add(&Fe::from_plain(&low))
}

/// The simplified SWU map (RFC 9380, 6.6.2) of every u.
fn sswu<W: Words>(u: &[F<P256, W>]) -> Vec<Aff<P256, W>> {
    let ten = Fe::from_plain(&TEN);
    let triple = |x: &F<P256, W>| x.add(x).add(x);
    // Z·u², t = Z²·u⁴ + Z·u², and x1 = B·(t + 1) / (3·t); for t = 0 x1 = B / (Z·A) = B / 30.
    let zu2: Vec<_> = u.iter().map(|u| ten.mul(&u.sqr()).neg()).collect();
    let t: Vec<_> = zu2.iter().map(|zu2| zu2.sqr().add(zu2)).collect();
    let mut inverses: Vec<_> = t
        .iter()
        .map(|t| {
            let mut denominator = triple(t);
            denominator.assign_if(&triple(&ten), t.zero_mask());
            denominator
        })
        .collect();
    invert_batch(&mut inverses);
    let b = Fe::from_plain(&P256::B);
    let x1: Vec<_> = t
        .iter()
        .zip(&inverses)
        .map(|(t, inverse)| t.add(&Fe::ONE).mul(&b).mul(inverse).to_plain())
        .collect();
    let sqrt_10 = Fe::from_plain(&SQRT_10);
    lift_all::<W>(&x1)
        .iter()
        .zip(u)
        .zip(&zu2)
        .map(|(((p, exists), u), zu2)| {
            // If g(x1) is no square, y² = −g(x1), and x2 = Z·u²·x1 has g(x2) = (Z·u²)³·g(x1) = (Z·u²·u·√10·y)².
            let mut p = *p;
            p.x.assign_if(&p.x.mul(zu2), !exists);
            p.y.assign_if(&p.y.mul(zu2).mul(u).mul(&sqrt_10), !exists);
            let differ = (p.y.to_plain()[0] ^ u.to_plain()[0]) & 1;
            p.y.negate_if(mask_of(differ));
            p
        })
        .collect()
}

/// For every x (plain) and g(x) = x³ − 3x + B: y = g(x)^((p+1)/4) and all ones if y² = g(x).
fn lift_all<W: Words>(x: &[Limbs]) -> Vec<(Aff<P256, W>, u64)> {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = dispatch::lanes() {
        let words = |p: &Aff<P256, _>| Aff {
            x: Fe::from_montgomery(p.x.0),
            y: Fe::from_montgomery(p.y.0),
        };
        return lanes::lift_batch::<P256>(token, x)
            .iter()
            .map(|(p, exists)| (words(p), *exists))
            .collect();
    }
    x.iter().map(lift::<P256, W>).collect()
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::super::params::CoordinateField;
    use super::super::word::Portable;
    use super::*;
    use crate::curve::{active, select, usable};
    use crate::hash::xmd;
    use crate::testing::Vector;

    fn on_every_backend(check: impl Fn()) {
        let before = active();
        for backend in usable() {
            select(backend).unwrap();
            check();
        }
        select(before).unwrap();
    }

    fn uniform(message: &[u8], tag: &[u8]) -> [u8; 96] {
        let mut out = [0; 96];
        xmd::<Sha256>(message, tag, &mut out);
        out
    }

    #[test]
    fn constant_is_a_square_root() {
        let ten = Fe::<P256Field, Portable>::from_plain(&TEN);
        assert_eq!(P256Field::sqrt_candidate(ten).to_plain(), SQRT_10);
        assert_eq!(
            Fe::<P256Field, Portable>::from_plain(&SQRT_10)
                .sqr()
                .to_plain(),
            TEN
        );
    }

    #[test]
    fn points_are_those_of_rfc_9380() {
        let v = Vector::load("rfc9380");
        let tag = v.text("/inputs/dst_curve").as_bytes();
        let all: Vec<_> = (0..v.count("/inputs/messages"))
            .map(|i| uniform(v.text(&format!("/inputs/messages/{i}")).as_bytes(), tag))
            .collect();
        on_every_backend(|| {
            for (i, point) in map_batch(&all).iter().enumerate() {
                let point = point.unwrap();
                assert_eq!(point.x_bytes(), v.array(&format!("/outputs/x/{i}")));
                assert_eq!(point.y_bytes(), v.array(&format!("/outputs/y/{i}")));
                assert!(map_batch(&all[i..=i])[0] == Some(point));
            }
        });
    }

    #[test]
    fn point_is_that_of_the_project_vector() {
        let v = Vector::load("hash_to_curve");
        let bytes = uniform(&v.bytes("/inputs/msg"), &v.bytes("/inputs/dst"));
        on_every_backend(|| {
            let point = map_batch(&[bytes])[0].unwrap();
            assert_eq!(point.encode().as_slice(), v.bytes("/outputs/point"));
        });
    }

    /// u = 0 and u = ±1/√10, for which Z·u² = −1, make the denominator of the general formula zero. Z is chosen so that
    /// g(B/30) is a square.
    #[test]
    fn exceptional_inputs_give_b_over_30() {
        on_every_backend(|| {
            with_words!(W => {
                let root = Fe::<P256Field, W>::from_plain(&SQRT_10).invert();
                let x: Limbs = {
                    let thirty = Fe::<P256Field, W>::from_plain(&[30, 0, 0, 0]);
                    Fe::<P256Field, W>::from_plain(&P256::B).mul(&thirty.invert()).to_plain()
                };
                for p in sswu::<W>(&[Fe::ZERO, root, root.neg()]) {
                    let on_curve = p.x.sqr().mul(&p.x).sub(&p.x).sub(&p.x).sub(&p.x).add(&Fe::from_plain(&P256::B));
                    assert_eq!(p.y.sqr().to_plain(), on_curve.to_plain());
                    assert_eq!(p.x.to_plain(), x);
                }
            });
        });
    }

    /// 48 bytes are reduced, not cut: the largest input and the multiples of p.
    #[test]
    fn field_elements_are_reduced() {
        on_every_backend(|| {
            with_words!(W => {
                let mut p = [0u8; 48];
                for (bytes, limb) in p[16..].chunks_mut(8).zip(P256Field::M.iter().rev()) {
                    bytes.copy_from_slice(&limb.to_be_bytes());
                }
                assert!(field_element::<W>(&p).is_zero_vartime());
                p[47] -= 1;
                assert!(field_element::<W>(&p).add(&Fe::ONE).is_zero_vartime());
                // 2^384 − 1 = (2^128 − 1)·2^256 + (2^256 − 1)
                let two_256 = Fe::<P256Field, W>::from_plain(&P256Field::R);
                let high = Fe::<P256Field, W>::from_plain(&[u64::MAX, u64::MAX, 0, 0]);
                let expected = high.mul(&two_256).add(&two_256).sub(&Fe::ONE);
                assert_eq!(field_element::<W>(&[0xff; 48]).to_plain(), expected.to_plain());
            });
        });
    }
}
