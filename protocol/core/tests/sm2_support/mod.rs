//! Both sides of a key, requests as they leave the envelope, and evaluation of one of them.

// Every test program uses a different part.
#![allow(dead_code)]

use cosign_core::curve::{mul, mul_base, Affine, SecretScalar, Sm2};
use cosign_core::error::Result;
use cosign_core::message::{Body, Header, Op, Purpose, Sharing, SignedBody, SuiteId};
use cosign_core::random::{dummy_scalar, fresh};
use cosign_core::shares::Outcome;
use cosign_core::sm2::decrypt::{self, DecryptRequest};
use cosign_core::sm2::sign::{self, PhoneSign, SignRequest};

pub const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
pub const N_PLUS_1: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54124";

/// A key with both shares; `phone` is d1 or a, `server` v2 or b, `point` P1 or A1.
pub struct Key {
    pub sharing: Sharing,
    pub pk: Affine<Sm2>,
    pub phone: SecretScalar<Sm2>,
    pub server: SecretScalar<Sm2>,
    pub point: Affine<Sm2>,
}

impl Key {
    pub fn signing() -> Self {
        let (u1, server) = (scalar(), scalar());
        let point = mul_base(&u1).unwrap();
        let pk = mul(&server, &point)
            .unwrap()
            .sub(&Affine::generator())
            .unwrap();
        Self {
            sharing: Sharing::TwoNonce,
            pk,
            phone: u1.invert(),
            server,
            point,
        }
    }

    pub fn decryption() -> Self {
        let (phone, server) = (scalar(), scalar());
        let point = mul_base(&phone).unwrap();
        let pk = mul(&server, &point).unwrap();
        Self {
            sharing: Sharing::Multiplicative,
            pk,
            phone,
            server,
            point,
        }
    }

    pub fn purpose(&self) -> Purpose {
        match self.sharing {
            Sharing::TwoNonce => Purpose::Sign,
            Sharing::Multiplicative => Purpose::Decrypt,
        }
    }

    pub fn header(&self, op: Op) -> Header {
        header(op, self.purpose(), self.pk.encode())
    }
}

pub fn scalar() -> SecretScalar<Sm2> {
    dummy_scalar().unwrap()
}

pub fn point() -> Affine<Sm2> {
    mul_base(&scalar()).unwrap()
}

/// A header with a fresh nonce.
pub fn header(op: Op, purpose: Purpose, pk: [u8; 33]) -> Header {
    Header {
        suite: SuiteId::Sm2,
        op,
        purpose,
        server_id: "server-1".into(),
        user_id: "user-1".into(),
        device_id: "device-1".into(),
        key_id: "key-1".into(),
        share_id: if op == Op::Keygen { [0; 16] } else { [1; 16] },
        pk,
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

pub fn digests(count: usize) -> Vec<[u8; 32]> {
    (0..count)
        .map(|i| [u8::try_from(i % 255 + 1).unwrap(); 32])
        .collect()
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
        let signed = SignedBody::<Sm2>::decode(&header, &self.body)?;
        let ctx = signed.ctx(&header, &bytes).unwrap();
        let (share, point) = (&key.server, &key.point);
        let mut outcomes = match &signed.body {
            Body::Sign(body) => sign::evaluate(&[SignRequest {
                ctx: &ctx,
                body,
                body_hash: &signed.body_hash,
                share,
                point,
            }]),
            Body::Decrypt(body) => decrypt::evaluate(&[DecryptRequest {
                ctx: &ctx,
                body,
                share,
                point,
            }]),
            _ => unreachable!("SIGN or DECRYPT"),
        };
        Ok(outcomes.pop().unwrap())
    }

    pub fn right(&self, key: &Key) -> Vec<u8> {
        match self.evaluate(key) {
            Ok(Outcome::Right(answer)) => answer.body.to_vec(),
            Ok(Outcome::Wrong) => panic!("wrong"),
            Ok(Outcome::Fault) => panic!("fault"),
            Err(error) => panic!("{error}"),
        }
    }

    pub fn is_wrong(&self, key: &Key) -> bool {
        matches!(self.evaluate(key), Ok(Outcome::Wrong))
    }
}

/// Begins a SIGN.
pub fn sign_begin(key: &Key, count: usize) -> (PhoneSign, Wire) {
    let header = key.header(Op::Sign);
    let bytes = header.encode().unwrap();
    let (phone, body, _) =
        PhoneSign::begin(&bytes, &key.pk, &key.phone, digests(count), 1).unwrap();
    (phone, Wire::new(header, body.encode()))
}

/// Every bit of a message flipped, one at a time.
pub fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        copy
    })
}
