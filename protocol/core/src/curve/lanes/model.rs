//! The lane code on plain checked integers, one lane wide, against schoolbook arithmetic: edge values of every step, on
//! machines without AVX-512 too. The vectors themselves are compared with this model where they exist.

use super::field::{join52, split52, Lane, LaneModulus, Raw, F8, MASK52};
use super::point::{Coordinate, RawCoordinate};
use super::vector::{Ifma, V};
use crate::curve::field::subtract_once;
use crate::curve::params::{pow2_mod, P256Field, Sm2Field};
use crate::curve::reference::{edge_values, mul_mod};
use crate::curve::word::{Limbs, Portable};

/// One lane; overflow of the signed 64-bit range is a panic.
#[derive(Clone, Copy, Debug)]
struct Checked(i64);

impl Lane for Checked {
    fn splat(self, x: u64) -> Self {
        Self(x as i64)
    }

    fn add(self, b: Self) -> Self {
        Self(self.0.checked_add(b.0).expect("column overflow"))
    }

    fn sub(self, b: Self) -> Self {
        Self(self.0.checked_sub(b.0).expect("column overflow"))
    }

    fn and(self, mask: u64) -> Self {
        Self(self.0 & mask as i64)
    }

    fn shift_left<const N: u32>(self) -> Self {
        Self(self.0.checked_mul(1 << N).expect("column overflow"))
    }

    fn shift_right<const N: u32>(self) -> Self {
        Self(self.0 >> N)
    }

    fn mul_low(self, a: Self, b: Self) -> Self {
        let product = u128::from(a.0 as u64 & MASK52) * u128::from(b.0 as u64 & MASK52);
        self.add(Self((product as u64 & MASK52) as i64))
    }

    fn mul_high(self, a: Self, b: Self) -> Self {
        let product = u128::from(a.0 as u64 & MASK52) * u128::from(b.0 as u64 & MASK52);
        self.add(Self((product >> 52) as i64))
    }
}

type Element<M> = F8<M, Checked>;

fn element<M: LaneModulus>(v: &Limbs) -> Element<M> {
    F8::new(split52(v).map(|x| Checked(x as i64)))
}

/// The value mod p of a normalised element below 2p, from any Montgomery form.
fn canonical<M: LaneModulus>(e: &Element<M>) -> Limbs {
    assert!(
        e.0.iter().all(|x| (0..=MASK52 as i64).contains(&x.0)),
        "limbs are normalised"
    );
    let (value, carry) = join52(&e.0.map(|x| x.0 as u64));
    subtract_once::<Portable>(value, carry, &M::M)
}

/// `a·b·2^-260 mod p` by schoolbook, as `a·b·2^-260 = a·b·c` with c the inverse.
fn expected<M: LaneModulus>(a: &Limbs, b: &Limbs) -> Limbs {
    mul_mod::<M>(&mul_mod::<M>(a, b), &inverse_of_2_260::<M>())
}

fn inverse_of_2_260<M: LaneModulus>() -> Limbs {
    crate::curve::inverse::invert_mod::<M>(&pow2_mod(&M::M, 260))
}

fn products<M: LaneModulus>() {
    let one = element::<M>(&pow2_mod(&M::M, 260));
    for a in edge_values::<M>() {
        let x = element::<M>(&a);
        for square in [x.sqr(), x.sqr_short()] {
            assert_eq!(
                canonical(&square.mul(&one)),
                expected::<M>(&a, &a),
                "square of {a:x?}"
            );
        }
        for b in edge_values::<M>() {
            let y = element::<M>(&b);
            for product in [x.mul(&y), x.mul_short(&y)] {
                assert_eq!(
                    canonical(&product.mul(&one)),
                    expected::<M>(&a, &b),
                    "{a:x?} · {b:x?}"
                );
            }
        }
    }
}

#[test]
fn products_of_edge_values_are_right() {
    products::<Sm2Field>();
    products::<P256Field>();
}

/// Folds `k·p + v` for small signed k and edge values v: the result must be v mod p and at most 2.01p.
fn folds<M: LaneModulus>() {
    let one = element::<M>(&pow2_mod(&M::M, 260));
    let p = element::<M>(&M::M).raw();
    for v in edge_values::<M>() {
        for k in [0i64, 1, 2, 3, 7, 100, 2046, -1, -2, -3, -8, -100, -2046] {
            let columns = core::array::from_fn(|i| Checked(split52(&v)[i] as i64 + k * p.0[i].0));
            let folded = Raw::<M, Checked>::new(columns).fold();
            let top = folded.0[4].0;
            assert!(top < 0x2_0300_0000_0000, "above 2.01 p: {v:x?} + {k} p");
            assert_eq!(
                canonical(&folded.mul(&one)),
                canonical(&element::<M>(&v).mul(&one)),
                "{v:x?} + {k} p"
            );
        }
    }
}

#[test]
fn folding_keeps_the_residue_and_the_bound() {
    folds::<Sm2Field>();
    folds::<P256Field>();
}

fn vectors_agree<M: LaneModulus>(token: Ifma) {
    let values = edge_values::<M>();
    let load = |v: &Limbs| F8::<M, V>::splat(V::load(token, &[0; 8]), v);
    let same = |x: &F8<M, V>, y: &Element<M>| {
        for i in 0..5 {
            assert_eq!(x.0[i].store(), [y.0[i].0 as u64; 8]);
        }
    };
    for a in &values {
        for b in &values {
            let (x, y) = ((load(a), load(b)), (element::<M>(a), element::<M>(b)));
            same(&x.0.mul(&x.1), &y.0.mul(&y.1));
            same(&x.0.mul_short(&x.1), &y.0.mul_short(&y.1));
            same(&x.0.sqr(), &y.0.sqr());
            same(&x.0.sqr_short(), &y.0.sqr_short());
            same(
                &x.0.raw().sub(&x.1.raw()).fold(),
                &y.0.raw().sub(&y.1.raw()).fold(),
            );
        }
    }
}

#[test]
fn vectors_agree_with_the_model() {
    // Without the instructions there is nothing to compare; the model itself is tested above.
    if let Some(token) = Ifma::detect() {
        vectors_agree::<Sm2Field>(token);
        vectors_agree::<P256Field>(token);
    }
}
