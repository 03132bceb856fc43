//! Key generation on the phone (KG-1, KG-3, KG-6), with the OT set-up of P-256 signing keys inside M2 and M3.

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::blob::{Blob, ShareName};
use super::exchange::{seal, Answer, Exchange, Header, Prepared, Target};
use super::ot_setup::answer_part_1;
use crate::curve::{Sm2, P256};
use crate::device::{self, SigningKey};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{self, needs_ot, Custody, KeygenM2, KeygenM4, Op, SuiteId};
use crate::ot::PhoneSeeds;
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

/// One key generation: `begin`, `receive`, `finish`, each once. A failure ends it (KG-8).
pub struct PhoneKeygen {
    target: Arc<Target>,
    device: Arc<SigningKey>,
    header: message::Header,
    envelope: Mutex<Vec<u8>>,
    state: Mutex<Option<State>>,
}

enum State {
    Sm2(Step<Sm2>),
    P256(Step<P256>),
}

enum Step<S: Suite> {
    Committed(Box<keygen::PhoneKeygen<S>>, Exchange),
    Proven(
        Box<keygen::PhoneKeygenProven<S>>,
        Option<Box<PhoneSeeds>>,
        Exchange,
    ),
}

/// M1 or M3 and what waits for its answer.
type Sent<S> = (Vec<u8>, Step<S>);

impl PhoneKeygen {
    /// KG-1: prepares M1 of a key of the header's suite. The envelope's sender key and the share are hedged with the
    /// device key and `local_seq`.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a header of another operation, [`Error::AlreadyUsed`],
    /// [`Error::RandomUnavailable`].
    pub fn begin(
        target: Arc<Target>,
        device: Arc<SigningKey>,
        header: &Header,
        local_seq: u64,
    ) -> Result<Self> {
        Self::begin_in(Custody::Sealed, target, device, header, local_seq)
    }

    /// KG-1 for a key whose server share is kept as `custody` says.
    ///
    /// # Errors
    /// As [`PhoneKeygen::begin`]; [`Error::PurposeMismatch`] if no token can hold the share of such a key.
    pub fn begin_in(
        custody: Custody,
        target: Arc<Target>,
        device: Arc<SigningKey>,
        header: &Header,
        local_seq: u64,
    ) -> Result<Self> {
        let header = header.take(Op::Keygen)?;
        let (envelope, state) = match header.fields.suite {
            SuiteId::Sm2 => {
                let (envelope, step) = commit(custody, &target, &device, &header, local_seq)?;
                (envelope, State::Sm2(step))
            }
            SuiteId::P256 => {
                let (envelope, step) = commit(custody, &target, &device, &header, local_seq)?;
                (envelope, State::P256(step))
            }
        };
        Ok(Self {
            target,
            device,
            header: header.fields,
            envelope: Mutex::new(envelope),
            state: Mutex::new(Some(state)),
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
        let state = super::take(&self.state)?;
        let header = header.take(Op::Keygen)?;
        if !self.continued_by(&header.fields) {
            return Err(Error::MalformedMessage);
        }
        let (answer, sent) = match state {
            State::Sm2(step) => {
                let (answer, sent) = self.prove(step, answer, &header, local_seq)?;
                (answer, sent.map(|(bytes, step)| (bytes, State::Sm2(step))))
            }
            State::P256(step) => {
                let (answer, sent) = self.prove(step, answer, &header, local_seq)?;
                (answer, sent.map(|(bytes, step)| (bytes, State::P256(step))))
            }
        };
        if let Some((envelope, state)) = sent {
            *self.envelope.lock().map_err(|_| Error::InternalFault)? = envelope;
            *self.state.lock().map_err(|_| Error::InternalFault)? = Some(state);
        }
        Ok(answer)
    }

    fn prove<S: Suite>(
        &self,
        step: Step<S>,
        answer: &[u8],
        header: &Prepared,
        local_seq: u64,
    ) -> Result<(Answer, Option<Sent<S>>)> {
        let Step::Committed(committed, exchange) = step else {
            return Err(Error::AlreadyUsed);
        };
        let (answer, body) = exchange.open(answer)?;
        let Some(body) = body else {
            return Ok((answer, None));
        };
        let with_ots = needs_ot(self.header.suite, self.header.purpose);
        let m2 = KeygenM2::decode(&body, with_ots).map_err(|_| Error::BadAnswer)?;
        let k1 = committed.k1(&m2);
        let (proven, mut m3, k2) = committed.receive(&m2)?;
        let mut seeds = None;
        if with_ots {
            let hedge = self.device.secret().to_bytes();
            let setup = answer_part_1(&k1, &m2.nonce_s, &m2.ots, &hedge, header, local_seq)?;
            (seeds, m3.ots) = (Some(Box::new(setup.0)), setup.1);
        }
        let body = m3.encode();
        let (envelope, exchange) =
            seal::<S>(&self.target, &self.device, header, &k2, &body, local_seq)?;
        let step = Step::Proven(Box::new(proven), seeds, exchange);
        Ok((answer, Some((envelope, step))))
    }

    /// KG-6: takes M4, checks key and statement, and blinds the share with the PIN.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a PIN that PIN-7 refuses, before anything is taken; [`Error::BadAnswer`],
    /// [`Error::BadSignature`], [`Error::AlreadyUsed`].
    pub fn finish(&self, answer: &[u8], pin: &str, cost: KdfParams) -> Result<Generated> {
        pin::check(pin)?;
        match super::take(&self.state)? {
            State::Sm2(step) => self.complete(step, answer, pin, cost),
            State::P256(step) => self.complete(step, answer, pin, cost),
        }
    }

    fn complete<S: Suite>(
        &self,
        step: Step<S>,
        answer: &[u8],
        pin: &str,
        cost: KdfParams,
    ) -> Result<Generated> {
        let Step::Proven(proven, seeds, exchange) = step else {
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
            suite: self.header.suite,
            purpose: self.header.purpose,
            pk: pk.encode(),
        };
        let blob = Blob::make(name, &share, seeds.as_deref(), pin, cost)?;
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

/// KG-1 for one suite.
fn commit<S: Suite>(
    custody: Custody,
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    local_seq: u64,
) -> Result<Sent<S>> {
    let hedge = device.secret().to_bytes();
    let (committed, m1, k0) = keygen::PhoneKeygen::begin_in(
        custody,
        &header.fields,
        device.public_key(),
        &hedge,
        local_seq,
    )?;
    let body = Zeroizing::new(m1.encode());
    let (envelope, exchange) = seal::<S>(target, device, header, &k0, &body, local_seq)?;
    Ok((envelope, Step::Committed(Box::new(committed), exchange)))
}
