//! Scalars modulo the group order, plain and secret.

use super::dispatch::with_words;
use super::factor::reduce_wide;
use super::field::{add_mod, sub_mod, sub_wide, subtract_once, zero_mask, Fe};
use super::inverse::invert_mod;
use super::params::Modulus;
use super::point::invert_batch;
use super::word::{Limbs, Portable};
use super::Curve;
use crate::ct::{barrier, declassify, mask_of};
use core::marker::PhantomData;
use subtle::Choice;
use zeroize::{Zeroize, Zeroizing};

/// A number mod n, kept as a plain integer below n. For public or short-lived values; long-lived secrets are [`SecretScalar`].
pub struct Scalar<C>(pub(crate) Limbs, PhantomData<C>);

impl<C> Clone for Scalar<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Scalar<C> {}

/// Variable-time comparison, for public values.
impl<C> PartialEq for Scalar<C> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<C> Eq for Scalar<C> {}

impl<C> Zeroize for Scalar<C> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Four limbs from 32 big-endian bytes.
pub(crate) fn limbs_from_bytes(bytes: &[u8; 32]) -> Limbs {
    core::array::from_fn(|i| {
        let at = 24 - 8 * i;
        u64::from_be_bytes(core::array::from_fn(|j| bytes[at + j]))
    })
}

/// 32 big-endian bytes.
pub(crate) fn limbs_to_bytes(limbs: &Limbs) -> [u8; 32] {
    core::array::from_fn(|i| (limbs[3 - i / 8] >> (56 - 8 * (i % 8))) as u8)
}

/// 1 if `limbs < bound`, in constant time.
pub(crate) fn below(limbs: &Limbs, bound: &Limbs) -> Choice {
    let (_, borrow) = sub_wide::<Portable>(limbs, bound);
    Choice::from(barrier(u64::from(borrow)) as u8)
}

impl<C: Curve> Scalar<C> {
    /// 0.
    pub const ZERO: Self = Self::from_limbs([0; 4]);
    /// 1.
    pub const ONE: Self = Self::from_limbs([1, 0, 0, 0]);

    /// Wraps a number already below n.
    pub(crate) const fn from_limbs(limbs: Limbs) -> Self {
        Self(limbs, PhantomData)
    }

    /// ENC-2: 32 bytes big-endian, 1 … n−1, never reduced. `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let scalar = Self::from_limbs(limbs_from_bytes(bytes));
        declassify(below(&scalar.0, &C::Order::M) & !scalar.is_zero()).then_some(scalar)
    }

    /// 32 bytes big-endian, 0 … n−1. `None` for anything else.
    #[must_use]
    pub fn from_bytes_or_zero(bytes: &[u8; 32]) -> Option<Self> {
        let scalar = Self::from_limbs(limbs_from_bytes(bytes));
        declassify(below(&scalar.0, &C::Order::M)).then_some(scalar)
    }

    /// ENC-3: a 32-byte digest as a big-endian number, reduced mod n.
    #[must_use]
    pub fn reduce32(bytes: &[u8; 32]) -> Self {
        // One subtraction is enough: n is above 2^255.
        Self::from_limbs(subtract_once::<Portable>(
            limbs_from_bytes(bytes),
            false,
            &C::Order::M,
        ))
    }

    /// 48 bytes big-endian, reduced mod n: what hash-to-scalar needs for a bias below 2^-128.
    #[must_use]
    pub fn reduce48(bytes: &[u8; 48]) -> Self {
        let [high_1, high_0] =
            [0, 8].map(|at| u64::from_be_bytes(core::array::from_fn(|i| bytes[at + i])));
        let low = limbs_from_bytes(&core::array::from_fn(|i| bytes[16 + i]));
        Self::from_limbs(with_words!(W => reduce_wide::<C::Order, W>([high_0, high_1], &low)))
    }

    /// A small number.
    #[must_use]
    pub const fn from_u64(value: u64) -> Self {
        Self::from_limbs([value, 0, 0, 0])
    }

    /// 32 bytes big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        limbs_to_bytes(&self.0)
    }

    /// Whether the scalar is 0, in constant time.
    #[must_use]
    pub fn is_zero(&self) -> Choice {
        Choice::from((barrier(zero_mask(&self.0)) & 1) as u8)
    }

    /// `self + other`.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        Self::from_limbs(add_mod::<Portable>(&self.0, &other.0, &C::Order::M))
    }

    /// `self − other`.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        Self::from_limbs(sub_mod::<Portable>(&self.0, &other.0, &C::Order::M))
    }

    /// `self · other`.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Self {
        Self::from_limbs(with_words!(W => {
            Fe::<C::Order, W>::from_plain(&self.0).mul(&Fe::from_montgomery(other.0)).0
        }))
    }

    /// `−self`.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// `self` if `keep` is set, else 0, in constant time.
    #[must_use]
    pub fn masked(&self, keep: Choice) -> Self {
        let mask = mask_of(u64::from(keep.unwrap_u8()));
        Self::from_limbs(self.0.map(|limb| limb & mask))
    }

    /// `1 / self` in constant time; 0 for 0.
    #[must_use]
    pub fn invert(&self) -> Self {
        Self::from_limbs(invert_mod::<C::Order>(&self.0))
    }
}

impl<C: Curve> Scalar<C> {
    /// `1 / x` for every x with one shared inversion, in constant time; 0 for 0.
    #[must_use]
    pub fn invert_batch(values: &[Self]) -> Vec<Self> {
        with_words!(W => {
            let mut inverses: Vec<_> = values.iter().map(|x| Fe::<C::Order, W>::from_plain(&x.0)).collect();
            let zeros = invert_batch(&mut inverses);
            for (inverse, zero) in inverses.iter_mut().zip(zeros) {
                inverse.assign_if(&Fe::ZERO, zero);
            }
            let plain = inverses.iter().map(|x| Self::from_limbs(x.to_plain())).collect();
            for x in &mut inverses {
                x.0.zeroize();
            }
            plain
        })
    }
}

/// A secret number mod n. Wiped on drop; cannot be copied, printed or compared.
pub struct SecretScalar<C>(Scalar<C>);

impl<C> Drop for SecretScalar<C> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<C: Curve> SecretScalar<C> {
    /// Takes over a value; the caller's copy is the caller's to wipe.
    #[must_use]
    pub fn new(value: Scalar<C>) -> Self {
        Self(value)
    }

    /// ENC-2: 32 bytes big-endian, 1 … n−1. `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        Scalar::from_bytes(bytes).map(Self)
    }

    /// 32 bytes big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The value, for arithmetic with public results.
    #[must_use]
    pub fn expose(&self) -> &Scalar<C> {
        &self.0
    }

    /// `self · other`.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0))
    }

    /// `self + other`.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        Self(self.0.add(&other.0))
    }

    /// `self · other` for a public factor.
    #[must_use]
    pub fn mul_public(&self, other: &Scalar<C>) -> Self {
        Self(self.0.mul(other))
    }

    /// `self + other` for a public summand.
    #[must_use]
    pub fn add_public(&self, other: &Scalar<C>) -> Self {
        Self(self.0.add(other))
    }

    /// `1 / self` in constant time; 0 for 0.
    #[must_use]
    pub fn invert(&self) -> Self {
        Self(self.0.invert())
    }

    /// `1 / x` for every x with one shared inversion, in constant time; 0 for 0.
    #[must_use]
    pub fn invert_batch(values: &[&Self]) -> Vec<Self> {
        let plain: Zeroizing<Vec<_>> = Zeroizing::new(values.iter().map(|x| x.0).collect());
        let inverses = Zeroizing::new(Scalar::invert_batch(&plain));
        inverses.iter().copied().map(Self).collect()
    }

    /// Whether the scalar is 0, in constant time.
    #[must_use]
    pub fn is_zero(&self) -> Choice {
        self.0.is_zero()
    }
}
