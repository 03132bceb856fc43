//! Key generation on the server: M1 → M2 and M3 → M4 (KG-2, KG-4, KG-5).

use std::sync::Arc;

use zeroize::Zeroizing;

use super::core::ServerCore;
use super::ot_setup::{ready_record, Waiting};
use super::request::{AnyBody, Content, Reply, Request};
use crate::curve::{Affine, Sm2, P256};
use crate::e2e::{Frame, Status};
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::message::{
    may_be_in_token, needs_ot, Body, Custody, KeygenM1, KeygenM3, KeygenM4, Op, Purpose, Sharing,
    SuiteId,
};
use crate::seal::{Kind, SecretRecord};
use crate::shares::keygen::{self, Pending};

/// What KG-2 leaves: the record to store and the answer M2.
pub struct KeygenBegun {
    k1: [u8; 32],
    pending: Arc<SecretRecord>,
    m2: Zeroizing<Vec<u8>>,
    reply: Reply,
}

/// What KG-4 and KG-5 leave: the new share and the answer M4.
pub struct KeygenFinished {
    pk: [u8; 33],
    share_id: [u8; 16],
    record: Arc<SecretRecord>,
    sig_server: [u8; 64],
    reply: Reply,
}

/// Header fields that M1 and M3 of one key generation share.
pub(super) fn identity(content: &Content) -> [&[u8]; 6] {
    let header = &content.header;
    let purpose: &'static [u8] = match header.purpose {
        Purpose::Sign => &[1],
        Purpose::Decrypt => &[2],
        Purpose::Login => &[3],
    };
    [
        header.suite.name().as_bytes(),
        purpose,
        header.server_id.as_bytes(),
        header.user_id.as_bytes(),
        header.device_id.as_bytes(),
        header.key_id.as_bytes(),
    ]
}

/// M2 with its record.
pub(super) fn begun(
    request: &Request,
    k1: [u8; 32],
    pending: Arc<SecretRecord>,
    m2: Vec<u8>,
) -> KeygenBegun {
    KeygenBegun {
        k1,
        pending,
        m2: Zeroizing::new(m2),
        reply: request.reply().clone(),
    }
}

/// Content of a KEYGEN request of this phase.
pub(super) fn of_phase(request: &Request, phase: u8) -> Result<&Content> {
    let content = request.content()?;
    if content.header.op == Op::Keygen && content.phase == phase {
        Ok(content)
    } else {
        Err(Error::MalformedMessage)
    }
}

impl ServerCore {
    /// KG-2. The caller has verified the device signature of M1.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`] for anything but an M1 of a sealed share, [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn keygen_begin(&self, request: &Request) -> Result<KeygenBegun> {
        let content = of_phase(request, 1)?;
        if content.custody == Custody::Token {
            return Err(Error::MalformedMessage);
        }
        match content.take_body()? {
            AnyBody::Sm2(Body::KeygenM1(m1)) => self.begin::<Sm2>(request, content, &m1),
            AnyBody::P256(Body::KeygenM1(m1)) => self.begin::<P256>(request, content, &m1),
            _ => Err(Error::InternalFault),
        }
    }

    fn begin<S: Suite>(
        &self,
        request: &Request,
        content: &Content,
        m1: &KeygenM1,
    ) -> Result<KeygenBegun> {
        let header = &content.header;
        let sharing = Sharing::of(header.suite, header.purpose);
        let (hedge, hash) = (self.hedge(), &content.body_hash);
        let (pending, mut m2) =
            keygen::begin::<S>(sharing, &content.header_bytes, m1, hash, hedge)?;
        let k1 = *pending.k1();
        let waiting = if needs_ot(header.suite, header.purpose) {
            let (waiting, part_1) = Waiting::begin(hedge, &k1, hash, &k1, &m2.nonce_s)?;
            m2.ots = part_1;
            Some(waiting)
        } else {
            None
        };
        let bytes = pending.to_bytes();
        let mut fields = identity(content).to_vec();
        fields.push(bytes.as_slice());
        if let Some(waiting) = &waiting {
            fields.extend(waiting.fields());
        }
        let record = Arc::new(SecretRecord::of(Kind::Keygen, &fields));
        Ok(begun(request, k1, record, m2.encode()))
    }

    /// KG-4, KG-5, OTS-7. Checks that M3 continues the M1 of the record, the device signature over k2, the commitment and
    /// the proof, then signs the statement about the new key.
    ///
    /// # Errors
    /// [`Error::MalformedMessage`], [`Error::SealBroken`] for a record of another kind,
    /// [`Error::DeviceProofInvalid`], [`Error::BadCommitment`], [`Error::BadProof`], [`Error::DegenerateKey`],
    /// [`Error::BadAnswer`] if the token was not asked or gave no product of A1,
    /// [`Error::AlreadyUsed`], [`Error::RandomUnavailable`].
    pub fn keygen_finish(
        &self,
        request: &Request,
        pending: &SecretRecord,
        device_pub: &[u8],
    ) -> Result<KeygenFinished> {
        let content = of_phase(request, 3)?;
        let header = &content.header;
        let (fields, extra) = if let Ok(fields) = pending.as_kind::<7>(Kind::Keygen) {
            (fields, Extra::None)
        } else {
            let [a, b, c, d, e, f, g, first, second] = pending.as_kind(Kind::Keygen)?;
            let extra = if may_be_in_token(header.suite, header.purpose) {
                Extra::of_token(first, second, pending.agreed())?
            } else {
                Extra::Waiting(Waiting::read(first, second)?)
            };
            ([a, b, c, d, e, f, g], extra)
        };
        let [suite, purpose, server, user, device, key, state] = fields;
        if identity(content) != [suite, purpose, server, user, device, key] {
            return Err(Error::MalformedMessage);
        }
        if needs_ot(header.suite, header.purpose) != matches!(extra, Extra::Waiting(_)) {
            return Err(Error::SealBroken);
        }
        let checked = |k2: &[u8; 32]| content.verify_device(device_pub, k2);
        match header.suite {
            SuiteId::Sm2 => {
                self.finish::<Sm2>(request, state, Extra::None, checked, |body| match body {
                    AnyBody::Sm2(Body::KeygenM3(m3)) => Some(m3),
                    _ => None,
                })
            }
            SuiteId::P256 => {
                self.finish::<P256>(request, state, extra, checked, |body| match body {
                    AnyBody::P256(Body::KeygenM3(m3)) => Some(m3),
                    _ => None,
                })
            }
        }
    }

    fn finish<S: Suite>(
        &self,
        request: &Request,
        state: &[u8],
        extra: Extra<'_, S>,
        checked: impl FnOnce(&[u8; 32]) -> Result<()>,
        m3: impl FnOnce(AnyBody) -> Option<KeygenM3<S>>,
    ) -> Result<KeygenFinished> {
        let content = request.content()?;
        let state = Pending::<S>::from_bytes(state).map_err(|_| Error::SealBroken)?;
        checked(state.k2())?;
        let m3 = m3(content.take_body()?).ok_or(Error::InternalFault)?;
        let new = match &extra {
            Extra::Token { product, .. } => state.finish_held(&m3, product)?,
            Extra::None | Extra::Waiting(_) => state.finish(&m3)?,
        };
        let (share, point) = (new.share.to_bytes(), new.point.encode());
        let record = match extra {
            Extra::None => SecretRecord::share(&share, &point),
            Extra::Waiting(waiting) => ready_record(&share, &point, &waiting.finish(&m3.ots)?),
            Extra::Token { wrapped, .. } => SecretRecord::share_in_token(&share, &point, wrapped),
        };
        let header = &content.header;
        let statement = new.statement(&header.key_id, &header.device_id, header.purpose);
        Ok(KeygenFinished {
            pk: new.pk.encode(),
            share_id: new.share_id,
            record: Arc::new(record),
            sig_server: self.identity().sign(&statement)?,
            reply: request.reply().clone(),
        })
    }
}

/// What a pending record has beside the state of the key generation.
enum Extra<'a, S: Suite> {
    None,
    /// The OT set-up of a P-256 signing key.
    Waiting(Waiting),
    /// HSM-3: the part of the share in the token, and `b_t·A1`.
    Token {
        wrapped: &'a [u8],
        product: Affine<S>,
    },
}

impl<'a> Extra<'a, P256> {
    /// `agreed` is what the token gave for the points of M3.
    fn of_token(wrapped: &'a [u8], token_key: &[u8], agreed: &[[u8; 32]]) -> Result<Self> {
        let token_key = Affine::decode(token_key).map_err(|_| Error::SealBroken)?;
        let product = keygen::of_token(&token_key, agreed)?;
        Ok(Self::Token { wrapped, product })
    }
}

fn done(server_time_ms: u64, restore_epoch: u32) -> Frame {
    Frame {
        status: Status::Ok,
        server_time_ms,
        durable: false,
        attempts_left: 0,
        retry_after_s: 0,
        ctr: 0,
        tau: [0; 16],
        restore_epoch,
    }
}

impl KeygenBegun {
    /// Bound into the additional data of the pending record (SEAL-1).
    #[must_use]
    pub fn k1(&self) -> [u8; 32] {
        self.k1
    }

    /// The record to seal until M3 comes.
    #[must_use]
    pub fn pending(&self) -> Arc<SecretRecord> {
        Arc::clone(&self.pending)
    }

    /// M2.
    ///
    /// # Errors
    /// [`Error::AlreadyUsed`].
    pub fn answer(&self, server_time_ms: u64, restore_epoch: u32) -> Result<Vec<u8>> {
        self.reply
            .seal(&done(server_time_ms, restore_epoch), &self.m2)
    }
}

impl KeygenFinished {
    /// Joint public key.
    #[must_use]
    pub fn pk(&self) -> [u8; 33] {
        self.pk
    }

    /// Random id of the share record.
    #[must_use]
    pub fn share_id(&self) -> [u8; 16] {
        self.share_id
    }

    /// The server's share to seal.
    #[must_use]
    pub fn record(&self) -> Arc<SecretRecord> {
        Arc::clone(&self.record)
    }

    /// M4; `tau` and `ctr` are zeros unless this is the first key of the device.
    ///
    /// # Errors
    /// [`Error::AlreadyUsed`].
    pub fn answer(
        &self,
        server_time_ms: u64,
        restore_epoch: u32,
        tau: [u8; 16],
        ctr: u64,
    ) -> Result<Vec<u8>> {
        let m4 = KeygenM4 {
            pk: self.pk,
            share_id: self.share_id,
            sig_server: self.sig_server,
            tau,
            ctr,
        };
        self.reply.seal(
            &done(server_time_ms, restore_epoch),
            &Zeroizing::new(m4.encode()),
        )
    }
}
