//! Messages inside the end-to-end layer: header, bodies, answers, contexts and what the device signs.
//!
//! Decoders accept exactly what the encoders produce (ENC-5). A body travels as `body ‖ sig_dev`; the decoder of each
//! body takes the part before the signature.

pub(crate) mod codec;
mod context;
mod decrypt;
mod ec_sign;
mod ecdh;
mod fields;
mod header;
mod keygen;
mod ot_setup;
mod share;
mod sign;

pub use codec::MAX_ITEMS;
pub use context::{
    adopt_ctx, ciphertext_digest, confirm_ctx, decrypt_ctx, ecdh_ctx, ecdh_digest, keygen_k0,
    keygen_m1_ctx, ot_setup_ctx, refresh_ctx, sign_ctx, sync_ctx,
};
pub use decrypt::{decode_decrypt_answer, encode_decrypt_answer, DecryptBody, DhForm};
pub use ec_sign::{
    ec_ctx0, ec_sid, EcSession, EcSignAnswer, EcSignBody, Multiplication, OtMessage, INSTANCES,
    ROW, XI,
};
pub use ecdh::{
    decode_ecdh_answer, decode_raw_answer, encode_ecdh_answer, encode_x_answer, EcdhBody, EcdhMode,
};
pub use fields::{needs_ot, Op, Purpose, Sharing, SuiteId};
pub use header::{req_id, Header, ReqId, MAX_HEADER, MAX_ID, MAX_OPEN_REQS, MAX_TTL_MS, VERSION};
pub use keygen::{
    Custody, KeygenM1, KeygenM2, KeygenM3, KeygenM4, M1_LEN, M1_TOKEN_LEN, M2_LEN, M3_LEN, M4_LEN,
};
pub use ot_setup::{OtSetupAnswer, OtSetupBody, OtsPart, PART_1, PART_2};
pub use share::{
    decode_flags, encode_flags, CloneCase, ConfirmBody, ProofBody, RefreshAnswer, RefreshBody,
    SyncAnswer,
};
pub use sign::{decode_sign_answer, digest_scalar, encode_sign_answer, SignBody, SignItem};

use crate::curve::{decode_each, Affine};
use crate::error::{Error, Result};
use crate::hash::{h, label, Suite};

/// Length of `sig_dev`, r‖s.
pub const SIG_LEN: usize = 64;

/// A decoded request body.
#[derive(Clone)]
pub enum Body<S: Suite> {
    /// First message of key generation.
    KeygenM1(KeygenM1),
    /// Third message of key generation.
    KeygenM3(KeygenM3<S>),
    /// Signature over N digests.
    Sign(SignBody<S>),
    /// Decryption of N ciphertexts.
    Decrypt(DecryptBody<S>),
    /// New shares.
    Refresh(RefreshBody<S>),
    /// First use of new shares.
    Confirm(ConfirmBody<S>),
    /// Heartbeat, device signature only.
    Sync,
    /// Adoption after a restore.
    Adopt(ProofBody<S>),
    /// ECDSA signature over one digest; suite P256 only.
    EcSign(EcSignBody),
    /// ECDH with N peer points; suite P256 only.
    Ecdh(EcdhBody),
    /// Either request of an OT set-up; suite P256 only.
    OtSetup(OtSetupBody<S>),
}

impl<S: Suite> Body<S> {
    /// Points that [`SignedBody::parse`] left encoded.
    fn undecoded(&self) -> &[[u8; 33]] {
        match self {
            Self::Sign(body) => &body.encoded,
            Self::Decrypt(body) => &body.encoded,
            _ => &[],
        }
    }

    /// Takes the points of [`Body::undecoded`], decoded.
    fn complete(&mut self, points: Vec<Affine<S>>) {
        match self {
            Self::Sign(body) => body.points = points.into(),
            Self::Decrypt(body) => body.points = points,
            _ => {}
        }
    }
}

/// A decoded body with what the device signature covers.
#[derive(Clone)]
pub struct SignedBody<S: Suite> {
    /// The decoded part before the signature.
    pub body: Body<S>,
    /// HDR-2: `H("DEV/body", u8 op, body without sig_dev)`.
    pub body_hash: [u8; 32],
    /// Device signature, r‖s, not yet verified.
    pub sig_dev: [u8; SIG_LEN],
}

impl<S: Suite> SignedBody<S> {
    /// Decodes `body ‖ sig_dev` of the operation that `header` names; M1 and M3 are told apart by their length.
    ///
    /// # Errors
    /// `MalformedMessage` (also if the suite of the header is not `S`), `MalformedPoint`, `MalformedScalar`,
    /// `DigestRefused`.
    pub fn decode(header: &Header, bytes: &[u8]) -> Result<Self> {
        Self::decode_all(&[(header, bytes)])
            .pop()
            .unwrap_or(Err(Error::InternalFault))
    }

    /// [`SignedBody::decode`] for many requests, in order: the points of all SIGN and DECRYPT bodies are decoded
    /// together.
    #[must_use]
    pub fn decode_all(requests: &[(&Header, &[u8])]) -> Vec<Result<Self>> {
        let parsed: Vec<_> = requests
            .iter()
            .map(|(header, bytes)| Self::parse(header, bytes))
            .collect();
        let encoded: Vec<[u8; 33]> = parsed
            .iter()
            .flatten()
            .flat_map(|signed| signed.body.undecoded())
            .copied()
            .collect();
        let mut decoded = decode_each(&encoded).into_iter();
        parsed
            .into_iter()
            .map(|signed| {
                let mut signed = signed?;
                // The whole share of this body is taken off the list, even if a point in it is none.
                let own: Vec<_> = decoded
                    .by_ref()
                    .take(signed.body.undecoded().len())
                    .collect();
                signed
                    .body
                    .complete(own.into_iter().collect::<core::result::Result<_, _>>()?);
                Ok(signed)
            })
            .collect()
    }

    /// As [`SignedBody::decode`], with the lists of points of SIGN and DECRYPT still empty.
    fn parse(header: &Header, bytes: &[u8]) -> Result<Self> {
        if header.suite.name() != S::NAME {
            return Err(Error::MalformedMessage);
        }
        let (body, sig_dev) = bytes
            .split_last_chunk::<SIG_LEN>()
            .ok_or(Error::MalformedMessage)?;
        let with_ots = needs_ot(header.suite, header.purpose);
        let decoded = match header.op {
            Op::Keygen if matches!(bytes.len(), M1_LEN | M1_TOKEN_LEN) => {
                let m1 = KeygenM1::decode(body)?;
                if m1.custody == Custody::Token && !may_be_in_token(header.suite, header.purpose) {
                    return Err(Error::PurposeMismatch);
                }
                Body::KeygenM1(m1)
            }
            Op::Keygen => Body::KeygenM3(KeygenM3::decode(body, with_ots)?),
            Op::Sign => Body::Sign(SignBody::parse(body)?),
            Op::Decrypt => Body::Decrypt(DecryptBody::parse(body)?),
            Op::Refresh => Body::Refresh(RefreshBody::decode(body)?),
            Op::Confirm => Body::Confirm(ConfirmBody::decode(body, with_ots)?),
            Op::Adopt => Body::Adopt(ProofBody::decode(body)?),
            Op::Sync if body.is_empty() => Body::Sync,
            Op::Ecdh => Body::Ecdh(EcdhBody::decode(body)?),
            Op::OtSetup => Body::OtSetup(OtSetupBody::decode(body)?),
            Op::EcSign => Body::EcSign(EcSignBody::decode(body)?),
            Op::Sync => return Err(Error::MalformedMessage),
        };
        Ok(Self {
            body: decoded,
            body_hash: body_hash::<S>(header.op, body),
            sig_dev: *sig_dev,
        })
    }

    /// Context hash of the operation; `None` for M3, whose context k2 needs the pending record. `header_bytes` is the
    /// encoding of `header`.
    #[must_use]
    pub fn ctx(&self, header: &Header, header_bytes: &[u8]) -> Option<[u8; 32]> {
        let sharing = Sharing::of(header.suite, header.purpose);
        let pk = &header.pk;
        Some(match &self.body {
            Body::KeygenM1(m1) => keygen_m1_ctx::<S>(sharing, header_bytes, m1),
            Body::KeygenM3(_) => return None,
            Body::Sign(body) => sign_ctx::<S>(header_bytes, &body.digests, pk),
            Body::Decrypt(body) => decrypt_ctx::<S>(header_bytes, &body.encoded, pk),
            Body::Refresh(body) => refresh_ctx::<S>(header_bytes, &body.ep.encode(), pk),
            Body::Confirm(body) => confirm_ctx::<S>(header_bytes, &body.ots, pk),
            Body::Sync => sync_ctx::<S>(header_bytes),
            Body::Adopt(_) => adopt_ctx::<S>(header_bytes, pk),
            Body::EcSign(body) => EcSession::new(header_bytes, pk, body).ctx,
            Body::Ecdh(body) => ecdh_ctx(header_bytes, body.mode, &body.encoded, pk),
            Body::OtSetup(_) => ot_setup_ctx(header_bytes, pk),
        })
    }
}

/// §8.2: only agreements can be evaluated by a token, so only P-256 decryption keys can have a share in one.
#[must_use]
pub fn may_be_in_token(suite: SuiteId, purpose: Purpose) -> bool {
    suite == SuiteId::P256 && purpose == Purpose::Decrypt
}

/// HDR-2: `H("DEV/body", u8 op, body without sig_dev)`.
#[must_use]
pub fn body_hash<S: Suite>(op: Op, body: &[u8]) -> [u8; 32] {
    h::<S>(label::DEV_BODY, &[&[op as u8], body])
}

/// HDR-2: the 32 bytes the device key signs, `H("DEV/sig", ctx, body_hash, H("DEV/enc", enc))`; `enc` is the
/// encapsulated key of the envelope, 33 bytes.
#[must_use]
pub fn dev_message<S: Suite>(ctx: &[u8; 32], body_hash: &[u8; 32], enc: &[u8]) -> [u8; 32] {
    h::<S>(label::DEV_SIG, &[ctx, body_hash, &enc_hash::<S>(enc)])
}

/// `H("DEV/enc", enc)`, kept as evidence (E2E-7).
#[must_use]
pub fn enc_hash<S: Suite>(enc: &[u8]) -> [u8; 32] {
    h::<S>(label::DEV_ENC, &[enc])
}

#[cfg(test)]
mod tests;
