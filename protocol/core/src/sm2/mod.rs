//! SM2-M2 (§3): two-party signing and decryption, and the plain SM2 they must equal.
//!
//! | Module | Steps |
//! |---|---|
//! | `standard` | `Z_A` and digest, plain verification, plain encryption, KDF (GB/T 32918) |
//! | `sign` | SIGN-2 … SIGN-18 |
//! | `decrypt` | DEC-1 … DEC-6 |
//!
//! Everything is pure: no envelope, no clock, no I/O but the generator of the operating system. Letters are those of
//! the specification: phone d1, u1 = 1/d1, P1 = u1·G; server v2, d2 = 1/v2, P2 = v2·G; multiplicative keys phone a,
//! A1 = a·G, server b. The shares themselves are made and changed in [`shares`](crate::shares).

pub mod decrypt;
pub mod sign;
mod standard;

pub use standard::{digest, encrypt, kdf, open, verify, za, Ciphertext, DEFAULT_ID, MAX_PLAINTEXT};
