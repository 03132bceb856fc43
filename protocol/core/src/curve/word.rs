//! 64-bit word arithmetic: what the scalar back ends differ in.

use super::params::Params;
use super::point::{Aff, Jac};
use crate::ct::equal_mask;

/// Four little-endian 64-bit limbs.
pub(crate) type Limbs = [u64; 4];

/// What a scalar back end provides: carry arithmetic, the constant-time table scan, and the three point formulas that take
/// nearly all the time, so that it can compile them for its instruction set. Implementations hold no data.
pub trait Words: Copy + Send + Sync + 'static {
    /// `a + b + carry`, with the carry out.
    fn adc(a: u64, b: u64, carry: bool) -> (u64, bool);
    /// `a − b − borrow`, with the borrow out.
    fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool);
    /// The 512-bit product of two 256-bit numbers.
    fn mul_wide(a: &Limbs, b: &Limbs) -> [u64; 8];
    /// Entry `index` of `table`, read by touching every entry.
    #[inline(always)]
    fn scan<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
        let mut out = [0u64; N];
        for (i, entry) in table.iter().enumerate() {
            let mask = equal_mask(i as u64, index);
            for (o, e) in out.iter_mut().zip(entry) {
                *o |= mask & e;
            }
        }
        out
    }

    /// `2^n·p`.
    #[inline(never)]
    fn double_n<C: Params>(p: &Jac<C, Self>, n: usize) -> Jac<C, Self> {
        p.double_n_inline(n)
    }

    /// `p + q`, incomplete: see [`Jac::add_incomplete`].
    #[inline(never)]
    fn add<C: Params>(p: &Jac<C, Self>, q: &Jac<C, Self>) -> Jac<C, Self> {
        p.add_inline(q)
    }

    /// `p + q` for affine q, incomplete.
    #[inline(never)]
    fn add_affine<C: Params>(p: &Jac<C, Self>, q: &Aff<C, Self>) -> Jac<C, Self> {
        p.add_affine_inline(q)
    }
}

/// The 128-bit product of two words as (low, high).
#[inline(always)]
pub(crate) fn mul64(a: u64, b: u64) -> (u64, u64) {
    let t = u128::from(a) * u128::from(b);
    (t as u64, (t >> 64) as u64)
}

/// `a·b + addend + carry` as (low, high); cannot overflow.
#[inline(always)]
pub(crate) fn mac(addend: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    a.carrying_mul_add(b, addend, carry)
}

/// Runs on every target.
#[derive(Clone, Copy)]
pub struct Portable;

impl Words for Portable {
    #[inline(always)]
    fn adc(a: u64, b: u64, carry: bool) -> (u64, bool) {
        a.carrying_add(b, carry)
    }

    #[inline(always)]
    fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
        a.borrowing_sub(b, borrow)
    }

    #[inline(always)]
    fn mul_wide(a: &Limbs, b: &Limbs) -> [u64; 8] {
        let mut t = [0u64; 8];
        for i in 0..4 {
            let mut carry = 0;
            for j in 0..4 {
                (t[i + j], carry) = mac(t[i + j], a[j], b[i], carry);
            }
            t[i + 4] = carry;
        }
        t
    }
}
