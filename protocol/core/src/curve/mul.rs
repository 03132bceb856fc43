//! Scalar multiplication, one at a time: constant time for secret scalars, wNAF for public data.

use super::params::Params;
use super::point::{Aff, Jac};
use super::recode::{wnaf, OddDigits, FIXED_DIGITS, FIXED_WIDTH, VARIABLE_DIGITS, VARIABLE_WIDTH};
use super::tables::{odd_multiples, odd_multiples_affine, point_of, WNAF_WIDTH};
use super::word::{Limbs, Words};

/// Entries of the variable-base table: P, 3P, …, 31P.
const VARIABLE_ENTRIES: usize = 1 << (VARIABLE_WIDTH - 1);
/// wNAF width for variable bases in variable-time code.
const VARTIME_WIDTH: usize = 5;

/// `k·p` for `k < n`, in constant time: signed odd 5-bit windows, affine table, complete last addition.
///
/// Before the last addition the accumulator is a multiple m·P with 1 < |m| < n/2 that differs from ± the table
/// entry, so the incomplete formulas are right; only the last addition can meet equal or opposite points.
#[inline(never)]
pub(crate) fn mul<C: Params, W: Words>(k: &Limbs, p: &Aff<C, W>) -> Jac<C, W> {
    let table = odd_multiples_affine::<C, W, VARIABLE_ENTRIES>(p);
    let digits = OddDigits::<VARIABLE_DIGITS>::new::<C>(k, VARIABLE_WIDTH);
    let entry = |i: usize| -> Aff<C, W> {
        let (sign, index) = digits.sign_and_index(i);
        let mut q = point_of::<C, W>(&W::scan(&table, index));
        q.y.negate_if(sign);
        q
    };
    let mut sum = entry(VARIABLE_DIGITS - 1).to_jacobian();
    for i in (1..VARIABLE_DIGITS - 1).rev() {
        sum = sum
            .double_n(VARIABLE_WIDTH)
            .add_affine_incomplete(&entry(i));
    }
    sum = sum
        .double_n(VARIABLE_WIDTH)
        .add_complete(&entry(0).to_jacobian());
    sum.y.negate_if(digits.negate());
    sum
}

/// `k·G` for `k < n`, in constant time: 43 windows of 6 bits from the affine comb, complete last addition.
#[inline(never)]
pub(crate) fn mul_base<C: Params, W: Words>(k: &Limbs) -> Jac<C, W> {
    let comb = &C::tables().comb;
    let digits = OddDigits::<FIXED_DIGITS>::new::<C>(k, FIXED_WIDTH);
    let entry = |i: usize| -> Aff<C, W> {
        let (sign, index) = digits.sign_and_index(i);
        let mut q = point_of::<C, W>(&W::scan(&comb[i], index));
        q.y.negate_if(sign);
        q
    };
    let mut sum = entry(0).to_jacobian();
    for i in 1..FIXED_DIGITS - 1 {
        sum = sum.add_affine_incomplete(&entry(i));
    }
    sum = sum.add_complete(&entry(FIXED_DIGITS - 1).to_jacobian());
    sum.y.negate_if(digits.negate());
    sum
}

/// `g·G + Σ k·P` in variable time with shared doublings (Straus): public data only.
pub(crate) fn multi_vartime<C: Params, W: Words>(
    g: &Limbs,
    terms: &[(Limbs, Aff<C, W>)],
) -> Jac<C, W> {
    let odd = &C::tables().odd;
    let (g_digits, mut length) = wnaf(g, WNAF_WIDTH);
    let mut prepared = Vec::with_capacity(terms.len());
    for (k, p) in terms {
        let (digits, used) = wnaf(k, VARTIME_WIDTH);
        length = length.max(used);
        prepared.push((
            digits,
            odd_multiples(&p.to_jacobian(), 1 << (VARTIME_WIDTH - 2)),
        ));
    }
    let mut sum = Jac::IDENTITY;
    for i in (0..length).rev() {
        if !sum.z.is_zero_vartime() {
            sum = sum.double();
        }
        for (digits, table) in &prepared {
            if digits[i] != 0 {
                let mut q = table[usize::from(digits[i].unsigned_abs() >> 1)];
                if digits[i] < 0 {
                    q.y = q.y.neg();
                }
                sum = sum.add_vartime(&q);
            }
        }
        if g_digits[i] != 0 {
            let mut q = point_of::<C, W>(&odd[usize::from(g_digits[i].unsigned_abs() >> 1)]);
            if g_digits[i] < 0 {
                q.y = q.y.neg();
            }
            sum = sum.add_affine_vartime(&q);
        }
    }
    sum
}
