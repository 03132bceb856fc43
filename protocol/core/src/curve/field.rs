//! Arithmetic modulo a 256-bit prime in Montgomery form (R = 2^256), generic over modulus and word back end.
//!
//! Values are always fully reduced: below the modulus. No operation branches on its operands.

use super::inverse::invert_mod;
use super::params::{Modulus, Multiplicative};
use super::word::{mul64, Limbs, Words};
use crate::ct::{barrier, mask_of};
use core::marker::PhantomData;

/// A residue mod `M::M`, multiplied by 2^256.
#[repr(transparent)]
pub struct Fe<M, W>(pub(crate) Limbs, PhantomData<(M, W)>);

impl<M, W> Clone for Fe<M, W> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, W> Copy for Fe<M, W> {}

/// `(carry:t) − m` if that is not negative, else `t`; the value must be below 2m.
#[inline(always)]
pub(crate) fn subtract_once<W: Words>(t: Limbs, carry: bool, m: &Limbs) -> Limbs {
    let (s0, b) = W::sbb(t[0], m[0], false);
    let (s1, b) = W::sbb(t[1], m[1], b);
    let (s2, b) = W::sbb(t[2], m[2], b);
    let (s3, b) = W::sbb(t[3], m[3], b);
    let (_, b) = W::sbb(u64::from(carry), 0, b);
    // Without the barrier LLVM sometimes turns this choice into a branch, depending on what it is inlined into.
    let keep = mask_of(u64::from(b));
    let s = [s0, s1, s2, s3];
    core::array::from_fn(|i| s[i] ^ (keep & (t[i] ^ s[i])))
}

/// `a + b mod m` for reduced operands.
#[inline(always)]
pub(crate) fn add_mod<W: Words>(a: &Limbs, b: &Limbs, m: &Limbs) -> Limbs {
    let (r0, c) = W::adc(a[0], b[0], false);
    let (r1, c) = W::adc(a[1], b[1], c);
    let (r2, c) = W::adc(a[2], b[2], c);
    let (r3, c) = W::adc(a[3], b[3], c);
    subtract_once::<W>([r0, r1, r2, r3], c, m)
}

/// `a − b`, and whether it borrowed.
#[inline(always)]
pub(crate) fn sub_wide<W: Words>(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (r0, c) = W::sbb(a[0], b[0], false);
    let (r1, c) = W::sbb(a[1], b[1], c);
    let (r2, c) = W::sbb(a[2], b[2], c);
    let (r3, c) = W::sbb(a[3], b[3], c);
    ([r0, r1, r2, r3], c)
}

/// `a + (m if bit else 0)`, and the carry.
#[inline(always)]
fn add_if<W: Words>(a: &Limbs, m: &Limbs, bit: bool) -> (Limbs, bool) {
    let mask = mask_of(u64::from(bit));
    let (r0, c) = W::adc(a[0], m[0] & mask, false);
    let (r1, c) = W::adc(a[1], m[1] & mask, c);
    let (r2, c) = W::adc(a[2], m[2] & mask, c);
    let (r3, c) = W::adc(a[3], m[3] & mask, c);
    ([r0, r1, r2, r3], c)
}

/// `a − b mod m` for reduced operands.
#[inline(always)]
pub(crate) fn sub_mod<W: Words>(a: &Limbs, b: &Limbs, m: &Limbs) -> Limbs {
    let (r, borrow) = sub_wide::<W>(a, b);
    add_if::<W>(&r, m, borrow).0
}

/// All ones if the number is 0, else 0; not yet behind the barrier.
#[inline(always)]
pub(crate) fn zero_mask(a: &Limbs) -> u64 {
    let t = a[0] | a[1] | a[2] | a[3];
    ((t | t.wrapping_neg()) >> 63).wrapping_sub(1)
}

/// The 512-bit square of a 256-bit number.
#[inline(always)]
fn sqr_wide<W: Words>(a: &Limbs) -> [u64; 8] {
    let mut t = [0u64; 8];
    let (l01, h01) = mul64(a[0], a[1]);
    let (l02, h02) = mul64(a[0], a[2]);
    let (l03, h03) = mul64(a[0], a[3]);
    let (l12, h12) = mul64(a[1], a[2]);
    let (l13, h13) = mul64(a[1], a[3]);
    let (l23, h23) = mul64(a[2], a[3]);
    let mut c;
    t[1] = l01;
    (t[2], c) = W::adc(l02, h01, false);
    (t[3], c) = W::adc(l03, h02, c);
    (t[4], c) = W::adc(l13, h03, c);
    (t[5], c) = W::adc(l23, h13, c);
    t[6] = h23 + u64::from(c);
    (t[3], c) = W::adc(t[3], l12, false);
    (t[4], c) = W::adc(t[4], h12, c);
    (t[5], c) = W::adc(t[5], 0, c);
    t[6] += u64::from(c);
    c = false;
    for x in &mut t[1..7] {
        (*x, c) = W::adc(*x, *x, c);
    }
    t[7] = u64::from(c);
    c = false;
    for i in 0..4 {
        let (low, high) = mul64(a[i], a[i]);
        (t[2 * i], c) = W::adc(t[2 * i], low, c);
        (t[2 * i + 1], c) = W::adc(t[2 * i + 1], high, c);
    }
    t
}

impl<M: Modulus, W: Words> Fe<M, W> {
    pub(crate) const ZERO: Self = Self::from_montgomery([0; 4]);
    pub(crate) const ONE: Self = Self::from_montgomery(M::R);

    /// Wraps limbs that already are in Montgomery form and reduced.
    #[inline(always)]
    pub(crate) const fn from_montgomery(limbs: Limbs) -> Self {
        Self(limbs, PhantomData)
    }

    /// The residue of a plain number below the modulus.
    #[inline(always)]
    pub(crate) fn from_plain(value: &Limbs) -> Self {
        Self::from_montgomery(*value).mul(&Self::from_montgomery(M::R2))
    }

    /// The plain number, below the modulus.
    #[inline(always)]
    pub(crate) fn to_plain(self) -> Limbs {
        M::reduce::<W>([self.0[0], self.0[1], self.0[2], self.0[3], 0, 0, 0, 0])
    }

    #[inline(always)]
    pub(crate) fn mul(&self, other: &Self) -> Self {
        Self::from_montgomery(M::reduce::<W>(W::mul_wide(&self.0, &other.0)))
    }

    #[inline(always)]
    pub(crate) fn sqr(&self) -> Self {
        Self::from_montgomery(M::reduce::<W>(sqr_wide::<W>(&self.0)))
    }

    #[inline(always)]
    pub(crate) fn add(&self, other: &Self) -> Self {
        Self::from_montgomery(add_mod::<W>(&self.0, &other.0, &M::M))
    }

    #[inline(always)]
    pub(crate) fn sub(&self, other: &Self) -> Self {
        Self::from_montgomery(sub_mod::<W>(&self.0, &other.0, &M::M))
    }

    #[inline(always)]
    pub(crate) fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// `self / 2`.
    #[inline(always)]
    pub(crate) fn half(&self) -> Self {
        let (r, c) = add_if::<W>(&self.0, &M::M, self.0[0] & 1 == 1);
        Self::from_montgomery([
            r[0] >> 1 | r[1] << 63,
            r[1] >> 1 | r[2] << 63,
            r[2] >> 1 | r[3] << 63,
            r[3] >> 1 | u64::from(c) << 63,
        ])
    }

    /// `a·b − c²` with one reduction.
    #[inline(always)]
    pub(crate) fn mul_sub_sqr(a: &Self, b: &Self, c: &Self) -> Self {
        let s = W::mul_wide(&a.0, &b.0);
        let t = sqr_wide::<W>(&c.0);
        let mut o = [0u64; 8];
        let mut borrow = false;
        for i in 0..8 {
            (o[i], borrow) = W::sbb(s[i], t[i], borrow);
        }
        // A negative difference is above −m², so adding m·2^256 brings it into the range of the reduction.
        let (h, _) = add_if::<W>(&[o[4], o[5], o[6], o[7]], &M::M, borrow);
        Self::from_montgomery(M::reduce::<W>([
            o[0], o[1], o[2], o[3], h[0], h[1], h[2], h[3],
        ]))
    }

    /// `a·b + c·d` with one reduction.
    #[inline(always)]
    pub(crate) fn mul_add_mul(a: &Self, b: &Self, c: &Self, d: &Self) -> Self {
        let s = W::mul_wide(&a.0, &b.0);
        let t = W::mul_wide(&c.0, &d.0);
        let mut o = [0u64; 8];
        let mut carry = false;
        for i in 0..8 {
            (o[i], carry) = W::adc(s[i], t[i], carry);
        }
        // The sum is below 2·m², so one conditional subtraction of m·2^256 brings it into range.
        let h = subtract_once::<W>([o[4], o[5], o[6], o[7]], carry, &M::M);
        Self::from_montgomery(M::reduce::<W>([
            o[0], o[1], o[2], o[3], h[0], h[1], h[2], h[3],
        ]))
    }

    /// Replaces `self` by `other` where `mask` is all ones; keeps it where `mask` is 0.
    #[inline(always)]
    pub(crate) fn assign_if(&mut self, other: &Self, mask: u64) {
        let mask = barrier(mask);
        for (s, o) in self.0.iter_mut().zip(&other.0) {
            *s ^= mask & (*s ^ o);
        }
    }

    /// Negates `self` where `mask` is all ones.
    #[inline(always)]
    pub(crate) fn negate_if(&mut self, mask: u64) {
        let negated = self.neg();
        self.assign_if(&negated, mask);
    }

    /// All ones if the residue is 0.
    #[inline(always)]
    pub(crate) fn zero_mask(&self) -> u64 {
        barrier(zero_mask(&self.0))
    }

    /// Variable-time comparison with 0, for public values.
    #[inline(always)]
    pub(crate) fn is_zero_vartime(&self) -> bool {
        self.0 == [0; 4]
    }

    /// The inverse in constant time; 0 for 0.
    pub(crate) fn invert(&self) -> Self {
        // (xR)⁻¹ · R² · R² / R² = x⁻¹·R
        let r2 = Self::from_montgomery(M::R2);
        Self::from_montgomery(invert_mod::<M>(&self.0))
            .mul(&r2)
            .mul(&r2)
    }
}

impl<M: Modulus, W: Words> Multiplicative for Fe<M, W> {
    #[inline(always)]
    fn times(&self, other: &Self) -> Self {
        self.mul(other)
    }

    #[inline]
    fn squared(&self, n: usize) -> Self {
        let mut x = *self;
        for _ in 0..n {
            x = x.sqr();
        }
        x
    }
}
