//! Choice of the back end and the self-test.

use pyo3::prelude::*;

use super::fault::{attached, detached};
use crate::curve::{self, Backend};
use crate::error::Error;
use crate::self_test as tests;

const fn label(backend: Backend) -> &'static str {
    match backend {
        Backend::Ifma => "ifma",
        Backend::X86 => "x86",
        Backend::Portable => "portable",
    }
}

/// Back ends this processor can run, best first: subset of ["ifma", "x86", "portable"].
#[pyfunction]
fn backends() -> Vec<&'static str> {
    curve::usable().into_iter().map(label).collect()
}

/// The back end in use.
#[pyfunction]
fn active_backend() -> &'static str {
    label(curve::active())
}

/// For tests and benchmarks: selects a back end for the whole process. Raises MalformedMessage if it does not run here.
#[pyfunction]
#[pyo3(name = "set_backend")]
fn select_backend(name: &str) -> PyResult<()> {
    attached(|| {
        let backend = curve::usable()
            .into_iter()
            .find(|backend| label(*backend) == name);
        curve::select(backend.ok_or(Error::MalformedMessage)?).map_err(|_| Error::MalformedMessage)
    })
}

/// Known answers of every primitive on every usable back end. Raises InternalFault.
#[pyfunction]
fn self_test(py: Python<'_>) -> PyResult<()> {
    detached(py, tests::run)
}

/// Adds the functions of this file to the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(backends, module)?)?;
    module.add_function(wrap_pyfunction!(active_backend, module)?)?;
    module.add_function(wrap_pyfunction!(select_backend, module)?)?;
    module.add_function(wrap_pyfunction!(self_test, module)?)
}
