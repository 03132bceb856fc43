//! The calls to a PKCS#11 module through which secrets pass.

use std::ffi::OsString;

use pyo3::create_exception;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::custody::SecretRecord;
use super::fault::{attached, caught, detached, exact, ProtocolError};
use super::request::Request;
use super::server::KeygenDraft;
use crate::error::Error;
use crate::pkcs11::{
    concerns_record, known_key, Fault, Form, Object, Peer, PointForm, ProbeFault, Session,
};
use crate::{pkcs11, random};

const LONGEST_RANDOM: usize = 4096;

create_exception!(
    protocol._core,
    Pkcs11Refused,
    ProtocolError,
    "A call that the PKCS#11 module refused; `args` are the name of the function and its CKR code."
);

/// PIN of a token, or one operator's part of it. Read from a descriptor and kept in the core.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Pin(pkcs11::Pin);

#[pymethods]
impl Pin {
    /// Reads one line of 1 to 255 bytes. Raises OSError.
    #[staticmethod]
    fn read(py: Python<'_>, fd: i32) -> PyResult<Self> {
        from_io(py, move || pkcs11::Pin::read(fd))
    }

    /// Draws 32 hexadecimal digits and writes them to the empty file behind `fd`. Raises OSError.
    #[staticmethod]
    fn draw(py: Python<'_>, fd: i32) -> PyResult<Self> {
        from_io(py, move || pkcs11::Pin::draw(fd))
    }

    /// The parts of two operators, one after the other. Raises OSError if a part has less than 8 bytes or both
    /// more than 255.
    fn join(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        from_io(py, || pkcs11::Pin::join(&[&self.0, &other.0]))
    }
}

/// x-coordinate of an agreement in the token (HSM-2). Opaque.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct SharedX(pkcs11::SharedX);

#[pymethods]
impl SharedX {
    /// Compares with a known answer of 32 bytes. Raises BadAnswer if it differs.
    fn check(&self, py: Python<'_>, expected: &[u8]) -> PyResult<()> {
        let expected: [u8; 32] = detached(py, || exact(expected))?;
        detached(py, || self.0.check(&expected))
    }
}

/// A PKCS#11 module, initialised for threads. Every call releases the interpreter lock and raises Pkcs11Refused.
#[pyclass(frozen, module = "protocol._core")]
pub(super) struct Pkcs11Module(pkcs11::Module);

#[pymethods]
impl Pkcs11Module {
    /// Loads the library, or gets the one that is loaded already. Raises OSError.
    #[staticmethod]
    fn load(py: Python<'_>, path: OsString) -> PyResult<Self> {
        py.detach(|| pkcs11::Module::load(&path))
            .map(Self)
            .map_err(PyOSError::new_err)
    }

    /// The 32 published bytes that are imported as a key for known answers.
    #[staticmethod]
    fn known_key(py: Python<'_>) -> Bound<'_, PyBytes> {
        PyBytes::new(py, &known_key())
    }

    /// Initialises the module with locking by the operating system.
    fn initialize(&self, py: Python<'_>) -> PyResult<()> {
        asked(py, || self.0.initialize())
    }

    /// Ends the use of the module; no other call may be running.
    fn finalize(&self, py: Python<'_>) -> PyResult<()> {
        asked(py, || self.0.finalize())
    }

    /// Logs every session of this process in.
    fn login(
        &self,
        py: Python<'_>,
        session: Session,
        pin: &Pin,
        security_officer: bool,
    ) -> PyResult<()> {
        asked(py, || self.0.login(session, &pin.0, security_officer))
    }

    /// Logs every session of this process out.
    fn logout(&self, py: Python<'_>, session: Session) -> PyResult<()> {
        asked(py, || self.0.logout(session))
    }

    /// Initialises a token and destroys what is in it; `label` has at most 32 bytes.
    fn init_token(&self, py: Python<'_>, slot: u64, so_pin: &Pin, label: &str) -> PyResult<()> {
        asked(py, || self.0.init_token(slot, &so_pin.0, label))
    }

    /// Sets the user PIN in a session of the security officer.
    fn init_pin(&self, py: Python<'_>, session: Session, pin: &Pin) -> PyResult<()> {
        asked(py, || self.0.init_pin(session, &pin.0))
    }

    /// At most 4,096 random bytes of the token for public values.
    fn random<'py>(
        &self,
        py: Python<'py>,
        session: Session,
        length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if length > LONGEST_RANDOM {
            return Err(PyOSError::new_err("too many random bytes in one call"));
        }
        let mut out = vec![0; length];
        asked(py, || self.0.random(session, &mut out))?;
        Ok(PyBytes::new(py, &out))
    }

    /// HEDGE-3: mixes 32 random bytes of the token into the generator of the core.
    fn stir(&self, py: Python<'_>, session: Session) -> PyResult<()> {
        asked(py, || {
            let mut drawn = random::Fresh32::default();
            self.0.random(session, drawn.as_mut_slice())?;
            random::stir(&drawn);
            Ok(())
        })
    }

    /// iv (12) || ciphertext || tag (16) under `key`; `algorithm` is 1 or 2 (section 8.1).
    fn seal<'py>(
        &self,
        py: Python<'py>,
        session: Session,
        key: Object,
        algorithm: u8,
        record: &SecretRecord,
        aad: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let form = form(algorithm)?;
        let sealed = asked(py, || self.0.seal(session, key, form, &record.0, aad))?;
        Ok(PyBytes::new(py, &sealed))
    }

    /// Opens each (sealed, aad); a record that the token refuses is None, any other refusal ends the call.
    fn open_many(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        algorithm: u8,
        records: Vec<(PyBackedBytes, PyBackedBytes)>,
    ) -> PyResult<Vec<Option<SecretRecord>>> {
        let form = form(algorithm)?;
        asked(py, || {
            records
                .iter()
                .map(
                    |(sealed, aad)| match self.0.open(session, key, form, sealed, aad) {
                        Ok(record) => Ok(Some(record.into())),
                        Err(fault) if concerns_record(fault) => Ok(None),
                        Err(fault) => Err(fault),
                    },
                )
                .collect()
        })
    }

    /// 3 bytes that name a key without showing it.
    fn check_value<'py>(
        &self,
        py: Python<'py>,
        session: Session,
        key: Object,
        algorithm: u8,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let form = form(algorithm)?;
        let value = asked(py, || self.0.check_value(session, key, form))?;
        Ok(PyBytes::new(py, &value))
    }

    /// HSM-4: seals, opens and offers altered records; with `known`, `key` holds `known_key` and the answers are
    /// compared. Raises InternalFault for a wrong answer.
    fn probe(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        algorithm: u8,
        known: bool,
    ) -> PyResult<()> {
        let form = form(algorithm)?;
        let outcome = detached(py, || Ok(self.0.probe(session, key, form, known)))?;
        outcome.map_err(|fault| match fault {
            ProbeFault::Refused(fault) => refused(fault),
            ProbeFault::Wrong(what) => super::fault::InternalFault::new_err(what),
        })
    }

    /// x(d*T) for the private key d and a compressed point T of P-256 (HSM-2). Raises MalformedPoint.
    fn derive(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        point: &[u8],
        der: bool,
    ) -> PyResult<SharedX> {
        let peer = detached(py, || Peer::decode(point))?;
        asked(py, || self.0.derive(session, key, &peer, encoding(der))).map(SharedX)
    }

    /// HSM-3: draws the key that wraps decryption shares.
    fn make_wrapping_key(&self, py: Python<'_>, session: Session, label: &str) -> PyResult<()> {
        asked(py, || self.0.make_wrapping_key(session, label))
    }

    /// HSM-3: asks the private key for what `request` needs of the share in `record`, its points multiplied with the part
    /// of the share outside of the token; returns the record with the answers. Raises MalformedMessage for a request that
    /// needs nothing, AlreadyUsed, DegenerateKey, SealBroken.
    fn agree(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        request: &Request,
        record: &SecretRecord,
        der: bool,
    ) -> PyResult<SecretRecord> {
        let points = detached(py, || request.0.token_points(&record.0))?;
        let agreed = asked(py, || {
            self.0.derive_all(session, key, &points, encoding(der))
        })?;
        attached(|| Ok(record.0.with_agreed(agreed).into()))
    }

    /// HSM-3: lets the private key sign the draft of a key generation.
    fn prove(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        draft: &KeygenDraft,
    ) -> PyResult<()> {
        let signature = asked(py, || self.0.sign(session, key, draft.0.challenge()))?;
        attached(|| draft.0.sign(signature))
    }

    /// HSM-4: hands over a point that is not on the curve. Returns None only if the token accepted it.
    fn derive_off_curve(
        &self,
        py: Python<'_>,
        session: Session,
        key: Object,
        der: bool,
    ) -> PyResult<()> {
        asked(py, || self.0.derive_off_curve(session, key, encoding(der)))
    }
}

fn encoding(der: bool) -> PointForm {
    if der {
        PointForm::Der
    } else {
        PointForm::Raw
    }
}

fn form(algorithm: u8) -> PyResult<Form> {
    Form::of(algorithm).ok_or_else(|| PyOSError::new_err("unknown algorithm of sealed records"))
}

fn refused(fault: Fault) -> PyErr {
    Pkcs11Refused::new_err((fault.call, fault.code))
}

/// Runs a call without the interpreter lock.
fn asked<T: Send>(py: Python<'_>, work: impl FnOnce() -> pkcs11::Outcome<T> + Send) -> PyResult<T> {
    detached(py, || Ok(work()))?.map_err(refused)
}

fn from_io(
    py: Python<'_>,
    work: impl FnOnce() -> std::io::Result<pkcs11::Pin> + Send,
) -> PyResult<Pin> {
    let outcome = py
        .detach(|| caught(|| Ok(work())))
        .map_err(|_: Error| super::fault::InternalFault::new_err("the core failed"))?;
    outcome.map(Pin).map_err(PyErr::from)
}

/// Adds the exception to the module.
pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Pkcs11Refused", module.py().get_type::<Pkcs11Refused>())
}
