//! Tables of multiples of the generator. They hold public values and are shared by all back ends.

use super::field::Fe;
use super::params::Params;
use super::point::{to_affine_batch, Aff, Jac};
use super::recode::{FIXED_DIGITS, FIXED_WIDTH};
use super::word::{Portable, Words};
use core::marker::PhantomData;

/// An affine point as eight words: x then y, Montgomery form.
pub(crate) type Entry = [u64; 8];
/// Entries per window of the comb: the odd multiples 1, 3, …, 63.
pub(crate) const FIXED_ENTRIES: usize = 1 << (FIXED_WIDTH - 1);
/// wNAF width for the generator in variable-time code.
pub(crate) const WNAF_WIDTH: usize = 10;

/// All tables of one curve.
pub struct Tables<C> {
    /// `comb[i][j] = (2j + 1)·2^(6i)·G`, 86 KiB.
    pub(crate) comb: Vec<[Entry; FIXED_ENTRIES]>,
    /// `odd[j] = (2j + 1)·G`, 16 KiB.
    pub(crate) odd: Vec<Entry>,
    /// The comb once more, for the lanes.
    #[cfg(target_arch = "x86_64")]
    pub(crate) lanes: super::lanes::LaneTable,
    curve: PhantomData<C>,
}

/// The point of a table entry.
#[inline(always)]
pub(crate) fn point_of<C: Params, W: Words>(e: &Entry) -> Aff<C, W> {
    Aff {
        x: Fe::from_montgomery([e[0], e[1], e[2], e[3]]),
        y: Fe::from_montgomery([e[4], e[5], e[6], e[7]]),
    }
}

fn entry_of<C: Params, W>(p: &Aff<C, W>) -> Entry {
    let (x, y) = (p.x.0, p.y.0);
    [x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]]
}

impl<C: Params> Tables<C> {
    /// Computes the tables: about a millisecond.
    pub(crate) fn new() -> Self {
        let g = Aff::<C, Portable> {
            x: Fe::from_plain(&C::GX),
            y: Fe::from_plain(&C::GY),
        };
        let flat = comb(&g, FIXED_WIDTH, FIXED_DIGITS);
        let comb: Vec<_> = flat
            .chunks_exact(FIXED_ENTRIES)
            .map(|w| core::array::from_fn(|j| w[j]))
            .collect();
        let odd = entries(&odd_multiples(&g.to_jacobian(), 1 << (WNAF_WIDTH - 2)));
        Self {
            #[cfg(target_arch = "x86_64")]
            lanes: super::lanes::LaneTable::new(&comb, &g),
            comb,
            odd,
            curve: PhantomData,
        }
    }
}

/// `(2j + 1)·2^(width·i)·g` for j below 2^(width−1) and i below `digits`, window by window.
pub(crate) fn comb<C: Params>(g: &Aff<C, Portable>, width: usize, digits: usize) -> Vec<Entry> {
    let mut points = Vec::with_capacity(digits << (width - 1));
    let mut base = g.to_jacobian();
    for _ in 0..digits {
        points.extend(odd_multiples(&base, 1 << (width - 1)));
        base = base.double_n(width);
    }
    entries(&points)
}

/// `p, 3p, 5p, …`: `count` odd multiples of a public point.
pub(crate) fn odd_multiples<C: Params, W: Words>(p: &Jac<C, W>, count: usize) -> Vec<Jac<C, W>> {
    let twice = p.double();
    let mut multiples = Vec::with_capacity(count);
    multiples.push(*p);
    for i in 1..count {
        let next = multiples[i - 1].add_vartime(&twice);
        multiples.push(next);
    }
    multiples
}

/// `p, 3p, …, (2N − 1)p` in affine coordinates, with one inversion and in constant time.
///
/// Co-Z arithmetic (Meloni 2007): `2p` and the latest multiple share a Z, which their sum multiplies by the difference of
/// their x. No difference is zero, since no two of the multiples are equal or opposite.
#[inline(always)]
pub(crate) fn odd_multiples_affine<C: Params, W: Words, const N: usize>(
    p: &Aff<C, W>,
) -> [Entry; N] {
    let (mut twice, first, mut z) = p.double_with_update();
    let mut multiples = [first; N];
    let mut factors = [Fe::ONE; N];
    for i in 1..N {
        let factor = twice.x.sub(&multiples[i - 1].x);
        (multiples[i], twice) = twice.add_with_update(&multiples[i - 1], &factor);
        factors[i] = factor;
        z = z.mul(&factor);
    }
    let mut inverse = z.invert();
    let mut table = [[0; 8]; N];
    for i in (0..N).rev() {
        let Aff { x, y } = &multiples[i];
        let zz = inverse.sqr();
        table[i] = entry_of::<C, W>(&Aff {
            x: x.mul(&zz),
            y: y.mul(&zz).mul(&inverse),
        });
        inverse = inverse.mul(&factors[i]);
    }
    table
}

fn entries<C: Params, W: Words>(points: &[Jac<C, W>]) -> Vec<Entry> {
    to_affine_batch(points)
        .iter()
        .map(|(p, _)| entry_of(p))
        .collect()
}
