//! The server's core: opens requests, holds the service's secrets, evaluates proofs and seals answers.
//!
//! What a caller outside the core may see of a request is its header, its digests and its evidence; proofs, nonce points
//! and answers stay here. An answer can be sealed once, whichever object gives it.

mod core;
mod envelope_key;
mod evaluate;
mod evaluate_p256;
mod evaluate_shares;
mod evaluation;
mod held;
mod keygen;
mod open;
mod ot_setup;
mod request;

use std::sync::Mutex;

use crate::error::{Error, Result};

pub use self::core::ServerCore;
pub use envelope_key::EnvelopeKey;
pub use evaluation::{Evaluation, Finding};
pub use held::KeygenDraft;
pub use keygen::{KeygenBegun, KeygenFinished};
pub use open::verify_devices;
pub use ot_setup::OtChange;
pub use request::{Content, Request};

/// Takes a value that works once.
fn take<T>(slot: &Mutex<Option<T>>) -> Result<T> {
    slot.lock()
        .map_err(|_| Error::InternalFault)?
        .take()
        .ok_or(Error::AlreadyUsed)
}
