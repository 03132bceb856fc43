//! The phone's operations: one object per request.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::ciphertexts::EcdhCiphertext;
use super::fault::{attached, detached, exact_all};
use super::phone::{Answer, Blob, DeviceKey, Header, KdfParams, Target, Unlocked};
use crate::message::{CloneCase, Custody};
use crate::phone;

type Bytes<'py> = Bound<'py, PyBytes>;
/// Frame of the answer and one result per item.
type Results<'py> = (Answer, Vec<Bytes<'py>>);

/// KG-1, KG-3, KG-6. One object per key generation; methods in order, each once.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneKeygen(phone::PhoneKeygen);

#[pymethods]
impl PhoneKeygen {
    /// KG-1: prepares M1 of a key of the header's suite. With `in_token` the server's share shall be in its token: only
    /// P-256 decryption keys, else PurposeMismatch.
    #[staticmethod]
    #[pyo3(signature = (target, device_key, header, local_seq, *, in_token=false))]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        local_seq: u64,
        in_token: bool,
    ) -> PyResult<Self> {
        let (target, device) = (Arc::clone(&target.0), Arc::clone(&device_key.0));
        let custody = if in_token {
            Custody::Token
        } else {
            Custody::Sealed
        };
        detached(py, || {
            phone::PhoneKeygen::begin_in(custody, target, device, &header.0, local_seq)
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

/// Defines the class of an operation that proves a share and has one request: `begin(target, device_key, header, share,
/// …, local_seq, …)`, `envelope`, and the methods given, `finish` among them. `$args` stands for the first four arguments
/// as the core takes them.
macro_rules! operation {
    (
        $(#[$doc:meta])* $name:ident($inner:ty);
        $(#[$attribute:meta])*
        fn begin($args:ident $(, $own:ident: $type:ty)*; $seq:ident $(, $option:ident: $kind:ty)*) $begin:block
        $($rest:tt)*
    ) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "protocol._core")]
        pub(super) struct $name($inner);

        #[pymethods]
        impl $name {
            $(#[$attribute])*
            #[staticmethod]
            #[allow(clippy::too_many_arguments, reason = "the interface of the package")]
            fn begin(
                py: Python<'_>,
                target: &Target,
                device_key: &DeviceKey,
                header: &Header,
                share: &Unlocked,
                $($own: $type,)*
                local_seq: u64,
                $($option: $kind,)*
            ) -> PyResult<Self> {
                let ($args, $seq) = ((&*target.0, &*device_key.0, &header.0, &*share.0), local_seq);
                detached(py, || $begin).map(Self)
            }

            /// The message to send.
            #[getter]
            fn envelope<'py>(&self, py: Python<'py>) -> Bytes<'py> {
                PyBytes::new(py, self.0.envelope())
            }

            $($rest)*
        }
    };
}

/// Results of a request as Python sees them.
fn results(py: Python<'_>, (answer, items): (phone::Answer, Vec<impl AsRef<[u8]>>)) -> Results<'_> {
    let items = items.iter().map(|item| PyBytes::new(py, item.as_ref()));
    (Answer(answer), items.collect())
}

operation! {
    /// SIGN-2 … SIGN-18; with a P-256 key EC-1 … EC-14.
    PhoneSign(phone::PhoneSign);

    /// `digests`: 1 … 256 of 32 bytes, with a P-256 key one.
    fn begin(args, digests: Vec<PyBackedBytes>; seq) {
        let (target, device, header, share) = args;
        phone::PhoneSign::begin(target, device, header, share, exact_all(&digests)?, seq)
    }

    /// 64-byte r||s per digest, released only when every check holds for all (else BadAnswer). Empty unless OK.
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<Results<'py>> {
        detached(py, || self.0.finish(answer)).map(|done| results(py, done))
    }
}

operation! {
    /// DEC-1 … DEC-6.
    PhoneDecrypt(phone::PhoneDecrypt);

    /// `ciphertexts`: C1 (65 or 33) || C3 (32) || C2 each.
    #[pyo3(signature = (target, device_key, header, share, ciphertexts, local_seq, *, blind=true))]
    fn begin(args, ciphertexts: Vec<PyBackedBytes>; seq, blind: bool) {
        let (target, device, header, share) = args;
        phone::PhoneDecrypt::begin(target, device, header, share, &ciphertexts, seq, blind)
    }

    /// Plaintexts. Raises DecryptionFailed (one uniform error).
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<Results<'py>> {
        detached(py, || self.0.finish(answer)).map(|done| results(py, done))
    }
}

operation! {
    /// ECDH-1, ECDH-2: mode AEAD.
    PhoneEcdh(phone::PhoneEcdh);

    /// `ciphertexts`: 1 … 256.
    fn begin(args, ciphertexts: Vec<Py<EcdhCiphertext>>; seq) {
        let (target, device, header, share) = args;
        let ciphertexts = ciphertexts.iter().map(|one| Arc::clone(&one.get().0)).collect();
        phone::PhoneEcdh::begin(target, device, header, share, ciphertexts, seq)
    }

    /// Plaintexts. Raises DecryptionFailed (one uniform error).
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<Results<'py>> {
        detached(py, || self.0.finish(answer)).map(|done| results(py, done))
    }
}

operation! {
    /// ECDH-1, ECDH-3: mode RAW. A server answers it only where its operator allows it.
    PhoneEcdhRaw(phone::PhoneEcdh);

    /// `points`: 1 … 256 of 33 bytes.
    fn begin(args, points: Vec<PyBackedBytes>; seq) {
        let (target, device, header, share) = args;
        phone::PhoneEcdh::begin_raw(target, device, header, share, &points, seq)
    }

    /// Shared secrets of 32 bytes, released only when the proof of every item holds (else BadAnswer).
    fn finish<'py>(&self, py: Python<'py>, answer: &[u8]) -> PyResult<Results<'py>> {
        detached(py, || self.0.finish(answer)).map(|done| results(py, done))
    }
}

/// OTS part 2 on its way from REFRESH to CONFIRM of a P-256 signing key. It cannot be stored.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct OtReply(phone::OtReply);

#[pymethods]
impl OtReply {}

operation! {
    /// RF-1, RF-4, RF-5, then CONFIRM (RF-6).
    PhoneRefresh(phone::PhoneRefresh);

    /// RF-1.
    fn begin(args; seq) {
        let (target, device, header, share) = args;
        phone::PhoneRefresh::begin(target, device, header, share, seq)
    }

    /// (frame, new blob with share_id', pending_expires_ms, what CONFIRM of a P-256 signing key needs).
    fn finish(
        &self,
        py: Python<'_>,
        answer: &[u8],
        new_pin: &str,
        kdf: &KdfParams,
    ) -> PyResult<(Answer, Option<Blob>, u64, Option<OtReply>)> {
        let done = detached(py, || self.0.finish(answer, new_pin, kdf.0))?;
        Ok((
            Answer(done.answer),
            done.blob.map(Blob),
            done.pending_expires_ms,
            done.ot.map(OtReply),
        ))
    }
}

operation! {
    /// RF-6.
    PhoneConfirm(phone::PhoneProof);

    /// Proves the new share that the header names. `ot` comes from the REFRESH of a P-256 signing key.
    #[pyo3(signature = (target, device_key, header, share, local_seq, *, ot=None))]
    fn begin(args; seq, ot: Option<Py<OtReply>>) {
        let (target, device, header, share) = args;
        let ot = ot.as_ref().map(|ot| &ot.get().0);
        phone::PhoneProof::confirm(target, device, header, share, ot, seq)
    }

    /// Takes the answer. Raises BadAnswer.
    fn finish(&self, py: Python<'_>, answer: &[u8]) -> PyResult<Answer> {
        detached(py, || self.0.finish(answer)).map(Answer)
    }
}

operation! {
    /// RS-4.
    PhoneAdopt(phone::PhoneProof);

    /// Proves the share that the header names.
    fn begin(args; seq) {
        let (target, device, header, share) = args;
        phone::PhoneProof::adopt(target, device, header, share, seq)
    }

    /// Takes the answer. Raises BadAnswer.
    fn finish(&self, py: Python<'_>, answer: &[u8]) -> PyResult<Answer> {
        detached(py, || self.0.finish(answer)).map(Answer)
    }
}

/// OTS-1 … OTS-7 as an operation of its own. One object per set-up; methods in order, each once.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct PhoneOtSetup(phone::PhoneOtSetup);

#[pymethods]
impl PhoneOtSetup {
    /// Prepares the first request.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        target: &Target,
        device_key: &DeviceKey,
        header: &Header,
        share: &Unlocked,
        local_seq: u64,
    ) -> PyResult<Self> {
        let (target, device) = (Arc::clone(&target.0), Arc::clone(&device_key.0));
        let share = Arc::clone(&share.0);
        detached(py, || {
            phone::PhoneOtSetup::begin(target, device, &header.0, share, local_seq)
        })
        .map(Self)
    }

    /// The message to send now.
    #[getter]
    fn envelope<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        attached(|| self.0.envelope()).map(|envelope| PyBytes::new(py, &envelope))
    }

    /// Takes the answer with part 1. Raises BadAnswer.
    fn receive(&self, py: Python<'_>, answer: &[u8]) -> PyResult<Answer> {
        detached(py, || self.0.receive(answer)).map(Answer)
    }

    /// Makes part 2 under `header`, sets `envelope` and gives the blob with the new seeds. Raises BadAnswer.
    fn reply(&self, py: Python<'_>, header: &Header, local_seq: u64) -> PyResult<Blob> {
        detached(py, || self.0.reply(&header.0, local_seq)).map(Blob)
    }

    /// Takes the answer to part 2. Raises BadAnswer.
    fn finish(&self, py: Python<'_>, answer: &[u8]) -> PyResult<Answer> {
        detached(py, || self.0.finish(answer)).map(Answer)
    }
}

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
