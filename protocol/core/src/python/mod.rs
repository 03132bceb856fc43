//! The extension module `protocol._core`: the only code that knows Python.
//!
//! Handles are frozen, have no constructor unless their content is public, and show nothing of what they hold; Python
//! refuses to pickle or copy them because they have neither state nor arguments to rebuild them from.

// PyO3 hands arguments over by value and results by reference to the interpreter.
#![allow(clippy::needless_pass_by_value)]

mod backend;
mod custody;
mod fault;
mod operations;
mod phone;
mod request;
mod server;
mod transcript;

use pyo3::prelude::*;

/// Native core of cosign.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fault::register(module)?;
    transcript::register(module)?;
    backend::register(module)?;
    module.add_class::<custody::SecretRecord>()?;
    module.add_class::<custody::Kek>()?;
    module.add_class::<server::EnvelopeKey>()?;
    module.add_class::<server::ServerCore>()?;
    module.add_class::<request::Request>()?;
    module.add_class::<server::KeygenBegun>()?;
    module.add_class::<server::KeygenFinished>()?;
    module.add_class::<server::Evaluation>()?;
    module.add_class::<phone::DeviceKey>()?;
    module.add_class::<phone::Target>()?;
    module.add_class::<phone::Header>()?;
    module.add_class::<phone::Answer>()?;
    module.add_class::<phone::Blob>()?;
    module.add_class::<phone::Unlocked>()?;
    module.add_class::<phone::KdfParams>()?;
    module.add_class::<operations::PhoneKeygen>()?;
    module.add_class::<operations::PhoneSign>()?;
    module.add_class::<operations::PhoneDecrypt>()?;
    module.add_class::<operations::PhoneRefresh>()?;
    module.add_class::<operations::PhoneConfirm>()?;
    module.add_class::<operations::PhoneAdopt>()?;
    module.add_class::<operations::PhoneSync>()
}
