//! SHAKE128 of eight messages at once: Keccak-f[1600] with one state per lane of 512-bit registers.
//!
//! Nothing here branches on a message.

#![allow(unsafe_code)]

use core::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_rol_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use zeroize::Zeroize;

use super::xof::RATE;
use crate::curve::{active, Backend};

/// 64-bit words per block.
const RATE_WORDS: usize = RATE / 8;
/// Truth tables of `vpternlog`: a ⊕ b ⊕ c and a ⊕ (¬b ∧ c).
const XOR3: i32 = 0x96;
const CHI: i32 = 0xd2;

/// Proof that this processor has AVX-512 F and that the vector back end is in use.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The token, unless another back end was selected.
    pub(super) fn active() -> Option<Self> {
        let usable = active() == Backend::Ifma && is_x86_feature_detected!("avx512f");
        usable.then_some(Self(()))
    }
}

/// Word w of eight states.
type Words = [u64; 8];

/// Iota's round constants (FIPS 202, 3.2.5).
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

/// SHAKE128 of up to eight messages: `padded` with `tails[i]` written at `at`. Fills one output per tail.
pub(super) fn shake128<const T: usize, const N: usize>(
    token: Avx512,
    padded: &[u8],
    at: usize,
    tails: &[[u8; T]],
    out: &mut [[u8; N]],
) {
    assert!(tails.len() == out.len() && out.len() <= 8);
    let mut state = [[0u64; 8]; 25];
    for (block, start) in padded.chunks_exact(RATE).zip((0..).step_by(RATE)) {
        absorb(&mut state, block, start, at, tails);
        permute(token, &mut state);
    }
    for start in (0..N).step_by(RATE) {
        if start > 0 {
            permute(token, &mut state);
        }
        for (lane, out) in out.iter_mut().enumerate() {
            for (word, bytes) in state
                .iter()
                .zip(out[start..].chunks_mut(8).take(RATE_WORDS))
            {
                bytes.copy_from_slice(&word[lane].to_le_bytes()[..bytes.len()]);
            }
        }
    }
    state.as_flattened_mut().zeroize();
}

/// Adds one block to the states; it begins at byte `start` of the message.
fn absorb<const T: usize>(
    state: &mut [Words; 25],
    block: &[u8],
    start: usize,
    at: usize,
    tails: &[[u8; T]],
) {
    let words = |bytes: &[u8]| -> [u64; RATE_WORDS] {
        core::array::from_fn(|w| u64::from_le_bytes(core::array::from_fn(|i| bytes[8 * w + i])))
    };
    // What the block holds of the tail: bytes `from` to `to` of the block.
    let from = at.saturating_sub(start).min(RATE);
    let to = (at + T).saturating_sub(start).min(RATE);
    for (word, common) in state.iter_mut().zip(words(block)) {
        for lane in word {
            *lane ^= common;
        }
    }
    if from == to {
        return;
    }
    let mut own = [0u8; RATE];
    for (lane, tail) in tails.iter().enumerate() {
        // The template is zero where the tail goes.
        own[from..to].copy_from_slice(&tail[start + from - at..start + to - at]);
        for w in from / 8..to.div_ceil(8) {
            state[w][lane] ^= u64::from_le_bytes(core::array::from_fn(|i| own[8 * w + i]));
        }
    }
    own.zeroize();
}

fn permute(token: Avx512, state: &mut [Words; 25]) {
    let Avx512(()) = token;
    // SAFETY: the token proves the feature the function is compiled for.
    unsafe { keccak_f(state) }
}

#[target_feature(enable = "avx512f")]
fn keccak_f(state: &mut [Words; 25]) {
    let mut a = [_mm512_setzero_si512(); 25];
    for (word, row) in a.iter_mut().zip(&*state) {
        // SAFETY: the load reads one row of 64 bytes, unaligned.
        *word = unsafe { _mm512_loadu_si512(row.as_ptr().cast()) };
    }
    for constant in ROUND_CONSTANTS {
        a = round(&a, constant);
    }
    for (row, word) in state.iter_mut().zip(a) {
        // SAFETY: the store writes one row of 64 bytes, unaligned.
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), word) };
    }
}

/// One round (FIPS 202, 3.2); word x + 5y is lane (x, y) of the standard.
#[target_feature(enable = "avx512f")]
#[inline]
fn round(a: &[__m512i; 25], constant: u64) -> [__m512i; 25] {
    macro_rules! xor3 {
        ($a:expr, $b:expr, $c:expr) => {
            _mm512_ternarylogic_epi64::<XOR3>($a, $b, $c)
        };
    }
    macro_rules! column {
        ($x:literal) => {
            xor3!(xor3!(a[$x], a[$x + 5], a[$x + 10]), a[$x + 15], a[$x + 20])
        };
    }
    let c = [column!(0), column!(1), column!(2), column!(3), column!(4)];
    let turned = [
        _mm512_rol_epi64::<1>(c[0]),
        _mm512_rol_epi64::<1>(c[1]),
        _mm512_rol_epi64::<1>(c[2]),
        _mm512_rol_epi64::<1>(c[3]),
        _mm512_rol_epi64::<1>(c[4]),
    ];
    // Theta, rho and pi: word `$w` of the state, turned by `$n`.
    macro_rules! moved {
        ($w:literal, $n:literal) => {
            _mm512_rol_epi64::<$n>(xor3!(a[$w], c[($w + 4) % 5], turned[($w + 1) % 5]))
        };
    }
    #[rustfmt::skip]
    let b = [
        moved!(0, 0), moved!(6, 44), moved!(12, 43), moved!(18, 21), moved!(24, 14),
        moved!(3, 28), moved!(9, 20), moved!(10, 3), moved!(16, 45), moved!(22, 61),
        moved!(1, 1), moved!(7, 6), moved!(13, 25), moved!(19, 8), moved!(20, 18),
        moved!(4, 27), moved!(5, 36), moved!(11, 10), moved!(17, 15), moved!(23, 56),
        moved!(2, 62), moved!(8, 55), moved!(14, 39), moved!(15, 41), moved!(21, 2),
    ];
    // Chi: word (x, y) of the state. Macros, because a closure would not be inlined into a vector function.
    macro_rules! mixed {
        ($x:literal, $y:literal) => {
            _mm512_ternarylogic_epi64::<CHI>(
                b[$x + 5 * $y],
                b[($x + 1) % 5 + 5 * $y],
                b[($x + 2) % 5 + 5 * $y],
            )
        };
    }
    #[rustfmt::skip]
    let mut out = [
        mixed!(0, 0), mixed!(1, 0), mixed!(2, 0), mixed!(3, 0), mixed!(4, 0),
        mixed!(0, 1), mixed!(1, 1), mixed!(2, 1), mixed!(3, 1), mixed!(4, 1),
        mixed!(0, 2), mixed!(1, 2), mixed!(2, 2), mixed!(3, 2), mixed!(4, 2),
        mixed!(0, 3), mixed!(1, 3), mixed!(2, 3), mixed!(3, 3), mixed!(4, 3),
        mixed!(0, 4), mixed!(1, 4), mixed!(2, 4), mixed!(3, 4), mixed!(4, 4),
    ];
    out[0] = _mm512_xor_si512(out[0], _mm512_set1_epi64(constant.cast_signed()));
    out
}
