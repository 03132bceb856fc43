//! Scalar recodings: signed odd windows in constant time, wNAF for public scalars.

use super::field::sub_wide;
use super::params::{Modulus, Params};
use super::word::{Limbs, Portable};
use crate::ct::mask_of;
use zeroize::Zeroize;

/// Window width of the fixed-base comb, bits.
pub(crate) const FIXED_WIDTH: usize = 6;
/// Digits of a fixed-base recoding.
pub(crate) const FIXED_DIGITS: usize = 43;
/// Window width of the fixed-base comb for eight scalars at once, bits: look-ups in registers make wider windows cheap.
#[cfg(target_arch = "x86_64")]
pub(crate) const LANE_WIDTH: usize = 7;
/// Digits of its recoding.
#[cfg(target_arch = "x86_64")]
pub(crate) const LANE_DIGITS: usize = 37;
/// Window width of variable-base multiplication, bits.
pub(crate) const VARIABLE_WIDTH: usize = 5;
/// Digits of a variable-base recoding.
pub(crate) const VARIABLE_DIGITS: usize = 52;

/// N signed odd digits of width w: ±k = Σ dᵢ·2^(w·i), every |dᵢ| odd and below 2^w. Wiped on drop.
///
/// Every digit is odd, so no window is skipped and no addition meets the identity. An even k is replaced by n − k, which
/// is odd; `negate` says so.
pub(crate) struct OddDigits<const N: usize> {
    digits: [i16; N],
    negate: u64,
}

impl<const N: usize> OddDigits<N> {
    /// Recodes `k < n` in constant time; `N·width` is at least 256 and at most 260. `k = 0` gives the digits of n.
    #[inline(never)]
    pub(crate) fn new<C: Params>(k: &Limbs, width: usize) -> Self {
        let mut digits = [0i16; N];
        let negate = recode::<C, N>(k, width, |i, digit| digits[i] = digit);
        Self { digits, negate }
    }

    /// Sign mask and table index `(|d| − 1) / 2` of digit `i`.
    #[inline(always)]
    pub(crate) fn sign_and_index(&self, i: usize) -> (u64, u64) {
        let v = i64::from(self.digits[i]);
        let sign = (v >> 63) as u64;
        (sign, ((v as u64 ^ sign).wrapping_sub(sign)) >> 1)
    }

    /// All digits, least significant first.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(crate) fn digits(&self) -> &[i16; N] {
        &self.digits
    }

    /// All ones if the result must be negated.
    #[inline(always)]
    pub(crate) fn negate(&self) -> u64 {
        self.negate
    }
}

/// The recoding of [`OddDigits`]: gives digit i to `put`, returns all ones if the result must be negated.
#[inline(always)]
pub(crate) fn recode<C: Params, const N: usize>(
    k: &Limbs,
    width: usize,
    mut put: impl FnMut(usize, i16),
) -> u64 {
    let negate = mask_of((k[0] & 1) ^ 1);
    let (complement, _) = sub_wide::<Portable>(&C::Order::M, k);
    let mut odd = [0u64; 6];
    for i in 0..4 {
        odd[i] = (k[i] & !negate) | (complement[i] & negate);
    }
    // dᵢ = 2·(bits w·i+1 … w·i+w) + 1 − 2^w needs bit N·w set: it stands for the sum of the subtracted 2^w.
    let top = width * N;
    odd[top / 64] |= 1 << (top % 64);
    for i in 0..N {
        let at = width * i + 1;
        let mut bits = odd[at / 64] >> (at % 64);
        if at % 64 + width > 64 {
            bits |= odd[at / 64 + 1] << (64 - at % 64);
        }
        put(
            i,
            (2 * (bits & ((1 << width) - 1)) as i64 + 1 - (1i64 << width)) as i16,
        );
    }
    odd.zeroize();
    negate
}

impl<const N: usize> Drop for OddDigits<N> {
    fn drop(&mut self) {
        self.digits.zeroize();
        self.negate.zeroize();
    }
}

/// Width-w non-adjacent form of a public scalar, least significant digit first, and the number of digits in use.
pub(crate) fn wnaf(k: &Limbs, width: usize) -> ([i16; 257], usize) {
    let bits = |at: usize, n: usize| -> u64 {
        if at >= 256 {
            return 0;
        }
        let mut v = k[at / 64] >> (at % 64);
        if at % 64 + n > 64 && at / 64 < 3 {
            v |= k[at / 64 + 1] << (64 - at % 64);
        }
        v & ((1 << n) - 1)
    };
    let mut digits = [0i16; 257];
    let (mut used, mut carry, mut at) = (0, 0u64, 0);
    while at < 257 {
        if bits(at, 1) == carry {
            at += 1;
            continue;
        }
        let v = bits(at, width) + carry;
        carry = (v >> (width - 1)) & 1;
        digits[at] = (v as i64 - ((carry as i64) << width)) as i16;
        used = at + 1;
        at += width;
    }
    (digits, used)
}
