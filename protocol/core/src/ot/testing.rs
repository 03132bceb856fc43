//! A dealer: both sides of an OT set-up from chosen values, without the base OTs.

#![allow(clippy::missing_panics_doc)] // a test that cannot draw random bytes is to fail

use zeroize::Zeroizing;

use super::trees::leaves;
use super::{bit, Block, PhoneSeeds, ServerSetup, COLUMNS};
use crate::random::fresh;

/// The set-up with these nodes and this Δ.
#[must_use]
pub fn dealt_from(
    otsid: &[u8; 32],
    delta: &Block,
    nodes: Zeroizing<[Block; COLUMNS]>,
) -> (ServerSetup, PhoneSeeds) {
    let known = leaves(otsid, &nodes)
        .iter()
        .enumerate()
        .map(|(j, leaves)| {
            let punctured = bit(delta, 2 * j + 1) << 1 | bit(delta, 2 * j);
            [1, 2, 3].map(|s| leaves[usize::from(punctured ^ s)])
        })
        .collect();
    (
        ServerSetup::new(Zeroizing::new(*delta), Zeroizing::new(known)),
        PhoneSeeds::new(otsid, nodes),
    )
}

/// A random set-up.
#[must_use]
pub fn dealt() -> (ServerSetup, PhoneSeeds) {
    let nodes = nodes_of(&fresh::<{ 16 * COLUMNS }>().expect("random bytes"));
    let (otsid, delta) = (
        fresh().expect("random bytes"),
        fresh().expect("random bytes"),
    );
    dealt_from(&otsid, &delta, nodes)
}

/// 128 nodes from 2 048 bytes.
#[must_use]
pub fn nodes_of(bytes: &[u8]) -> Zeroizing<[Block; COLUMNS]> {
    let (blocks, rest) = bytes.as_chunks::<16>();
    assert!(rest.is_empty());
    Zeroizing::new(blocks.try_into().expect("128 nodes"))
}
