//! Outcome of one evaluated request (TX-3).

use zeroize::Zeroizing;

use crate::hash::{h, label, Suite};

/// What a right proof earns. Nothing of it may be observed before the commit (TX-6).
pub struct Answer {
    /// Answer body of the operation.
    pub body: Zeroizing<Vec<u8>>,
    /// Hash for the audit row (§10.1).
    pub audit_hash: [u8; 32],
}

/// Outcome of one evaluated request.
pub enum Outcome {
    /// The proof holds.
    Right(Answer),
    /// The proof does not hold: a wrong PIN.
    Wrong,
    /// The core failed for this item; nothing of it is released.
    Fault,
}

/// Hash of the audit row of an operation without signatures: H("AUDIT", ctx).
pub(crate) fn audit_hash<S: Suite>(ctx: &[u8; 32]) -> [u8; 32] {
    h::<S>(label::AUDIT, &[ctx])
}
