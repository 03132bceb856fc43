//! Data keys, sealed personal data and sealed uploads.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::custody::SecretRecord;
use super::fault::{attached, detached};
use crate::personal;

/// One version of the key of personal data and uploads.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct DataKey(personal::DataKey);

#[pymethods]
impl DataKey {
    /// Draws a key. Raises RandomUnavailable, MalformedMessage (version 0).
    #[staticmethod]
    fn generate(version: u32) -> PyResult<Self> {
        attached(|| personal::DataKey::generate(version)).map(Self)
    }

    /// Reads a key back from its record. Raises SealBroken.
    #[staticmethod]
    fn restore(record: &SecretRecord) -> PyResult<Self> {
        attached(|| personal::DataKey::restore(&record.0)).map(Self)
    }

    /// The record to seal.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// From 1.
    #[getter]
    fn version(&self) -> u32 {
        self.0.version()
    }

    /// A sealed datum, 33 bytes longer than `text`. Raises MalformedMessage, RandomUnavailable.
    fn seal<'py>(
        &self,
        py: Python<'py>,
        field: &str,
        row: &str,
        text: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = attached(|| self.0.seal(field.as_bytes(), row.as_bytes(), text))?;
        Ok(PyBytes::new(py, &sealed))
    }

    /// The text of a datum. Raises MalformedMessage, SealBroken.
    fn open<'py>(
        &self,
        py: Python<'py>,
        field: &str,
        row: &str,
        sealed: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let text = attached(|| self.0.open(field.as_bytes(), row.as_bytes(), sealed))?;
        Ok(PyBytes::new(py, &text))
    }

    /// Starts to seal an upload. Raises MalformedMessage, RandomUnavailable.
    fn seal_upload(&self, upload_id: &str) -> PyResult<UploadSealer> {
        let sealer = attached(|| self.0.seal_upload(upload_id.as_bytes()))?;
        let header = sealer.header();
        Ok(UploadSealer {
            sealer: Mutex::new(sealer),
            header,
        })
    }

    /// Starts to open an upload. Raises MalformedMessage, SealBroken.
    fn open_upload(&self, upload_id: &str, header: &[u8]) -> PyResult<UploadOpener> {
        let opener = attached(|| self.0.open_upload(upload_id.as_bytes(), header))?;
        Ok(UploadOpener(Mutex::new(opener)))
    }
}

/// One version of the key of the blind index.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct IndexKey(personal::IndexKey);

#[pymethods]
impl IndexKey {
    /// Draws a key. Raises RandomUnavailable, MalformedMessage (version 0).
    #[staticmethod]
    fn generate(version: u32) -> PyResult<Self> {
        attached(|| personal::IndexKey::generate(version)).map(Self)
    }

    /// Reads a key back from its record. Raises SealBroken.
    #[staticmethod]
    fn restore(record: &SecretRecord) -> PyResult<Self> {
        attached(|| personal::IndexKey::restore(&record.0)).map(Self)
    }

    /// The record to seal.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// From 1.
    #[getter]
    fn version(&self) -> u32 {
        self.0.version()
    }

    /// 32 bytes. Raises MalformedMessage.
    fn index<'py>(
        &self,
        py: Python<'py>,
        field: &str,
        scope: &str,
        text: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let index = attached(|| self.0.index(field.as_bytes(), scope.as_bytes(), text))?;
        Ok(PyBytes::new(py, &index))
    }
}

/// Seals the chunks of one upload in their order.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct UploadSealer {
    sealer: Mutex<personal::UploadSealer>,
    header: personal::Header,
}

#[pymethods]
impl UploadSealer {
    /// 37 bytes that stand before the chunks.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.header.encode())
    }

    /// Seals 65,536 bytes, or fewer as the last chunk. Raises MalformedMessage, AlreadyUsed.
    fn chunk<'py>(
        &self,
        py: Python<'py>,
        plain: &[u8],
        last: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = detached(py, || {
            self.sealer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .chunk(plain, last)
        })?;
        Ok(PyBytes::new(py, &sealed))
    }
}

/// Opens the chunks of one upload in their order.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct UploadOpener(Mutex<personal::UploadOpener>);

#[pymethods]
impl UploadOpener {
    /// Opens 65,552 bytes, or fewer as the last chunk. Raises MalformedMessage, SealBroken, AlreadyUsed.
    fn chunk<'py>(
        &self,
        py: Python<'py>,
        sealed: &[u8],
        last: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let plain = detached(py, || {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .chunk(sealed, last)
        })?;
        Ok(PyBytes::new(py, &plain))
    }
}

/// Version of the data key of a sealed datum or of an upload's header. Raises MalformedMessage.
#[pyfunction]
fn data_key_version(sealed: &[u8]) -> PyResult<u32> {
    attached(|| {
        personal::Datum::decode(sealed)
            .map(|datum| datum.version())
            .or_else(|_| personal::Header::decode(sealed).map(|header| header.version()))
    })
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(data_key_version, module)?)
}
