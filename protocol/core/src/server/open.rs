//! TX-0 for a micro-batch: opens envelopes and checks device signatures, many at once. Requests of different phones share
//! lanes and nothing else.

use super::core::ServerCore;
use super::request::Request;
use crate::curve::{decode_each, P256};
use crate::device::{self, Signed};
use crate::e2e::Envelope;
use crate::error::{Error, Result};
use crate::isolate::isolated;

impl ServerCore {
    /// E2E-2: opens an envelope with the key it names. A bad header or body inside becomes a request that can only be
    /// answered.
    ///
    /// # Errors
    /// [`Error::EnvelopeInvalid`].
    pub fn open_request(&self, envelope: &[u8]) -> Result<Request> {
        self.open_requests(&[envelope])
            .pop()
            .unwrap_or(Err(Error::InternalFault))
    }

    /// [`ServerCore::open_request`] for many envelopes, in order: decapsulations and the decoding of points share lanes.
    #[must_use]
    pub fn open_requests(&self, envelopes: &[&[u8]]) -> Vec<Result<Request>> {
        isolated(
            envelopes,
            |part| self.open_all(part),
            || Err(Error::InternalFault),
        )
    }

    fn open_all(&self, envelopes: &[&[u8]]) -> Vec<Result<Request>> {
        let parsed: Vec<Result<_>> = envelopes
            .iter()
            .map(|bytes| {
                let envelope = Envelope::parse(bytes)?;
                let key = self.envelope_key(envelope.core_key_id)?;
                Ok((envelope, key))
            })
            .collect();
        let named: Vec<_> = parsed
            .iter()
            .flatten()
            .map(|(envelope, key)| (envelope, key.pair()))
            .collect();
        let mut opened = Envelope::open_all(self.server_id(), &named).into_iter();
        let opened: Vec<_> = parsed
            .iter()
            .map(|parsed| {
                parsed.as_ref().map_err(|error: &Error| *error)?;
                opened.next().unwrap_or(Err(Error::InternalFault))
            })
            .collect();
        Request::decode_all(self.server_id(), opened)
    }
}

/// HDR-2 for many requests, each with the key of its device: [`Request::verify_device`] with multiplications that share
/// lanes.
#[must_use]
pub fn verify_devices(items: &[(&Request, &[u8])]) -> Vec<Result<()>> {
    isolated(items, verify_all, || Err(Error::InternalFault))
}

fn verify_all(items: &[(&Request, &[u8])]) -> Vec<Result<()>> {
    let encoded: Vec<[u8; 33]> = items
        .iter()
        .map(|(_, key)| (*key).try_into().unwrap_or([0; 33]))
        .collect();
    let keys = decode_each::<P256>(&encoded);
    let signed: Vec<Result<Signed<'_>>> = items
        .iter()
        .zip(keys)
        .map(|((request, _), key)| {
            let content = request.content()?;
            let ctx = content.ctx.ok_or(Error::MalformedMessage)?;
            Ok(content.signed(key?, &ctx))
        })
        .collect();
    let valid: Vec<_> = signed.iter().flatten().copied().collect();
    let mut verdicts = device::verify_batch(&valid).into_iter();
    signed
        .into_iter()
        .map(|signed| {
            signed?;
            let verdict = verdicts.next().ok_or(Error::InternalFault)?;
            verdict.map_err(|_| Error::DeviceProofInvalid)
        })
        .collect()
}
