//! PIN blinding (PIN-1 … PIN-5, PIN-7).
//!
//! Nothing stored on the phone tells whether a PIN is right: `b_blob` is uniform, and every PIN opens it to a valid
//! share. Only the server, which counts, can tell.

mod deny;
mod kdf;

use crate::curve::{Scalar, SecretScalar};
use crate::hash::{h2s, label, Suite};

pub use deny::{check, MAX_CHARS, MIN_CHARS};
pub use kdf::{k_pin, KdfParams, SALT};

/// PIN-2: h = H2S("PIN", `k_pin`, `key_id`, `share_id`).
#[must_use]
pub fn factor<S: Suite>(k_pin: &[u8; 32], key_id: &str, share_id: &[u8; 16]) -> SecretScalar<S> {
    SecretScalar::new(h2s::<S>(label::PIN, &[k_pin, key_id.as_bytes(), share_id]))
}

/// PIN-3: `b_blob` = share · inv(h).
#[must_use]
pub fn blind<S: Suite>(share: &SecretScalar<S>, h: &SecretScalar<S>) -> Scalar<S> {
    *share.mul(&h.invert()).expose()
}

/// PIN-5: share' = `b_blob` · h(PIN').
#[must_use]
pub fn unblind<S: Suite>(b_blob: &Scalar<S>, h: &SecretScalar<S>) -> SecretScalar<S> {
    h.mul_public(b_blob)
}
