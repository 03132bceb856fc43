//! Multiplication, addition and decoding of one or many, through the active back end.

#[cfg(target_arch = "x86_64")]
use super::affine::{choose, parse_compressed};
use super::affine::{Affine, PointError};
use super::dispatch::with_words;
use super::mul as single;
use super::point::{to_affine_batch, Aff, Jac};
use super::scalar::{Scalar, SecretScalar};
use super::word::Words;
use super::Curve;
#[cfg(target_arch = "x86_64")]
use super::{dispatch, lanes};
use crate::ct::declassify;
use subtle::Choice;

/// The public form of a result: "is the identity" becomes public here.
fn publish<C: Curve, W: Words>((point, identity): &(Aff<C, W>, u64)) -> Option<Affine<C>> {
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

/// Decodes compressed points (ENC-1).
///
/// # Errors
/// [`PointError`] if one of them is not a point.
pub fn decode_batch<C: Curve>(encoded: &[[u8; 33]]) -> Result<Vec<Affine<C>>, PointError> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(token), LANES_FROM..) = (dispatch::lanes(), encoded.len()) {
        let parsed = encoded
            .iter()
            .map(parse_compressed::<C>)
            .collect::<Result<Vec<_>, _>>()?;
        let (odd, x): (Vec<_>, Vec<_>) = parsed.into_iter().unzip();
        return lanes::lift_batch::<C>(token, &x)
            .iter()
            .zip(odd)
            .map(|(p, odd)| choose(p, odd))
            .collect();
    }
    encoded.iter().map(|bytes| Affine::decode(bytes)).collect()
}
