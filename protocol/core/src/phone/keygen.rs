//! Key generation on the phone (KG-1, KG-3, KG-6).

use std::sync::{Arc, Mutex};

use super::blob::{Blob, ShareName};
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use crate::curve::Sm2;
use crate::device::{self, SigningKey};
use crate::error::{Error, Result};
use crate::message::{self, KeygenM2, KeygenM4, Op, SuiteId};
use crate::pin::{self, KdfParams};
use crate::shares::keygen;

/// Result of M4.
pub struct Generated {
    /// Frame of the answer.
    pub answer: Answer,
    /// The new share; `None` unless the answer is OK.
    pub blob: Option<Blob>,
    /// First clone token of the device, zeros if it had one.
    pub tau: [u8; 16],
    /// First counter of the device.
    pub ctr: u64,
}

enum State {
    Committed(Box<keygen::PhoneKeygen<Sm2>>, Exchange),
    Proven(Box<keygen::PhoneKeygenProven<Sm2>>, Exchange),
}

/// One key generation: `begin`, `receive`, `finish`, each once. A failure ends it (KG-8).
pub struct PhoneKeygen {
    target: Arc<Target>,
    device: Arc<SigningKey>,
    header: message::Header,
    envelope: Mutex<Vec<u8>>,
    state: Mutex<Option<State>>,
}

impl PhoneKeygen {
    /// KG-1: prepares M1.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a header of another operation, suite or server, [`Error::AlreadyUsed`],
    /// [`Error::RandomUnavailable`].
    pub fn begin(
        target: Arc<Target>,
        device: Arc<SigningKey>,
        header: &Header,
        local_seq: u64,
    ) -> Result<Self> {
        let header = sm2_header(header)?;
        let hedge = device.secret().to_bytes();
        let (committed, m1, k0) =
            keygen::PhoneKeygen::begin(&header.fields, device.public_key(), &hedge, local_seq)?;
        let (envelope, exchange) =
            seal::<Sm2>(&target, &device, &header, &k0, &m1.encode(), local_seq)?;
        Ok(Self {
            target,
            device,
            header: header.fields,
            envelope: Mutex::new(envelope),
            state: Mutex::new(Some(State::Committed(Box::new(committed), exchange))),
        })
    }

    /// The message to send now: M1, after `receive` M3.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn envelope(&self) -> Result<Vec<u8>> {
        Ok(self
            .envelope
            .lock()
            .map_err(|_| Error::InternalFault)?
            .clone())
    }

    /// KG-3: takes M2 and, if it is OK, prepares M3 under a new header for the same key.
    ///
    /// # Errors
    /// [`Error::BadAnswer`], [`Error::BadProof`], [`Error::AlreadyUsed`]; [`Error::MalformedMessage`] for a header that
    /// does not continue M1.
    pub fn receive(&self, answer: &[u8], header: &Header, local_seq: u64) -> Result<Answer> {
        let State::Committed(committed, exchange) = super::take(&self.state)? else {
            return Err(Error::AlreadyUsed);
        };
        let header = sm2_header(header)?;
        if !self.continued_by(&header.fields) {
            return Err(Error::MalformedMessage);
        }
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else { return Ok(answer) };
        let m2 = KeygenM2::decode(&body).map_err(|_| Error::BadAnswer)?;
        let (proven, m3, k2) = committed.receive(&m2)?;
        let (envelope, exchange) = seal::<Sm2>(
            &self.target,
            &self.device,
            &header,
            &k2,
            &m3.encode(),
            local_seq,
        )?;
        *self.envelope.lock().map_err(|_| Error::InternalFault)? = envelope;
        *self.state.lock().map_err(|_| Error::InternalFault)? =
            Some(State::Proven(Box::new(proven), exchange));
        Ok(answer)
    }

    /// KG-6: takes M4, checks key and statement, and blinds the share with the PIN.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN that PIN-7 refuses, before anything is taken; [`Error::BadAnswer`],
    /// [`Error::BadSignature`], [`Error::AlreadyUsed`].
    pub fn finish(&self, answer: &[u8], pin: &str, cost: KdfParams) -> Result<Generated> {
        pin::check(pin)?;
        let State::Proven(proven, exchange) = super::take(&self.state)? else {
            return Err(Error::AlreadyUsed);
        };
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok(Generated {
                answer,
                blob: None,
                tau: [0; 16],
                ctr: 0,
            });
        };
        let m4 = KeygenM4::decode(&body).map_err(|_| Error::BadAnswer)?;
        let (share, pk) = proven
            .finish(&m4, |message, signature| {
                device::verify(&self.target.identity, message, signature)
            })
            .map_err(|error| {
                if error == Error::BadSignature {
                    error
                } else {
                    Error::BadAnswer
                }
            })?;
        let name = ShareName {
            key_id: self.header.key_id.clone(),
            share_id: m4.share_id,
            purpose: self.header.purpose,
            pk: pk.encode(),
        };
        let blob = Blob::make(name, &share, pin, cost)?;
        Ok(Generated {
            answer,
            blob: Some(blob),
            tau: m4.tau,
            ctr: m4.ctr,
        })
    }

    fn continued_by(&self, next: &message::Header) -> bool {
        let first = &self.header;
        first.suite == next.suite
            && first.purpose == next.purpose
            && first.server_id == next.server_id
            && first.user_id == next.user_id
            && first.device_id == next.device_id
            && first.key_id == next.key_id
    }
}

fn sm2_header(header: &Header) -> Result<Prepared> {
    let header = header.take(Op::Keygen)?;
    if header.fields.suite == SuiteId::Sm2 {
        Ok(header)
    } else {
        Err(Error::MalformedMessage)
    }
}
