//! Transcript hashing and public-key operations: public data only.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::fault::{attached, detached, exact};
use crate::curve::{Affine, Curve, Sm2, P256};
use crate::error::{Error, Result};
use crate::hash;
use crate::message::SuiteId;
use crate::{device, pin, sm2};

fn suite(name: &str) -> Result<SuiteId> {
    SuiteId::from_name(name.as_bytes())
}

fn slices(fields: &[PyBackedBytes]) -> Vec<&[u8]> {
    fields.iter().map(|field| &**field).collect()
}

/// ENC-4: u32 length and bytes of each field.
#[pyfunction]
fn tlv(py: Python<'_>, fields: Vec<PyBackedBytes>) -> PyResult<Bound<'_, PyBytes>> {
    attached(|| Ok(hash::tlv(&slices(&fields)))).map(|out| PyBytes::new(py, &out))
}

/// H(label, fields), 32 bytes.
#[pyfunction]
#[pyo3(name = "h")]
fn h_<'py>(
    py: Python<'py>,
    suite: &str,
    label: &str,
    fields: Vec<PyBackedBytes>,
) -> PyResult<Bound<'py, PyBytes>> {
    hashed(
        py,
        suite,
        label,
        &fields,
        |suite, label, fields| match suite {
            SuiteId::Sm2 => hash::h::<Sm2>(label, fields),
            SuiteId::P256 => hash::h::<P256>(label, fields),
        },
    )
}

/// H2S(label, fields), a scalar of 32 bytes.
#[pyfunction]
fn h2s<'py>(
    py: Python<'py>,
    suite: &str,
    label: &str,
    fields: Vec<PyBackedBytes>,
) -> PyResult<Bound<'py, PyBytes>> {
    hashed(
        py,
        suite,
        label,
        &fields,
        |suite, label, fields| match suite {
            SuiteId::Sm2 => hash::h2s::<Sm2>(label, fields).to_bytes(),
            SuiteId::P256 => hash::h2s::<P256>(label, fields).to_bytes(),
        },
    )
}

type Hash = fn(SuiteId, &str, &[&[u8]]) -> [u8; 32];

fn hashed<'py>(
    py: Python<'py>,
    name: &str,
    label: &str,
    fields: &[PyBackedBytes],
    hash: Hash,
) -> PyResult<Bound<'py, PyBytes>> {
    let slices = slices(fields);
    let out = detached(py, || {
        // The tag of section 1.2 has room for 255 bytes.
        if !label.is_ascii() || label.len() > 200 {
            return Err(Error::MalformedMessage);
        }
        Ok(hash(suite(name)?, label, &slices))
    })?;
    Ok(PyBytes::new(py, &out))
}

/// SM3, 32 bytes.
#[pyfunction]
fn sm3<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || Ok(hash::sm3(&[data]))).map(|out| PyBytes::new(py, &out))
}

/// ENC-1. Raises MalformedPoint.
#[pyfunction]
fn point_check(py: Python<'_>, suite: &str, point: &[u8]) -> PyResult<()> {
    recoded(py, suite, |id| match id {
        SuiteId::Sm2 => compressed::<Sm2>(point).map(|_| Vec::new()),
        SuiteId::P256 => compressed::<P256>(point).map(|_| Vec::new()),
    })
    .map(|_| ())
}

/// 33 bytes to 65.
#[pyfunction]
fn point_uncompressed<'py>(
    py: Python<'py>,
    suite: &str,
    point: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    recoded(py, suite, |id| {
        Ok(match id {
            SuiteId::Sm2 => compressed::<Sm2>(point)?.encode_uncompressed().to_vec(),
            SuiteId::P256 => compressed::<P256>(point)?.encode_uncompressed().to_vec(),
        })
    })
}

/// 65 bytes to 33.
#[pyfunction]
fn point_compressed<'py>(
    py: Python<'py>,
    suite: &str,
    point: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    recoded(py, suite, |id| {
        Ok(match id {
            SuiteId::Sm2 => Affine::<Sm2>::decode_uncompressed(point)?.encode().to_vec(),
            SuiteId::P256 => Affine::<P256>::decode_uncompressed(point)?
                .encode()
                .to_vec(),
        })
    })
}

fn recoded<'py>(
    py: Python<'py>,
    name: &str,
    work: impl Fn(SuiteId) -> Result<Vec<u8>> + Sync,
) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || work(suite(name)?)).map(|out| PyBytes::new(py, &out))
}

fn compressed<C: Curve>(point: &[u8]) -> Result<Affine<C>> {
    Ok(Affine::decode(point)?)
}

fn sm2_key(pk: &[u8]) -> Result<Affine<Sm2>> {
    compressed(pk)
}

/// e = SM3(Z_A || M), 32 bytes.
#[pyfunction]
fn sm2_digest<'py>(
    py: Python<'py>,
    pk: &[u8],
    message: &[u8],
    signer_id: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || sm2::digest(&sm2_key(pk)?, message, signer_id))
        .map(|out| PyBytes::new(py, &out))
}

/// Z_A, 32 bytes.
#[pyfunction]
fn sm2_za<'py>(py: Python<'py>, pk: &[u8], signer_id: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || sm2::za(&sm2_key(pk)?, signer_id)).map(|out| PyBytes::new(py, &out))
}

/// GB/T 32918.2 over a digest: r||s, 64 bytes. Raises BadSignature, MalformedScalar.
#[pyfunction]
fn sm2_verify(py: Python<'_>, pk: &[u8], digest: &[u8], signature: &[u8]) -> PyResult<()> {
    detached(py, || {
        let signature = exact(signature).map_err(|_| Error::BadSignature)?;
        sm2::verify(&sm2_key(pk)?, &exact(digest)?, &signature)
    })
}

/// C1 (65, uncompressed) || C3 (32) || C2.
#[pyfunction]
fn sm2_encrypt<'py>(py: Python<'py>, pk: &[u8], plaintext: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    detached(py, || Ok(sm2::encrypt(&sm2_key(pk)?, plaintext)?.encode()))
        .map(|out| PyBytes::new(py, &out))
}

/// ECDSA over P-256: 33-byte key, 32-byte digest, r||s. Raises BadSignature.
#[pyfunction]
fn ecdsa_p256_verify(py: Python<'_>, pk: &[u8], digest: &[u8], signature: &[u8]) -> PyResult<()> {
    detached(py, || {
        let signature = exact(signature).map_err(|_| Error::BadSignature)?;
        device::verify(&compressed(pk)?, &exact(digest)?, &signature)
    })
}

/// Raises MalformedMessage unless `pin` is 6..64 characters and not on the deny-list (PIN-7).
#[pyfunction]
fn pin_check(pin: &str) -> PyResult<()> {
    attached(|| pin::check(pin))
}

/// Adds the functions of this file to the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(tlv, module)?)?;
    module.add_function(wrap_pyfunction!(h_, module)?)?;
    module.add_function(wrap_pyfunction!(h2s, module)?)?;
    module.add_function(wrap_pyfunction!(self::sm3, module)?)?;
    module.add_function(wrap_pyfunction!(point_check, module)?)?;
    module.add_function(wrap_pyfunction!(point_uncompressed, module)?)?;
    module.add_function(wrap_pyfunction!(point_compressed, module)?)?;
    module.add_function(wrap_pyfunction!(sm2_digest, module)?)?;
    module.add_function(wrap_pyfunction!(sm2_za, module)?)?;
    module.add_function(wrap_pyfunction!(sm2_verify, module)?)?;
    module.add_function(wrap_pyfunction!(sm2_encrypt, module)?)?;
    module.add_function(wrap_pyfunction!(ecdsa_p256_verify, module)?)?;
    module.add_function(wrap_pyfunction!(pin_check, module)?)
}
