//! The AVX-512 IFMA back end: eight multiplications at once.
//!
//! `vector` wraps the instructions, `field` and `modulus` compute mod p, `point` holds the formulas, `kernels` the
//! multiplications, `masked` the conversions, `table` the comb. Entry points are here; they take the [`Ifma`] token,
//! which proves that the processor has the instructions.

#![allow(unsafe_code)]

#[cfg(test)]
mod bounds;
mod field;
mod kernels;
mod masked;
#[cfg(test)]
mod model;
mod modulus;
mod point;
mod table;
mod vector;

use super::affine::Affine;
use super::combine::Blinding;
use super::field::Fe;
use super::point::{Aff, Jac};
use super::word::Limbs;
use super::x86::X86Wide;
use super::Curve;
pub(crate) use field::LaneModulus;
pub(crate) use table::LaneTable;
use vector::LaneMask;
pub(crate) use vector::{scan, Ifma};

/// What fills the unused lanes of a batch.
const FILLER: Limbs = [1, 0, 0, 0];

/// Affine coordinates, and a mask: all ones or 0.
type Output<C> = Vec<(Aff<C, X86Wide>, u64)>;

/// `k·P` for every pair in constant time, and all ones where the result is the identity.
pub(crate) fn mul_batch<C: Curve>(token: Ifma, k: &[&Limbs], p: &[Affine<C>]) -> Output<C> {
    let sums: Vec<_> = k
        .chunks(8)
        .zip(p.chunks(8))
        .map(|(k, p)| {
            // SAFETY: the token proves the features the kernel is compiled for.
            unsafe {
                kernels::mul::<C>(token, &padded(k, &FILLER), &padded(p, Affine::generator()))
            }
        })
        .collect();
    affine::<C>(token, &sums, k.len())
}

/// `k·G` for every scalar in constant time, and all ones where the result is the identity.
pub(crate) fn mul_base_batch<C: Curve>(token: Ifma, k: &[&Limbs]) -> Output<C> {
    let table = &C::tables().lanes;
    let sums: Vec<_> = k
        .chunks(8)
        // SAFETY: the token proves the features the kernels are compiled for.
        .map(|k| unsafe {
            match k {
                [k] => kernels::mul_base_one::<C>(token, table, k),
                _ => kernels::mul_base::<C>(token, table, &padded(k, &FILLER)),
            }
        })
        .collect();
    affine::<C>(token, &sums, k.len())
}

/// `k·G` for one scalar in constant time, and all ones if it is the identity.
pub(crate) fn mul_base<C: Curve>(token: Ifma, k: &Limbs) -> (Aff<C, X86Wide>, u64) {
    mul_base_batch(token, &[k])[0]
}

/// `g·G + Σ k·P` in variable time for at least one term; `None` if the lanes met a special case and the caller must use
/// the scalar code.
pub(crate) fn multi_vartime<C: Curve>(
    token: Ifma,
    g: &Limbs,
    k: &[&Limbs],
    p: &[Affine<C>],
) -> Option<Jac<C, X86Wide>> {
    let terms: Vec<_> = k
        .chunks(8)
        .zip(p.chunks(8))
        .map(|(k, p)| {
            let active = ((1u16 << k.len()) - 1) as LaneMask;
            // SAFETY: the token proves the features the function is compiled for.
            unsafe {
                kernels::Terms::new(
                    token,
                    &padded(k, &FILLER),
                    &padded(p, Affine::generator()),
                    active,
                )
            }
        })
        .collect();
    // SAFETY: as above.
    let parts = unsafe { kernels::multi::<C>(token, &C::tables().lanes, g, &terms) }?;
    Some(
        parts
            .iter()
            .fold(Jac::IDENTITY, |sum, part| sum.add_vartime(part)),
    )
}

/// First summands of a batch of sums: as many multiples of the generator, or points, as there are sums.
pub(crate) struct First<'a, C> {
    pub(crate) base: Vec<&'a Limbs>,
    pub(crate) points: Vec<Affine<C>>,
}

impl<C> Default for First<'_, C> {
    fn default() -> Self {
        Self {
            base: Vec::new(),
            points: Vec::new(),
        }
    }
}

/// `first + Σ k·P` for every sum in constant time, and all ones where the result is the identity. `terms[j]` holds
/// scalar and point j of every sum.
pub(crate) fn joint_batch<C: Curve>(
    token: Ifma,
    blinding: &Blinding<C>,
    first: &First<'_, C>,
    terms: &[(Vec<&Limbs>, Vec<Affine<C>>)],
) -> Output<C> {
    let count = first.base.len() + first.points.len();
    let sums: Vec<_> = (0..count)
        .step_by(8)
        .map(|at| {
            // SAFETY: the token proves the features the kernels are compiled for.
            unsafe {
                let terms: Vec<_> = terms
                    .iter()
                    .map(|(k, p)| {
                        let (k, p) = (eight(k, at, &FILLER), eight(p, at, Affine::generator()));
                        kernels::Terms::new(token, &k, &p, LaneMask::MAX)
                    })
                    .collect();
                let sum = kernels::joint::<C>(token, &blinding.start, &terms);
                let first = if first.points.is_empty() {
                    let base = eight(&first.base, at, &FILLER);
                    kernels::mul_base::<C>(token, &C::tables().lanes, &base)
                } else {
                    kernels::from_affine(token, &eight(&first.points, at, Affine::generator()))
                };
                kernels::finish::<C>(token, &sum, &first, &blinding.end)
            }
        })
        .collect();
    affine::<C>(token, &sums, count)
}

/// For every x (plain, below p): the point with some y and all ones, or anything and 0 if there is no such point.
pub(crate) fn lift_batch<C: Curve>(token: Ifma, x: &[Limbs]) -> Output<C> {
    let x: Vec<_> = x
        .iter()
        .map(|x| Fe::<C::Field, X86Wide>::from_plain(x).0)
        .collect();
    let mut out = Vec::with_capacity(x.len());
    for chunk in x.chunks(8) {
        // SAFETY: the token proves the features the function is compiled for.
        let roots = unsafe { masked::lift::<C>(token, &padded(chunk, FILLER)) };
        for (x, (y, exists)) in chunk.iter().zip(roots) {
            out.push((
                Aff {
                    x: Fe::from_montgomery(*x),
                    y: Fe::from_montgomery(y),
                },
                exists,
            ));
        }
    }
    out
}

/// The items of a chunk, filled up to eight.
fn padded<T: Copy>(items: &[T], filler: T) -> [T; 8] {
    core::array::from_fn(|i| items.get(i).copied().unwrap_or(filler))
}

/// Up to eight items from `at` on, filled up.
fn eight<T: Copy>(items: &[T], at: usize, filler: T) -> [T; 8] {
    core::array::from_fn(|i| items.get(at + i).copied().unwrap_or(filler))
}

/// Converts the first `count` lanes.
fn affine<C: Curve>(token: Ifma, sums: &[point::J8<masked::E<C>>], count: usize) -> Output<C> {
    if count == 0 {
        return Vec::new();
    }
    // SAFETY: the token proves the features the function is compiled for.
    let results = unsafe { masked::to_affine::<C>(token, sums) };
    results.into_iter().flatten().take(count).collect()
}
