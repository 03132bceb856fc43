//! Server handles: envelope keys, the core, key generation and evaluation.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::custody::SecretRecord;
use super::fault::{attached, detached, exact, instance};
use super::request::{frame, Request, NO_TAU};
use crate::server;

/// HPKE key pair of the core (E2E-4).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct EnvelopeKey(Arc<server::EnvelopeKey>);

#[pymethods]
impl EnvelopeKey {
    /// Draws a key. Raises RandomUnavailable.
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        detached(py, server::EnvelopeKey::generate).map(|key| Self(Arc::new(key)))
    }

    /// Reads a key back from its record. Raises SealBroken.
    #[staticmethod]
    fn restore(py: Python<'_>, record: &SecretRecord) -> PyResult<Self> {
        detached(py, || server::EnvelopeKey::restore(&record.0)).map(|key| Self(Arc::new(key)))
    }

    /// The record to seal.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// 8 bytes: first bytes of H("E2E/key-id", `public_key`), suite P256.
    #[getter]
    fn key_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.key_id())
    }

    /// 33 bytes.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.public_key())
    }
}

/// Identity key (P-256 ECDSA), envelope keys, hedge secret and row-MAC key of one key-share service.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct ServerCore(server::ServerCore);

#[pymethods]
impl ServerCore {
    /// Draws every secret of a new service. Raises RandomUnavailable, MalformedMessage.
    #[staticmethod]
    fn generate(py: Python<'_>, server_id: &str) -> PyResult<Self> {
        detached(py, || server::ServerCore::generate(server_id)).map(Self)
    }

    /// Reads the secrets of `server_id` back from their record. Raises SealBroken.
    #[staticmethod]
    fn restore(py: Python<'_>, server_id: &str, record: &SecretRecord) -> PyResult<Self> {
        detached(py, || server::ServerCore::restore(server_id, &record.0)).map(Self)
    }

    /// Identity key, hedge secret and row-MAC key; envelope keys are exported one by one.
    fn export(&self) -> PyResult<SecretRecord> {
        attached(|| Ok(self.0.export().into()))
    }

    /// Name of the service.
    #[getter]
    fn server_id(&self) -> &str {
        self.0.server_id()
    }

    /// 33 bytes.
    #[getter]
    fn identity_public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.identity_public_key())
    }

    /// 64-byte r||s of the identity key over H(label, fields), suite P256. Labels: "E2E/key",
    /// "AUDIT/head", "ENV/descriptor".
    fn sign_statement<'py>(
        &self,
        py: Python<'py>,
        label: &str,
        fields: Vec<PyBackedBytes>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let signature = detached(py, || {
            let fields: Vec<&[u8]> = fields.iter().map(|field| &**field).collect();
            self.0.sign_statement(label, &fields)
        })?;
        Ok(PyBytes::new(py, &signature))
    }

    /// Makes an envelope key readable.
    fn add_envelope_key(&self, key: &EnvelopeKey) -> PyResult<()> {
        attached(|| self.0.add_envelope_key(Arc::clone(&key.0)))
    }

    /// Forgets an envelope key; an unknown id is no error.
    fn remove_envelope_key(&self, key_id: &[u8]) -> PyResult<()> {
        attached(|| self.0.remove_envelope_key(exact(key_id)?))
    }

    /// SEAL-7: HMAC-SHA-256 (32 bytes) of each encoded row.
    fn row_mac<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<PyBackedBytes>,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let macs = detached(py, || self.0.row_mac(&rows))?;
        Ok(macs.iter().map(|mac| PyBytes::new(py, mac)).collect())
    }

    /// E2E-2. Raises EnvelopeInvalid when the layer cannot be opened; a bad header or body inside is reported by
    /// `Request.malformed` instead, so that it can be answered inside the layer.
    fn open_request(&self, py: Python<'_>, envelope: &[u8]) -> PyResult<Request> {
        detached(py, || self.0.open_request(envelope)).map(Request)
    }

    /// E2E-2 for many envelopes at once, in order: a `Request` each, or the exception that `open_request` would raise.
    /// One envelope never disturbs another.
    fn open_requests(
        &self,
        py: Python<'_>,
        envelopes: Vec<PyBackedBytes>,
    ) -> PyResult<Vec<Py<PyAny>>> {
        let opened = detached(py, || {
            let envelopes: Vec<&[u8]> = envelopes.iter().map(|envelope| &**envelope).collect();
            Ok(self.0.open_requests(&envelopes))
        })?;
        opened
            .into_iter()
            .map(|opened| match opened {
                Ok(request) => Ok(Py::new(py, Request(request))?.into_any()),
                Err(error) => Ok(instance(py, error)),
            })
            .collect()
    }

    /// HDR-2 for many requests at once, each with the key of its device, in order: None, or the exception that
    /// `Request.verify_device` would raise.
    #[staticmethod]
    fn verify_devices(
        py: Python<'_>,
        items: Vec<(Py<Request>, PyBackedBytes)>,
    ) -> PyResult<Vec<Option<Py<PyAny>>>> {
        let verdicts = detached(py, || {
            let items: Vec<_> = items
                .iter()
                .map(|(request, device_pub)| (&request.get().0, &**device_pub))
                .collect();
            Ok(server::verify_devices(&items))
        })?;
        Ok(verdicts
            .into_iter()
            .map(|verdict| verdict.err().map(|error| instance(py, error)))
            .collect())
    }

    /// KG-2. `request.phase` is 1, `request.custody` 0.
    fn keygen_begin(&self, py: Python<'_>, request: &Request) -> PyResult<KeygenBegun> {
        detached(py, || self.0.keygen_begin(&request.0)).map(KeygenBegun)
    }

    /// HSM-3: KG-2 for a share in a token, until the token has signed (`Pkcs11Module.prove`); `token_key` is the public key
    /// of its part, 33 bytes. May be repeated. Raises MalformedPoint.
    fn keygen_draft(
        &self,
        py: Python<'_>,
        request: &Request,
        token_key: &[u8],
    ) -> PyResult<KeygenDraft> {
        detached(py, || self.0.keygen_draft(&request.0, token_key)).map(KeygenDraft)
    }

    /// KG-2 with a signed draft; `wrapped` is what the token unwraps to its part. Raises BadProof.
    fn keygen_begin_in_token(
        &self,
        py: Python<'_>,
        request: &Request,
        draft: &KeygenDraft,
        wrapped: &[u8],
    ) -> PyResult<KeygenBegun> {
        detached(py, || {
            self.0.keygen_begin_in_token(&request.0, &draft.0, wrapped)
        })
        .map(KeygenBegun)
    }

    /// KG-4, KG-5; also checks `sig_dev` over k2. Raises BadProof, BadCommitment, DegenerateKey, DeviceProofInvalid,
    /// MalformedMessage (header fields differ from those of M1).
    fn keygen_finish(
        &self,
        py: Python<'_>,
        request: &Request,
        pending: &SecretRecord,
        device_pub: &[u8],
    ) -> PyResult<KeygenFinished> {
        detached(py, || {
            self.0.keygen_finish(&request.0, &pending.0, device_pub)
        })
        .map(KeygenFinished)
    }

    /// TX-3 for a micro-batch, in order: checks each proof against the share point of its record and computes the
    /// answer. One item never disturbs another: a fault becomes outcome FAULT.
    fn evaluate(
        &self,
        py: Python<'_>,
        items: Vec<(Py<Request>, Py<SecretRecord>)>,
    ) -> PyResult<Vec<Evaluation>> {
        let outcomes = detached(py, || {
            let items: Vec<_> = items
                .iter()
                .map(|(request, record)| (&request.get().0, &*record.get().0))
                .collect();
            Ok(self.0.evaluate(&items))
        })?;
        Ok(outcomes.into_iter().map(Evaluation).collect())
    }
}

/// A key generation that waits for the token's signature (HSM-3). Opaque.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct KeygenDraft(pub(super) server::KeygenDraft);

/// M1 accepted: the pending record and M2.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct KeygenBegun(server::KeygenBegun);

#[pymethods]
impl KeygenBegun {
    /// Bound into the AAD of the pending record (SEAL-1, label COSIGN-v1/seal-kg).
    #[getter]
    fn k1<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.k1())
    }

    /// The record to seal until M3 comes.
    #[getter]
    fn pending(&self) -> SecretRecord {
        SecretRecord(self.0.pending())
    }

    /// M2. Works once.
    #[pyo3(signature = (*, server_time_ms, restore_epoch))]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        server_time_ms: u64,
        restore_epoch: u32,
    ) -> PyResult<Bound<'py, PyBytes>> {
        attached(|| self.0.answer(server_time_ms, restore_epoch))
            .map(|answer| PyBytes::new(py, &answer))
    }
}

/// M3 accepted: the new share and M4.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct KeygenFinished(server::KeygenFinished);

#[pymethods]
impl KeygenFinished {
    /// Joint public key, 33 bytes.
    #[getter]
    fn pk<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.pk())
    }

    /// 16 bytes.
    #[getter]
    fn share_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.share_id())
    }

    /// The server's share to seal.
    #[getter]
    fn record(&self) -> SecretRecord {
        SecretRecord(self.0.record())
    }

    /// M4; `tau` 16 zero bytes and `ctr` 0 unless this is the first key of the device. Works once.
    #[pyo3(signature = (*, server_time_ms, restore_epoch, tau, ctr))]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        server_time_ms: u64,
        restore_epoch: u32,
        tau: &[u8],
        ctr: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        attached(|| {
            self.0
                .answer(server_time_ms, restore_epoch, exact(tau)?, ctr)
        })
        .map(|answer| PyBytes::new(py, &answer))
    }
}

/// Outcome of one evaluated request. `answer` must not be called before the acknowledged commit (TX-6).
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Evaluation(server::Evaluation);

#[pymethods]
impl Evaluation {
    /// 0 RIGHT, 1 WRONG, 2 FAULT.
    #[getter]
    fn outcome(&self) -> u8 {
        self.0.outcome() as u8
    }

    /// Section 10.1; 32 zero bytes unless RIGHT.
    #[getter]
    fn audit_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.audit_hash())
    }

    /// 0 unchanged, 1 begun, 2 ready, 3 failed (OTS-7), 4 destroyed (EC-6): what becomes of the OT set-up of the share. With
    /// 3 and 4 a RIGHT proof has no result.
    #[getter]
    fn ot(&self) -> u8 {
        self.0.ot() as u8
    }

    /// The record to seal, a dummy of the same size unless RIGHT, or None. REFRESH: the new share; else what replaces the
    /// record of the share that was used.
    #[getter]
    fn pending(&self) -> Option<SecretRecord> {
        self.0.pending().map(SecretRecord)
    }

    /// REFRESH: `share_id'` (16). Else None.
    #[getter]
    fn new_share_id<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.new_share_id().map(|id| PyBytes::new(py, &id))
    }

    /// Status OK carries the computed body (refused unless RIGHT); any other status carries none. Works once.
    #[pyo3(signature = (
        status, *, server_time_ms, durable=false, attempts_left=0, retry_after_s=0, ctr=0, tau=NO_TAU,
        restore_epoch=0, pending_expires_ms=0
    ))]
    #[expect(clippy::too_many_arguments, reason = "the fields of E2E-3, by keyword")]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        status: u8,
        server_time_ms: u64,
        durable: bool,
        attempts_left: u8,
        retry_after_s: u32,
        ctr: u64,
        tau: &[u8],
        restore_epoch: u32,
        pending_expires_ms: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = attached(|| {
            let frame = frame(
                status,
                server_time_ms,
                durable,
                attempts_left,
                retry_after_s,
                ctr,
                tau,
                restore_epoch,
            )?;
            self.0.answer(&frame, pending_expires_ms)
        })?;
        Ok(PyBytes::new(py, &sealed))
    }
}
