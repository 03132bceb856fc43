//! GF(2^128) with z^128 + z^7 + z^2 + z + 1; bit m of a block is the coefficient of z^m. For the check hash of EC-3.

#[cfg(target_arch = "x86_64")]
#[path = "clmul.rs"]
mod clmul;

use zeroize::Zeroizing;

use super::{Block, Column};

/// Blocks of a column that are multiplied; the last one is added.
pub(super) const FACTORS: usize = 8;

/// Product of polynomials before reduction: low and high half.
type Wide = (u128, u128);

/// `Hχ(s) = s_8 ⊕ Σ χ_m·s_m` of every column, constant time in χ and s.
pub(super) fn hashes(chi: &[Block; FACTORS], columns: &[Column]) -> Zeroizing<Vec<Block>> {
    let chi = chi.map(u128::from_le_bytes);
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = clmul::Clmul::active() {
        return clmul::hashes(token, &chi, columns);
    }
    Zeroizing::new(
        columns
            .iter()
            .map(|column| hash(&chi, column, product))
            .collect(),
    )
}

/// One hash with the given multiplication of polynomials.
#[inline(always)] // so that the vector product is inlined into a function that has the instruction
#[allow(clippy::inline_always)]
fn hash(chi: &[u128; FACTORS], column: &Column, product: impl Fn(u128, u128) -> Wide) -> Block {
    let (blocks, _) = column.as_chunks::<16>();
    let mut sum = (u128::from_le_bytes(blocks[FACTORS]), 0);
    for (chi, block) in chi.iter().zip(blocks) {
        let (low, high) = product(*chi, u128::from_le_bytes(*block));
        sum = (sum.0 ^ low, sum.1 ^ high);
    }
    reduce(sum).to_le_bytes()
}

/// The residue of a product: z^128 = z^7 + z^2 + z + 1.
#[inline]
const fn reduce((low, high): Wide) -> u128 {
    // What the shifts below push beyond z^127 comes back once more; it is shorter than 7 bits.
    let beyond = high >> 121 ^ high >> 126 ^ high >> 127;
    let high = high ^ beyond;
    low ^ high ^ high << 1 ^ high << 2 ^ high << 7
}

/// Product of two polynomials, portable.
fn product(a: u128, b: u128) -> Wide {
    let (a0, a1) = halves(a);
    let (b0, b1) = halves(b);
    let (low, high) = (product64(a0, b0), product64(a1, b1));
    let middle = product64(a0 ^ a1, b0 ^ b1) ^ low ^ high;
    (low ^ middle << 64, high ^ middle >> 64)
}

#[allow(clippy::cast_possible_truncation)]
const fn halves(a: u128) -> (u64, u64) {
    (a as u64, (a >> 64) as u64)
}

/// Product of two polynomials of degree below 64. The high half is the low half of the reversed product, reversed.
fn product64(a: u64, b: u64) -> u128 {
    let low = product_low(a, b);
    let high = product_low(a.reverse_bits(), b.reverse_bits()).reverse_bits() >> 1;
    u128::from(high) << 64 | u128::from(low)
}

/// Low 64 coefficients of a product, by integer multiplication with holes: of every four bits one is used, so that up
/// to 15 carries stay below the next used bit; the sixteenth, of the last place, leaves the word.
fn product_low(a: u64, b: u64) -> u64 {
    const HOLES: [u64; 4] = [
        0x1111_1111_1111_1111,
        0x2222_2222_2222_2222,
        0x4444_4444_4444_4444,
        0x8888_8888_8888_8888,
    ];
    let (a, b) = (HOLES.map(|m| a & m), HOLES.map(|m| b & m));
    let mut out = 0;
    for (k, mask) in HOLES.iter().enumerate() {
        let sum = (0..4).fold(0, |sum, i| sum ^ a[i].wrapping_mul(b[(k + 4 - i) % 4]));
        out |= sum & mask;
    }
    out
}

#[cfg(test)]
mod tests;
