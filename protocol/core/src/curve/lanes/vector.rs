//! Eight 64-bit lanes in one AVX-512 register: the only file that calls vector intrinsics.
//!
//! Soundness: a [`V`] can be made only with an [`Ifma`] token or from another `V`, and a token exists only after
//! the processor was asked. So every function below that holds a `V` or a token may execute the instructions
//! those extensions: the SAFETY comments call it "witnessed".

#![allow(unsafe_code)]

use super::field::Lane;
use core::arch::x86_64::{
    __m512i, _mm512_abs_epi64, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
    _mm512_cvtepi16_epi64, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_mov_epi64, _mm512_mask_sub_epi64, _mm512_movepi64_mask, _mm512_or_si512,
    _mm512_permutex2var_epi64, _mm512_permutexvar_epi64, _mm512_set1_epi64, _mm512_slli_epi64,
    _mm512_srai_epi64, _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi64, _mm_loadu_epi16,
};

/// Proof that this processor has AVX-512 F, DQ, BW, VL and IFMA.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(());

impl Ifma {
    /// Asks the processor (the answer is cached by the standard library).
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        all.then_some(Self(()))
    }
}

/// Eight 64-bit numbers.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct V(__m512i);

/// One bit per lane.
pub(crate) type LaneMask = u8;

impl V {
    /// Lane `i` is `lanes[i]`.
    #[inline(always)]
    pub(super) fn load(_: Ifma, lanes: &[u64; 8]) -> Self {
        // SAFETY: witnessed; the reference covers 64 readable bytes and the load is unaligned.
        Self(unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) })
    }

    /// The lanes in order.
    #[inline(always)]
    pub(super) fn store(self) -> [u64; 8] {
        let mut lanes = [0u64; 8];
        // SAFETY: witnessed; the array covers 64 writable bytes and the store is unaligned.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), self.0) };
        lanes
    }

    /// Sign bits and table indices `(|d| − 1) / 2` of eight odd signed digits.
    #[inline(always)]
    pub(super) fn sign_and_index(_: Ifma, digits: &[i16; 8]) -> (LaneMask, Self) {
        // SAFETY: witnessed; the reference covers 16 readable bytes and the load is unaligned.
        unsafe {
            let v = _mm512_cvtepi16_epi64(_mm_loadu_epi16(digits.as_ptr()));
            (
                _mm512_movepi64_mask(v),
                Self(_mm512_srli_epi64::<1>(_mm512_abs_epi64(v))),
            )
        }
    }

    /// Lanes equal to `x`.
    #[inline(always)]
    pub(super) fn equals(self, x: u64) -> LaneMask {
        // SAFETY: witnessed.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, _mm512_set1_epi64(x as i64)) }
    }

    /// Bitwise or.
    #[inline(always)]
    pub(super) fn or(self, other: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    /// `other` in the lanes of the mask, `self` elsewhere.
    #[inline(always)]
    pub(super) fn blend(self, mask: LaneMask, other: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_mask_mov_epi64(self.0, mask, other.0) })
    }

    /// `minuend − self` in the lanes of the mask, `self` elsewhere.
    #[inline(always)]
    pub(super) fn subtract_from_if(self, mask: LaneMask, minuend: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_mask_sub_epi64(self.0, mask, minuend.0, self.0) })
    }

    /// Lane `i` of the result is lane `order[i] mod 8` of `self`.
    #[inline(always)]
    pub(super) fn permute(self, order: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_permutexvar_epi64(order.0, self.0) })
    }

    /// Looks `self` (lane values below 64) up in 64 words, in registers: timing does not depend on the indices.
    #[inline(always)]
    pub(super) fn look_up_64(self, table: &[[u64; 8]; 8]) -> Self {
        let quarter = |i: usize| {
            // SAFETY: witnessed; each load reads one 64-byte row of the table, unaligned.
            unsafe {
                let low = _mm512_loadu_si512(table[2 * i].as_ptr().cast());
                let high = _mm512_loadu_si512(table[2 * i + 1].as_ptr().cast());
                Self(_mm512_permutex2var_epi64(low, self.0, high))
            }
        };
        let which = self.shift_right::<4>();
        quarter(0)
            .blend(which.equals(1), quarter(1))
            .blend(which.equals(2), quarter(2))
            .blend(which.equals(3), quarter(3))
    }
}

impl Lane for V {
    #[inline(always)]
    fn splat(self, x: u64) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_set1_epi64(x as i64) })
    }

    #[inline(always)]
    fn add(self, b: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_add_epi64(self.0, b.0) })
    }

    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_sub_epi64(self.0, b.0) })
    }

    #[inline(always)]
    fn and(self, mask: u64) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_and_si512(self.0, _mm512_set1_epi64(mask as i64)) })
    }

    #[inline(always)]
    fn shift_left<const N: u32>(self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_slli_epi64::<N>(self.0) })
    }

    #[inline(always)]
    fn shift_right<const N: u32>(self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_srai_epi64::<N>(self.0) })
    }

    #[inline(always)]
    fn mul_low(self, a: Self, b: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    fn mul_high(self, a: Self, b: Self) -> Self {
        // SAFETY: witnessed.
        Self(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }
}

/// Entry `index` of a table of points, reading every entry with 512-bit loads.
///
/// Each entry is `N` words, 8 (affine) or 12 (Jacobian).
#[inline(always)]
pub(crate) fn scan<const N: usize>(token: Ifma, table: &[[u64; N]], index: u64) -> [u64; N] {
    // SAFETY: the token witnesses the features the function is compiled for.
    unsafe { scan_wide(token, table, index) }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn scan_wide<const N: usize>(token: Ifma, table: &[[u64; N]], index: u64) -> [u64; N] {
    const { assert!(N >= 8 && N <= 16) }
    let zero = V::load(token, &[0; 8]);
    let (mut head, mut tail) = (zero, zero);
    for (i, entry) in table.iter().enumerate() {
        let mask = crate::ct::equal_mask(i as u64, index) as LaneMask;
        if let (Some(first), Some(last)) = (entry.first_chunk(), entry.last_chunk()) {
            head = head.blend(mask, V::load(token, first));
            tail = tail.blend(mask, V::load(token, last));
        }
    }
    let (head, tail) = (head.store(), tail.store());
    core::array::from_fn(|j| if j < 8 { head[j] } else { tail[j + 8 - N] })
}
