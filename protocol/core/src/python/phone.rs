//! Phone handles: device key, target, header, answer, blob.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::custody::SecretRecord;
use super::fault::{attached, detached, exact, exact_all};
use super::request::NO_TAU;
use crate::curve::P256;
use crate::device::SigningKey;
use crate::error::Error;
use crate::hash::{h, label};
use crate::message::{self, Op, Purpose, SuiteId};
use crate::phone;
use crate::pin;

/// Software P-256 device key (PIN-8).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct DeviceKey(pub(super) Arc<SigningKey>);

#[pymethods]
impl DeviceKey {
    /// Draws a key. Raises RandomUnavailable.
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        detached(py, SigningKey::generate).map(|key| Self(Arc::new(key)))
    }

    /// Reads a key back from its record. Raises SealBroken.
    #[staticmethod]
    fn restore(py: Python<'_>, record: &SecretRecord) -> PyResult<Self> {
        detached(py, || SigningKey::restore(&record.0)).map(|key| Self(Arc::new(key)))
    }

    /// The record to seal.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// 33 bytes.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.public_key())
    }

    /// 64-byte r||s over H(label, fields), suite P256. Label: "DEV/rpc".
    fn sign<'py>(
        &self,
        py: Python<'py>,
        label: &str,
        fields: Vec<PyBackedBytes>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let signature = detached(py, || {
            // Any other label would let a caller sign a key operation without the core seeing its body.
            if label != label::DEV_RPC {
                return Err(Error::MalformedMessage);
            }
            let fields: Vec<&[u8]> = fields.iter().map(|field| &**field).collect();
            self.0.sign(&h::<P256>(label, &fields))
        })?;
        Ok(PyBytes::new(py, &signature))
    }
}

/// Verified public description of a key-share service.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Target(pub(super) Arc<phone::Target>);

#[pymethods]
impl Target {
    /// Raises MalformedMessage, MalformedPoint.
    #[new]
    #[pyo3(signature = (*, server_id, identity_public_key, core_key_id, envelope_public_key))]
    fn new(
        py: Python<'_>,
        server_id: &str,
        identity_public_key: &[u8],
        core_key_id: &[u8],
        envelope_public_key: &[u8],
    ) -> PyResult<Self> {
        detached(py, || {
            phone::Target::new(
                server_id,
                identity_public_key,
                exact(core_key_id)?,
                envelope_public_key,
            )
        })
        .map(|target| Self(Arc::new(target)))
    }
}

const NO_PK: &[u8] = &[0; 33];
const NO_POLICY: &[u8] = &[0; 32];

/// Header of one request (section 1.5). `req_nonce` is drawn inside. One operation takes it; a second one raises
/// AlreadyUsed.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Header(pub(super) phone::Header);

#[pymethods]
impl Header {
    /// Raises MalformedMessage, MalformedPoint, PurposeMismatch.
    #[new]
    #[pyo3(signature = (
        *, suite, op, purpose, server_id, user_id, device_id, key_id, share_id=NO_TAU, pk=NO_PK, issued_at_ms,
        ttl_ms=120_000, ctr, tau, open_reqs, policy=NO_POLICY, restore_epoch
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the fields of section 1.5, by keyword"
    )]
    fn new(
        suite: &str,
        op: u8,
        purpose: u8,
        server_id: String,
        user_id: String,
        device_id: String,
        key_id: String,
        share_id: &[u8],
        pk: &[u8],
        issued_at_ms: u64,
        ttl_ms: u64,
        ctr: u64,
        tau: &[u8],
        open_reqs: Vec<PyBackedBytes>,
        policy: &[u8],
        restore_epoch: u32,
    ) -> PyResult<Self> {
        attached(|| {
            phone::Header::new(message::Header {
                suite: SuiteId::from_name(suite.as_bytes())?,
                op: Op::from_byte(op)?,
                purpose: Purpose::from_byte(purpose)?,
                server_id,
                user_id,
                device_id,
                key_id,
                share_id: exact(share_id)?,
                pk: exact(pk)?,
                req_nonce: [0; 32],
                issued_at_ms,
                expires_at_ms: issued_at_ms
                    .checked_add(ttl_ms)
                    .ok_or(Error::MalformedMessage)?,
                ctr,
                tau: exact(tau)?,
                open_reqs: exact_all(&open_reqs)?,
                policy: exact(policy)?,
                restore_epoch,
            })
        })
        .map(Self)
    }

    /// HDR-1, 16 bytes.
    #[getter]
    fn req_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.req_id())
    }
}

/// Frame of one answer (E2E-3).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Answer(pub(super) phone::Answer);

#[pymethods]
impl Answer {
    /// Status of E2E-3.
    #[getter]
    fn status(&self) -> u8 {
        self.0.frame.status as u8
    }

    /// Server clock, ms.
    #[getter]
    fn server_time_ms(&self) -> u64 {
        self.0.frame.server_time_ms
    }

    /// Flag bit 0 (RF-8).
    #[getter]
    fn durable(&self) -> bool {
        self.0.frame.durable
    }

    /// PIN attempts left.
    #[getter]
    fn attempts_left(&self) -> u8 {
        self.0.frame.attempts_left
    }

    /// Seconds until the next attempt.
    #[getter]
    fn retry_after_s(&self) -> u32 {
        self.0.frame.retry_after_s
    }

    /// Counter of the device.
    #[getter]
    fn ctr(&self) -> u64 {
        self.0.frame.ctr
    }

    /// New clone token, 16 bytes, zeros if unchanged.
    #[getter]
    fn tau<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.frame.tau)
    }

    /// Restore epoch of the server.
    #[getter]
    fn restore_epoch(&self) -> u32 {
        self.0.frame.restore_epoch
    }

    /// Reason text of a MALFORMED answer, else None.
    #[getter]
    fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// The phone's PIN-blinded share (PIN-4).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Blob(pub(super) phone::Blob);

#[pymethods]
impl Blob {
    /// Reads a blob back from its record. Raises SealBroken.
    #[staticmethod]
    fn restore(py: Python<'_>, record: &SecretRecord) -> PyResult<Self> {
        detached(py, || phone::Blob::restore(&record.0)).map(Self)
    }

    /// The record to seal.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// Name of the key.
    #[getter]
    fn key_id(&self) -> &str {
        self.0.key_id()
    }

    /// Server record this share belongs to, 16 bytes.
    #[getter]
    fn share_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.share_id())
    }

    /// "SM2" or "P256".
    #[getter]
    fn suite(&self) -> &'static str {
        self.0.suite().name()
    }

    /// 1 sign, 2 decrypt, 3 login.
    #[getter]
    fn purpose(&self) -> u8 {
        self.0.purpose() as u8
    }

    /// Joint public key, 33 bytes.
    #[getter]
    fn pk<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.pk())
    }

    /// PIN-5. Every PIN gives a share; only the server's proof check tells whether it is the right one.
    fn unlock(&self, py: Python<'_>, pin: &str) -> PyResult<Unlocked> {
        detached(py, || self.0.unlock(pin)).map(|share| Unlocked(Arc::new(share)))
    }
}

/// A share opened for one operation or one batch; wiped by `wipe` or when dropped.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Unlocked(pub(super) Arc<phone::Unlocked>);

#[pymethods]
impl Unlocked {
    /// Drops the share now; later use raises AlreadyUsed.
    fn wipe(&self) -> PyResult<()> {
        attached(|| {
            self.0.wipe();
            Ok(())
        })
    }
}

/// Argon2id cost (PIN-1). Refuses less than 19 MiB, t = 2.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct KdfParams(pub(super) pin::KdfParams);

#[pymethods]
impl KdfParams {
    /// Raises MalformedMessage.
    #[new]
    #[pyo3(signature = (*, memory_kib=65536, passes=3, lanes=1))]
    fn new(memory_kib: u32, passes: u32, lanes: u32) -> PyResult<Self> {
        attached(|| pin::KdfParams::new(memory_kib, passes, lanes)).map(Self)
    }
}
