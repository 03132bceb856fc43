//! Exceptions, and the one door through which Python enters the core.
//!
//! Every call runs inside [`detached`] or [`attached`]: an error of the core becomes its exception, a panic becomes
//! `InternalFault`, and nothing else crosses the boundary.

use std::panic::{catch_unwind, AssertUnwindSafe};

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::error::{Error, Result};

create_exception!(
    protocol._core,
    ProtocolError,
    PyException,
    "Any refusal of the native core."
);

macro_rules! exceptions {
    ($($name:ident),* $(,)?) => {
        $(create_exception!(protocol._core, $name, ProtocolError);)*

        fn exception(error: Error) -> PyErr {
            let text = error.to_string();
            match error {
                $(Error::$name => $name::new_err(text),)*
            }
        }

        /// Adds every exception class to the module.
        pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
            module.add("ProtocolError", module.py().get_type::<ProtocolError>())?;
            $(module.add(stringify!($name), module.py().get_type::<$name>())?;)*
            Ok(())
        }
    };
}

exceptions!(
    MalformedPoint,
    MalformedScalar,
    MalformedMessage,
    DigestRefused,
    BadProof,
    BadCommitment,
    BadSignature,
    BadAnswer,
    DegenerateKey,
    DecryptionFailed,
    EnvelopeInvalid,
    DeviceProofInvalid,
    SealBroken,
    AlreadyUsed,
    PurposeMismatch,
    RandomUnavailable,
    InternalFault,
);

/// The exception of one item of a batch, which is returned and not raised.
pub(super) fn instance(py: Python<'_>, error: Error) -> Py<PyAny> {
    exception(error).into_value(py).into_any()
}

/// Runs `work` without the interpreter lock.
pub(super) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    py.detach(|| caught(work)).map_err(exception)
}

/// Runs `work`, which takes at most a few microseconds, with the interpreter lock held.
pub(super) fn attached<T>(work: impl FnOnce() -> Result<T>) -> PyResult<T> {
    caught(work).map_err(exception)
}

pub(super) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::InternalFault))
}

/// A byte string that must have exactly `N` bytes.
pub(super) fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::MalformedMessage)
}

/// A list of byte strings of exactly `N` bytes each.
pub(super) fn exact_all<const N: usize>(list: &[impl AsRef<[u8]>]) -> Result<Vec<[u8; N]>> {
    list.iter().map(|bytes| exact(bytes.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::caught;
    use crate::error::Error;

    #[test]
    fn a_panic_becomes_an_internal_fault() {
        assert_eq!(caught::<()>(|| panic!("boom")), Err(Error::InternalFault));
    }
}
