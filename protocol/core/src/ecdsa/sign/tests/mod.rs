//! Unit tests of `EC_SIGN` with prescribed values; `tests/ecdsa_*.rs` of the crate test it from outside.

mod phone;
mod server;
mod vectors;

use super::server::{evaluate_all, Drawn};
use super::{Outcome, PhoneSign, SignRequest};
use crate::curve::{mul, mul_base, Affine, SecretScalar, P256};
use crate::error::Result;
use crate::message::{body_hash, ec_ctx0, EcSession, EcSignAnswer, EcSignBody, Op};
use crate::ot::testing::dealt;
use crate::ot::{extend_phone, extend_server, Inconsistent, PhoneSeeds, Rows, ServerSetup};
use crate::random::{dummy_scalar, PhoneNonces, ServerNonces};
use crate::shares::Answer;
use zeroize::Zeroizing;

pub type Bytes = [u8; 32];
pub const DIGEST: Bytes = [0x5e; 32];

/// A key whose two halves and OT set-up are known.
pub struct Key {
    pub skb: SecretScalar<P256>,
    pub ska: SecretScalar<P256>,
    pub point: Affine<P256>,
    pub pk: Affine<P256>,
    pub setup: ServerSetup,
    pub seeds: PhoneSeeds,
}

impl Key {
    pub fn of(skb: SecretScalar<P256>, ska: SecretScalar<P256>) -> Self {
        let point = mul_base(&skb).unwrap();
        let pk = mul(&ska, &point).unwrap();
        let (setup, seeds) = dealt();
        Self {
            skb,
            ska,
            point,
            pk,
            setup,
            seeds,
        }
    }

    pub fn random() -> Self {
        Self::of(dummy_scalar().unwrap(), dummy_scalar().unwrap())
    }

    pub fn begin(&self, header: &[u8]) -> Run {
        self.begin_with(header, &PhoneNonces::prescribed(&phone_scalars()))
    }

    pub fn begin_with(&self, header: &[u8], nonces: &PhoneNonces) -> Run {
        let ctx0 = ec_ctx0(header, &DIGEST, &self.pk.encode());
        let x = Zeroizing::new([0xa7; 144]);
        let extend = |sid: &Bytes, x: &[u8; 144]| extend_phone(&self.seeds, sid, x);
        let begun = PhoneSign::begin_with(&ctx0, &self.pk, &self.skb, &DIGEST, nonces, x, extend);
        Run::new(begun.unwrap())
    }

    pub fn request<'a>(&'a self, run: &'a Run) -> SignRequest<'a> {
        SignRequest {
            session: &run.session,
            body: &run.body,
            body_hash: &run.body_hash,
            share: &self.ska,
            point: &self.point,
            setup: &self.setup,
        }
    }

    /// The answer with prescribed nonces.
    pub fn answer(&self, run: &Run) -> EcSignAnswer {
        let outcome = only(evaluate_all(&[self.request(run)], server_draw, extend));
        EcSignAnswer::decode(&right(outcome).body).unwrap()
    }
}

pub struct Run {
    pub phone: PhoneSign,
    pub body: EcSignBody,
    pub body_hash: Bytes,
    pub session: EcSession,
}

impl Run {
    pub fn new((phone, body, session): (PhoneSign, EcSignBody, EcSession)) -> Self {
        Self {
            phone,
            body_hash: body_hash::<P256>(Op::EcSign, &body.encode()),
            body,
            session,
        }
    }
}

pub fn right(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Right(answer) => answer,
        Outcome::OtDestroyed { .. } => panic!("destroyed"),
        Outcome::Wrong => panic!("wrong"),
        Outcome::Fault => panic!("fault"),
    }
}

pub fn only<T>(mut list: Vec<T>) -> T {
    assert_eq!(list.len(), 1);
    list.remove(0)
}

pub fn scalar(tag: &str) -> Bytes {
    crate::hash::h2s::<P256>("t", &[tag.as_bytes()]).to_bytes()
}

pub fn phone_scalars() -> [(&'static str, u16, Bytes); 2] {
    [("k", 0, scalar("kB")), ("pok", 1, scalar("a"))]
}

/// Prescribed randomness of the server; a retried nonce is derived as usual.
#[allow(clippy::unnecessary_wraps)]
pub fn server_draw(_: &Bytes, _: &Bytes, _: &Bytes) -> Result<Drawn> {
    Ok(Drawn {
        nonces: ServerNonces::prescribed(&[
            ("k", 0, scalar("kA'")),
            ("pok", 0, scalar("kappa")),
            ("phi", 0, scalar("phi")),
        ]),
        nonce_s: [0x77; 32],
    })
}

pub fn extend(
    setup: &ServerSetup,
    sid: &Bytes,
    message: &crate::message::OtMessage,
) -> core::result::Result<Rows, Inconsistent> {
    extend_server(
        setup,
        sid,
        &message.columns,
        &message.x_tilde,
        &message.t_tilde,
    )
}
