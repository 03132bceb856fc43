//! What the server keeps of an OT set-up: Δ and three of the four leaves of each tree, inside the sealed record.

use zeroize::Zeroizing;

use super::{Block, TREES};
use crate::error::{Error, Result};

/// Leaves the server knows, per tree.
const KNOWN: usize = 3;

/// Δ ‖ 192 leaves. Place s − 1 of tree j holds leaf `x*_j ⊕ s`, s = 1 … 3: at a place that depends on Δ nothing is ever
/// looked up. Wiped on drop.
pub struct ServerSetup {
    delta: Zeroizing<Block>,
    leaves: Zeroizing<Vec<[Block; KNOWN]>>,
}

impl ServerSetup {
    /// Length of [`Self::to_bytes`].
    pub const LEN: usize = 16 + 16 * KNOWN * TREES;

    pub(super) fn new(delta: Zeroizing<Block>, leaves: Zeroizing<Vec<[Block; KNOWN]>>) -> Self {
        debug_assert_eq!(leaves.len(), TREES);
        Self { delta, leaves }
    }

    /// Reads Δ ‖ leaves, 3 088 bytes. Every content is a set-up.
    ///
    /// # Errors
    /// `MalformedMessage` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (blocks, rest) = bytes.as_chunks::<16>();
        let (delta, leaves) = blocks.split_first().ok_or(Error::MalformedMessage)?;
        let (trees, more) = leaves.as_chunks::<KNOWN>();
        if !rest.is_empty() || !more.is_empty() || trees.len() != TREES {
            return Err(Error::MalformedMessage);
        }
        Ok(Self::new(
            Zeroizing::new(*delta),
            Zeroizing::new(trees.to_vec()),
        ))
    }

    /// Δ ‖ leaves, 3 088 bytes, for sealing.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(Self::LEN));
        out.extend_from_slice(self.delta.as_slice());
        out.extend_from_slice(self.leaves.as_flattened().as_flattened());
        out
    }

    /// Δ: bit p belongs to column p.
    #[must_use]
    pub fn delta(&self) -> &Block {
        &self.delta
    }

    /// Per tree the leaves `x* ⊕ 1`, `x* ⊕ 2`, `x* ⊕ 3`.
    pub(super) fn leaves(&self) -> &[[Block; KNOWN]] {
        &self.leaves
    }
}
