//! Sums of several secret multiples, many at a time: what checking a proof and answering a signature consist of.
//!
//! Eight sums share the lanes, and the terms of one sum share their doublings. Formulas for distinct points then need an
//! argument why partial sums never meet a table entry, although a phone chooses the points. It is a secret point: every
//! sum starts from T, drawn once per process and never shown, and −2^255·T is added at the end. A partial sum
//! 2^i·T + (what the phone chose) equals a point that was fixed without knowing T with a probability of about 2^-250. The last
//! two additions are complete, so a sum of all values is right, the identity included.

use super::affine::Affine;
use super::batch::{mul_base, mul_base_batch, mul_batch, sum_batch};
#[cfg(target_arch = "x86_64")]
use super::lanes::{self, Ifma};
use super::scalar::{Scalar, SecretScalar};
use super::{dispatch, Curve};
use zeroize::Zeroizing;

/// What a sum starts with.
#[derive(Clone, Copy)]
pub enum First<'a, C: Curve> {
    /// A multiple of the generator.
    Base(&'a SecretScalar<C>),
    /// A point.
    Point(Affine<C>),
    /// Nothing: a sum of products only.
    Nothing,
}

/// `first + Σ k·P`.
pub struct Combination<'a, C: Curve> {
    /// Summand without a base of its own.
    pub first: First<'a, C>,
    /// Pairs of k and P, at least one.
    pub products: Vec<(&'a SecretScalar<C>, Affine<C>)>,
}

/// Where sums in lanes start and what takes the start out again.
pub struct Blinding<C> {
    /// T.
    pub(crate) start: Affine<C>,
    /// −2^255·T.
    pub(crate) end: Affine<C>,
}

impl<C: Curve> Blinding<C> {
    /// Draws T. `None` without random bytes.
    pub(crate) fn draw() -> Option<Self> {
        let mut wide = Zeroizing::new([0; 48]);
        getrandom::fill(wide.as_mut_slice()).ok()?;
        let t = SecretScalar::new(Scalar::reduce48(&wide));
        let doubled = t.mul_public(&Scalar::from_limbs([0, 0, 0, 1 << 63]));
        Some(Self {
            start: mul_base(&t)?,
            end: mul_base(&doubled)?.neg(),
        })
    }
}

/// Every sum, in constant time. An entry is `None` if its sum is the identity.
#[must_use]
pub fn combine<C: Curve>(sums: &[Combination<'_, C>]) -> Vec<Option<Affine<C>>> {
    #[cfg(target_arch = "x86_64")]
    if let Some((token, blinding)) = dispatch::lanes().zip(C::blinding()) {
        return in_lanes(token, blinding, sums);
    }
    let all: Vec<usize> = (0..sums.len()).collect();
    separately(sums, &all)
}

/// Sums whose terms share doublings where enough of the same form come together, and the rest term by term.
#[cfg(target_arch = "x86_64")]
fn in_lanes<C: Curve>(
    token: Ifma,
    blinding: &Blinding<C>,
    sums: &[Combination<'_, C>],
) -> Vec<Option<Affine<C>>> {
    let mut out = vec![None; sums.len()];
    let mut place = |owners: &[usize], results: Vec<Option<Affine<C>>>| {
        for (owner, result) in owners.iter().zip(results) {
            out[*owner] = result;
        }
    };
    let mut rest = Vec::new();
    for group in same_form(sums) {
        let (full, part) = group.split_at(group.len() / LANES * LANES);
        place(full, together(token, blinding, sums, full));
        rest.push(part.to_vec());
    }
    let shared: usize = rest.iter().map(|part| cost_together(sums, part)).sum();
    let mut alone = rest.concat();
    if shared < cost_separately(sums, &alone) {
        for part in &rest {
            place(part, together(token, blinding, sums, part));
        }
        alone.clear();
    }
    let nothing = |i: &usize| matches!(sums[*i].first, First::Nothing);
    alone.extend((0..sums.len()).filter(nothing));
    place(&alone, separately(sums, &alone));
    out
}

/// Positions of the sums with a first summand, by its kind and the number of products.
#[cfg(target_arch = "x86_64")]
fn same_form<C: Curve>(sums: &[Combination<'_, C>]) -> Vec<Vec<usize>> {
    let mut forms = std::collections::BTreeMap::<_, Vec<usize>>::new();
    for (i, sum) in sums.iter().enumerate() {
        let kind = match sum.first {
            First::Base(_) => 0,
            First::Point(_) => 1,
            First::Nothing => continue,
        };
        let form = (kind, sum.products.len());
        forms.entry(form).or_default().push(i);
    }
    forms.into_values().collect()
}

/// The sums at these positions, which have the same form.
#[cfg(target_arch = "x86_64")]
fn together<C: Curve>(
    token: Ifma,
    blinding: &Blinding<C>,
    sums: &[Combination<'_, C>],
    at: &[usize],
) -> Vec<Option<Affine<C>>> {
    let Some(form) = at.first() else {
        return Vec::new();
    };
    let mut first = lanes::First::default();
    for i in at {
        match &sums[*i].first {
            First::Base(k) => first.base.push(&k.expose().0),
            First::Point(p) => first.points.push(*p),
            First::Nothing => {}
        }
    }
    let terms: Vec<_> = (0..sums[*form].products.len())
        .map(|j| {
            let products = at.iter().map(|i| sums[*i].products[j]);
            products.map(|(k, p)| (&k.expose().0, p)).unzip()
        })
        .collect();
    lanes::joint_batch::<C>(token, blinding, &first, &terms)
        .iter()
        .map(super::batch::publish)
        .collect()
}

/// Lanes of the AVX-512 back end.
const LANES: usize = 8;
/// Measured proportions of a set of eight multiplications: the doublings, and table and additions of a term.
#[cfg(target_arch = "x86_64")]
const DOUBLINGS: usize = 4;
#[cfg(target_arch = "x86_64")]
const TERM: usize = 3;

#[cfg(target_arch = "x86_64")]
fn cost_together<C: Curve>(sums: &[Combination<'_, C>], at: &[usize]) -> usize {
    at.first().map_or(0, |form| {
        at.len().div_ceil(LANES) * (DOUBLINGS + TERM * sums[*form].products.len())
    })
}

#[cfg(target_arch = "x86_64")]
fn cost_separately<C: Curve>(sums: &[Combination<'_, C>], at: &[usize]) -> usize {
    let terms: usize = at.iter().map(|i| sums[*i].products.len()).sum();
    terms.div_ceil(LANES) * (DOUBLINGS + TERM)
}

/// The sums at these positions, every product on its own.
fn separately<C: Curve>(sums: &[Combination<'_, C>], at: &[usize]) -> Vec<Option<Affine<C>>> {
    let (mut base, mut scalars, mut points) = (Vec::new(), Vec::new(), Vec::new());
    let (mut base_owner, mut owner) = (Vec::new(), Vec::new());
    let mut groups = Zeroizing::new(vec![Vec::new(); at.len()]);
    for (group, i) in at.iter().enumerate() {
        match &sums[*i].first {
            First::Base(k) => {
                base.push(*k);
                base_owner.push(group);
            }
            First::Point(p) => groups[group].push(*p),
            First::Nothing => {}
        }
        for (k, p) in &sums[*i].products {
            scalars.push(*k);
            points.push(*p);
            owner.push(group);
        }
    }
    // A set of lanes costs the same however many of them are used: lanes left over take the fixed-base terms.
    let used = scalars.len() % LANES;
    let fits = used != 0 && used + base.len() <= LANES;
    if fits && scalars.len() > 1 && dispatch::active() == dispatch::Backend::Ifma {
        points.extend(base.iter().map(|_| Affine::generator()));
        scalars.append(&mut base);
        owner.append(&mut base_owner);
    }
    let products = base_owner
        .iter()
        .zip(mul_base_batch(&base))
        .chain(owner.iter().zip(mul_batch(&scalars, &points)));
    for (group, product) in products {
        groups[*group].extend(product);
    }
    sum_batch(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>())
}
