//! Request envelope (E2E-1, E2E-2) and the key of its answer (E2E-3).

use zeroize::Zeroizing;

use super::hpke::{Context, Exporter, KeyPair};
use crate::curve::{decode_each, Affine, P256};
use crate::error::{Error, Result};
use crate::hash::tlv;
use crate::message::codec::Reader;
use crate::random::fresh;
use crate::seal::gcm;

/// The only version.
pub const VERSION: u16 = 1;
/// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
pub const SUITE: u8 = 1;
/// Longest envelope that is looked at.
pub const MAX_ENVELOPE: usize = 64 * 1024;
/// Bytes before the ciphertext: version 2, suite 1, core key id 8, enc 33, length 4.
pub const PREFIX: usize = 48;

/// Identifier of a core's envelope key.
pub type CoreKeyId = [u8; 8];

/// Whom an envelope is for.
pub struct Recipient {
    /// Name of the key-share service.
    pub server_id: String,
    /// Which of its envelope keys.
    pub core_key_id: CoreKeyId,
    /// That key.
    pub public_key: Affine<P256>,
}

/// Sender's side after encapsulation: `enc` is known, nothing is sealed yet (E2E-6).
pub struct Encapsulation {
    context: Context,
    core_key_id: CoreKeyId,
    enc: [u8; 33],
}

impl Encapsulation {
    /// Encapsulates to the recipient under an ephemeral key pair that must be used for nothing else.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn new(recipient: &Recipient, ephemeral: &KeyPair) -> Result<Self> {
        let info = info(&recipient.server_id, recipient.core_key_id);
        Ok(Self {
            context: Context::sender(ephemeral, &recipient.public_key, &info)?,
            core_key_id: recipient.core_key_id,
            enc: ephemeral.public().encode(),
        })
    }

    /// The encapsulated key, compressed; the device signature binds its hash.
    #[must_use]
    pub fn enc(&self) -> &[u8; 33] {
        &self.enc
    }

    /// Seals header and body and keeps the key of the answer.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] if the envelope would be longer than [`MAX_ENVELOPE`].
    pub fn seal(self, header: &[u8], body: &[u8]) -> Result<(Vec<u8>, ResponseKey)> {
        let plaintext = Zeroizing::new(tlv(&[header, body]));
        if PREFIX + plaintext.len() + gcm::TAG > MAX_ENVELOPE {
            return Err(Error::MalformedMessage);
        }
        let (ciphertext, exporter) = self.context.seal(&aad(self.core_key_id), &plaintext)?;
        let length = u32::try_from(ciphertext.len()).map_err(|_| Error::InternalFault)?;
        let envelope = [
            VERSION.to_be_bytes().as_slice(),
            &[SUITE],
            &self.core_key_id,
            &self.enc,
            &length.to_be_bytes(),
            &ciphertext,
        ]
        .concat();
        Ok((envelope, ResponseKey::export(&exporter)?))
    }
}

/// An envelope that was parsed but not opened.
pub struct Envelope<'a> {
    /// Which envelope key it names.
    pub core_key_id: CoreKeyId,
    enc: [u8; 33],
    ciphertext: &'a [u8],
}

/// Content of an opened envelope. Both parts are secret data.
pub struct Opened {
    /// Encoded header.
    pub header: Zeroizing<Vec<u8>>,
    /// Encoded body.
    pub body: Zeroizing<Vec<u8>>,
    /// Encapsulated key, compressed.
    pub enc: [u8; 33],
    /// Key of the answer.
    pub response: ResponseKey,
}

impl<'a> Envelope<'a> {
    /// Reads the public prefix.
    ///
    /// # Errors
    /// [`Error::EnvelopeInvalid`] for another version, suite or length.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        Self::read(bytes).map_err(|_| Error::EnvelopeInvalid)
    }

    fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let known = reader.u16()? == VERSION && reader.u8()? == SUITE;
        if !known || bytes.len() > MAX_ENVELOPE {
            return Err(Error::EnvelopeInvalid);
        }
        let (core_key_id, enc) = (*reader.array()?, *reader.array()?);
        let ciphertext = reader.field()?;
        reader.end()?;
        Ok(Self {
            core_key_id,
            enc,
            ciphertext,
        })
    }

    /// Opens it with the key it names.
    ///
    /// # Errors
    /// [`Error::EnvelopeInvalid`], whatever the cause.
    pub fn open(self, server_id: &str, key: &KeyPair) -> Result<Opened> {
        Self::open_all(server_id, &[(&self, key)])
            .pop()
            .unwrap_or(Err(Error::InternalFault))
    }

    /// [`Envelope::open`] for many, each with the key it names, in order: decoding and decapsulation share lanes.
    #[must_use]
    pub fn open_all(server_id: &str, envelopes: &[(&Self, &KeyPair)]) -> Vec<Result<Opened>> {
        let encoded: Vec<_> = envelopes.iter().map(|(envelope, _)| envelope.enc).collect();
        let points = decode_each::<P256>(&encoded);
        let infos: Vec<_> = envelopes
            .iter()
            .map(|(envelope, _)| info(server_id, envelope.core_key_id))
            .collect();
        let valid: Vec<_> = envelopes
            .iter()
            .zip(&points)
            .zip(&infos)
            .filter_map(|(((_, key), enc), info)| Some((*key, (*enc).ok()?, info.as_slice())))
            .collect();
        let mut contexts = Context::recipients(&valid).into_iter();
        envelopes
            .iter()
            .zip(&points)
            .map(|((envelope, _), enc)| {
                enc.map_err(|_| Error::EnvelopeInvalid)?;
                let context = contexts.next().ok_or(Error::InternalFault)?;
                envelope.decrypt(context?)
            })
            .collect()
    }

    fn decrypt(&self, context: Context) -> Result<Opened> {
        let (plaintext, exporter) = context.open(&aad(self.core_key_id), self.ciphertext)?;
        let (header, body) = split(&plaintext).map_err(|_| Error::EnvelopeInvalid)?;
        Ok(Opened {
            header: Zeroizing::new(header.to_vec()),
            body: Zeroizing::new(body.to_vec()),
            enc: self.enc,
            response: ResponseKey::export(&exporter)?,
        })
    }
}

/// Key of the one answer to a request; using it consumes it.
///
/// The key follows from the envelope alone, so that somebody who delivers an envelope again gets a second answer, STALE,
/// under the same key (CLONE-2). Each answer therefore carries a nonce of its own.
pub struct ResponseKey(Zeroizing<[u8; 32]>);

impl ResponseKey {
    fn export(exporter: &Exporter) -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        exporter.export(b"COSIGN-v1/e2e-resp-key", key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// Server: nonce ‖ sealed frame.
    ///
    /// # Errors
    /// [`Error::RandomUnavailable`], [`Error::InternalFault`].
    pub fn seal(self, req_id: &[u8; 16], frame: &[u8]) -> Result<Vec<u8>> {
        let nonce = fresh::<{ gcm::NONCE }>()?;
        let sealed = gcm::encrypt(&self.0, &nonce, req_id, frame).ok_or(Error::InternalFault)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Phone: opens the answer.
    ///
    /// # Errors
    /// [`Error::BadAnswer`].
    pub fn open(self, req_id: &[u8; 16], answer: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = answer.split_first_chunk().ok_or(Error::BadAnswer)?;
        gcm::decrypt(&self.0, nonce, req_id, sealed).ok_or(Error::BadAnswer)
    }
}

fn split(plaintext: &[u8]) -> Result<(&[u8], &[u8])> {
    let mut reader = Reader::new(plaintext);
    let parts = (reader.field()?, reader.field()?);
    reader.end()?;
    Ok(parts)
}

fn info(server_id: &str, core_key_id: CoreKeyId) -> Vec<u8> {
    tlv(&[b"COSIGN-v1/e2e", server_id.as_bytes(), &core_key_id])
}

fn aad(core_key_id: CoreKeyId) -> Vec<u8> {
    tlv(&[&VERSION.to_be_bytes(), &[SUITE], &core_key_id])
}
