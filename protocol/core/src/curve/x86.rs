//! The x86-64 scalar back ends: add-with-carry and MULX, and with AVX-512 also 512-bit table scans.

#![allow(unsafe_code)]

use super::lanes::{scan, Ifma};
use super::params::Params;
use super::point::{Aff, Jac};
use super::word::{mul64, Limbs, Words};
use core::arch::x86_64::{_addcarry_u64, _subborrow_u64};

/// Add-with-carry code: LLVM keeps the carry in the flag, which nearly doubles the speed of `Portable`.
#[derive(Clone, Copy)]
pub struct X86;

/// [`X86`] with table scans in 512-bit registers: the single operations of the AVX-512 back end.
#[derive(Clone, Copy)]
pub struct X86Wide;

/// Whether the processor has the instructions these back ends are tuned for (the standard library caches the answer).
#[inline]
pub(super) fn available() -> bool {
    is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("bmi1")
}

#[target_feature(enable = "bmi1,bmi2")]
#[inline(never)]
fn double_n<C: Params, W: Words>(p: &Jac<C, W>, n: usize) -> Jac<C, W> {
    p.double_n_inline(n)
}

#[target_feature(enable = "bmi1,bmi2")]
#[inline(never)]
fn add<C: Params, W: Words>(p: &Jac<C, W>, q: &Jac<C, W>) -> Jac<C, W> {
    p.add_inline(q)
}

#[target_feature(enable = "bmi1,bmi2")]
#[inline(never)]
fn add_affine<C: Params, W: Words>(p: &Jac<C, W>, q: &Aff<C, W>) -> Jac<C, W> {
    p.add_affine_inline(q)
}

/// The part both back ends share.
macro_rules! add_with_carry_words {
    () => {
        #[inline(always)]
        fn adc(a: u64, b: u64, carry: bool) -> (u64, bool) {
            let mut out = 0;
            let carry = _addcarry_u64(u8::from(carry), a, b, &mut out);
            (out, carry != 0)
        }

        #[inline(always)]
        fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
            let mut out = 0;
            let borrow = _subborrow_u64(u8::from(borrow), a, b, &mut out);
            (out, borrow != 0)
        }

        #[inline(always)]
        fn mul_wide(a: &Limbs, b: &Limbs) -> [u64; 8] {
            mul_rows::<Self>(a, b)
        }

        #[inline(always)]
        fn double_n<C: Params>(p: &Jac<C, Self>, n: usize) -> Jac<C, Self> {
            if !available() {
                return p.double_n_inline(n);
            }
            // SAFETY: the processor has the features the function is compiled for.
            unsafe { double_n(p, n) }
        }

        #[inline(always)]
        fn add<C: Params>(p: &Jac<C, Self>, q: &Jac<C, Self>) -> Jac<C, Self> {
            if !available() {
                return p.add_inline(q);
            }
            // SAFETY: the processor has the features the function is compiled for.
            unsafe { add(p, q) }
        }

        #[inline(always)]
        fn add_affine<C: Params>(p: &Jac<C, Self>, q: &Aff<C, Self>) -> Jac<C, Self> {
            if !available() {
                return p.add_affine_inline(q);
            }
            // SAFETY: the processor has the features the function is compiled for.
            unsafe { add_affine(p, q) }
        }
    };
}

impl Words for X86 {
    add_with_carry_words!();
}

impl Words for X86Wide {
    add_with_carry_words!();

    #[inline(always)]
    fn scan<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
        match Ifma::detect() {
            Some(token) => scan(token, table, index),
            None => X86::scan(table, index),
        }
    }
}

/// Schoolbook product, one row per word of b, each row as two carry chains.
#[inline(always)]
fn mul_rows<W: Words>(a: &Limbs, b: &Limbs) -> [u64; 8] {
    let mut t = [0u64; 8];
    let (l0, h0) = mul64(a[0], b[0]);
    let (l1, h1) = mul64(a[1], b[0]);
    let (l2, h2) = mul64(a[2], b[0]);
    let (l3, h3) = mul64(a[3], b[0]);
    let mut c;
    t[0] = l0;
    (t[1], c) = W::adc(l1, h0, false);
    (t[2], c) = W::adc(l2, h1, c);
    (t[3], c) = W::adc(l3, h2, c);
    t[4] = h3 + u64::from(c);
    for i in 1..4 {
        let (l0, h0) = mul64(a[0], b[i]);
        let (l1, h1) = mul64(a[1], b[i]);
        let (l2, h2) = mul64(a[2], b[i]);
        let (l3, h3) = mul64(a[3], b[i]);
        (t[i], c) = W::adc(t[i], l0, false);
        (t[i + 1], c) = W::adc(t[i + 1], l1, c);
        (t[i + 2], c) = W::adc(t[i + 2], l2, c);
        (t[i + 3], c) = W::adc(t[i + 3], l3, c);
        let top = u64::from(c);
        (t[i + 1], c) = W::adc(t[i + 1], h0, false);
        (t[i + 2], c) = W::adc(t[i + 2], h1, c);
        (t[i + 3], c) = W::adc(t[i + 3], h2, c);
        (t[i + 4], _) = W::adc(h3, top, c);
    }
    t
}
