//! Native core of cosign: curve arithmetic, the two-party protocols, sealing and the end-to-end layer.
//!
//! Every operation on a secret happens here. Callers in Python hold opaque handles, public points
//! and bytes; `python` is the only module that knows `PyO3`. Labels such as `SIGN-9` name the steps
//! of `docs/specification.md`.

pub mod ct;
pub mod curve;
#[cfg(feature = "fuzzing")]
pub mod decoders;
pub mod device;
pub mod e2e;
pub mod ecdh;
pub mod ecdsa;
pub mod error;
pub mod hash;
mod isolate;
pub mod message;
pub mod ot;
pub mod personal;
pub mod phone;
pub mod pin;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
pub mod proof;
#[cfg(feature = "python")]
mod python;
pub mod random;
pub mod seal;
pub mod self_test;
pub mod server;
pub mod shares;
pub mod sm2;
#[cfg(test)]
mod testing;
