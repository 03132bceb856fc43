//! Eight residues at once: radix 2^52, Montgomery form with R = 2^260, lazily reduced.
//!
//! [`F8`] holds limbs below 2^52 and a value below 16p, so every limb is a valid IFMA operand. [`Raw`] holds the signed
//! columns of a product before carrying; sums, differences and small multiples are taken there, before the one carry
//! pass. `docs/field-bounds.md` proves the bounds, `bounds.rs` checks them by running this code on intervals.

use super::super::params::Modulus;
use super::super::word::Limbs;
use super::point::{Coordinate, RawCoordinate};
use core::marker::PhantomData;

/// The operations of the eight-lane code on signed 64-bit numbers, lane by lane.
pub trait Lane: Copy {
    /// The constant `x` in every lane.
    fn splat(self, x: u64) -> Self;
    /// `self + b`.
    fn add(self, b: Self) -> Self;
    /// `self − b`.
    fn sub(self, b: Self) -> Self;
    /// Bitwise and with a constant.
    fn and(self, mask: u64) -> Self;
    /// `self·2^N`.
    fn shift_left<const N: u32>(self) -> Self;
    /// `⌊self / 2^N⌋`.
    fn shift_right<const N: u32>(self) -> Self;
    /// `self +` low 52 bits of the product of the low 52 bits of `a` and `b`.
    fn mul_low(self, a: Self, b: Self) -> Self;
    /// `self +` bits 52 … 103 of the product of the low 52 bits of `a` and `b`.
    fn mul_high(self, a: Self, b: Self) -> Self;
}

/// What the two primes differ in: one Montgomery round and one folding step.
pub trait LaneModulus: Modulus {
    /// Adds `m·p·2^(52i)` with `m = t[i] mod 2^52` to the columns; column i becomes 0 and its carry moves up.
    fn round<X: Lane>(t: &mut [X; 10], i: usize);
    /// Adds `q·(2^256 − p)` to the columns, except the part `q·2^224`, for small signed `q`.
    fn add_multiple_of_complement<X: Lane>(r: &mut [X; 5], q: X);
}

pub(crate) const MASK52: u64 = (1 << 52) - 1;
const MASK48: u64 = (1 << 48) - 1;

/// Splits four 64-bit limbs into five 52-bit limbs.
pub(crate) const fn split52(v: &Limbs) -> [u64; 5] {
    [
        v[0] & MASK52,
        (v[0] >> 52 | v[1] << 12) & MASK52,
        (v[1] >> 40 | v[2] << 24) & MASK52,
        (v[2] >> 28 | v[3] << 36) & MASK52,
        v[3] >> 16,
    ]
}

/// Joins five 52-bit limbs of a number below 2^257; the second value is bit 256.
pub(crate) const fn join52(v: &[u64; 5]) -> (Limbs, bool) {
    (
        [
            v[0] | v[1] << 52,
            v[1] >> 12 | v[2] << 40,
            v[2] >> 24 | v[3] << 28,
            v[3] >> 36 | v[4] << 16,
        ],
        v[4] >> 48 != 0,
    )
}

/// Limbs of `k·p`, each below `k·2^52`.
pub(crate) const fn multiple_of_p<M: Modulus>(k: u64) -> [u64; 5] {
    let s = split52(&M::M);
    [s[0] * k, s[1] * k, s[2] * k, s[3] * k, s[4] * k]
}

/// Normalised residues: limbs below 2^52, value below 16p.
pub(crate) struct F8<M, X>(pub(crate) [X; 5], PhantomData<M>);

/// Columns of a value that still has to be carried: signed limbs.
pub(crate) struct Raw<M, X>(pub(crate) [X; 5], PhantomData<M>);

impl<M, X: Copy> Clone for F8<M, X> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, X: Copy> Copy for F8<M, X> {}

impl<M, X: Copy> Clone for Raw<M, X> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, X: Copy> Copy for Raw<M, X> {}

impl<M: LaneModulus, X: Lane> Raw<M, X> {
    #[inline(always)]
    pub(crate) fn new(columns: [X; 5]) -> Self {
        Self(columns, PhantomData)
    }

    #[inline(always)]
    fn zip(&self, other: &Self, f: impl Fn(X, X) -> X) -> Self {
        let (a, b) = (&self.0, &other.0);
        Self::new([
            f(a[0], b[0]),
            f(a[1], b[1]),
            f(a[2], b[2]),
            f(a[3], b[3]),
            f(a[4], b[4]),
        ])
    }
}

impl<M: LaneModulus, X: Lane> RawCoordinate for Raw<M, X> {
    type Normal = F8<M, X>;

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.zip(other, X::add)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.zip(other, X::sub)
    }

    #[inline(always)]
    fn add_p<const K: u64>(&self) -> Self {
        let kp = const { multiple_of_p::<M>(K) };
        let a = &self.0;
        let limb = |i: usize| a[i].add(a[i].splat(kp[i]));
        Self::new([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    #[inline(always)]
    fn normalise(&self) -> F8<M, X> {
        let mut t = self.0;
        for i in 0..4 {
            t[i + 1] = t[i + 1].add(t[i].shift_right::<52>());
            t[i] = t[i].and(MASK52);
        }
        F8::new(t)
    }

    #[inline(always)]
    fn fold(&self) -> F8<M, X> {
        let mut r = self.0;
        // V − q·p with q = ⌊V / 2^256⌋ − 1. Limb 4 drops q + 1 multiples of 2^256 and takes one back;
        // q·p = q·2^256 − q·(2^256 − p).
        let q = r[4].shift_right::<48>().sub(r[4].splat(1));
        r[4] = r[4]
            .and(MASK48)
            .add(q.shift_left::<16>())
            .add(r[4].splat(1 << 48));
        M::add_multiple_of_complement(&mut r, q);
        Self::new(r).normalise()
    }
}

/// Column k of the schoolbook product.
#[inline(always)]
fn column<X: Lane>(a: &[X; 5], b: &[X; 5], k: usize) -> X {
    let zero = a[0].splat(0);
    let (mut low, mut high) = (zero, zero);
    for i in 0..5 {
        if k >= i && k - i < 5 {
            low = low.mul_low(a[i], b[k - i]);
        }
        if k > i && k - 1 - i < 5 {
            high = high.mul_high(a[i], b[k - 1 - i]);
        }
    }
    low.add(high)
}

/// Column k of the square.
#[inline(always)]
fn square_column<X: Lane>(a: &[X; 5], k: usize) -> X {
    let zero = a[0].splat(0);
    let (mut low, mut high) = (zero, zero);
    for i in 0..5 {
        if k > 2 * i && k - i < 5 {
            low = low.mul_low(a[i], a[k - i]);
        }
        if k > 2 * i + 1 && k - 1 - i < 5 {
            high = high.mul_high(a[i], a[k - 1 - i]);
        }
    }
    let cross = low.add(high);
    let half = a[k / 2];
    let diagonal = if k.is_multiple_of(2) {
        zero.mul_low(half, half)
    } else {
        zero.mul_high(half, half)
    };
    cross.add(cross).add(diagonal)
}

/// Computes the columns in order and runs each of the five rounds as soon as its columns exist: short dependency
/// chains, best for one product at a time. A macro, because a closure would not be inlined into the AVX-512 functions.
macro_rules! reduce_by_columns {
    ($zero:expr, $column:ident($($operand:expr),+)) => {{
        let mut t = [$zero; 10];
        t[0] = $column($($operand),+, 0);
        t[1] = $column($($operand),+, 1);
        t[2] = $column($($operand),+, 2);
        t[3] = $column($($operand),+, 3);
        t[4] = $column($($operand),+, 4);
        t[5] = $column($($operand),+, 5);
        M::round(&mut t, 0);
        t[6] = t[6].add($column($($operand),+, 6));
        M::round(&mut t, 1);
        t[7] = t[7].add($column($($operand),+, 7));
        M::round(&mut t, 2);
        t[8] = t[8].add($column($($operand),+, 8));
        M::round(&mut t, 3);
        t[9] = t[9].add($column($($operand),+, 9));
        M::round(&mut t, 4);
        Raw::new([t[5], t[6], t[7], t[8], t[9]])
    }};
}

impl<M: LaneModulus, X: Lane> F8<M, X> {
    #[inline(always)]
    pub(crate) fn new(limbs: [X; 5]) -> Self {
        Self(limbs, PhantomData)
    }

    /// The constant `value` in every lane.
    #[inline(always)]
    pub(crate) fn splat(witness: X, value: &Limbs) -> Self {
        let s = split52(value);
        let limb = |i: usize| witness.splat(s[i]);
        Self::new([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    #[inline(always)]
    fn rounds(mut t: [X; 10]) -> Raw<M, X> {
        for i in 0..5 {
            M::round(&mut t, i);
        }
        Raw::new([t[5], t[6], t[7], t[8], t[9]])
    }
}

impl<M: LaneModulus, X: Lane> Coordinate for F8<M, X> {
    type Raw = Raw<M, X>;

    #[inline(always)]
    fn raw(&self) -> Raw<M, X> {
        Raw::new(self.0)
    }

    #[inline(always)]
    fn mul_raw(&self, other: &Self) -> Raw<M, X> {
        let (a, b) = (&self.0, &other.0);
        let mut t = [a[0].splat(0); 10];
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = t[i + j].mul_low(a[j], b[i]);
            }
            for j in 0..5 {
                t[i + j + 1] = t[i + j + 1].mul_high(a[j], b[i]);
            }
        }
        Self::rounds(t)
    }

    #[inline(always)]
    fn sqr_raw(&self) -> Raw<M, X> {
        let a = &self.0;
        let mut t = [a[0].splat(0); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                t[i + j] = t[i + j].mul_low(a[j], a[i]);
                t[i + j + 1] = t[i + j + 1].mul_high(a[j], a[i]);
            }
        }
        for x in &mut t[1..9] {
            *x = x.add(*x);
        }
        for i in 0..5 {
            t[2 * i] = t[2 * i].mul_low(a[i], a[i]);
            t[2 * i + 1] = t[2 * i + 1].mul_high(a[i], a[i]);
        }
        Self::rounds(t)
    }

    #[inline(always)]
    fn mul_raw_short(&self, other: &Self) -> Raw<M, X> {
        reduce_by_columns!(self.0[0].splat(0), column(&self.0, &other.0))
    }

    #[inline(always)]
    fn sqr_raw_short(&self) -> Raw<M, X> {
        reduce_by_columns!(self.0[0].splat(0), square_column(&self.0))
    }
}
