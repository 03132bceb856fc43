//! The phone's half of every operation, from unlocked share to checked result.
//!
//! Each operation is one object: `begin` seals the request, `finish` takes its one answer. A second `finish` is
//! [`Error::AlreadyUsed`](crate::error::Error::AlreadyUsed), also after a failure: an answer is looked at once.

mod blob;
mod decrypt;
mod ecdh;
mod exchange;
mod keygen;
mod ot_setup;
mod proof;
mod refresh;
mod sign;
mod sync;

use std::sync::Mutex;

use crate::error::{Error, Result};

pub use blob::{Blob, Unlocked};
pub use decrypt::PhoneDecrypt;
pub use ecdh::PhoneEcdh;
pub use exchange::{Answer, Header, Target};
pub use keygen::{Generated, PhoneKeygen};
pub use ot_setup::{OtReply, PhoneOtSetup};
pub use proof::PhoneProof;
pub use refresh::{PhoneRefresh, Refreshed};
pub use sign::PhoneSign;
pub use sync::PhoneSync;

/// Takes a value that works once.
fn take<T>(slot: &Mutex<Option<T>>) -> Result<T> {
    slot.lock()
        .map_err(|_| Error::InternalFault)?
        .take()
        .ok_or(Error::AlreadyUsed)
}
