//! The handle of one opened request.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::fault::{attached, detached, exact};
use crate::e2e::{Frame, Status};
use crate::error::Result;
use crate::server;

/// Default of `tau`: unchanged.
pub(super) const NO_TAU: &[u8] = &[0; 16];
/// Default of `body`.
const NO_BODY: &[u8] = &[];

/// One opened request: header, digests and evidence are readable, the rest stays in the core.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Request(pub(super) server::Request);

impl Request {
    fn read<T>(&self, pick: impl FnOnce(&server::Content) -> T) -> PyResult<T> {
        attached(|| self.0.content().map(pick))
    }

    fn bytes<'py>(
        &self,
        py: Python<'py>,
        pick: impl FnOnce(&server::Content) -> &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let content = attached(|| self.0.content())?;
        Ok(PyBytes::new(py, pick(content)))
    }

    fn text(&self, pick: impl FnOnce(&server::Content) -> &str) -> PyResult<&str> {
        attached(|| self.0.content().map(pick))
    }
}

#[pymethods]
impl Request {
    /// None, or MALFORMED_MESSAGE | MALFORMED_POINT | MALFORMED_SCALAR | DIGEST_REFUSED | PURPOSE_MISMATCH. When set
    /// only req_id, op (0 if unknown) and `answer` are usable; everything else raises MalformedMessage.
    #[getter]
    fn malformed(&self) -> Option<&'static str> {
        self.0.malformed()
    }

    /// Operation number of section 1.5.
    #[getter]
    fn op(&self) -> u8 {
        self.0.op()
    }

    /// 1 or 3 for KEYGEN (M1, M3), else 0.
    #[getter]
    fn phase(&self) -> PyResult<u8> {
        self.read(|content| content.phase)
    }

    /// KEYGEN M1: 0 sealed record, 1 token (section 8.2); else 0.
    #[getter]
    fn custody(&self) -> PyResult<u8> {
        self.read(|content| content.custody as u8)
    }

    /// "SM2" or "P256".
    #[getter]
    fn suite(&self) -> PyResult<&'static str> {
        self.read(|content| content.header.suite.name())
    }

    /// 1 sign, 2 decrypt, 3 login.
    #[getter]
    fn purpose(&self) -> PyResult<u8> {
        self.read(|content| content.header.purpose as u8)
    }

    /// Field 5 of the header.
    #[getter]
    fn server_id(&self) -> PyResult<&str> {
        self.text(|content| &content.header.server_id)
    }

    /// Field 6.
    #[getter]
    fn user_id(&self) -> PyResult<&str> {
        self.text(|content| &content.header.user_id)
    }

    /// Field 7.
    #[getter]
    fn device_id(&self) -> PyResult<&str> {
        self.text(|content| &content.header.device_id)
    }

    /// Field 8.
    #[getter]
    fn key_id(&self) -> PyResult<&str> {
        self.text(|content| &content.header.key_id)
    }

    /// 16 bytes; zeros in KEYGEN and SYNC.
    #[getter]
    fn share_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.header.share_id)
    }

    /// 33 bytes; zeros in KEYGEN and SYNC.
    #[getter]
    fn pk<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.header.pk)
    }

    /// HDR-1, 16 bytes.
    #[getter]
    fn req_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.req_id())
    }

    /// Phone clock, ms.
    #[getter]
    fn issued_at_ms(&self) -> PyResult<u64> {
        self.read(|content| content.header.issued_at_ms)
    }

    /// End of the request's life, ms.
    #[getter]
    fn expires_at_ms(&self) -> PyResult<u64> {
        self.read(|content| content.header.expires_at_ms)
    }

    /// Last counter known to the phone.
    #[getter]
    fn ctr(&self) -> PyResult<u64> {
        self.read(|content| content.header.ctr)
    }

    /// Clone token, 16 bytes.
    #[getter]
    fn tau<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.header.tau)
    }

    /// Ids of open requests, 16 bytes each, oldest first.
    #[getter]
    fn open_reqs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        self.read(|content| {
            content
                .header
                .open_reqs
                .iter()
                .map(|id| PyBytes::new(py, id))
                .collect()
        })
    }

    /// 32 bytes; zeros if none.
    #[getter]
    fn policy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.header.policy)
    }

    /// Last restore epoch known to the phone.
    #[getter]
    fn restore_epoch(&self) -> PyResult<u32> {
        self.read(|content| content.header.restore_epoch)
    }

    /// N of SIGN and DECRYPT, else 0.
    #[getter]
    fn count(&self) -> PyResult<usize> {
        self.read(|content| content.digests.len())
    }

    /// e_i of SIGN; H("SM2/c1", T1_i) of DECRYPT; else empty.
    #[getter]
    fn digests<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        self.read(|content| {
            content
                .digests
                .iter()
                .map(|digest| PyBytes::new(py, digest))
                .collect()
        })
    }

    /// The device key named by KEYGEN M1, else None.
    #[getter]
    fn device_pub<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        self.read(|content| content.device_pub.map(|key| PyBytes::new(py, &key)))
    }

    /// Encoded header (section 1.5) as it was sent: evidence that the device asked for this operation (E2E-7).
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.header_bytes)
    }

    /// Context hash of the operation, 32 bytes; zeros for KEYGEN M3 (it needs the pending record).
    #[getter]
    fn ctx<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| content.ctx.as_ref().unwrap_or(&[0; 32]))
    }

    /// 32 bytes.
    #[getter]
    fn body_hash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.body_hash)
    }

    /// 32 bytes.
    #[getter]
    fn enc_hash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.enc_hash)
    }

    /// 64 bytes.
    #[getter]
    fn sig_dev<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.bytes(py, |content| &content.sig_dev)
    }

    /// HDR-2. Raises DeviceProofInvalid. Not for KEYGEN M3.
    fn verify_device(&self, py: Python<'_>, device_pub: &[u8]) -> PyResult<()> {
        detached(py, || self.0.verify_device(device_pub))
    }

    /// E2E-3: an answer with the public `body` (SYNC, MALFORMED reasons), padded to the size of a success answer of the
    /// same op and N. Status OK is refused except for SYNC. Works once; raises AlreadyUsed.
    #[pyo3(signature = (
        status, *, server_time_ms, durable=false, attempts_left=0, retry_after_s=0, ctr=0, tau=NO_TAU,
        restore_epoch=0, body=NO_BODY
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
        body: &[u8],
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
            self.0.answer(&frame, body)
        })?;
        Ok(PyBytes::new(py, &sealed))
    }
}

/// The frame of E2E-3 from its Python values.
#[expect(clippy::too_many_arguments, reason = "the fields of E2E-3")]
pub(super) fn frame(
    status: u8,
    server_time_ms: u64,
    durable: bool,
    attempts_left: u8,
    retry_after_s: u32,
    ctr: u64,
    tau: &[u8],
    restore_epoch: u32,
) -> Result<Frame> {
    Ok(Frame {
        status: Status::from_byte(status)?,
        server_time_ms,
        durable,
        attempts_left,
        retry_after_s,
        ctr,
        tau: exact(tau)?,
        restore_epoch,
    })
}
