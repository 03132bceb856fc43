//! RFC 9380 `expand_message_xmd` over SM3 and SHA-256.

use sha2::digest::{Digest, Output};
use zeroize::Zeroize;

/// Longest tag RFC 9380 allows without hashing it first.
const MAX_TAG: usize = 255;
/// Block size in bytes of both SM3 and SHA-256.
pub(super) const BLOCK: usize = 64;
/// Digest size in bytes of both.
const DIGEST: usize = 32;

/// A hash that both suites offer: 64-byte blocks, 32-byte digests.
pub trait BlockHash: Digest + Clone {}
impl<D: Digest + Clone> BlockHash for D {}

/// A message being absorbed: `Z_pad` and then the message bytes (RFC 9380 §5.3.1 step 6).
#[derive(Clone)]
pub(super) struct Expander<D: BlockHash> {
    state: D,
}

impl<D: BlockHash> Expander<D> {
    /// Starts from a hash that has absorbed one block of zeros.
    pub(super) fn from_padded(state: D) -> Self {
        Self { state }
    }

    /// Appends message bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.state, bytes);
    }

    /// Finishes with the tag given in parts and fills `out` (1…255 digests).
    pub(super) fn finish(mut self, tag: &[&[u8]], out: &mut [u8]) {
        let tag_len = tag.iter().map(|part| part.len()).sum::<usize>();
        assert!(tag_len <= MAX_TAG && !out.is_empty() && out.len() <= MAX_TAG * DIGEST);
        let tag_prime = |state: &mut D| {
            for part in tag {
                Digest::update(state, part);
            }
            Digest::update(state, [byte(tag_len)]);
        };
        let [high, low] = [byte(out.len() >> 8), byte(out.len() & 0xff)];
        Digest::update(&mut self.state, [high, low, 0]);
        tag_prime(&mut self.state);
        let mut b0 = self.state.finalize();
        let mut previous = Output::<D>::default();
        for (i, chunk) in out.chunks_mut(DIGEST).enumerate() {
            for (p, b) in previous.iter_mut().zip(&b0) {
                *p ^= b;
            }
            let mut state = D::new();
            Digest::update(&mut state, &previous);
            Digest::update(&mut state, [byte(i + 1)]);
            tag_prime(&mut state);
            previous = state.finalize();
            chunk.copy_from_slice(&previous[..chunk.len()]);
        }
        b0.zeroize();
        previous.zeroize();
    }
}

/// `expand_message_xmd(message, tag, out.len())` for any hash with 64-byte blocks and 32-byte digests.
///
/// # Panics
/// If the tag is longer than 255 bytes, or `out` is empty or longer than 8 160 bytes: all three are constants of the
/// caller.
pub fn xmd<D: BlockHash>(message: &[u8], tag: &[u8], out: &mut [u8]) {
    let mut state = D::new();
    Digest::update(&mut state, [0u8; BLOCK]);
    let mut expander = Expander::from_padded(state);
    expander.update(message);
    expander.finish(&[tag], out);
}

#[allow(clippy::cast_possible_truncation)]
const fn byte(value: usize) -> u8 {
    debug_assert!(value <= 0xff);
    value as u8
}
