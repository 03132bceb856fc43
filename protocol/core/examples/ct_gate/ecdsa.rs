//! Cases of two-party ECDSA: each side with secret share and set-up; what it sends is public.

use std::hint::black_box;

use cosign_core::ct::memcheck;
use cosign_core::curve::{mul, mul_base, Affine, SecretScalar, P256};
use cosign_core::ecdsa::sign::{evaluate, Outcome, PhoneSign, SignRequest};
use cosign_core::message::{EcSession, EcSignBody};
use cosign_core::ot::testing::dealt_from;
use cosign_core::ot::{PhoneSeeds, ServerSetup, COLUMNS};
use zeroize::Zeroizing;

use crate::secret_bytes;

const HEADER: &[u8] = b"header";
const DIGEST: [u8; 32] = [0x5e; 32];
const OTSID: [u8; 32] = [7; 32];
const PHONE_SHARE: u8 = 0x17;
const SERVER_SHARE: u8 = 0x2b;
const NODE: u8 = 0x19;

fn public<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    memcheck::mark_public(&mut bytes);
    bytes
}

fn share(bytes: &[u8; 32]) -> SecretScalar<P256> {
    SecretScalar::from_bytes(bytes).expect("below n by its first bytes")
}

fn nodes(node: [u8; 16]) -> Zeroizing<[[u8; 16]; COLUMNS]> {
    Zeroizing::new([node; COLUMNS])
}

/// The key with everything about it public, for the side that is not examined.
struct Open {
    pk: Affine<P256>,
    phone: SecretScalar<P256>,
    server: SecretScalar<P256>,
    point: Affine<P256>,
    setup: ServerSetup,
    seeds: PhoneSeeds,
}

impl Open {
    fn new() -> Self {
        let phone = share(&public(secret_bytes(PHONE_SHARE)));
        let server = share(&public(secret_bytes(SERVER_SHARE)));
        let point = mul_base(&phone).expect("not zero");
        let nodes = nodes(public(secret_bytes(NODE)));
        let (setup, seeds) = dealt_from(&OTSID, &[0x69; 16], nodes);
        Self {
            pk: mul(&server, &point).expect("not zero"),
            phone,
            server,
            point,
            setup,
            seeds,
        }
    }

    fn begin(&self, share: &SecretScalar<P256>, seeds: &PhoneSeeds) -> (PhoneSign, Vec<u8>) {
        let begun = PhoneSign::begin(HEADER, &self.pk, share, seeds, &DIGEST, 1);
        let (phone, body, _) = begun.expect("a request");
        let mut body = body.encode();
        memcheck::mark_public(&mut body);
        (phone, body.to_vec())
    }

    fn answer(&self, body: &[u8], share: &SecretScalar<P256>, setup: &ServerSetup) -> Vec<u8> {
        let body = EcSignBody::decode(body).expect("a body");
        let session = EcSession::new(HEADER, &self.pk.encode(), &body);
        let outcome = evaluate(&[SignRequest {
            session: &session,
            body: &body,
            body_hash: &[0; 32],
            share,
            point: &self.point,
            setup,
        }])
        .pop();
        let Some(Outcome::Right(answer)) = outcome else {
            unreachable!("share and set-up are right")
        };
        let mut body = answer.body.to_vec();
        memcheck::mark_public(&mut body);
        body
    }
}

pub fn ec_sign_of_the_phone() {
    let open = Open::new();
    let seeds = PhoneSeeds::new(&OTSID, nodes(secret_bytes(NODE)));
    let (phone, body) = open.begin(&share(&secret_bytes(PHONE_SHARE)), &seeds);
    let answer = open.answer(&body, &open.server, &open.setup);
    black_box(phone.finish(&answer).expect("a signature"));
}

pub fn ec_sign_of_the_server() {
    let open = Open::new();
    let (_, body) = open.begin(&open.phone, &open.seeds);
    let mut setup = open.setup.to_bytes().to_vec();
    memcheck::mark_secret(&mut setup);
    let setup = ServerSetup::from_bytes(&black_box(setup)).expect("a length");
    black_box(open.answer(&body, &share(&secret_bytes(SERVER_SHARE)), &setup));
}
