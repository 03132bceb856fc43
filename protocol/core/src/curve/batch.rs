//! Multiplication, addition and decoding of one or many, through the active back end.

#[cfg(target_arch = "x86_64")]
use super::affine::{choose, parse_compressed};
use super::affine::{Affine, PointError};
use super::combine::{combine, Combination, First};
use super::dispatch::{self, with_words, Backend};
#[cfg(target_arch = "x86_64")]
use super::lanes;
use super::mul as single;
use super::point::{to_affine_batch, Aff, Jac};
use super::scalar::{Scalar, SecretScalar};
use super::word::Words;
use super::Curve;
use crate::ct::declassify;
use subtle::Choice;

/// The public form of a result: "is the identity" becomes public here.
pub(super) fn publish<C: Curve, W: Words>(
    (point, identity): &(Aff<C, W>, u64),
) -> Option<Affine<C>> {
    let exists = Choice::from((!identity & 1) as u8);
    declassify(exists).then(|| Affine::from_parts(point))
}

/// Number of multiplications from which the lanes beat one-by-one code: measured, the same for both curves.
#[cfg(target_arch = "x86_64")]
const LANES_FROM: usize = 2;
/// Number of variable terms from which a public multi-product is faster in lanes.
#[cfg(target_arch = "x86_64")]
const LANES_FROM_TERMS: usize = 3;

/// `k·G` in constant time. `None` if and only if `k = 0`.
#[must_use]
pub fn mul_base<C: Curve>(k: &SecretScalar<C>) -> Option<Affine<C>> {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = dispatch::lanes() {
        return publish(&lanes::mul_base(token, &k.expose().0));
    }
    with_words!(W => publish(&single::mul_base::<C, W>(&k.expose().0).to_affine()))
}

/// `k·p` in constant time. `None` if and only if `k = 0`.
#[must_use]
pub fn mul<C: Curve>(k: &SecretScalar<C>, p: &Affine<C>) -> Option<Affine<C>> {
    with_words!(W => publish(&single::mul::<C, W>(&k.expose().0, &p.parts()).to_affine()))
}

/// `k·G` for every scalar, in constant time. An entry is `None` if and only if its scalar is 0.
#[must_use]
pub fn mul_base_batch<C: Curve>(k: &[&SecretScalar<C>]) -> Vec<Option<Affine<C>>> {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = dispatch::lanes() {
        let k: Vec<_> = k.iter().map(|k| &k.expose().0).collect();
        return lanes::mul_base_batch(token, &k)
            .iter()
            .map(publish)
            .collect();
    }
    with_words!(W => {
        let sums: Vec<_> = k.iter().map(|k| single::mul_base::<C, W>(&k.expose().0)).collect();
        to_affine_batch(&sums).iter().map(publish).collect()
    })
}

/// `k·p` for every pair, in constant time. An entry is `None` if and only if its scalar is 0.
///
/// # Panics
/// If the slices differ in length.
#[must_use]
pub fn mul_batch<C: Curve>(k: &[&SecretScalar<C>], p: &[Affine<C>]) -> Vec<Option<Affine<C>>> {
    assert_eq!(k.len(), p.len(), "one point per scalar");
    #[cfg(target_arch = "x86_64")]
    if let (Some(token), LANES_FROM..) = (dispatch::lanes(), k.len()) {
        let k: Vec<_> = k.iter().map(|k| &k.expose().0).collect();
        return lanes::mul_batch(token, &k, p).iter().map(publish).collect();
    }
    with_words!(W => {
        let sums: Vec<_> = k.iter().zip(p).map(|(k, p)| single::mul::<C, W>(&k.expose().0, &p.parts())).collect();
        to_affine_batch(&sums).iter().map(publish).collect()
    })
}

/// `a + b` for every pair, complete and in constant time. An entry is `None` if and only if the points are opposite.
///
/// # Panics
/// If the slices differ in length.
#[must_use]
pub fn add_batch<C: Curve>(a: &[Affine<C>], b: &[Affine<C>]) -> Vec<Option<Affine<C>>> {
    assert_eq!(a.len(), b.len(), "one summand per point");
    with_words!(W => {
        let sums: Vec<_> = a
            .iter()
            .zip(b)
            .map(|(a, b)| a.parts::<W>().to_jacobian().add_complete(&b.parts::<W>().to_jacobian()))
            .collect();
        to_affine_batch(&sums).iter().map(publish).collect()
    })
}

/// The sum of every group, complete and in constant time. An entry is `None` if and only if its sum is the identity.
#[must_use]
pub fn sum_batch<C: Curve>(groups: &[&[Affine<C>]]) -> Vec<Option<Affine<C>>> {
    with_words!(W => {
        let sums: Vec<_> = groups
            .iter()
            .map(|group| {
                group.iter().fold(Jac::<C, W>::IDENTITY, |sum, p| sum.add_complete(&p.parts::<W>().to_jacobian()))
            })
            .collect();
        to_affine_batch(&sums).iter().map(publish).collect()
    })
}

/// `g·G + Σ k·P` in variable time: public data only. `None` if the sum is the identity.
#[must_use]
pub fn msm_vartime<C: Curve>(g: &Scalar<C>, terms: &[(Scalar<C>, Affine<C>)]) -> Option<Affine<C>> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(token), LANES_FROM_TERMS..) = (dispatch::lanes(), terms.len()) {
        let (k, p): (Vec<_>, Vec<_>) = terms
            .iter()
            .filter(|(k, _)| *k != Scalar::ZERO)
            .map(|(k, p)| (&k.0, *p))
            .unzip();
        if let Some(sum) = lanes::multi_vartime(token, &g.0, &k, &p) {
            return publish(&sum.to_affine());
        }
    }
    with_words!(W => {
        let terms: Vec<_> = terms.iter().map(|(k, p)| (k.0, p.parts::<W>())).collect();
        publish(&single::multi_vartime::<C, W>(&g.0, &terms).to_affine())
    })
}

/// `g·G + k·P` for every triple (g, k, P) in variable time: public data only. An entry is `None` if its sum is the
/// identity.
#[must_use]
pub fn double_base_vartime<C: Curve>(
    terms: &[(Scalar<C>, Scalar<C>, Affine<C>)],
) -> Vec<Option<Affine<C>>> {
    if terms.len() > 1 && dispatch::active() == Backend::Ifma {
        let secret = |k: &Scalar<C>| SecretScalar::new(*k);
        let scalars: Vec<_> = terms
            .iter()
            .map(|(g, k, _)| (secret(g), secret(k)))
            .collect();
        let sums: Vec<_> = terms
            .iter()
            .zip(&scalars)
            .map(|((_, _, p), (g, k))| Combination {
                first: First::Base(g),
                products: vec![(k, *p)],
            })
            .collect();
        return combine(&sums);
    }
    terms
        .iter()
        .map(|(g, k, p)| msm_vartime(g, &[(*k, *p)]))
        .collect()
}

/// Decodes compressed points (ENC-1).
///
/// # Errors
/// [`PointError`] if one of them is not a point.
pub fn decode_batch<C: Curve>(encoded: &[[u8; 33]]) -> Result<Vec<Affine<C>>, PointError> {
    decode_each(encoded).into_iter().collect()
}

/// Decodes compressed points of different owners (ENC-1): one that is no point is its own failure.
#[must_use]
pub fn decode_each<C: Curve>(encoded: &[[u8; 33]]) -> Vec<Result<Affine<C>, PointError>> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(token), LANES_FROM..) = (dispatch::lanes(), encoded.len()) {
        let parsed: Vec<_> = encoded.iter().map(parse_compressed::<C>).collect();
        let x: Vec<_> = parsed.iter().flatten().map(|(_, x)| *x).collect();
        let mut lifted = lanes::lift_batch::<C>(token, &x).into_iter();
        return parsed
            .into_iter()
            .map(|parsed| {
                let (odd, _) = parsed?;
                choose(&lifted.next().ok_or(PointError)?, odd)
            })
            .collect();
    }
    encoded.iter().map(|bytes| Affine::decode(bytes)).collect()
}
