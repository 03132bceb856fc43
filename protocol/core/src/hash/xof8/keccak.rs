//! Keccak-f\[1600\] (FIPS 202, 3.3) on eight states: one per lane of AVX-512 registers, or one after the other.

#![allow(unsafe_code)] // loads, stores and the one call into code compiled for AVX-512

use super::LANES;
#[cfg(target_arch = "x86_64")]
use crate::curve::{active, Backend};

/// 64-bit words of a state.
pub(super) const WORDS: usize = 25;

/// Word w of state i is `state[w][i]`.
pub(super) type States = [[u64; LANES]; WORDS];

/// Applies the permutation to every state.
pub(super) fn permute(states: &mut States) {
    #[cfg(target_arch = "x86_64")]
    if active() == Backend::Ifma && is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions the function is compiled for.
        unsafe { avx512::permute(states) };
        return;
    }
    one_by_one(states);
}

fn one_by_one(states: &mut States) {
    for lane in 0..LANES {
        let mut state = states.map(|word| word[lane]);
        ::keccak::Keccak::new().with_f1600(|f1600| f1600(&mut state));
        for (word, value) in states.iter_mut().zip(state) {
            word[lane] = value;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{States, LANES, WORDS};
    use core::arch::x86_64::{
        __m512i, _mm512_loadu_si512, _mm512_rol_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
        _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
    };

    /// Truth table of a ⊕ b ⊕ c.
    const XOR3: i32 = 0x96;
    /// Truth table of a ⊕ (¬b ∧ c), the step chi.
    const CHI: i32 = 0xd2;

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn xor3(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        _mm512_ternarylogic_epi64::<XOR3>(a, b, c)
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn chi([a, b, c, d, e]: [__m512i; 5]) -> [__m512i; 5] {
        [
            _mm512_ternarylogic_epi64::<CHI>(a, b, c),
            _mm512_ternarylogic_epi64::<CHI>(b, c, d),
            _mm512_ternarylogic_epi64::<CHI>(c, d, e),
            _mm512_ternarylogic_epi64::<CHI>(d, e, a),
            _mm512_ternarylogic_epi64::<CHI>(e, a, b),
        ]
    }

    /// Theta, rho and pi, chi, iota. Word x + 5·y of the result's row y comes from column (x + 3·y) mod 5, row x.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn round(a: &[__m512i; WORDS], constant: u64) -> [__m512i; WORDS] {
        let mut column = [_mm512_setzero_si512(); 5];
        for (x, sum) in column.iter_mut().enumerate() {
            *sum = xor3(xor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
        }
        let mut theta = [_mm512_setzero_si512(); 5];
        for (x, mix) in theta.iter_mut().enumerate() {
            *mix = _mm512_xor_si512(
                column[(x + 4) % 5],
                _mm512_rol_epi64::<1>(column[(x + 1) % 5]),
            );
        }
        macro_rules! from {
            ($x:literal, $y:literal, $rho:literal) => {
                _mm512_rol_epi64::<$rho>(_mm512_xor_si512(a[$x + 5 * $y], theta[$x]))
            };
        }
        let rows = [
            chi([
                _mm512_xor_si512(a[0], theta[0]),
                from!(1, 1, 44),
                from!(2, 2, 43),
                from!(3, 3, 21),
                from!(4, 4, 14),
            ]),
            chi([
                from!(3, 0, 28),
                from!(4, 1, 20),
                from!(0, 2, 3),
                from!(1, 3, 45),
                from!(2, 4, 61),
            ]),
            chi([
                from!(1, 0, 1),
                from!(2, 1, 6),
                from!(3, 2, 25),
                from!(4, 3, 8),
                from!(0, 4, 18),
            ]),
            chi([
                from!(4, 0, 27),
                from!(0, 1, 36),
                from!(1, 2, 10),
                from!(2, 3, 15),
                from!(3, 4, 56),
            ]),
            chi([
                from!(2, 0, 62),
                from!(3, 1, 55),
                from!(4, 2, 39),
                from!(0, 3, 41),
                from!(1, 4, 2),
            ]),
        ];
        let mut out = *rows
            .as_flattened()
            .first_chunk()
            .expect("five rows of five");
        out[0] = _mm512_xor_si512(out[0], _mm512_set1_epi64(constant.cast_signed()));
        out
    }

    #[target_feature(enable = "avx512f")]
    #[inline(never)]
    pub(super) fn permute(states: &mut States) {
        let mut a = [_mm512_setzero_si512(); WORDS];
        for (register, lanes) in a.iter_mut().zip(states.iter()) {
            let lanes: &[u64; LANES] = lanes;
            // SAFETY: the reference covers 64 readable bytes and the load is unaligned.
            *register = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
        }
        for constant in ROUND_CONSTANTS {
            a = round(&a, constant);
        }
        for (register, lanes) in a.iter().zip(states.iter_mut()) {
            // SAFETY: the reference covers 64 writable bytes and the store is unaligned.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *register) };
        }
    }

    const ROUND_CONSTANTS: [u64; 24] = [
        0x0000_0000_0000_0001,
        0x0000_0000_0000_8082,
        0x8000_0000_0000_808a,
        0x8000_0000_8000_8000,
        0x0000_0000_0000_808b,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8009,
        0x0000_0000_0000_008a,
        0x0000_0000_0000_0088,
        0x0000_0000_8000_8009,
        0x0000_0000_8000_000a,
        0x0000_0000_8000_808b,
        0x8000_0000_0000_008b,
        0x8000_0000_0000_8089,
        0x8000_0000_0000_8003,
        0x8000_0000_0000_8002,
        0x8000_0000_0000_0080,
        0x0000_0000_0000_800a,
        0x8000_0000_8000_000a,
        0x8000_0000_8000_8081,
        0x8000_0000_0000_8080,
        0x0000_0000_8000_0001,
        0x8000_0000_8000_8008,
    ];
}

#[cfg(test)]
mod tests {
    use super::{one_by_one, permute, LANES};

    /// Every lane equals the single permutation, and no lane sees another.
    #[test]
    fn lanes_equal_single_permutations() {
        let mut lanes = [[0u64; LANES]; 25];
        for (w, word) in lanes.iter_mut().enumerate() {
            for (i, value) in word.iter_mut().enumerate() {
                *value = (w as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (i as u64) << 57;
            }
        }
        let mut single = lanes;
        for _ in 0..3 {
            permute(&mut lanes);
            one_by_one(&mut single);
            assert_eq!(lanes, single);
        }
    }

    /// Keccak-f[1600] of the zero state, from the permutation's reference values.
    #[test]
    fn zero_state_gives_the_published_words() {
        let mut states = [[0u64; LANES]; 25];
        permute(&mut states);
        assert_eq!(states[0], [0xf125_8f79_40e1_dde7; LANES]);
        assert_eq!(states[1], [0x84d5_ccf9_33c0_478a; LANES]);
    }
}
