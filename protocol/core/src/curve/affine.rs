//! Points on the curve, valid by construction, and their encodings.

use super::dispatch::with_words;
use super::field::Fe;
use super::params::{CoordinateField, Modulus};
use super::point::Aff;
use super::scalar::{below, limbs_from_bytes, limbs_to_bytes, Scalar};
use super::word::{Limbs, Words};
use super::Curve;
use crate::ct::{declassify, mask_of};
use core::fmt;
use core::marker::PhantomData;
use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroize;

/// Bytes that do not encode a point (ENC-1). Does not say why: no caller may behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointError;

impl fmt::Display for PointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the encoding of a point on the curve")
    }
}

impl std::error::Error for PointError {}

/// A point on the curve that is not the identity. The cofactor is 1, so it generates the whole group.
///
/// Coordinates are kept in Montgomery form with R = 2^256, the same for every back end.
pub struct Affine<C> {
    pub(crate) x: Limbs,
    pub(crate) y: Limbs,
    curve: PhantomData<C>,
}

impl<C> Clone for Affine<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Affine<C> {}

/// Variable-time comparison, for public points.
impl<C> PartialEq for Affine<C> {
    fn eq(&self, other: &Self) -> bool {
        self.x == other.x && self.y == other.y
    }
}

impl<C> Eq for Affine<C> {}

impl<C: Curve> ConditionallySelectable for Affine<C> {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        let mask = mask_of(u64::from(choice.unwrap_u8()));
        let select = |a: &Limbs, b: &Limbs| core::array::from_fn(|i| a[i] ^ mask & (a[i] ^ b[i]));
        Self {
            x: select(&a.x, &b.x),
            y: select(&a.y, &b.y),
            curve: PhantomData,
        }
    }
}

/// For points that tell a right PIN from a wrong one; what is left is no point and only good for dropping.
impl<C> Zeroize for Affine<C> {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
    }
}

/// x³ − 3x + b.
#[inline(always)]
fn right_side<C: Curve, W: Words>(x: &Fe<C::Field, W>) -> Fe<C::Field, W> {
    let three = Fe::ONE.add(&Fe::ONE).add(&Fe::ONE);
    x.sqr().sub(&three).mul(x).add(&Fe::from_plain(&C::B))
}

/// A point with this x coordinate (below p), and all ones if it exists.
pub(crate) fn lift<C: Curve, W: Words>(x: &Limbs) -> (Aff<C, W>, u64) {
    let x = Fe::<C::Field, W>::from_plain(x);
    let square = right_side::<C, W>(&x);
    let y = C::Field::sqrt_candidate(square);
    let exists = y.sqr().sub(&square).zero_mask();
    (Aff { x, y }, exists)
}

/// Finishes decoding: the point of `lift` with the wanted parity of y, if it exists.
pub(crate) fn choose<C: Curve, W: Words>(
    (p, exists): &(Aff<C, W>, u64),
    odd: u64,
) -> Result<Affine<C>, PointError> {
    let mut p = *p;
    let parity = p.y.to_plain()[0] & 1;
    p.y.negate_if(mask_of(parity ^ odd));
    let exists = Choice::from((exists & 1) as u8);
    declassify(exists)
        .then(|| Affine::from_parts(&p))
        .ok_or(PointError)
}

impl<C: Curve> Affine<C> {
    /// Wraps coordinates that are known to satisfy the curve equation.
    #[inline(always)]
    pub(crate) fn from_parts<W: Words>(p: &Aff<C, W>) -> Self {
        Self {
            x: p.x.0,
            y: p.y.0,
            curve: PhantomData,
        }
    }

    /// The coordinates in word back end `W`.
    #[inline(always)]
    pub(crate) fn parts<W: Words>(&self) -> Aff<C, W> {
        Aff {
            x: Fe::from_montgomery(self.x),
            y: Fe::from_montgomery(self.y),
        }
    }

    /// The generator G.
    #[must_use]
    pub fn generator() -> Self {
        let [x0, x1, x2, x3, y0, y1, y2, y3] = C::tables().comb[0][0];
        Self {
            x: [x0, x1, x2, x3],
            y: [y0, y1, y2, y3],
            curve: PhantomData,
        }
    }

    /// ENC-1: SEC 1 compressed, exactly 33 bytes.
    ///
    /// # Errors
    /// [`PointError`] for another length, a prefix other than 02 or 03, x ≥ p, or an x without a point.
    pub fn decode(bytes: &[u8]) -> Result<Self, PointError> {
        let encoded: &[u8; 33] = bytes.try_into().map_err(|_| PointError)?;
        let (odd, x) = parse_compressed::<C>(encoded)?;
        with_words!(W => choose(&lift::<C, W>(&x), odd))
    }

    /// SEC 1 uncompressed: exactly 65 bytes, 04 ‖ x ‖ y.
    ///
    /// # Errors
    /// [`PointError`] for another length or prefix, a coordinate ≥ p, or a pair that is not on the curve.
    pub fn decode_uncompressed(bytes: &[u8]) -> Result<Self, PointError> {
        let encoded: &[u8; 65] = bytes.try_into().map_err(|_| PointError)?;
        if encoded[0] != 4 {
            return Err(PointError);
        }
        let half = |at: usize| limbs_from_bytes(&core::array::from_fn(|i| encoded[at + i]));
        let (x, y) = (half(1), half(33));
        let reduced = below(&x, &C::Field::M) & below(&y, &C::Field::M);
        if !declassify(reduced) {
            return Err(PointError);
        }
        with_words!(W => {
            let point = Aff::<C, W> { x: Fe::from_plain(&x), y: Fe::from_plain(&y) };
            let on_curve = point.y.sqr().sub(&right_side::<C, W>(&point.x)).zero_mask();
            let on_curve = Choice::from((on_curve & 1) as u8);
            declassify(on_curve).then(|| Self::from_parts(&point)).ok_or(PointError)
        })
    }

    /// The point with this x coordinate (32 bytes big-endian) and even y. `None` if x ≥ p or there is no such point.
    #[must_use]
    pub fn lift_x(x: &[u8; 32]) -> Option<Self> {
        let mut encoded = [2u8; 33];
        encoded[1..].copy_from_slice(x);
        Self::decode(&encoded).ok()
    }

    /// SEC 1 compressed: 02 or 03, then x.
    #[must_use]
    pub fn encode(&self) -> [u8; 33] {
        let (x, y) = self.plain();
        let mut out = [0u8; 33];
        out[0] = 2 | (y[0] & 1) as u8;
        out[1..].copy_from_slice(&limbs_to_bytes(&x));
        out
    }

    /// SEC 1 uncompressed: 04 ‖ x ‖ y.
    #[must_use]
    pub fn encode_uncompressed(&self) -> [u8; 65] {
        let (x, y) = self.plain();
        let mut out = [4u8; 65];
        out[1..33].copy_from_slice(&limbs_to_bytes(&x));
        out[33..].copy_from_slice(&limbs_to_bytes(&y));
        out
    }

    fn plain(&self) -> (Limbs, Limbs) {
        with_words!(W => {
            let p = self.parts::<W>();
            (p.x.to_plain(), p.y.to_plain())
        })
    }

    /// x, 32 bytes big-endian.
    #[must_use]
    pub fn x_bytes(&self) -> [u8; 32] {
        limbs_to_bytes(&self.plain().0)
    }

    /// y, 32 bytes big-endian.
    #[must_use]
    pub fn y_bytes(&self) -> [u8; 32] {
        limbs_to_bytes(&self.plain().1)
    }

    /// x mod n.
    #[must_use]
    pub fn x_scalar(&self) -> Scalar<C> {
        Scalar::reduce32(&self.x_bytes())
    }

    /// `−self`.
    #[must_use]
    pub fn neg(&self) -> Self {
        with_words!(W => {
            let p = self.parts::<W>();
            Self::from_parts(&Aff { x: p.x, y: p.y.neg() })
        })
    }

    /// `self + other`, complete and in constant time. `None` if the sum is the identity.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        super::batch::sum_batch(&[&[*self, *other]])[0]
    }

    /// `self − other`, complete and in constant time. `None` if the points are equal.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Option<Self> {
        self.add(&other.neg())
    }
}

/// Checks prefix and range of a compressed encoding and splits it into parity and x.
pub(crate) fn parse_compressed<C: Curve>(encoded: &[u8; 33]) -> Result<(u64, Limbs), PointError> {
    if encoded[0] != 2 && encoded[0] != 3 {
        return Err(PointError);
    }
    let x = limbs_from_bytes(&core::array::from_fn(|i| encoded[1 + i]));
    if !declassify(below(&x, &C::Field::M)) {
        return Err(PointError);
    }
    Ok((u64::from(encoded[0] & 1), x))
}
