//! HSM-4: what a token says it can do is tried before it is believed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::sealing::concerns_record;
use super::{Fault, Form, Module, Object, Session};
use crate::random;
use crate::seal::gcm;
use crate::seal::SecretRecord;

const AAD: &[u8] = b"COSIGN-v1/probe";
const PLAINTEXT: usize = 77;

/// Why a probe failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeFault {
    /// The token refused a call.
    Refused(Fault),
    /// The token gave a wrong answer, or accepted what it should have refused.
    Wrong(&'static str),
}

impl From<Fault> for ProbeFault {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

/// The published key that is imported for known answers: bytes 0 to 31.
#[must_use]
pub fn known_key() -> [u8; 32] {
    core::array::from_fn(|i| u8::try_from(i).unwrap_or(0))
}

impl Module {
    /// Seals and opens a record, offers altered ones, and if `known` compares with AES-256-GCM and HMAC of this crate.
    ///
    /// # Errors
    /// [`ProbeFault`].
    pub fn probe(
        &self,
        session: Session,
        key: Object,
        form: Form,
        known: bool,
    ) -> Result<(), ProbeFault> {
        let drawn =
            random::fresh::<PLAINTEXT>().map_err(|_| ProbeFault::Wrong("no random bytes"))?;
        let record = SecretRecord::new(Zeroizing::new(drawn.to_vec()));
        let sealed = self.seal(session, key, form, &record, AAD)?;
        self.must_open(session, key, form, &sealed, &drawn)?;
        if known {
            let record_key = expected_key(form)?;
            let (iv, ciphertext) = sealed
                .split_first_chunk()
                .ok_or(ProbeFault::Wrong("a sealed record is too short"))?;
            match gcm::decrypt(&record_key, iv, AAD, ciphertext) {
                Some(plain) if bool::from(plain.as_slice().ct_eq(&drawn)) => {}
                _ => return Err(ProbeFault::Wrong("sealing differs from the known answer")),
            }
            let ours = gcm::encrypt(&record_key, &[7; 12], AAD, &drawn)
                .ok_or(ProbeFault::Wrong("sealing failed in the core"))?;
            self.must_open(
                session,
                key,
                form,
                &[[7; 12].as_slice(), &ours].concat(),
                &drawn,
            )?;
        }
        let mut altered = sealed.clone();
        *altered.last_mut().ok_or(ProbeFault::Wrong("empty"))? ^= 1;
        self.must_refuse(session, key, form, &altered, AAD)?;
        self.must_refuse(session, key, form, &sealed, b"COSIGN-v1/other")
    }

    fn must_open(
        &self,
        session: Session,
        key: Object,
        form: Form,
        sealed: &[u8],
        plaintext: &[u8],
    ) -> Result<(), ProbeFault> {
        let opened = self.open(session, key, form, sealed, AAD)?;
        if bool::from(opened.expose().ct_eq(plaintext)) {
            Ok(())
        } else {
            Err(ProbeFault::Wrong("opening differs from the known answer"))
        }
    }

    fn must_refuse(
        &self,
        session: Session,
        key: Object,
        form: Form,
        sealed: &[u8],
        aad: &[u8],
    ) -> Result<(), ProbeFault> {
        match self.open(session, key, form, sealed, aad) {
            Err(fault) if concerns_record(fault) => Ok(()),
            Err(fault) => Err(fault.into()),
            Ok(_) => Err(ProbeFault::Wrong("an altered record was opened")),
        }
    }
}

fn expected_key(form: Form) -> Result<[u8; 32], ProbeFault> {
    Ok(match form {
        Form::Gcm => known_key(),
        Form::Derived => Hmac::<Sha256>::new_from_slice(&known_key())
            .map_err(|_| ProbeFault::Wrong("HMAC failed in the core"))?
            .chain_update(AAD)
            .finalize()
            .into_bytes()
            .into(),
    })
}
