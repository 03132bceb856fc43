//! Both sides of an ECDSA key with a dealt OT set-up, requests as they leave the envelope, and evaluation of one of them.

// Every test program uses a different part.
#![allow(dead_code)]

use cosign_core::curve::{mul, mul_base, Affine, SecretScalar, P256};
use cosign_core::ecdsa::sign::{self, Outcome, PhoneSign, SignRequest};
use cosign_core::error::Result;
use cosign_core::hash::label;
use cosign_core::message::{
    Body, EcSession, EcSignAnswer, EcSignBody, Header, Op, Purpose, SignedBody, SuiteId,
};
use cosign_core::ot::{testing::dealt, PhoneSeeds, ServerSetup};
use cosign_core::proof::prove;
use cosign_core::random::{dummy_scalar, fresh};
use zeroize::Zeroizing;

pub const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
pub const N_PLUS_1: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552";
pub const DIGEST: [u8; 32] = [0x5e; 32];

/// Offsets of the request's fields.
pub mod request {
    pub const D: usize = 32;
    pub const COLUMNS: usize = 65;
    pub const X_TILDE: usize = COLUMNS + 64 * 144;
    pub const T_TILDE: usize = X_TILDE + 16;
    pub const DELTA: usize = T_TILDE + 128 * 16;
    pub const PROOF: usize = DELTA + 64;
    pub const LEN: usize = PROOF + 64;
}

/// Offsets of the answer's fields; those of a multiplication count from its start.
pub mod answer {
    pub const POINT: usize = 32;
    pub const PROOF: usize = 65;
    pub const MULTIPLICATIONS: [usize; 2] = [129, 129 + 49_248];
    pub const ETA: usize = 49_152;
    pub const MU: usize = ETA + 64;
    pub const ENDS: usize = 129 + 2 * 49_248;
    pub const LEN: usize = ENDS + 64;
}

/// A key with both shares, `X_p` and both sides of the set-up.
pub struct Key {
    pub pk: Affine<P256>,
    pub phone: SecretScalar<P256>,
    pub server: SecretScalar<P256>,
    pub point: Affine<P256>,
    pub seeds: PhoneSeeds,
    pub setup: ServerSetup,
}

impl Key {
    pub fn random() -> Self {
        let (phone, server) = (scalar(), scalar());
        let point = mul_base(&phone).unwrap();
        let (setup, seeds) = dealt();
        Self {
            pk: mul(&server, &point).unwrap(),
            phone,
            server,
            point,
            seeds,
            setup,
        }
    }

    pub fn header(&self) -> Header {
        Header {
            suite: SuiteId::P256,
            op: Op::EcSign,
            purpose: Purpose::Sign,
            server_id: "server-1".into(),
            user_id: "user-1".into(),
            device_id: "device-1".into(),
            key_id: "key-1".into(),
            share_id: [1; 16],
            pk: self.pk.encode(),
            req_nonce: fresh().unwrap(),
            issued_at_ms: 1_700_000_000_000,
            expires_at_ms: 1_700_000_120_000,
            ctr: 7,
            tau: [3; 16],
            open_reqs: vec![[4; 16]],
            policy: [5; 32],
            restore_epoch: 6,
        }
    }

    pub fn begin(&self) -> (PhoneSign, Wire) {
        self.begin_with(&self.header(), &DIGEST)
    }

    pub fn begin_with(&self, header: &Header, digest: &[u8; 32]) -> (PhoneSign, Wire) {
        let bytes = header.encode().unwrap();
        let begun = PhoneSign::begin(&bytes, &self.pk, &self.phone, &self.seeds, digest, 1);
        let (phone, body, _) = begun.unwrap();
        (phone, Wire::new(header.clone(), body.encode().to_vec()))
    }

    /// The request of a phone that knows the share and proves it, but changes the body first: it has a nonce of its own,
    /// so that only the check of the change can refuse it.
    pub fn cheat(&self, change: impl FnOnce(&mut EcSignBody)) -> Wire {
        let (_, wire) = self.begin();
        let mut body = EcSignBody::decode(wire.unsigned()).unwrap();
        let secret = scalar();
        let point = mul_base(&secret).unwrap();
        body.encoded = Zeroizing::new(point.encode());
        body.point = Zeroizing::new(point);
        change(&mut body);
        let header = wire.header.encode().unwrap();
        let session = EcSession::new(&header, &self.pk.encode(), &body);
        let witness = [(&secret, &point), (&self.phone, &self.point)];
        body.proof = prove(label::EC_POK, &session.ctx, &witness, |_| scalar()).unwrap();
        Wire::new(wire.header, body.encode().to_vec())
    }
}

pub fn scalar() -> SecretScalar<P256> {
    dummy_scalar().unwrap()
}

/// Header and body ‖ `sig_dev`, as they leave the envelope.
#[derive(Clone)]
pub struct Wire {
    pub header: Header,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn new(header: Header, mut body: Vec<u8>) -> Self {
        body.extend_from_slice(&[0x5a; 64]);
        Self { header, body }
    }

    /// The body without `sig_dev`.
    pub fn unsigned(&self) -> &[u8] {
        &self.body[..self.body.len() - 64]
    }

    pub fn with_body(&self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut body = self.unsigned().to_vec();
        change(&mut body);
        Self::new(self.header.clone(), body)
    }

    pub fn with_header(&self, change: impl FnOnce(&mut Header)) -> Self {
        let mut wire = self.clone();
        change(&mut wire.header);
        wire
    }

    /// Everything the server does with the request, from strict decoding to the outcome.
    pub fn evaluate(&self, key: &Key) -> Result<Outcome> {
        let bytes = self.header.encode()?;
        let header = Header::decode(&bytes)?;
        let signed = SignedBody::<P256>::decode(&header, &self.body)?;
        let Body::EcSign(body) = &signed.body else {
            unreachable!("EC_SIGN")
        };
        let session = EcSession::new(&bytes, &header.pk, body);
        assert_eq!(signed.ctx(&header, &bytes), Some(session.ctx));
        let mut outcomes = sign::evaluate(&[SignRequest {
            session: &session,
            body,
            body_hash: &signed.body_hash,
            share: &key.server,
            point: &key.point,
            setup: &key.setup,
        }]);
        Ok(outcomes.pop().unwrap())
    }

    pub fn right(&self, key: &Key) -> Vec<u8> {
        match self.evaluate(key) {
            Ok(Outcome::Right(answer)) => answer.body.to_vec(),
            Ok(Outcome::OtDestroyed { .. }) => panic!("destroyed"),
            Ok(Outcome::Wrong) => panic!("wrong"),
            Ok(Outcome::Fault) => panic!("fault"),
            Err(error) => panic!("{error}"),
        }
    }

    pub fn is_wrong(&self, key: &Key) -> bool {
        matches!(self.evaluate(key), Ok(Outcome::Wrong))
    }

    pub fn destroys(&self, key: &Key) -> bool {
        matches!(self.evaluate(key), Ok(Outcome::OtDestroyed { .. }))
    }
}

/// An honest answer, decoded.
pub fn decoded(answer: &[u8]) -> EcSignAnswer {
    EcSignAnswer::decode(answer).unwrap()
}
