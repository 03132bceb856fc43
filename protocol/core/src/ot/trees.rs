//! Trees of four leaves over pairs of base OTs (OTS-3, OTS-4, OTS-6, OTS-7).

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::parts::Part2;
use super::{byte, Block, Inconsistent, ServerSetup, COLUMNS, TREES};
use crate::ct::declassify;
use crate::curve::P256;
use crate::hash::{h, label, tail, XofFamily};

/// TLV of u8 j, u8 x and a block.
pub(super) const TAIL: usize = 5 + 5 + 20;

/// The server's choice bits, each 0 or 1.
pub(super) type Choices = [u8; COLUMNS];
type LeafHash = [u8; 32];

/// What part 2 holds beside the points.
pub(super) struct Corrections {
    pub(super) tau: [[Block; 2]; TREES],
    pub(super) th: [LeafHash; TREES],
    pub(super) sh: [LeafHash; TREES],
}

/// Tail of `XOF(…, u8 j, u8 x, block)`.
pub(super) fn tail_of(j: usize, x: u8, block: &Block) -> [u8; TAIL] {
    tail(&[&[byte(j)], &[x], block])
}

/// OTS-3: `L_{j,2y} ‖ L_{j,2y+1} = XOF("OTS/tree", 32, otsid, u8 j, u8 y, N_{j,y})`, four leaves per tree.
pub(super) fn leaves(otsid: &[u8; 32], nodes: &[Block; COLUMNS]) -> Zeroizing<Vec<[Block; 4]>> {
    let tails = nodes.iter().enumerate();
    let tails = tails.map(|(i, node)| tail_of(i / 2, byte(i % 2), node));
    let pairs = halves(otsid, tails.collect());
    let (trees, _) = pairs.as_flattened().as_chunks::<4>();
    Zeroizing::new(trees.to_vec())
}

/// The two leaves below each node.
fn halves(otsid: &[u8; 32], tails: Vec<[u8; TAIL]>) -> Zeroizing<Vec<[Block; 2]>> {
    let tails = Zeroizing::new(tails);
    let bytes = XofFamily::new(label::OTS_TREE, &[otsid]).outputs::<32>(&tails);
    let (blocks, _) = bytes.as_flattened().as_chunks::<16>();
    let (pairs, _) = blocks.as_chunks::<2>();
    Zeroizing::new(pairs.to_vec())
}

/// OTS-4: `h_{j,x} = XOF("OTS/leaf", 32, otsid, u8 j, u8 x, L_{j,x})` for every tail.
fn leaf_hashes(otsid: &[u8; 32], tails: Vec<[u8; TAIL]>) -> Zeroizing<Vec<LeafHash>> {
    let tails = Zeroizing::new(tails);
    XofFamily::new(label::OTS_LEAF, &[otsid]).outputs(&tails)
}

/// OTS-4: `sh_j`.
fn tree_hash(otsid: &[u8; 32], j: usize, hashes: &[LeafHash; 4]) -> LeafHash {
    let [h0, h1, h2, h3] = hashes;
    h::<P256>(label::OTS_TREE_HASH, &[otsid, &[byte(j)], h0, h1, h2, h3])
}

fn xor<const N: usize>(parts: &[&[u8; N]]) -> [u8; N] {
    core::array::from_fn(|i| parts.iter().fold(0, |sum, part| sum ^ part[i]))
}

/// OTS-3, OTS-4 from `K_{i,0}, K_{i,1}` of every base OT: the 128 nodes and what the server needs.
pub(super) fn phone(
    otsid: &[u8; 32],
    keys: &[[Block; 2]],
) -> (Zeroizing<[Block; COLUMNS]>, Corrections) {
    let mut nodes = Zeroizing::new([[0; 16]; COLUMNS]);
    for (nodes, pair) in nodes.chunks_exact_mut(2).zip(keys.chunks_exact(2)) {
        nodes.copy_from_slice(&pair[0]);
    }
    let leaves = leaves(otsid, &nodes);
    let tails = leaves.as_flattened().iter().enumerate();
    let tails = tails.map(|(i, leaf)| tail_of(i / 4, byte(i % 4), leaf));
    let hashes = leaf_hashes(otsid, tails.collect());
    let mut out = Corrections {
        tau: [[[0; 16]; 2]; TREES],
        th: [[0; 32]; TREES],
        sh: [[0; 32]; TREES],
    };
    for (j, (leaves, hashes)) in leaves.iter().zip(hashes.as_chunks::<4>().0).enumerate() {
        for (b, tau) in out.tau[j].iter_mut().enumerate() {
            *tau = xor(&[&leaves[b], &leaves[2 + b], &keys[2 * j + 1][b]]);
        }
        out.th[j] = xor(&hashes.each_ref());
        out.sh[j] = tree_hash(otsid, j, hashes);
    }
    (nodes, out)
}

/// OTS-6, OTS-7 from `K_{i,c}` of every base OT.
pub(super) fn server(
    otsid: &[u8; 32],
    choices: &Choices,
    keys: &[Block],
    part_2: &Part2,
) -> Result<ServerSetup, Inconsistent> {
    let tails = choices.iter().step_by(2).zip(keys.iter().step_by(2));
    let tails = tails.enumerate().map(|(j, (y, node))| tail_of(j, *y, node));
    let pairs = halves(otsid, tails.collect());
    let mut delta = Zeroizing::new([0; 16]);
    let mut known = Zeroizing::new(Vec::with_capacity(TREES));
    for (j, pair) in pairs.iter().enumerate() {
        let b = Choice::from(choices[2 * j + 1]);
        let select = |pair: &[Block; 2], b| Block::conditional_select(&pair[0], &pair[1], b);
        // L_{j,2y+b} and its neighbour, then L_{j,2(1−y)+b}: leaves x* ⊕ 3, x* ⊕ 2, x* ⊕ 1.
        let (same, neighbour) = (select(pair, b), select(pair, !b));
        let opposite = xor(&[&select(&part_2.tau[j], b), &keys[2 * j + 1], &same]);
        known.push([opposite, neighbour, same]);
        delta[j / 4] |= punctured(choices, j) << (2 * (j % 4));
    }
    check(otsid, choices, &known, part_2)?;
    Ok(ServerSetup::new(delta, known))
}

/// `x*_j = 2·(1 − c_{2j}) + (1 − c_{2j+1})` (OTS-5).
fn punctured(choices: &Choices, j: usize) -> u8 {
    (1 ^ choices[2 * j]) << 1 | (1 ^ choices[2 * j + 1])
}

/// OTS-7: every tree hash fits, one bit for all 64 trees.
fn check(
    otsid: &[u8; 32],
    choices: &Choices,
    known: &[[Block; 3]],
    part_2: &Part2,
) -> Result<(), Inconsistent> {
    let tails = known.as_flattened().iter().enumerate().map(|(i, leaf)| {
        let x = punctured(choices, i / 3) ^ byte(i % 3 + 1);
        tail_of(i / 3, x, leaf)
    });
    let hashes = leaf_hashes(otsid, tails.collect());
    let mut consistent = Choice::from(1);
    for (j, [h1, h2, h3]) in hashes.as_chunks::<3>().0.iter().enumerate() {
        let missing = xor(&[&part_2.th[j], h1, h2, h3]);
        // Place s holds the hash of leaf x* ⊕ s; exchanging places by the bits of x* gives the order of the leaves.
        let mut ordered = Zeroizing::new([missing, *h1, *h2, *h3]);
        let x = punctured(choices, j);
        let (low, high) = (Choice::from(x & 1), Choice::from(x >> 1));
        for (a, b, swap) in [(0, 1, low), (2, 3, low), (0, 2, high), (1, 3, high)] {
            let [a, b] = ordered
                .get_disjoint_mut([a, b])
                .expect("two places of four");
            LeafHash::conditional_swap(a, b, swap);
        }
        consistent &= tree_hash(otsid, j, &ordered).ct_eq(&part_2.sh[j]);
    }
    if declassify(consistent) {
        Ok(())
    } else {
        Err(Inconsistent)
    }
}
