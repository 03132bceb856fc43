//! The two shares of a key, the same for both suites (§3.1, §4.2): made, changed and proven.
//!
//! | Module | Steps |
//! |---|---|
//! | `keygen` | KG-1 … KG-8, both sharings |
//! | `refresh` | RF-1 … RF-4 |
//! | `proof` | proofs of a share alone: CONFIRM (RF-6, RF-7) and ADOPT (RS-4) |
//! | `outcome` | outcome of one evaluated request |
//!
//! `share` is d1 or a on the phone, v2 or b on the server; [`Sharing`](crate::message::Sharing) says which.

pub mod keygen;
pub(crate) mod outcome;
pub mod proof;
pub mod refresh;

pub use outcome::{Answer, Outcome};
