//! What every phone operation shares: recipient, header, envelope and answer.

use std::sync::Mutex;

use zeroize::Zeroizing;

use crate::curve::{Affine, P256};
use crate::device::SigningKey;
use crate::e2e::hpke::KeyPair;
use crate::e2e::{CoreKeyId, Encapsulation, Frame, Recipient, ResponseKey, Status};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{self, req_id, Op, ReqId, SuiteId};
use crate::random;

/// Verified public description of a key-share service: the caller has checked the identity key's statement about
/// the envelope key (E2E-4).
pub struct Target {
    pub(super) recipient: Recipient,
    pub(super) identity: Affine<P256>,
}

impl Target {
    /// A service, its identity key and its current envelope key, both compressed.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for a `server_id` that is not 1–64 bytes, [`Error::MalformedPoint`].
    pub fn new(
        server_id: &str,
        identity: &[u8],
        core_key_id: CoreKeyId,
        envelope_key: &[u8],
    ) -> Result<Self> {
        if !(1..=message::MAX_ID).contains(&server_id.len()) {
            return Err(Error::MalformedMessage);
        }
        let recipient = Recipient {
            server_id: server_id.to_owned(),
            core_key_id,
            public_key: Affine::decode(envelope_key)?,
        };
        Ok(Self {
            recipient,
            identity: Affine::decode(identity)?,
        })
    }
}

/// Header of one request; one operation takes it.
pub struct Header {
    req_id: ReqId,
    fields: Mutex<Option<Prepared>>,
}

/// A header that an operation has taken.
pub(super) struct Prepared {
    pub(super) fields: message::Header,
    pub(super) bytes: Vec<u8>,
    pub(super) req_id: ReqId,
}

impl Header {
    /// Checks the fields (section 1.5) and draws `req_nonce`; the value given in `fields` is ignored.
    ///
    /// # Errors
    /// As [`message::Header::decode`]; [`Error::RandomUnavailable`].
    pub fn new(mut fields: message::Header) -> Result<Self> {
        fields.req_nonce = *random::fresh32()?;
        let bytes = fields.encode()?;
        let req_id = match fields.suite {
            SuiteId::Sm2 => req_id::<crate::curve::Sm2>(&bytes),
            SuiteId::P256 => req_id::<P256>(&bytes),
        };
        Ok(Self {
            req_id,
            fields: Mutex::new(Some(Prepared {
                fields,
                bytes,
                req_id,
            })),
        })
    }

    /// HDR-1.
    #[must_use]
    pub fn req_id(&self) -> ReqId {
        self.req_id
    }

    /// The fields, for the one operation that the header is for.
    pub(super) fn take(&self, op: Op) -> Result<Prepared> {
        let prepared = super::take(&self.fields)?;
        if prepared.fields.op == op {
            Ok(prepared)
        } else {
            Err(Error::MalformedMessage)
        }
    }
}

/// Frame of an answer, with the reason of a MALFORMED one.
#[derive(Debug)]
pub struct Answer {
    /// Status, times, attempts and token.
    pub frame: Frame,
    /// Reason text of a MALFORMED answer.
    pub reason: Option<String>,
}

impl Answer {
    /// Whether the request was carried out.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.frame.status == Status::Ok
    }
}

/// A sealed request that waits for its one answer.
pub(super) struct Exchange {
    req_id: ReqId,
    response: ResponseKey,
}

/// HDR-2, E2E-6: encapsulates, signs context, body and `enc`, seals. Returns the envelope to send. `local_seq` joins the
/// hedging of the ephemeral key; SYNC, which has none, relies on its header.
pub(super) fn seal<S: Suite>(
    target: &Target,
    device: &SigningKey,
    header: &Prepared,
    ctx: &[u8; 32],
    body: &[u8],
    local_seq: u64,
) -> Result<(Vec<u8>, Exchange)> {
    if header.fields.server_id != target.recipient.server_id {
        return Err(Error::MalformedMessage);
    }
    let secret = device.secret().to_bytes();
    let ephemeral =
        KeyPair::generate(&[secret.as_slice(), &header.bytes, &local_seq.to_be_bytes()])?;
    let encapsulation = Encapsulation::new(&target.recipient, &ephemeral)?;
    let body_hash = message::body_hash::<S>(header.fields.op, body);
    let signature = device.sign(&message::dev_message::<S>(
        ctx,
        &body_hash,
        encapsulation.enc(),
    ))?;
    let signed = Zeroizing::new([body, signature.as_slice()].concat());
    let (envelope, response) = encapsulation.seal(&header.bytes, &signed)?;
    Ok((
        envelope,
        Exchange {
            req_id: header.req_id,
            response,
        },
    ))
}

impl Exchange {
    /// Opens the answer. The body is given only with status OK.
    pub(super) fn open(self, answer: &[u8]) -> Result<(Answer, Option<Zeroizing<Vec<u8>>>)> {
        let plaintext = self.response.open(&self.req_id, answer)?;
        let (frame, body) = Frame::decode(&plaintext).map_err(|_| Error::BadAnswer)?;
        let reason = match frame.status {
            Status::Malformed => {
                Some(String::from_utf8(body.to_vec()).map_err(|_| Error::BadAnswer)?)
            }
            Status::Ok => None,
            _ if body.is_empty() => None,
            _ => return Err(Error::BadAnswer),
        };
        let body = (frame.status == Status::Ok).then(|| Zeroizing::new(body.to_vec()));
        Ok((Answer { frame, reason }, body))
    }
}
