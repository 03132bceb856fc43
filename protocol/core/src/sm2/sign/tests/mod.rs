//! Unit tests of SIGN with prescribed nonces; `tests/sm2_sign*.rs` of the crate test it from outside.

mod phone;
mod server;
mod vectors;

use super::{PhoneSign, SignRequest};
use crate::curve::{mul, mul_base, Affine, SecretScalar, Sm2};
use crate::error::Result;
use crate::message::{body_hash, sign_ctx, Op, SignBody};
use crate::random::{dummy_scalar, PhoneNonces, ServerNonces};
use crate::shares::Outcome;

pub type Bytes = [u8; 32];

/// A key whose two halves are known.
pub struct Key {
    pub u1: SecretScalar<Sm2>,
    pub v2: SecretScalar<Sm2>,
    pub p1: Affine<Sm2>,
    pub pk: Affine<Sm2>,
}

impl Key {
    pub fn of(u1: SecretScalar<Sm2>, v2: SecretScalar<Sm2>) -> Self {
        let p1 = mul_base(&u1).unwrap();
        let pk = mul(&v2, &p1).unwrap().sub(&Affine::generator()).unwrap();
        Self { u1, v2, p1, pk }
    }

    pub fn random() -> Self {
        Self::of(dummy_scalar().unwrap(), dummy_scalar().unwrap())
    }

    pub fn phone(&self, header: &[u8], digests: &[Bytes], nonces: &PhoneNonces) -> Run {
        let ctx = sign_ctx::<Sm2>(header, digests, &self.pk.encode());
        let begun =
            PhoneSign::begin_with(ctx, &self.pk, &self.u1.invert(), digests.to_vec(), nonces);
        let (phone, body, ctx) = begun.unwrap();
        Run {
            phone,
            body_hash: body_hash::<Sm2>(Op::Sign, &body.encode()),
            body,
            ctx,
        }
    }

    pub fn request<'a>(&'a self, run: &'a Run) -> SignRequest<'a> {
        SignRequest {
            ctx: &run.ctx,
            body: &run.body,
            body_hash: &run.body_hash,
            share: &self.v2,
            point: &self.p1,
        }
    }
}

pub struct Run {
    pub phone: PhoneSign,
    pub body: SignBody<Sm2>,
    pub body_hash: Bytes,
    pub ctx: Bytes,
}

pub fn right(outcome: Outcome) -> crate::shares::Answer {
    match outcome {
        Outcome::Right(answer) => answer,
        Outcome::Wrong => panic!("wrong"),
        Outcome::Fault => panic!("fault"),
    }
}

pub fn only<T>(mut list: Vec<T>) -> T {
    assert_eq!(list.len(), 1);
    list.remove(0)
}

/// Numbered secrets for a tag: distinct, fixed, non-zero.
pub fn series(tag: &'static str, count: usize) -> Vec<(&'static str, u16, Bytes)> {
    let scalar = |i: usize| {
        *crate::hash::h2s::<Sm2>("t", &[tag.as_bytes(), &i.to_be_bytes()])
            .to_bytes()
            .first_chunk()
            .unwrap()
    };
    (1..=count)
        .map(|i| (tag, u16::try_from(i).unwrap(), scalar(i)))
        .collect()
}

pub fn phone_nonces(count: usize) -> PhoneNonces {
    PhoneNonces::prescribed(&[series("a", count), series("b", count), series("pok", 1)].concat())
}

#[allow(clippy::unnecessary_wraps)]
pub fn server_nonces(_: &Bytes, _: &Bytes, _: &Bytes) -> Result<ServerNonces> {
    Ok(ServerNonces::prescribed(&series("w2", 256)))
}

pub fn digests(count: usize) -> Vec<Bytes> {
    (0..count)
        .map(|i| [u8::try_from(i % 255 + 1).unwrap(); 32])
        .collect()
}
