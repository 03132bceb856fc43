//! SM2-M2 (§3, §4.2): two-party key generation, signing, decryption and refresh, and the plain SM2 they must equal.
//!
//! | Module | Steps |
//! |---|---|
//! | `standard` | `Z_A` and digest, plain verification, plain encryption, KDF (GB/T 32918) |
//! | `keygen` | KG-1 … KG-8, both sharings |
//! | `sign` | SIGN-2 … SIGN-18 |
//! | `decrypt` | DEC-1 … DEC-6 |
//! | `refresh` | RF-1 … RF-4 |
//! | `share` | proofs of a share alone: CONFIRM (RF-6, RF-7) and ADOPT (RS-4) |
//! | `outcome` | outcome of one evaluated request, isolation of the items of a batch |
//!
//! Everything is pure: no envelope, no clock, no I/O but the generator of the operating system. Letters are those of
//! the specification: phone d1, u1 = 1/d1, P1 = u1·G; server v2, d2 = 1/v2, P2 = v2·G; multiplicative keys phone a,
//! A1 = a·G, server b. `share` is d1 or a on the phone, v2 or b on the server.

pub mod decrypt;
pub mod keygen;
mod outcome;
pub mod refresh;
pub mod share;
pub mod sign;
mod standard;

pub use outcome::{Answer, Outcome};
pub use standard::{digest, encrypt, kdf, open, verify, za, Ciphertext, DEFAULT_ID, MAX_PLAINTEXT};
