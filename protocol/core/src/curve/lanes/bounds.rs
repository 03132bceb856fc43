//! The bound proof of `docs/field-bounds.md`, run: the lane code itself, evaluated on intervals.
//!
//! Two domains run side by side. Every column is an interval of 64-bit numbers, and any step that could leave the signed
//! 64-bit range fails. Every value is an interval in units of p, and any value that leaves the range its next step
//! allows fails. The second justifies the only thing the first cannot see: that the top limb of a normalised value
//! below 16p is below 2^52.

use super::field::{Lane, LaneModulus, Raw, F8, MASK52};
use super::point::{self, Coordinate, RawCoordinate, A8, J8};
use crate::curve::params::{P256Field, Sm2Field};

/// All values a column can take.
#[derive(Clone, Copy, Debug)]
struct Interval {
    low: i128,
    high: i128,
}

impl Interval {
    const LIMB: Self = Self {
        low: 0,
        high: MASK52 as i128,
    };

    fn new(low: i128, high: i128) -> Self {
        assert!(
            low >= i128::from(i64::MIN) && high <= i128::from(i64::MAX),
            "a column can overflow: {low} … {high}"
        );
        Self { low, high }
    }

    fn exact(x: u64) -> Self {
        let x = i128::from(x as i64);
        Self::new(x, x)
    }
}

impl Lane for Interval {
    fn splat(self, x: u64) -> Self {
        Self::exact(x)
    }

    fn add(self, b: Self) -> Self {
        Self::new(self.low + b.low, self.high + b.high)
    }

    fn sub(self, b: Self) -> Self {
        Self::new(self.low - b.high, self.high - b.low)
    }

    fn and(self, mask: u64) -> Self {
        Self::new(0, i128::from(mask))
    }

    fn shift_left<const N: u32>(self) -> Self {
        Self::new(self.low << N, self.high << N)
    }

    fn shift_right<const N: u32>(self) -> Self {
        Self::new(self.low >> N, self.high >> N)
    }

    fn mul_low(self, _: Self, _: Self) -> Self {
        self.add(Self::LIMB)
    }

    fn mul_high(self, a: Self, b: Self) -> Self {
        let top = |x: Self| x.high.min(i128::from(MASK52));
        let a = if a.low < 0 {
            i128::from(MASK52)
        } else {
            top(a)
        };
        let b = if b.low < 0 {
            i128::from(MASK52)
        } else {
            top(b)
        };
        self.add(Self::new(0, (a * b) >> 52))
    }
}

/// A normalised coordinate: interval limbs and a value in `[0, bound]`, in units of p.
#[derive(Clone, Copy)]
struct Normal<M: LaneModulus> {
    limbs: F8<M, Interval>,
    bound: f64,
}

/// An uncarried coordinate: interval columns and a value in `[low, high]`, in units of p.
#[derive(Clone, Copy)]
struct Columns<M: LaneModulus> {
    sums: Raw<M, Interval>,
    low: f64,
    high: f64,
}

/// Added to every product bound: far more than the rounding errors of the few floating-point steps until the next one.
const SLACK: f64 = 1e-9;

impl<M: LaneModulus> Normal<M> {
    /// Any value up to `bound`.
    fn up_to(bound: f64) -> Self {
        assert!(
            bound < 16.0,
            "a value of {bound} p does not fit five 52-bit limbs"
        );
        Self {
            limbs: F8::new([Interval::LIMB; 5]),
            bound,
        }
    }

    fn product(columns: Raw<M, Interval>, a: f64, b: f64) -> Columns<M> {
        // (A·B + m·p) / 2^260 with m < 2^260 and p < 2^256
        Columns {
            sums: columns,
            low: 0.0,
            high: 1.0 + a * b / 16.0 + SLACK,
        }
    }
}

impl<M: LaneModulus> Coordinate for Normal<M> {
    type Raw = Columns<M>;

    fn raw(&self) -> Columns<M> {
        Columns {
            sums: self.limbs.raw(),
            low: 0.0,
            high: self.bound,
        }
    }

    fn mul_raw(&self, other: &Self) -> Columns<M> {
        Self::product(self.limbs.mul_raw(&other.limbs), self.bound, other.bound)
    }

    fn sqr_raw(&self) -> Columns<M> {
        Self::product(self.limbs.sqr_raw(), self.bound, self.bound)
    }

    fn mul_raw_short(&self, other: &Self) -> Columns<M> {
        Self::product(
            self.limbs.mul_raw_short(&other.limbs),
            self.bound,
            other.bound,
        )
    }

    fn sqr_raw_short(&self) -> Columns<M> {
        Self::product(self.limbs.sqr_raw_short(), self.bound, self.bound)
    }
}

impl<M: LaneModulus> RawCoordinate for Columns<M> {
    type Normal = Normal<M>;

    fn add(&self, other: &Self) -> Self {
        let sums = self.sums.add(&other.sums);
        Self {
            sums,
            low: self.low + other.low,
            high: self.high + other.high,
        }
    }

    fn sub(&self, other: &Self) -> Self {
        let sums = self.sums.sub(&other.sums);
        Self {
            sums,
            low: self.low - other.high,
            high: self.high - other.low,
        }
    }

    fn add_p<const K: u64>(&self) -> Self {
        let sums = self.sums.add_p::<K>();
        let k = f64::from(u32::try_from(K).expect("a small multiple"));
        Self {
            sums,
            low: self.low + k,
            high: self.high + k,
        }
    }

    fn normalise(&self) -> Normal<M> {
        assert!(
            self.low >= 0.0,
            "a value that may be negative ({} p) is carried",
            self.low
        );
        let _ = self.sums.normalise();
        Normal::up_to(self.high)
    }

    fn fold(&self) -> Normal<M> {
        assert!(
            self.low > -2048.0 && self.high < 2048.0,
            "{} … {} p is too large to fold",
            self.low,
            self.high
        );
        // Section "Fold" of the proof needs |r[i]| < 2^58 for i < 4.
        let limit = 1i128 << 58;
        assert!(
            self.sums.0[..4]
                .iter()
                .all(|r| r.low > -limit && r.high < limit),
            "a column is too large to fold"
        );
        let _ = self.sums.fold();
        Normal::up_to(2.01)
    }
}

fn operand<M: LaneModulus>() -> J8<Normal<M>> {
    J8 {
        x: Normal::up_to(2.01),
        y: Normal::up_to(3.0),
        z: Normal::up_to(3.2),
    }
}

fn assert_result<M: LaneModulus>(name: &str, p: &J8<Normal<M>>) {
    assert!(
        p.x.bound <= 2.01 && p.y.bound <= 2.01,
        "{name}: x {} y {}",
        p.x.bound,
        p.y.bound
    );
    assert!(p.z.bound <= 3.2 + 10.0 * SLACK, "{name}: z {}", p.z.bound);
}

fn check<M: LaneModulus>() {
    let (p, q) = (operand::<M>(), operand::<M>());
    let affine = A8 {
        x: Normal::up_to(1.2),
        y: Normal::up_to(1.2),
    };
    assert_result("double", &point::double(&p));
    assert_result("add", &point::add(&p, &q));
    assert_result("add_affine", &point::add_affine(&p, &affine));
    // Any two normalised values may be multiplied, whatever produced them.
    let most = Normal::<M>::up_to(15.99);
    for product in [
        most.mul_raw(&most),
        most.sqr_raw(),
        most.mul_raw_short(&most),
        most.sqr_raw_short(),
    ] {
        assert!(product.high < 17.0);
    }
}

#[test]
fn point_formulas_keep_their_bounds() {
    check::<Sm2Field>();
    check::<P256Field>();
}

#[test]
fn affine_conversion_and_square_root_keep_their_bounds() {
    fn run<M: LaneModulus>() {
        let p = operand::<M>();
        let (one, z) = (Normal::<M>::up_to(1.0), p.z);
        // masked::to_affine: products of Z, the inverse, and the coordinates, then conversion by a factor below p.
        let prefix = Normal::<M>::up_to(1.64).mul_short(&z);
        assert!(prefix.bound <= 1.64, "running product {}", prefix.bound);
        // masked::invert: products of two, four, eight and seven lanes.
        let pair = prefix.mul_short(&prefix);
        let half = pair.mul_short(&pair);
        assert!(half.mul_short(&half).mul(&one).bound < 2.0);
        let others = prefix.mul_short(&pair).mul_short(&half);
        let inverse = Normal::<M>::up_to(1.2).mul_short(&others);
        assert!(inverse.bound <= 1.2, "inverse {}", inverse.bound);
        let inverse = Normal::<M>::up_to(1.2)
            .mul_short(&Normal::up_to(1.64))
            .mul_short(&z);
        let zz = inverse.sqr_short();
        for coordinate in [p.x.mul_short(&zz), p.y.mul_short(&zz).mul_short(&inverse)] {
            assert!(
                coordinate.mul(&one).bound < 2.0,
                "canonical form needs one subtraction"
            );
        }
        // masked::zero_lanes takes any coordinate.
        assert!(Normal::<M>::up_to(15.9).mul(&one).bound < 2.0);
        // masked::lift: x³ − 3x + b and y² minus that.
        let x = Normal::<M>::up_to(1.2);
        let slope = x
            .sqr_short()
            .raw()
            .sub(&Normal::up_to(3.0).raw())
            .add_p::<3>()
            .normalise();
        let square = slope
            .mul_raw_short(&x)
            .add(&Normal::up_to(1.2).raw())
            .normalise();
        let y = Normal::<M>::up_to(1.5);
        assert!(y.sqr_short().bound <= 1.5 && y.mul_short(&square).bound <= 1.5);
        let error = y
            .sqr_raw_short()
            .sub(&square.raw())
            .add_p::<4>()
            .normalise();
        assert!(error.bound < 15.9);
    }
    run::<Sm2Field>();
    run::<P256Field>();
}

#[test]
#[should_panic(expected = "does not fit")]
fn the_check_refuses_a_value_that_is_too_large() {
    let p = Normal::<Sm2Field>::up_to(15.0);
    let _ = p.raw().double().normalise();
}

#[test]
#[should_panic(expected = "may be negative")]
fn the_check_refuses_a_subtraction_without_a_multiple_of_p() {
    let p = operand::<Sm2Field>();
    let _ = p.x.raw().sub(&p.y.raw()).normalise();
}
