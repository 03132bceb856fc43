//! Two-party ECDSA on P-256 (§6): the two-of-two signature of ePrint 2018/499 over the random VOLE of ePrint
//! 2023/765, in one exchange.
//!
//! ```text
//!     phone (skB, seeds)                                  server (skA, Δ, leaves)
//!     EC-1 … EC-4  kB, D = kB·G, choice bits x,
//!                  OT extension, proof of kB and skB
//!                     -- EcSignBody -->
//!                                                 EC-5    proof: else WRONG
//!                                                 EC-6    OT check: else the set-up is destroyed
//!                                                 EC-7    kA, R = kA·D, proof of kA
//!                                                 EC-8 …  both multiplications, etaPhi, etaSig
//!                     <-- EcSignAnswer --
//!     EC-11 … EC-14  R, products, s; full verification, release
//! ```
//!
//! | Module | Steps |
//! |---|---|
//! | `gadget` | weights of the choice bits (§6.1) |
//! | `multiply` | random VOLE over extended OT: EC-8, EC-9, EC-12 |
//! | `sign` | EC-1 … EC-7, EC-10, EC-11, EC-13, EC-14 |
//!
//! Letters are those of the specification; pk = skA·skB·G, `X_p` = skB·G. `share` is skB on the phone, skA on the server.

mod gadget;
mod multiply;
pub mod sign;
