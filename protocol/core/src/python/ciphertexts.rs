//! Ciphertexts that key agreement opens (ECDH-2), and encryption to a P-256 key.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::fault::{attached, detached, exact};
use crate::curve::Affine;
use crate::ecdh::{Ciphertext, CmsRecipient};
use crate::error::Error;

/// Default of `info` and `aad`.
const NONE: &[u8] = &[];

/// One ciphertext for a P-256 decryption key.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct EcdhCiphertext(pub(super) Arc<Ciphertext>);

#[pymethods]
impl EcdhCiphertext {
    /// HPKE base mode: enc (65, uncompressed) || ciphertext || tag (16). Raises MalformedMessage, MalformedPoint.
    #[staticmethod]
    #[pyo3(signature = (ciphertext, *, info=NONE, aad=NONE))]
    fn hpke(ciphertext: &[u8], info: &[u8], aad: &[u8]) -> PyResult<Self> {
        attached(|| Ciphertext::hpke(ciphertext, info, aad)).map(Self::of)
    }

    /// Key agreement of CMS: originator (65 or 33), DER of ECC-CMS-SharedInfo, wrapped key (40), nonce (12), DER of the
    /// authenticated attributes or empty, ciphertext || tag (16). Raises MalformedMessage, MalformedPoint.
    #[staticmethod]
    #[pyo3(signature = (*, originator, shared_info, wrapped_key, nonce, aad, sealed))]
    fn cms(
        originator: &[u8],
        shared_info: &[u8],
        wrapped_key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> PyResult<Self> {
        attached(|| {
            let originator = match originator.len() {
                33 => Affine::decode(originator),
                _ => Affine::decode_uncompressed(originator),
            };
            if sealed.len() < 16 {
                return Err(Error::MalformedMessage);
            }
            Ok(Ciphertext::Cms(CmsRecipient {
                originator: originator?,
                shared_info: shared_info.to_vec(),
                wrapped_key: exact(wrapped_key)?,
                nonce: exact(nonce)?,
                aad: aad.to_vec(),
                sealed: sealed.to_vec(),
            }))
        })
        .map(Self::of)
    }
}

impl EcdhCiphertext {
    fn of(ciphertext: Ciphertext) -> Self {
        Self(Arc::new(ciphertext))
    }
}

/// HPKE base mode to a P-256 key (33): enc (65, uncompressed) || ciphertext || tag (16). Raises MalformedPoint.
#[pyfunction]
#[pyo3(signature = (pk, plaintext, *, info=NONE, aad=NONE))]
fn hpke_encrypt<'py>(
    py: Python<'py>,
    pk: &[u8],
    plaintext: &[u8],
    info: &[u8],
    aad: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let sealed = detached(py, || Ciphertext::seal_hpke(pk, plaintext, info, aad))?;
    Ok(PyBytes::new(py, &sealed))
}

/// Adds the function of this file to the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(hpke_encrypt, module)?)
}
