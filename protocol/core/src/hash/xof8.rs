//! XOF of §1.2 for eight short inputs at once: what OT extension (EC-3) and pads (EC-8) call thousands of times.
//!
//! Each input and each output fits one block of SHAKE128, so that one permutation of eight states is the whole work.

mod keccak;

use zeroize::{Zeroize, Zeroizing};

use super::{length, Suite};

/// Bytes of one block of SHAKE128.
const RATE: usize = 168;
/// 64-bit words of a block.
const WORDS: usize = RATE / 8;
/// Inputs processed together.
pub const LANES: usize = 8;

/// Domain and first padding bit of SHAKE (FIPS 202, 6.2), then the last padding bit.
const SHAKE: u8 = 0x1f;
const LAST: u8 = 0x80;

/// One input, as the TLV of its fields. Wiped on drop.
#[derive(Clone)]
struct Block {
    bytes: [u8; RATE],
    len: usize,
}

impl Drop for Block {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Block {
    /// Appends a field.
    ///
    /// # Panics
    /// If the input no longer fits one block; every caller's lengths are constants of the protocol.
    fn push(&mut self, parts: &[&[u8]], len: [u8; 4]) {
        for part in core::iter::once(&len[..]).chain(parts.iter().copied()) {
            self.bytes[self.len..self.len + part.len()].copy_from_slice(part);
            self.len += part.len();
        }
        assert!(self.len < RATE, "the padding needs one byte");
    }
}

/// `XOF(label, L, first fields …, last fields …)` whose first fields are the same for many inputs.
pub struct Xof8 {
    prefix: Block,
}

impl Xof8 {
    /// Takes the label and the first fields.
    ///
    /// # Panics
    /// If they do not fit one block.
    #[must_use]
    pub fn new<S: Suite>(label: &str, first: &[&[u8]]) -> Self {
        let mut prefix = Block {
            bytes: [0; RATE],
            len: 0,
        };
        let tag: [&[u8]; 4] = [b"COSIGN-v1/", S::NAME.as_bytes(), b"/", label.as_bytes()];
        let tag_len: usize = tag.iter().map(|part| part.len()).sum();
        let tag_len = u32::try_from(tag_len).expect("a label is short");
        prefix.push(&tag, tag_len.to_be_bytes());
        for field in first {
            prefix.push(&[field], length(field));
        }
        Self { prefix }
    }

    /// The outputs, `L` bytes each, for the last fields of eight inputs.
    ///
    /// # Panics
    /// If an input does not fit one block, or `L` is above 168.
    #[must_use]
    pub fn squeeze<const K: usize, const L: usize>(
        &self,
        last: &[[&[u8]; K]; LANES],
    ) -> Zeroizing<[[u8; L]; LANES]> {
        assert!(L <= RATE, "one block of output");
        let mut state = Zeroizing::new([[0u64; LANES]; keccak::WORDS]);
        for (lane, fields) in last.iter().enumerate() {
            let mut block = self.prefix.clone();
            for field in fields {
                block.push(&[field], length(field));
            }
            block.bytes[block.len] = SHAKE;
            block.bytes[RATE - 1] |= LAST;
            for (word, bytes) in state.iter_mut().zip(block.bytes.as_chunks().0) {
                word[lane] = u64::from_le_bytes(*bytes);
            }
        }
        keccak::permute(&mut state);
        let mut out = Zeroizing::new([[0; L]; LANES]);
        for (lane, out) in out.iter_mut().enumerate() {
            for (chunk, word) in out.chunks_mut(8).zip(&state[..WORDS]) {
                chunk.copy_from_slice(&word[lane].to_le_bytes()[..chunk.len()]);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
