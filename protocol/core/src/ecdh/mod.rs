//! P-256 key agreement with a shared key (§6.6, ECDH-1 … ECDH-4).
//!
//! | Module | Content |
//! |---|---|
//! | `phone` | proof and request; opens ciphertexts, or gives shared secrets that are proven |
//! | `server` | S = b·T |
//! | `dleq` | the proof of mode RAW |
//! | `ciphertext` | what mode AEAD opens: HPKE, and key agreement of CMS |
//! | `kdf` | KDF and key wrap of CMS |
//!
//! In mode AEAD the tag of the ciphertext proves the server's answer, and the phone gives out nothing but the plaintext.

mod ciphertext;
mod dleq;
mod kdf;
mod phone;
mod server;

pub use ciphertext::{Ciphertext, CmsRecipient};
pub use phone::PhoneEcdh;
pub use server::{evaluate, EcdhRequest, EcdhShare};

#[cfg(test)]
mod tests;
