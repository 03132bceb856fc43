//! Products of polynomials with the carry-less multiplication of x86-64.

#![allow(unsafe_code)]

use core::arch::x86_64::{
    __m128i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_unpackhi_epi64,
};

use zeroize::Zeroizing;

use super::{halves, hash, Wide, FACTORS};
use crate::curve::{active, Backend};
use crate::ot::{Block, Column};

/// Proof that this processor has PCLMULQDQ and that an x86-64 back end is in use.
#[derive(Clone, Copy)]
pub(super) struct Clmul(());

impl Clmul {
    /// The token, unless the portable back end was selected.
    pub(super) fn active() -> Option<Self> {
        let usable = active() != Backend::Portable && is_x86_feature_detected!("pclmulqdq");
        usable.then_some(Self(()))
    }
}

/// The hash of every column.
pub(super) fn hashes(
    token: Clmul,
    chi: &[u128; FACTORS],
    columns: &[Column],
) -> Zeroizing<Vec<Block>> {
    let Clmul(()) = token;
    // SAFETY: the token proves the feature the function is compiled for.
    unsafe { all(chi, columns) }
}

#[target_feature(enable = "pclmulqdq")]
fn all(chi: &[u128; FACTORS], columns: &[Column]) -> Zeroizing<Vec<Block>> {
    let mut out = Zeroizing::new(Vec::with_capacity(columns.len()));
    for column in columns {
        out.push(hash(chi, column, |a, b| product(a, b)));
    }
    out
}

#[target_feature(enable = "pclmulqdq")]
#[inline]
fn product(a: u128, b: u128) -> Wide {
    let (a, b) = (vector(a), vector(b));
    let low = number(_mm_clmulepi64_si128::<0x00>(a, b));
    let high = number(_mm_clmulepi64_si128::<0x11>(a, b));
    let middle =
        number(_mm_clmulepi64_si128::<0x01>(a, b)) ^ number(_mm_clmulepi64_si128::<0x10>(a, b));
    (low ^ middle << 64, high ^ middle >> 64)
}

#[target_feature(enable = "pclmulqdq")]
#[inline]
fn vector(a: u128) -> __m128i {
    let (low, high) = halves(a);
    _mm_set_epi64x(high.cast_signed(), low.cast_signed())
}

#[target_feature(enable = "pclmulqdq")]
#[inline]
fn number(v: __m128i) -> u128 {
    let low = _mm_cvtsi128_si64(v).cast_unsigned();
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(v, v)).cast_unsigned();
    u128::from(high) << 64 | u128::from(low)
}
