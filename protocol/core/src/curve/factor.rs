//! Scalar arithmetic in bulk: a factor used many times, and the reduction of 384 bits.

use super::dispatch::with_words;
use super::field::Fe;
use super::params::Modulus;
use super::scalar::Scalar;
use super::word::{mac, mul64, Limbs, Words};
use super::Curve;
use crate::ct::mask_of;
use core::marker::PhantomData;
use zeroize::Zeroize;

/// A scalar prepared for many multiplications, each at half the cost of [`Scalar::mul`]. Wiped on drop.
pub struct Factor<C> {
    /// Montgomery form; its Montgomery product with a plain number is a plain number.
    montgomery: Limbs,
    curve: PhantomData<C>,
}

impl<C> Drop for Factor<C> {
    fn drop(&mut self) {
        self.montgomery.zeroize();
    }
}

impl<C: Curve> Factor<C> {
    /// Prepares `value`.
    #[must_use]
    pub fn new(value: &Scalar<C>) -> Self {
        Self {
            montgomery: with_words!(W => Fe::<C::Order, W>::from_plain(&value.0).0),
            curve: PhantomData,
        }
    }

    /// `self · other`, in constant time.
    #[inline]
    #[must_use]
    pub fn mul(&self, other: &Scalar<C>) -> Scalar<C> {
        Scalar::from_limbs(with_words!(W => {
            Fe::<C::Order, W>::from_montgomery(self.montgomery).mul(&Fe::from_montgomery(other.0)).0
        }))
    }
}

/// floor(2^384 / m) − 2^128, at compile time.
const fn reciprocal(m: &Limbs) -> [u64; 2] {
    // 2^256 = 1·m + R, then 128 more bits of the quotient.
    let mut rest = super::params::pow2_mod(m, 256);
    let mut quotient = [0u64; 2];
    let mut i = 0;
    while i < 128 {
        let doubled = [
            rest[0] << 1,
            rest[1] << 1 | rest[0] >> 63,
            rest[2] << 1 | rest[1] >> 63,
            rest[3] << 1 | rest[2] >> 63,
        ];
        let (reduced, borrow) = super::params::wrapping_sub(&doubled, m);
        let fits = rest[3] >> 63 == 1 || !borrow;
        rest = if fits { reduced } else { doubled };
        quotient[1] = quotient[1] << 1 | quotient[0] >> 63;
        quotient[0] = quotient[0] << 1 | fits as u64;
        i += 1;
    }
    quotient
}

/// `r − m` if that is not negative, else `r`.
#[inline(always)]
fn subtract_if_fits<W: Words>(r: [u64; 5], m: [u64; 5]) -> [u64; 5] {
    let mut s = [0u64; 5];
    let mut borrow = false;
    for i in 0..5 {
        (s[i], borrow) = W::sbb(r[i], m[i], borrow);
    }
    let keep = mask_of(u64::from(borrow));
    core::array::from_fn(|i| s[i] ^ (keep & (r[i] ^ s[i])))
}

/// `high·2^256 + low mod m` (Barrett), in constant time.
///
/// The estimate `high + floor(high·reciprocal / 2^128)` of the quotient is too small by less than one for the cut
/// reciprocal, less than one for the cut product and less than 1 + 2^-31 for `low`: the rest is below 4·m.
#[inline(always)]
pub(super) fn reduce_wide<M: Modulus, W: Words>(high: [u64; 2], low: &Limbs) -> Limbs {
    let [u0, u1] = const { reciprocal(&M::M) };
    let (_, c) = mul64(high[0], u0);
    let (t1, t2) = mac(0, high[0], u1, c);
    let (_, c) = mac(t1, high[1], u0, 0);
    let (t2, t3) = mac(t2, high[1], u1, c);
    let (q0, c) = W::adc(high[0], t2, false);
    let (q1, c) = W::adc(high[1], t3, c);
    let q2 = mask_of(u64::from(c));

    // q·m modulo 2^320.
    let mut p = [0u64; 5];
    let mut carry = 0;
    for (p, m) in p.iter_mut().zip(M::M) {
        (*p, carry) = mac(0, q0, m, carry);
    }
    p[4] = carry;
    carry = 0;
    for (p, m) in p[1..].iter_mut().zip(M::M) {
        (*p, carry) = mac(*p, q1, m, carry);
    }
    let mut c = false;
    for (p, m) in p[2..].iter_mut().zip(M::M) {
        (*p, c) = W::adc(*p, m & q2, c);
    }

    let value = [low[0], low[1], low[2], low[3], high[0]];
    let mut rest = [0u64; 5];
    let mut borrow = false;
    for i in 0..5 {
        (rest[i], borrow) = W::sbb(value[i], p[i], borrow);
    }
    let m = M::M;
    let twice = [
        m[0] << 1,
        m[1] << 1 | m[0] >> 63,
        m[2] << 1 | m[1] >> 63,
        m[3] << 1 | m[2] >> 63,
        m[3] >> 63,
    ];
    let rest = subtract_if_fits::<W>(rest, twice);
    let rest = subtract_if_fits::<W>(rest, [m[0], m[1], m[2], m[3], 0]);
    [rest[0], rest[1], rest[2], rest[3]]
}

#[cfg(test)]
mod tests {
    use super::{reduce_wide, Factor};
    use crate::curve::field::Fe;
    use crate::curve::params::{Modulus, P256Order, Sm2Order};
    use crate::curve::word::{Portable, Words};
    use crate::curve::{Curve, Scalar, Sm2, P256};
    use crate::hash::{h, h2s, Suite};

    /// high·2^256 + low by two Montgomery steps.
    fn expected<M: Modulus>(high: [u64; 2], low: &[u64; 4]) -> [u64; 4] {
        let shifted = Fe::<M, Portable>::from_plain(&[high[0], high[1], 0, 0]);
        let low = Fe::<M, Portable>::from_plain(low).to_plain();
        shifted.add(&Fe::from_montgomery(low)).0
    }

    fn agree<M: Modulus, W: Words>() {
        let edges = [0, 1, 2, 1 << 63, u64::MAX - 1, u64::MAX];
        let lows = [
            [0; 4],
            [1, 0, 0, 0],
            M::M,
            [u64::MAX; 4],
            [u64::MAX, 0, 0, u64::MAX],
        ];
        for high in edges.map(|a| edges.map(|b| [a, b])).as_flattened() {
            for low in &lows {
                assert_eq!(reduce_wide::<M, W>(*high, low), expected::<M>(*high, low));
            }
        }
        for i in 0..2_000_u32 {
            let bytes = [
                h::<P256>("t", &[&i.to_be_bytes()]),
                h::<Sm2>("t", &[&i.to_be_bytes()]),
            ];
            let words = bytes.as_flattened().as_chunks().0;
            let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
            let (high, low) = (
                [words[4], words[5]],
                [words[0], words[1], words[2], words[3]],
            );
            assert_eq!(reduce_wide::<M, W>(high, &low), expected::<M>(high, &low));
        }
    }

    #[test]
    fn reduction_equals_the_montgomery_form() {
        agree::<Sm2Order, Portable>();
        agree::<P256Order, Portable>();
        #[cfg(target_arch = "x86_64")]
        {
            agree::<Sm2Order, crate::curve::x86::X86>();
            agree::<P256Order, crate::curve::x86::X86>();
        }
    }

    fn factors_multiply<S: Suite>() {
        for i in 0..64_u32 {
            let [a, b] = [b"a", b"b"].map(|tag| h2s::<S>("t", &[tag, &i.to_be_bytes()]));
            assert!(Factor::new(&a).mul(&b) == a.mul(&b));
        }
        let last = Scalar::<S>::ONE.neg();
        assert!(Factor::new(&last).mul(&last) == Scalar::ONE);
        assert!(Factor::new(&last).mul(&Scalar::ZERO) == Scalar::ZERO);
    }

    #[test]
    fn factor_equals_plain_multiplication() {
        factors_multiply::<Sm2>();
        factors_multiply::<P256>();
    }

    #[test]
    fn reduction_of_48_bytes_is_that_of_the_number() {
        fn check<C: Curve>() {
            let mut bytes = [0xff; 48];
            let two_384 = Scalar::<C>::reduce48(&bytes).add(&Scalar::ONE);
            bytes = [0; 48];
            bytes[0] = 0x80;
            assert!(Scalar::<C>::reduce48(&bytes).add(&Scalar::reduce48(&bytes)) == two_384);
        }
        check::<Sm2>();
        check::<P256>();
    }
}
