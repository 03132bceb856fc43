//! Lane-masked operations on AVX-512 coordinates and conversions between points and lanes.

use super::super::affine::Affine;
use super::super::field::{subtract_once, Fe};
use super::super::params::{pow2_mod, CoordinateField, Multiplicative, Params};
use super::super::point::{Aff, Jac};
use super::super::word::Limbs;
use super::super::x86::X86Wide;
use super::super::Curve;
use super::field::{join52, multiple_of_p, split52, Lane, LaneModulus, Raw, F8};
use super::point::{Coordinate, RawCoordinate, A8, J8};
use super::vector::{Ifma, LaneMask, V};

/// Coordinate of curve `C` in eight AVX-512 lanes.
pub(super) type E<C> = F8<<C as Params>::Field, V>;
/// Eight results: affine coordinates and all ones where the point is the identity.
pub(super) type Results<C> = [(Aff<C, X86Wide>, u64); 8];

impl<M: LaneModulus> F8<M, V> {
    /// 1 in every lane.
    #[inline(always)]
    pub(super) fn one(token: Ifma) -> Self {
        Self::constant(token, &const { pow2_mod(&M::M, 260) })
    }

    #[inline(always)]
    fn constant(token: Ifma, value: &Limbs) -> Self {
        Self::splat(V::load(token, &[0; 8]), value)
    }

    /// `K·p − y` in the lanes of the mask, `y` elsewhere; needs `y ≤ K·p`.
    #[inline(always)]
    pub(super) fn negate_if<const K: u64>(&self, mask: LaneMask) -> Self {
        let kp = const { multiple_of_p::<M>(K) };
        let a = &self.0;
        let limb = |i: usize| a[i].subtract_from_if(mask, a[i].splat(kp[i]));
        Raw::new([limb(0), limb(1), limb(2), limb(3), limb(4)]).normalise()
    }

    /// Lanes that are 0 mod p.
    #[inline(always)]
    pub(super) fn zero_lanes(&self, one: &Self) -> LaneMask {
        // The product is below 2p, so a multiple of p is 0 or p.
        let t = self.mul(one).0;
        let p = const { split52(&M::M) };
        let is_p = (1..5).fold(t[0].equals(p[0]), |mask, i| mask & t[i].equals(p[i]));
        let bits = t[0].or(t[1]).or(t[2]).or(t[3]).or(t[4]);
        is_p | bits.equals(0)
    }

    /// `other` in the lanes of the mask, `self` elsewhere.
    #[inline(always)]
    pub(super) fn blend(&self, mask: LaneMask, other: &Self) -> Self {
        let limb = |i: usize| self.0[i].blend(mask, other.0[i]);
        Self::new([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// Lane `i` of the result is lane `order[i]` of `self`.
    #[inline(always)]
    pub(super) fn permute(&self, order: V) -> Self {
        let limb = |i: usize| self.0[i].permute(order);
        Self::new([limb(0), limb(1), limb(2), limb(3), limb(4)])
    }

    /// Takes eight residues in scalar Montgomery form (R = 2^256).
    #[inline(always)]
    pub(super) fn from_scalar(token: Ifma, values: &[Limbs; 8]) -> Self {
        let [l0, l1, l2, l3, l4] = transpose_in(values);
        let load = |limbs| V::load(token, limbs);
        let limbs = [load(&l0), load(&l1), load(&l2), load(&l3), load(&l4)];
        // x·2^256 · 2^264 / 2^260 = x·2^260
        Self::new(limbs).mul(&Self::constant(token, &const { pow2_mod(&M::M, 264) }))
    }

    /// Gives eight residues in scalar Montgomery form (R = 2^256), fully reduced.
    #[inline(always)]
    pub(super) fn to_scalar(self, token: Ifma) -> [Limbs; 8] {
        // x·2^260 · 2^256 / 2^260 = x·2^256, below 2p
        let [l0, l1, l2, l3, l4] = self.mul(&Self::constant(token, &M::R)).0;
        transpose_out::<M>(&[l0.store(), l1.store(), l2.store(), l3.store(), l4.store()])
    }
}

// The next two are scalar code and kept out of the vector functions, where LLVM would turn them into gathers.

/// The 52-bit limbs of eight numbers, limb by limb.
#[inline(never)]
fn transpose_in(values: &[Limbs; 8]) -> [[u64; 8]; 5] {
    let split = values.map(|v| split52(&v));
    core::array::from_fn(|i| core::array::from_fn(|lane| split[lane][i]))
}

/// Eight numbers below 2p from their 52-bit limbs, fully reduced.
#[inline(never)]
fn transpose_out<M: LaneModulus>(limbs: &[[u64; 8]; 5]) -> [Limbs; 8] {
    core::array::from_fn(|lane| {
        let (value, carry) = join52(&limbs.map(|limb| limb[lane]));
        subtract_once::<X86Wide>(value, carry, &M::M)
    })
}

impl<M: LaneModulus> J8<F8<M, V>> {
    /// `other` in the lanes of the mask, `self` elsewhere.
    #[inline(always)]
    pub(super) fn blend(&self, mask: LaneMask, other: &Self) -> Self {
        J8 {
            x: self.x.blend(mask, &other.x),
            y: self.y.blend(mask, &other.y),
            z: self.z.blend(mask, &other.z),
        }
    }
}

/// Puts eight points into lanes.
#[inline(always)]
pub(super) fn load<C: Curve>(token: Ifma, points: &[Affine<C>; 8]) -> A8<E<C>> {
    A8 {
        x: F8::from_scalar(token, &points.map(|p| p.x)),
        y: F8::from_scalar(token, &points.map(|p| p.y)),
    }
}

/// Takes eight points out of the lanes, still Jacobian.
#[inline(always)]
pub(super) fn unload<C: Curve>(token: Ifma, p: &J8<E<C>>) -> [Jac<C, X86Wide>; 8] {
    let (x, y, z) = (
        p.x.to_scalar(token),
        p.y.to_scalar(token),
        p.z.to_scalar(token),
    );
    core::array::from_fn(|lane| Jac {
        x: Fe::from_montgomery(x[lane]),
        y: Fe::from_montgomery(y[lane]),
        z: Fe::from_montgomery(z[lane]),
    })
}

/// The inverses of eight values other than 0, with one inversion.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn invert<C: Curve>(token: Ifma, z: &E<C>) -> E<C> {
    let swapped = |z: &E<C>, distance: u64| {
        z.permute(V::load(
            token,
            &core::array::from_fn(|i| i as u64 ^ distance),
        ))
    };
    let neighbour = swapped(z, 1);
    let pair = z.mul_short(&neighbour);
    let other_pair = swapped(&pair, 2);
    let half = pair.mul_short(&other_pair);
    let other_half = swapped(&half, 4);
    let [all, ..] = half.mul_short(&other_half).to_scalar(token);
    let inverse = Fe::<C::Field, X86Wide>::from_montgomery(all).invert();
    let others = neighbour.mul_short(&other_pair).mul_short(&other_half);
    E::<C>::from_scalar(token, &[inverse.0; 8]).mul_short(&others)
}

/// Affine coordinates of all points with one shared inversion. Identities are replaced by 1 before any product,
/// so that one lane's identity cannot disturb its neighbours or the other batches.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn to_affine<C: Curve>(token: Ifma, points: &[J8<E<C>>]) -> Vec<Results<C>> {
    let one = E::<C>::one(token);
    let mut product = one;
    let mut steps = Vec::with_capacity(points.len());
    for p in points {
        let identity = p.z.zero_lanes(&one);
        let z = p.z.blend(identity, &one);
        steps.push((identity, z, product));
        product = product.mul_short(&z);
    }
    let mut inverse = invert::<C>(token, &product);
    let mut out = Vec::with_capacity(points.len());
    for (p, (identity, z, before)) in points.iter().zip(steps).rev() {
        let z_inverse = inverse.mul_short(&before);
        inverse = inverse.mul_short(&z);
        let zz = z_inverse.sqr_short();
        let x = p.x.mul_short(&zz).to_scalar(token);
        let y = p.y.mul_short(&zz).mul_short(&z_inverse).to_scalar(token);
        let mut results = [(
            Aff {
                x: Fe::ZERO,
                y: Fe::ZERO,
            },
            0,
        ); 8];
        for (lane, slot) in results.iter_mut().enumerate() {
            let point = Aff {
                x: Fe::from_montgomery(x[lane]),
                y: Fe::from_montgomery(y[lane]),
            };
            *slot = (point, u64::from(identity >> lane & 1).wrapping_neg());
        }
        out.push(results);
    }
    out.reverse();
    out
}

/// For eight x (scalar Montgomery form): a y with y² = x³ − 3x + b and all ones, or anything and 0 if there is none.
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn lift<C: Curve>(token: Ifma, x: &[Limbs; 8]) -> [(Limbs, u64); 8] {
    let one = E::<C>::one(token);
    let three = one.raw().double().add(&one.raw()).normalise();
    let b = F8::from_scalar(token, &[Fe::<C::Field, X86Wide>::from_plain(&C::B).0; 8]);
    let x = E::<C>::from_scalar(token, x);
    let slope = x
        .sqr_short()
        .raw()
        .sub(&three.raw())
        .add_p::<3>()
        .normalise();
    let square = slope.mul_raw_short(&x).add(&b.raw()).normalise();
    let y = C::Field::sqrt_candidate(square);
    let error = y
        .sqr_raw_short()
        .sub(&square.raw())
        .add_p::<4>()
        .normalise();
    let exists = error.zero_lanes(&one);
    let y = y.to_scalar(token);
    core::array::from_fn(|lane| (y[lane], u64::from(exists >> lane & 1).wrapping_neg()))
}

impl<M: LaneModulus> Multiplicative for F8<M, V> {
    #[inline(always)]
    fn times(&self, other: &Self) -> Self {
        self.mul_short(other)
    }

    #[inline(always)]
    fn squared(&self, n: usize) -> Self {
        let mut x = *self;
        for _ in 0..n {
            x = x.sqr_short();
        }
        x
    }
}
