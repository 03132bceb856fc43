//! Trees of four leaves over pairs of base OTs (OTS-3).

use zeroize::Zeroizing;

use super::{byte, Block, COLUMNS};
use crate::hash::{label, tail, XofFamily};

/// TLV of u8 j, u8 x and a block.
pub(super) const TAIL: usize = 5 + 5 + 20;

/// Tail of `XOF(…, u8 j, u8 x, block)`.
pub(super) fn tail_of(j: usize, x: u8, block: &Block) -> [u8; TAIL] {
    tail(&[&[byte(j)], &[x], block])
}

/// OTS-3: `L_{j,2y} ‖ L_{j,2y+1} = XOF("OTS/tree", 32, otsid, u8 j, u8 y, N_{j,y})`, four leaves per tree.
pub(super) fn leaves(otsid: &[u8; 32], nodes: &[Block; COLUMNS]) -> Zeroizing<Vec<[Block; 4]>> {
    let family = XofFamily::new(label::OTS_TREE, &[otsid]);
    let tails: Zeroizing<Vec<_>> = Zeroizing::new(
        nodes
            .iter()
            .enumerate()
            .map(|(i, node)| tail_of(i / 2, byte(i % 2), node))
            .collect(),
    );
    let pairs = family.outputs::<32>(&tails);
    let (blocks, _) = pairs.as_flattened().as_chunks::<16>();
    let (trees, _) = blocks.as_chunks::<4>();
    Zeroizing::new(trees.to_vec())
}
