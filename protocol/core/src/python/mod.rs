//! The extension module `protocol._core`: the only code that knows Python.
//!
//! Handles are frozen, have no constructor unless their content is public, and show nothing of what they hold.

// Arguments arrive by value, and the documentation of this module is read in Python.
#![allow(
    clippy::needless_pass_by_value,
    clippy::doc_markdown,
    clippy::doc_link_with_quotes
)]

mod backend;
mod ciphertexts;
mod custody;
mod fault;
mod operations;
mod personal;
mod phone;
mod pkcs11;
mod request;
mod server;
mod transcript;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::PyClass;

/// Native core of cosign.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fault::register(module)?;
    transcript::register(module)?;
    backend::register(module)?;
    pkcs11::register(module)?;
    ciphertexts::register(module)?;
    add_handle::<custody::SecretRecord>(module)?;
    add_handle::<custody::Kek>(module)?;
    add_handle::<personal::DataKey>(module)?;
    add_handle::<personal::IndexKey>(module)?;
    add_handle::<personal::UploadSealer>(module)?;
    add_handle::<personal::UploadOpener>(module)?;
    personal::register(module)?;
    add_handle::<pkcs11::Pin>(module)?;
    add_handle::<pkcs11::Pkcs11Module>(module)?;
    add_handle::<pkcs11::SharedX>(module)?;
    add_handle::<server::EnvelopeKey>(module)?;
    add_handle::<server::ServerCore>(module)?;
    add_handle::<request::Request>(module)?;
    add_handle::<server::KeygenDraft>(module)?;
    add_handle::<server::KeygenBegun>(module)?;
    add_handle::<server::KeygenFinished>(module)?;
    add_handle::<server::Evaluation>(module)?;
    add_handle::<phone::DeviceKey>(module)?;
    add_handle::<phone::Target>(module)?;
    add_handle::<phone::Header>(module)?;
    add_handle::<phone::Answer>(module)?;
    add_handle::<phone::Blob>(module)?;
    add_handle::<phone::Unlocked>(module)?;
    add_handle::<phone::KdfParams>(module)?;
    add_handle::<operations::PhoneKeygen>(module)?;
    add_handle::<operations::PhoneSign>(module)?;
    add_handle::<operations::PhoneDecrypt>(module)?;
    add_handle::<ciphertexts::EcdhCiphertext>(module)?;
    add_handle::<operations::PhoneEcdh>(module)?;
    add_handle::<operations::PhoneEcdhRaw>(module)?;
    add_handle::<operations::PhoneRefresh>(module)?;
    add_handle::<operations::OtReply>(module)?;
    add_handle::<operations::PhoneConfirm>(module)?;
    add_handle::<operations::PhoneAdopt>(module)?;
    add_handle::<operations::PhoneOtSetup>(module)?;
    add_handle::<operations::PhoneSync>(module)
}

/// Adds a class whose objects can be neither pickled nor copied: Python's own refusal leaves out the oldest protocols.
fn add_handle<T: PyClass>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<T>()?;
    py.get_type::<T>()
        .setattr("__reduce_ex__", wrap_pyfunction!(refuse_pickling, py)?)
}

#[pyfunction]
fn refuse_pickling(_protocol: &Bound<'_, PyAny>) -> PyResult<()> {
    Err(PyTypeError::new_err(
        "cannot pickle or copy a handle of the native core",
    ))
}
