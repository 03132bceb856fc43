//! Header and bodies of requests, each body with its device signature.

use super::curve::generator;
use super::same;
use crate::curve::{Sm2, P256};
use crate::hash::Suite;
use crate::message::{Body, EcSignBody, Header, Op, Purpose, SignedBody, SuiteId};

pub(super) fn header(bytes: &[u8]) -> bool {
    same(
        Header::decode(bytes).and_then(|header| header.encode()),
        bytes,
    )
}

/// A header of SM2 that names an operation of a signing key.
pub(super) fn example(op: Op) -> Header {
    Header {
        suite: SuiteId::Sm2,
        op,
        purpose: Purpose::Sign,
        server_id: "server".into(),
        user_id: "user".into(),
        device_id: "device".into(),
        key_id: "key".into(),
        share_id: [7; 16],
        pk: generator::<Sm2>(),
        req_nonce: [9; 32],
        issued_at_ms: 1_000,
        expires_at_ms: 2_000,
        ctr: 3,
        tau: [5; 16],
        open_reqs: vec![[1; 16], [2; 16]],
        policy: [0; 32],
        restore_epoch: 1,
    }
}

pub(super) fn header_sample() -> Vec<u8> {
    example(Op::Sign).encode().expect("a valid header")
}

/// A body of `op` under both suites.
fn body(op: Op, bytes: &[u8]) -> bool {
    fn of<S: Suite>(header: &Header, bytes: &[u8]) -> bool {
        same(
            SignedBody::<S>::decode(header, bytes).map(|signed| encode(&signed)),
            bytes,
        )
    }
    let sm2 = example(op);
    let p256 = Header {
        suite: SuiteId::P256,
        ..example(op)
    };
    of::<Sm2>(&sm2, bytes) | of::<P256>(&p256, bytes)
}

fn encode<S: Suite>(signed: &SignedBody<S>) -> Vec<u8> {
    let body = match &signed.body {
        Body::KeygenM1(body) => body.encode(),
        Body::KeygenM3(body) => body.encode().to_vec(),
        Body::Sign(body) => body.encode(),
        Body::Decrypt(body) => body.encode(),
        Body::Refresh(body) => body.encode(),
        Body::Confirm(body) => body.encode().to_vec(),
        Body::Adopt(body) => body.encode(),
        Body::EcSign(body) => body.encode().to_vec(),
        Body::Ecdh(body) => body.encode(),
        Body::OtSetup(body) => body.encode().to_vec(),
        Body::Sync => Vec::new(),
    };
    [&body, &signed.sig_dev[..]].concat()
}

/// M1 and M3 are told apart by their length.
pub(super) fn keygen(bytes: &[u8]) -> bool {
    body(Op::Keygen, bytes)
}

pub(super) fn keygen_m1_sample() -> Vec<u8> {
    [&generator::<P256>()[..], &[1; 32], &[2; 32], &[0x22; 64]].concat()
}

pub(super) fn keygen_m3_sample() -> Vec<u8> {
    [&generator::<Sm2>()[..], &[1; 32], &[0x11; 64], &[0x22; 64]].concat()
}

pub(super) fn sign(bytes: &[u8]) -> bool {
    body(Op::Sign, bytes)
}

pub(super) fn sign_sample() -> Vec<u8> {
    let g = generator::<Sm2>();
    [&[0, 1][..], &[3; 32], &g, &g, &[0x11; 64], &[0x22; 64]].concat()
}

pub(super) fn decrypt(bytes: &[u8]) -> bool {
    body(Op::Decrypt, bytes)
}

pub(super) fn decrypt_sample() -> Vec<u8> {
    let g = generator::<Sm2>();
    [&[0, 2][..], &g, &g, &[0x11; 64], &[0x22; 64]].concat()
}

pub(super) fn refresh(bytes: &[u8]) -> bool {
    body(Op::Refresh, bytes)
}

pub(super) fn refresh_sample() -> Vec<u8> {
    [&generator::<Sm2>()[..], &[0x11; 64], &[0x22; 64]].concat()
}

pub(super) fn confirm(bytes: &[u8]) -> bool {
    body(Op::Confirm, bytes)
}

pub(super) fn adopt(bytes: &[u8]) -> bool {
    body(Op::Adopt, bytes)
}

pub(super) fn proof_sample() -> Vec<u8> {
    [[0x11; 64], [0x22; 64]].concat()
}

pub(super) fn ecdh(bytes: &[u8]) -> bool {
    body(Op::Ecdh, bytes)
}

pub(super) fn ecdh_sample() -> Vec<u8> {
    let g = generator::<P256>();
    [&[1, 0, 2][..], &g, &g, &[0x11; 64], &[0x22; 64]].concat()
}

pub(super) fn ot_setup(bytes: &[u8]) -> bool {
    body(Op::OtSetup, bytes)
}

/// The first request.
pub(super) fn ot_setup_sample() -> Vec<u8> {
    vec![0x11; 64 + 64]
}

pub(super) fn sync(bytes: &[u8]) -> bool {
    body(Op::Sync, bytes)
}

pub(super) fn sync_sample() -> Vec<u8> {
    vec![0x22; 64]
}

pub(super) fn ec_sign(bytes: &[u8]) -> bool {
    body(Op::EcSign, bytes)
}

pub(super) fn ec_sign_sample() -> Vec<u8> {
    let before = [&[3; 32][..], &generator::<P256>()].concat();
    let ot_and_delta = [7; EcSignBody::LEN - 32 - 33 - 64];
    [&before[..], &ot_and_delta, &[0x11; 64], &[0x22; 64]].concat()
}
