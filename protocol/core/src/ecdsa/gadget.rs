//! The gadget: one public, uniform weight per choice bit, the same for every key (§6.1).

use std::sync::OnceLock;

use crate::curve::{Factor, Scalar, P256};
use crate::hash::{h2s, label};
use crate::message::XI;

/// One weight.
pub(super) struct Weight {
    /// `g_j` = H2S("EC/gadget", u16 j).
    pub(super) plain: Scalar<P256>,
    /// The same, prepared for multiplications.
    pub(super) factor: Factor<P256>,
}

/// `g_0` … `g_511`, computed at first use.
pub(super) fn gadget() -> &'static [Weight] {
    static GADGET: OnceLock<Vec<Weight>> = OnceLock::new();
    GADGET.get_or_init(|| {
        (0_u16..)
            .take(XI)
            .map(|j| {
                let plain = h2s::<P256>(label::EC_GADGET, &[&j.to_be_bytes()]);
                Weight {
                    factor: Factor::new(&plain),
                    plain,
                }
            })
            .collect()
    })
}
