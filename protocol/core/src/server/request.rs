//! One opened request: public evidence for the caller, everything else for the core only.

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use crate::curve::{Affine, Sm2, P256};
use crate::device::{self, Signed};
use crate::e2e::{success_body, Frame, Opened, ResponseKey, Status};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::codec::Reader;
use crate::message::{
    ciphertext_digest, dev_message, ecdh_digest, enc_hash, needs_ot, req_id, Body, Custody, Header,
    Op, ReqId, SignedBody, SuiteId,
};

/// A request as the core holds it. Shared with what is computed from it, because there is one answer to all of them.
pub struct Request {
    req_id: ReqId,
    op: u8,
    reply: Reply,
    content: core::result::Result<Content, &'static str>,
}

/// Header, evidence and body of a well-formed request.
pub struct Content {
    /// Decoded header.
    pub header: Header,
    /// 1 or 3 for KEYGEN, 1 or 2 for `OT_SETUP`, the mode of ECDH, else 0.
    pub phase: u8,
    /// `e_i` of SIGN and `EC_SIGN`, H("SM2/c1", `T1_i`) of DECRYPT, H("ECDH/t", `T_i`) of ECDH, else empty.
    pub digests: Vec<[u8; 32]>,
    /// Device key named by KEYGEN M1.
    pub device_pub: Option<[u8; 33]>,
    /// What KEYGEN M1 asks for; `Sealed` in every other request.
    pub custody: Custody,
    /// Context hash; `None` for KEYGEN M3.
    pub ctx: Option<[u8; 32]>,
    /// HDR-2.
    pub body_hash: [u8; 32],
    /// H("DEV/enc", enc).
    pub enc_hash: [u8; 32],
    /// r ‖ s of the device key.
    pub sig_dev: [u8; 64],
    pub(super) enc: [u8; 33],
    /// Header as it was sent, the evidence of E2E-7.
    pub header_bytes: Zeroizing<Vec<u8>>,
    body: Mutex<Option<AnyBody>>,
}

/// The body of a request of either suite.
pub(super) enum AnyBody {
    Sm2(Body<Sm2>),
    P256(Body<P256>),
}

/// Key of the one answer, shared by every object that could give it.
#[derive(Clone)]
pub(super) struct Reply {
    req_id: ReqId,
    padded_body: usize,
    key: Arc<Mutex<Option<ResponseKey>>>,
}

impl Reply {
    /// E2E-3: seals the one answer, padded to the size of a success answer.
    pub(super) fn seal(&self, frame: &Frame, body: &[u8]) -> Result<Vec<u8>> {
        let key = super::take(&self.key)?;
        key.seal(
            &self.req_id,
            &Zeroizing::new(frame.encode(body, self.padded_body)),
        )
    }
}

impl Request {
    /// Decodes what the envelopes held, in order; an envelope that did not open keeps its error.
    pub(super) fn decode_all(server_id: &str, opened: Vec<Result<Opened>>) -> Vec<Result<Self>> {
        let headers: Vec<Result<Header>> = opened
            .iter()
            .flatten()
            .map(|opened| header_for(server_id, &opened.header))
            .collect();
        let sm2: Vec<(&Header, &[u8])> = headers
            .iter()
            .zip(opened.iter().flatten())
            .filter_map(|(header, opened)| Some((header.as_ref().ok()?, opened.body.as_slice())))
            .filter(|(header, _)| header.suite == SuiteId::Sm2)
            .collect();
        let mut sm2 = SignedBody::<Sm2>::decode_all(&sm2).into_iter();
        let mut headers = headers.into_iter();
        opened
            .into_iter()
            .map(|opened| {
                let opened = opened?;
                let header = headers.next().ok_or(Error::InternalFault)?;
                let signed = match &header {
                    Ok(header) if header.suite == SuiteId::Sm2 => sm2.next(),
                    _ => None,
                };
                Ok(Self::new(header, signed, opened))
            })
            .collect()
    }

    /// `sm2` is the decoded body of a request of suite SM2.
    fn new(header: Result<Header>, sm2: Option<Result<SignedBody<Sm2>>>, opened: Opened) -> Self {
        let (suite, op) = peek(&opened.header);
        let req_id = match suite {
            Some(SuiteId::Sm2) => req_id::<Sm2>(&opened.header),
            Some(SuiteId::P256) | None => req_id::<P256>(&opened.header),
        };
        let Opened {
            header: header_bytes,
            body,
            enc,
            response,
        } = opened;
        let content = header
            .and_then(|header| match sm2 {
                Some(signed) => Ok(Content::of_sm2(signed?, header, header_bytes, enc)),
                None => Content::of_p256(header, header_bytes, &body, enc),
            })
            .map_err(|error| error.malformed_reason().unwrap_or("MALFORMED_MESSAGE"));
        let padded_body = match &content {
            Ok(content) => content.success_body(),
            Err(_) => Op::from_byte(op).map_or(0, |op| success_body(op, 1, 1, false)),
        };
        let reply = Reply {
            req_id,
            padded_body,
            key: Arc::new(Mutex::new(Some(response))),
        };
        Self {
            req_id,
            op,
            reply,
            content,
        }
    }

    /// HDR-1.
    #[must_use]
    pub fn req_id(&self) -> ReqId {
        self.req_id
    }

    /// Operation number, 0 if it could not be read.
    #[must_use]
    pub fn op(&self) -> u8 {
        self.op
    }

    /// Reason to answer status 13 with, `None` for a well-formed request.
    #[must_use]
    pub fn malformed(&self) -> Option<&'static str> {
        self.content.as_ref().err().copied()
    }

    /// What a well-formed request says.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] if it is malformed.
    pub fn content(&self) -> Result<&Content> {
        self.content.as_ref().map_err(|_| Error::MalformedMessage)
    }

    pub(super) fn reply(&self) -> &Reply {
        &self.reply
    }

    /// HDR-2: the device signature, before the counter and the token are touched (E2E-6).
    ///
    /// # Errors
    /// [`Error::DeviceProofInvalid`]; [`Error::MalformedPoint`] if `device_pub` is no key; [`Error::MalformedMessage`]
    /// for KEYGEN M3, whose context needs the pending record.
    pub fn verify_device(&self, device_pub: &[u8]) -> Result<()> {
        let content = self.content()?;
        content.verify_device(device_pub, &content.ctx.ok_or(Error::MalformedMessage)?)
    }

    /// E2E-3: answers without an evaluation. Status OK is left to SYNC: every other success has a computed body.
    ///
    /// # Errors
    /// [`Error::AlreadyUsed`]; [`Error::BadProof`] for OK to an operation that proves a PIN.
    pub fn answer(&self, frame: &Frame, body: &[u8]) -> Result<Vec<u8>> {
        if frame.status == Status::Ok
            && !self
                .content()
                .is_ok_and(|content| content.header.op == Op::Sync)
        {
            return Err(Error::BadProof);
        }
        if body.len() > self.reply.padded_body.max(MAX_REASON) {
            return Err(Error::MalformedMessage);
        }
        self.reply.seal(frame, body)
    }
}

/// Longest reason of a MALFORMED answer.
const MAX_REASON: usize = 64;

impl Content {
    fn of_sm2(
        signed: SignedBody<Sm2>,
        header: Header,
        header_bytes: Zeroizing<Vec<u8>>,
        enc: [u8; 33],
    ) -> Self {
        let mut content = Self::new(&signed, header, header_bytes, enc);
        content.body = Mutex::new(Some(AnyBody::Sm2(signed.body)));
        content
    }

    fn of_p256(
        header: Header,
        header_bytes: Zeroizing<Vec<u8>>,
        body: &[u8],
        enc: [u8; 33],
    ) -> Result<Self> {
        let signed = SignedBody::<P256>::decode(&header, body)?;
        let mut content = Self::new(&signed, header, header_bytes, enc);
        content.body = Mutex::new(Some(AnyBody::P256(signed.body)));
        Ok(content)
    }

    fn new<S: Suite>(
        signed: &SignedBody<S>,
        header: Header,
        header_bytes: Zeroizing<Vec<u8>>,
        enc: [u8; 33],
    ) -> Self {
        let (phase, device_pub) = match &signed.body {
            Body::KeygenM1(m1) => (1, Some(m1.device_pub)),
            Body::KeygenM3(_) => (3, None),
            Body::OtSetup(body) => (1 + u8::from(body.ends()), None),
            Body::Ecdh(body) => (body.mode as u8, None),
            _ => (0, None),
        };
        let custody = match &signed.body {
            Body::KeygenM1(m1) => m1.custody,
            _ => Custody::Sealed,
        };
        let digests = match &signed.body {
            Body::Sign(body) => body.digests.clone(),
            Body::EcSign(body) => vec![body.digest],
            Body::Decrypt(body) => body.encoded.iter().map(ciphertext_digest::<S>).collect(),
            Body::Ecdh(body) => body.encoded.iter().map(ecdh_digest).collect(),
            _ => Vec::new(),
        };
        Self {
            phase,
            digests,
            device_pub,
            custody,
            ctx: signed.ctx(&header, &header_bytes),
            body_hash: signed.body_hash,
            enc_hash: enc_hash::<S>(&enc),
            sig_dev: signed.sig_dev,
            header,
            enc,
            header_bytes,
            body: Mutex::new(None),
        }
    }

    /// E2E-3: bytes of the body of a success answer.
    fn success_body(&self) -> usize {
        let header = &self.header;
        let ots = needs_ot(header.suite, header.purpose);
        success_body(header.op, self.phase, self.digests.len(), ots)
    }

    /// The body, which is evaluated at most once (TX-7).
    pub(super) fn take_body(&self) -> Result<AnyBody> {
        super::take(&self.body)
    }

    /// Looks at the body and leaves it for the evaluation.
    pub(super) fn peek_body<T>(&self, look: impl FnOnce(&AnyBody) -> T) -> Result<T> {
        let body = self.body.lock().map_err(|_| Error::InternalFault)?;
        body.as_ref().map(look).ok_or(Error::AlreadyUsed)
    }

    pub(super) fn verify_device(&self, device_pub: &[u8], ctx: &[u8; 32]) -> Result<()> {
        let Signed {
            public,
            hash,
            signature,
        } = self.signed(Affine::decode(device_pub)?, ctx);
        device::verify(&public, &hash, signature).map_err(|_| Error::DeviceProofInvalid)
    }

    /// HDR-2: what the device with this key has to have signed.
    pub(super) fn signed(&self, public: Affine<P256>, ctx: &[u8; 32]) -> Signed<'_> {
        let hash = match self.header.suite {
            SuiteId::Sm2 => dev_message::<Sm2>(ctx, &self.body_hash, &self.enc),
            SuiteId::P256 => dev_message::<P256>(ctx, &self.body_hash, &self.enc),
        };
        Signed {
            public,
            hash,
            signature: &self.sig_dev,
        }
    }
}

/// The header of a request, which must be for this service.
fn header_for(server_id: &str, bytes: &[u8]) -> Result<Header> {
    let header = Header::decode(bytes)?;
    if header.server_id == server_id {
        Ok(header)
    } else {
        Err(Error::MalformedMessage)
    }
}

/// Suite and operation of a header that may not decode as a whole, so that it can still be answered under its id.
fn peek(header: &[u8]) -> (Option<SuiteId>, u8) {
    let mut reader = Reader::new(header);
    let mut read = || -> Result<(SuiteId, u8)> {
        reader.field()?;
        let suite = SuiteId::from_name(reader.field()?)?;
        match reader.field()? {
            [op] => Ok((suite, *op)),
            _ => Err(Error::MalformedMessage),
        }
    };
    read().map_or((None, 0), |(suite, op)| (Some(suite), op))
}
