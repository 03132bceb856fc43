//! What the phone keeps of an OT set-up: 128 node seeds, at rest masked by the PIN (PIN-6).

use zeroize::Zeroizing;

use super::{Block, COLUMNS};
use crate::hash::{label, xof};

/// The 128 nodes of OTS-4: node 2j + y is `N_{j,y}`. Wiped on drop.
pub struct PhoneSeeds {
    otsid: [u8; 32],
    nodes: Zeroizing<[Block; COLUMNS]>,
}

impl PhoneSeeds {
    /// Takes over the nodes of the set-up `otsid`, which is public and kept beside them: the leaves depend on it.
    #[must_use]
    pub fn new(otsid: &[u8; 32], nodes: Zeroizing<[Block; COLUMNS]>) -> Self {
        Self {
            otsid: *otsid,
            nodes,
        }
    }

    /// The set-up the nodes belong to.
    #[must_use]
    pub fn otsid(&self) -> &[u8; 32] {
        &self.otsid
    }

    pub(super) fn nodes(&self) -> &[Block; COLUMNS] {
        &self.nodes
    }

    /// PIN-6: the nodes as they may be stored. The mask depends on the set-up: two set-ups of one share under one mask
    /// would give the share to whoever holds both blobs and the server's leaves, without a PIN guess.
    #[must_use]
    pub fn mask(&self, k_pin: &[u8; 32], key_id: &str, share_id: &[u8; 16]) -> [Block; COLUMNS] {
        *masked(&self.nodes, &self.otsid, k_pin, key_id, share_id)
    }

    /// PIN-6: the inverse of [`Self::mask`]. Every `k_pin` gives seeds; wrong ones look like right ones.
    #[must_use]
    pub fn unmask(
        stored: &[Block; COLUMNS],
        k_pin: &[u8; 32],
        key_id: &str,
        share_id: &[u8; 16],
        otsid: &[u8; 32],
    ) -> Self {
        Self::new(otsid, masked(stored, otsid, k_pin, key_id, share_id))
    }
}

/// Adds the mask; the second time removes it.
fn masked(
    nodes: &[Block; COLUMNS],
    otsid: &[u8; 32],
    k_pin: &[u8; 32],
    key_id: &str,
    share_id: &[u8; 16],
) -> Zeroizing<[Block; COLUMNS]> {
    let mut out = Zeroizing::new([[0; 16]; COLUMNS]);
    xof(
        label::PIN_SEED,
        &[k_pin, key_id.as_bytes(), share_id, otsid],
        out.as_flattened_mut(),
    );
    for (out, node) in out.as_flattened_mut().iter_mut().zip(nodes.as_flattened()) {
        *out ^= node;
    }
    out
}
