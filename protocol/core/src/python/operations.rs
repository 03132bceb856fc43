//! The phone's operations: one object per request.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::fault::{attached, detached, exact_all};
use super::phone::{Answer, Blob, DeviceKey, Header, KdfParams, Target, Unlocked};
use crate::message::CloneCase;
use crate::phone;
use crate::shares::proof::Occasion;

type Bytes<'py> = Bound<'py, PyBytes>;

/// KG-1, KG-3, KG-6. One object per key generation; methods in order, each once.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneKeygen(phone::PhoneKeygen);

#[pymethods]
impl PhoneKeygen {
    /// KG-1: prepares M1.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        local_seq: u64,
    ) -> PyResult<Self> {
        let (target, device) = (Arc::clone(&target.0), Arc::clone(&device_key.0));
        detached(py, || {
            phone::PhoneKeygen::begin(target, device, &header.0, local_seq)
        })
        .map(Self)
    }

    /// The message to send now.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        attached(|| self.0.envelope()).map(|envelope| PyBytes::new(py, &envelope))
    }

    /// Takes M2; on status OK prepares M3 under `header` and sets `envelope`. Raises BadProof, BadAnswer.
    fn receive(
        &self,
        py: Python<'_>,
        answer: &[u8],
        header: &Header,
        local_seq: u64,
    ) -> PyResult<Answer> {
        detached(py, || self.0.receive(answer, &header.0, local_seq)).map(Answer)
    }

    /// Takes M4; (frame, blob, first tau or zeros, first ctr). Raises BadAnswer, BadSignature.
    fn finish<'py>(
        &self,
        py: Python<'py>,
        answer: &[u8],
        pin: &str,
        kdf: &KdfParams,
    ) -> PyResult<(Answer, Option<Blob>, Bytes<'py>, u64)> {
        let done = detached(py, || self.0.finish(answer, pin, kdf.0))?;
        Ok((
            Answer(done.answer),
            done.blob.map(Blob),
            PyBytes::new(py, &done.tau),
            done.ctr,
        ))
    }
}

/// SIGN-2 … SIGN-18.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneSign(phone::PhoneSign);

#[pymethods]
impl PhoneSign {
    /// `digests`: 1 … 256 of 32 bytes.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        share: &Unlocked,
        digests: Vec<PyBackedBytes>,
        local_seq: u64,
    ) -> PyResult<Self> {
        detached(py, || {
            let digests = exact_all(&digests)?;
            phone::PhoneSign::begin(
                &target.0,
                &device_key.0,
                &header.0,
                &share.0,
                digests,
                local_seq,
            )
        })
        .map(Self)
    }

    /// The message to send.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
        PyBytes::new(py, self.0.envelope())
    }

    /// 64-byte r||s per digest, released only when SIGN-17 holds for all (else BadAnswer). Empty unless OK.
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<(Answer, Vec<Bytes<'py>>)> {
        let (answer, signatures) = detached(py, || self.0.finish(answer))?;
        Ok((
            Answer(answer),
            signatures
                .iter()
                .map(|signature| PyBytes::new(py, signature))
                .collect(),
        ))
    }
}

/// DEC-1 … DEC-6.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneDecrypt(phone::PhoneDecrypt);

#[pymethods]
impl PhoneDecrypt {
    /// `ciphertexts`: C1 (65 or 33) || C3 (32) || C2 each.
    #[staticmethod]
    #[pyo3(signature = (target, device_key, header, share, ciphertexts, local_seq, *, blind=true))]
    #[expect(clippy::too_many_arguments, reason = "the interface of the package")]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        share: &Unlocked,
        ciphertexts: Vec<PyBackedBytes>,
        local_seq: u64,
        blind: bool,
    ) -> PyResult<Self> {
        detached(py, || {
            phone::PhoneDecrypt::begin(
                &target.0,
                &device_key.0,
                &header.0,
                &share.0,
                &ciphertexts,
                local_seq,
                blind,
            )
        })
        .map(Self)
    }

    /// The message to send.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
        PyBytes::new(py, self.0.envelope())
    }

    /// Plaintexts. Raises DecryptionFailed (one uniform error).
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<(Answer, Vec<Bytes<'py>>)> {
        let (answer, plaintexts) = detached(py, || self.0.finish(answer))?;
        Ok((
            Answer(answer),
            plaintexts
                .iter()
                .map(|plaintext| PyBytes::new(py, plaintext))
                .collect(),
        ))
    }
}

/// RF-1, RF-4, RF-5, then CONFIRM (RF-6).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneRefresh(phone::PhoneRefresh);

#[pymethods]
impl PhoneRefresh {
    /// RF-1.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        share: &Unlocked,
        local_seq: u64,
    ) -> PyResult<Self> {
        detached(py, || {
            phone::PhoneRefresh::begin(&target.0, &device_key.0, &header.0, &share.0, local_seq)
        })
        .map(Self)
    }

    /// The message to send.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
        PyBytes::new(py, self.0.envelope())
    }

    /// (frame, new blob with share_id', pending_expires_ms).
    fn finish(
        &self,
        py: Python<'_>,
        answer: &[u8],
        new_pin: &str,
        kdf: &KdfParams,
    ) -> PyResult<(Answer, Option<Blob>, u64)> {
        let done = detached(py, || self.0.finish(answer, new_pin, kdf.0))?;
        Ok((
            Answer(done.answer),
            done.blob.map(Blob),
            done.pending_expires_ms,
        ))
    }
}

macro_rules! proof_operation {
    ($(#[$doc:meta])* $name:ident, $occasion:expr) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "protocol._core")]
        pub(super) struct $name(phone::PhoneProof);

        #[pymethods]
        impl $name {
            /// Proves the share that the header names.
            #[staticmethod]
            fn begin(
                py: Python<'_>,
                target: &Target,
                device_key: &DeviceKey,
                header: &Header,
                share: &Unlocked,
                local_seq: u64,
            ) -> PyResult<Self> {
                detached(py, || {
                    phone::PhoneProof::begin($occasion, &target.0, &device_key.0, &header.0, &share.0, local_seq)
                })
                .map(Self)
            }

            /// The message to send.
            #[getter]
            fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
                PyBytes::new(py, self.0.envelope())
            }

            /// Takes the answer. Raises BadAnswer.
            fn finish(&self, py: Python<'_>, answer: &[u8]) -> PyResult<Answer> {
                detached(py, || self.0.finish(answer)).map(Answer)
            }
        }
    };
}

proof_operation!(
    /// RF-6.
    PhoneConfirm,
    Occasion::Confirm
);

proof_operation!(
    /// RS-4.
    PhoneAdopt,
    Occasion::Adopt
);

/// CLONE-5; suite P256, device signature only.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneSync(phone::PhoneSync);

#[pymethods]
impl PhoneSync {
    /// Seals the request.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
    ) -> PyResult<Self> {
        detached(py, || {
            phone::PhoneSync::begin(&target.0, &device_key.0, &header.0)
        })
        .map(Self)
    }

    /// The message to send.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
        PyBytes::new(py, self.0.envelope())
    }

    /// ("A" | "B" | "", last_req or zeros). SYNC answer body: u8 case (1 = A, 2 = B) || last_req 16.
    fn finish<'py>(
        &self,
        py: Python<'py>,
        answer: &[u8],
    ) -> PyResult<(Answer, &'static str, Bytes<'py>)> {
        let (answer, state) = detached(py, || self.0.finish(answer))?;
        let (case, last_req) = match state {
            Some(state) if state.case == CloneCase::A => ("A", state.last_req),
            Some(state) => ("B", state.last_req),
            None => ("", [0; 16]),
        };
        Ok((Answer(answer), case, PyBytes::new(py, &last_req)))
    }
}
