//! Personal data at rest: data keys, the seal of one datum, the blind index, and the seal of an upload.
//!
//! ```text
//! datum  = 1 u8 ‖ key version u32 ‖ nonce 12 ‖ ciphertext ‖ tag 16
//! upload = 2 u8 ‖ key version u32 ‖ salt 32, then chunks of 65 536 bytes, each ‖ tag 16, the last one shorter or equal
//! index  = HMAC-SHA-256(index key, TLV("COSIGN-v1/data-index", field, scope, text))
//! ```
//!
//! A data key encrypts nothing itself. A datum has a key of its own, derived from field and row; an upload one derived
//! from its id and a random salt. So a datum opens in its own row and field only, and no nonce of a long-lived key has
//! to be counted. Versions rotate independently of the token's key, which seals the records of these keys (section 8.1).

mod datum;
mod key;
mod upload;

pub use datum::Datum;
pub use key::{DataKey, IndexKey};
pub use upload::{Header, UploadOpener, UploadSealer, CHUNK};

/// Bytes of a name that enters a key: field, row, scope, upload id.
pub const MAX_NAME: usize = 64;
/// Longest text of a datum or an index, bytes.
pub const MAX_TEXT: usize = 4096;

#[cfg(test)]
mod tests;
