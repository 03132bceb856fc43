//! Custody of secrets at rest (section 8.1): opaque records, their plaintext layouts, and the software token's key.
//!
//! A token sees a [`SecretRecord`] only as bytes to encrypt; whoever holds the handle can neither read nor copy it.

pub(crate) mod gcm;
mod kek;
mod record;

pub use kek::{Kek, KekFault};
pub(crate) use record::Kind;
pub use record::SecretRecord;
