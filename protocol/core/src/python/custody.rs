//! Sealed records and the software token's key.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::fault::{attached, detached};
use crate::error::Error;
use crate::seal;

/// Plaintext of a sealed record. Opaque; only a token seals it.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct SecretRecord(pub(super) Arc<seal::SecretRecord>);

impl From<seal::SecretRecord> for SecretRecord {
    fn from(record: seal::SecretRecord) -> Self {
        Self(Arc::new(record))
    }
}

#[pymethods]
impl SecretRecord {
    /// HSM-3: what the token unwraps to its part of the share, worthless elsewhere; None if no token holds a part.
    #[getter]
    fn wrapped<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.wrapped().map(|wrapped| PyBytes::new(py, wrapped))
    }
}

/// One version of the software token's AES-256-GCM key. The key file is read and written through a descriptor inside
/// the core, so that the key never becomes a Python object.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Kek(seal::Kek);

#[pymethods]
impl Kek {
    /// Draws a key and writes it to the empty file behind `fd`. Raises OSError, RandomUnavailable.
    #[staticmethod]
    fn create(py: Python<'_>, fd: i32) -> PyResult<Self> {
        from_file(py, move || seal::Kek::create(fd))
    }

    /// Reads the key file behind `fd`. Raises OSError, or SealBroken if it is not a key file.
    #[staticmethod]
    fn load(py: Python<'_>, fd: i32) -> PyResult<Self> {
        from_file(py, move || seal::Kek::load(fd))
    }

    /// 3 bytes: first bytes of AES-256-ECB(0^16).
    #[getter]
    fn check_value<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.check_value())
    }

    /// iv (12) || ciphertext || tag (16).
    fn seal<'py>(
        &self,
        py: Python<'py>,
        record: &SecretRecord,
        aad: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = attached(|| self.0.seal(&record.0, aad))?;
        Ok(PyBytes::new(py, &sealed))
    }

    /// Raises SealBroken.
    fn open(&self, sealed: &[u8], aad: &[u8]) -> PyResult<SecretRecord> {
        attached(|| self.0.open(sealed, aad)).map(SecretRecord::from)
    }
}

type FileResult = core::result::Result<seal::Kek, seal::KekFault>;

fn from_file(py: Python<'_>, work: impl FnOnce() -> FileResult + Send) -> PyResult<Kek> {
    let outcome = detached(py, || {
        Ok(match work() {
            Ok(kek) => Ok(kek),
            Err(seal::KekFault::Io(fault)) => Err(fault),
            Err(seal::KekFault::Broken) => return Err(Error::SealBroken),
            Err(seal::KekFault::RandomUnavailable) => return Err(Error::RandomUnavailable),
        })
    })?;
    outcome.map(Kek).map_err(PyErr::from)
}
