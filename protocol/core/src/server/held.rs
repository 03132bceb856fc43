//! Requests for keys whose server share is in a token (HSM-3): what the token is asked, and key generation with it.

use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use super::core::ServerCore;
use super::keygen::{begun, identity, of_phase, KeygenBegun};
use super::request::{AnyBody, Request};
use crate::curve::{mul_batch, Affine, SecretScalar, P256};
use crate::error::{Error, Result};
use crate::message::{Body, Custody, EcdhMode, KeygenM1};
use crate::seal::{Kind, SecretRecord};
use crate::shares::keygen::HeldDraft;

/// A key generation that waits for a signature of the token.
pub struct KeygenDraft {
    token_key: [u8; 33],
    challenge: Zeroizing<[u8; 32]>,
    state: Mutex<Option<HeldDraft>>,
    signature: Mutex<Option<[u8; 64]>>,
}

impl KeygenDraft {
    /// What the token signs, without hashing it again.
    #[must_use]
    pub fn challenge(&self) -> &[u8; 32] {
        &self.challenge
    }

    /// Takes the token's signature, r ‖ s.
    ///
    /// # Errors
    /// [`Error::InternalFault`].
    pub fn sign(&self, signature: [u8; 64]) -> Result<()> {
        *self.signature.lock().map_err(|_| Error::InternalFault)? = Some(signature);
        Ok(())
    }
}

impl ServerCore {
    /// KG-2 for a share in a token, as far as it goes without the token's signature. May be repeated with another `B_t`. The
    /// caller has verified the device signature of M1.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for anything but an M1 that asks for a token, [`Error::MalformedPoint`],
    /// [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn keygen_draft(&self, request: &Request, token_key: &[u8]) -> Result<KeygenDraft> {
        let content = of_phase(request, 1)?;
        let m1 = content
            .peek_body(of_token)?
            .ok_or(Error::MalformedMessage)?;
        let point = Affine::<P256>::decode(token_key)?;
        let hash = &content.body_hash;
        let draft = HeldDraft::new(&content.header_bytes, &m1, hash, self.hedge(), &point)?;
        Ok(KeygenDraft {
            token_key: point.encode(),
            challenge: draft.challenge(),
            state: Mutex::new(Some(draft)),
            signature: Mutex::new(None),
        })
    }

    /// KG-2 with a draft that the token has signed. `wrapped` is what the token unwraps to `b_t`.
    ///
    /// # Errors
    /// [`Error::BadProof`] for a wrong or missing signature, else as [`ServerCore::keygen_draft`].
    pub fn keygen_begin_in_token(
        &self,
        request: &Request,
        draft: &KeygenDraft,
        wrapped: &[u8],
    ) -> Result<KeygenBegun> {
        let content = of_phase(request, 1)?;
        of_token(&content.take_body()?).ok_or(Error::MalformedMessage)?;
        let signature = super::take(&draft.signature).map_err(|_| Error::BadProof)?;
        let (pending, m2) = super::take(&draft.state)?.complete(&signature)?;
        let bytes = pending.to_bytes();
        let mut fields = identity(content).to_vec();
        fields.extend([bytes.as_slice(), wrapped, &draft.token_key]);
        let record = Arc::new(SecretRecord::of(Kind::Keygen, &fields));
        Ok(begun(request, *pending.k1(), record, m2.encode()))
    }
}

/// M1 of a key whose share a token shall hold.
fn of_token(body: &AnyBody) -> Option<KeygenM1> {
    match body {
        AnyBody::P256(Body::KeygenM1(m1)) if m1.custody == Custody::Token => Some(*m1),
        _ => None,
    }
}

impl Request {
    /// The points whose x-coordinates under `b_t` this request needs: for ECDH `b_s·T` of each item, for M3 A1 and A1 + G.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for any other request, [`Error::DegenerateKey`] if A1 is −G, [`Error::SealBroken`],
    /// [`Error::AlreadyUsed`].
    pub fn token_points(&self, record: &SecretRecord) -> Result<Vec<Affine<P256>>> {
        self.content()?.peek_body(|body| match body {
            AnyBody::P256(Body::Ecdh(body)) if body.mode == EcdhMode::Aead => {
                let (soft, _, _) = record.as_share()?;
                let soft = SecretScalar::from_bytes(soft).ok_or(Error::SealBroken)?;
                let points = mul_batch(&vec![&soft; body.points.len()], &body.points);
                points
                    .into_iter()
                    .map(|point| point.ok_or(Error::InternalFault))
                    .collect()
            }
            AnyBody::P256(Body::KeygenM3(m3)) => {
                let next = m3.p1.add(&Affine::generator());
                Ok(vec![m3.p1, next.ok_or(Error::DegenerateKey)?])
            }
            _ => Err(Error::MalformedMessage),
        })?
    }
}
