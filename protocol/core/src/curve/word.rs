//! 64-bit word arithmetic: what the scalar back ends differ in.

use crate::ct::equal_mask;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_addcarry_u64, _subborrow_u64};

/// Four little-endian 64-bit limbs.
pub(crate) type Limbs = [u64; 4];

/// Carry arithmetic and the constant-time table scan of one back end. Implementations hold no data.
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

/// x86-64 add-with-carry intrinsics: LLVM keeps the carry in the flag, which doubles the speed of [`Portable`].
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct X86;

#[cfg(target_arch = "x86_64")]
impl Words for X86 {
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
        let mut t = [0u64; 8];
        let row = |b: u64| {
            let p: [(u64, u64); 4] = [mul64(a[0], b), mul64(a[1], b), mul64(a[2], b), mul64(a[3], b)];
            p
        };
        let [(l0, h0), (l1, h1), (l2, h2), (l3, h3)] = row(b[0]);
        let mut c;
        t[0] = l0;
        (t[1], c) = Self::adc(l1, h0, false);
        (t[2], c) = Self::adc(l2, h1, c);
        (t[3], c) = Self::adc(l3, h2, c);
        t[4] = h3 + u64::from(c);
        for i in 1..4 {
            let [(l0, h0), (l1, h1), (l2, h2), (l3, h3)] = row(b[i]);
            (t[i], c) = Self::adc(t[i], l0, false);
            (t[i + 1], c) = Self::adc(t[i + 1], l1, c);
            (t[i + 2], c) = Self::adc(t[i + 2], l2, c);
            (t[i + 3], c) = Self::adc(t[i + 3], l3, c);
            let top = u64::from(c);
            (t[i + 1], c) = Self::adc(t[i + 1], h0, false);
            (t[i + 2], c) = Self::adc(t[i + 2], h1, c);
            (t[i + 3], c) = Self::adc(t[i + 3], h2, c);
            (t[i + 4], _) = Self::adc(h3, top, c);
        }
        t
    }
}

/// [`X86`] with table scans in 512-bit registers: the single operations of the AVX-512 back end.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct X86Wide;

#[cfg(target_arch = "x86_64")]
impl Words for X86Wide {
    #[inline(always)]
    fn adc(a: u64, b: u64, carry: bool) -> (u64, bool) {
        X86::adc(a, b, carry)
    }

    #[inline(always)]
    fn sbb(a: u64, b: u64, borrow: bool) -> (u64, bool) {
        X86::sbb(a, b, borrow)
    }

    #[inline(always)]
    fn mul_wide(a: &Limbs, b: &Limbs) -> [u64; 8] {
        X86::mul_wide(a, b)
    }

    #[inline(always)]
    fn scan<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
        match super::lanes::Ifma::detect() {
            Some(token) => super::lanes::scan(token, table, index),
            None => X86::scan(table, index),
        }
    }
}
