//! Constant-time arithmetic on SM2 and P-256.
//!
//! One generic implementation, three back ends chosen at run time:
//!
//! * `Portable`: 4×64-bit Montgomery arithmetic in plain Rust;
//! * `X86`: the same with x86-64 add-carry instructions;
//! * `Ifma`: AVX-512 IFMA, eight independent multiplications in the lanes of 512-bit registers, for batches.
//!
//! | Module | Content |
//! |---|---|
//! | [`params`](self) | primes, orders, generators, special reductions |
//! | `word`, `x86` | carry arithmetic of the scalar back ends |
//! | `lanes` | the eight-lane back end |
//! | `field`, `inverse` | arithmetic mod p and mod n, safegcd inversion |
//! | `point`, `tables`, `recode`, `mul` | Jacobian formulas, tables, recodings, single multiplications |
//! | `scalar`, `factor`, `affine`, `batch`, `combine` | the types and functions other modules use |
//! | `map` | RFC 9380 map to P-256 |
//! | `dispatch`, `check` | back end choice and start-up self-check |
//!
//! Everything that takes a [`SecretScalar`] runs in constant time; functions named `vartime` are for public data only.
//! Bounds of the eight-lane code are proved in `docs/field-bounds.md`.

// Limb code narrows and reinterprets words on purpose, and its small functions are worth a call only when inlined.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::inline_always
)]

mod affine;
mod batch;
mod check;
mod combine;
mod dispatch;
mod factor;
mod field;
mod inverse;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod map;
mod mul;
mod params;
mod point;
mod recode;
#[cfg(test)]
mod reference;
mod scalar;
mod tables;
mod word;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use affine::{Affine, PointError};
pub use batch::{
    add_batch, decode_batch, decode_each, double_base_vartime, msm_vartime, mul, mul_base,
    mul_base_batch, mul_batch, sum_batch,
};
pub use check::{self_check, SelfCheckFailed};
pub use combine::{combine, Combination, First};
pub use dispatch::{active, select, usable, Backend, BackendUnavailable};
pub use factor::Factor;
pub use map::map_batch;
pub use params::{Sm2, P256};
pub use scalar::{Scalar, SecretScalar};

/// A curve: [`Sm2`] or [`P256`]. Cannot be implemented outside this crate.
pub trait Curve: params::Params {}

impl Curve for Sm2 {}
impl Curve for P256 {}
