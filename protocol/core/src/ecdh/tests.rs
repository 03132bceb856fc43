//! The vector of ECDH and row 74: answers and proofs of mode RAW that do not belong together.

use super::dleq::{prove, verify, Claim};
use super::{evaluate, EcdhRequest, EcdhShare, PhoneEcdh};
use crate::curve::{mul, mul_base, Affine, SecretScalar, P256};
use crate::error::Error;
use crate::message::{encode_ecdh_answer, EcdhBody, EcdhMode};
use crate::proof::Proof;
use crate::random::dummy_scalar;
use crate::shares::Outcome;
use crate::testing::Vector;

#[test]
fn the_proof_is_that_of_the_vector() {
    let v = Vector::load("ecdh");
    let (a, b): (SecretScalar<P256>, SecretScalar<P256>) =
        (v.secret("/inputs/a"), v.secret("/inputs/b"));
    let (peer, base) = (v.point("/inputs/T"), v.point("/intermediate/B"));
    let shared = mul(&b, &peer).unwrap();
    assert_eq!(shared.encode().as_slice(), v.bytes("/outputs/S"));
    assert_eq!(
        mul(&a, &shared).unwrap().x_bytes().as_slice(),
        v.bytes("/outputs/Z")
    );
    let claim = Claim {
        ctx: &v.array("/inputs/ctx"),
        i: 1,
        base: &base,
        peer: &peer,
        shared: &shared,
    };
    let proof = prove(&claim, &b, |_| v.secret("/inputs/k")).unwrap();
    let expected = [v.bytes("/outputs/c"), v.bytes("/outputs/z")].concat();
    assert_eq!(proof.to_bytes().as_slice(), expected);
    assert_eq!(verify(&claim, &proof), Ok(()));
    assert_eq!(
        verify(&Claim { i: 2, ..claim }, &proof),
        Err(Error::BadProof)
    );
}

struct Party {
    a: SecretScalar<P256>,
    b: SecretScalar<P256>,
    a1: Affine<P256>,
    pk: [u8; 33],
}

fn party() -> Party {
    let (a, b) = (dummy_scalar().unwrap(), dummy_scalar().unwrap());
    let a1 = mul_base(&a).unwrap();
    let pk = mul(&b, &a1).unwrap().encode();
    Party { a, b, a1, pk }
}

fn points(count: usize) -> Vec<Affine<P256>> {
    let scalars = (0..count).map(|_| dummy_scalar().unwrap());
    scalars.map(|k| mul_base(&k).unwrap()).collect()
}

fn ask(party: &Party, mode: EcdhMode, points: &[Affine<P256>]) -> (PhoneEcdh, Vec<u8>) {
    let (phone, body, ctx) =
        PhoneEcdh::begin(b"header", &party.pk, &party.a, mode, points.to_vec(), 1).unwrap();
    let body = EcdhBody::decode(&body.encode()).unwrap();
    let request = EcdhRequest {
        ctx: &ctx,
        body: &body,
        body_hash: &[0; 32],
        share: EcdhShare::Sealed(&party.b),
        point: &party.a1,
    };
    let Some(Outcome::Right(answer)) = evaluate(&[request]).pop() else {
        panic!("the proof holds")
    };
    (phone, answer.body.to_vec())
}

/// What a server does to its answer.
type Damage = fn(&Party, Vec<u8>) -> Vec<u8>;

/// Row 74.
#[test]
fn row_74_raw_answers_without_their_proof_are_refused() {
    let party = party();
    let peers = points(2);
    let (phone, answer) = ask(&party, EcdhMode::Raw, &peers);
    assert_eq!(phone.shared_secrets(&answer).unwrap().len(), 2);

    let damaged: [Damage; 6] = [
        |party, answer| {
            // S of a point T* of the server's choice, with the proof of T.
            let mut answer = answer;
            let star = mul(&party.b, &points(1)[0]).unwrap().encode();
            answer[2..35].copy_from_slice(&star);
            answer
        },
        |_, answer| [&answer[..2], &answer[99..], &answer[2..99]].concat(),
        |_, answer| answer[..99].to_vec(),
        |_, mut answer| {
            answer[98] ^= 1;
            answer
        },
        |_, mut answer| {
            answer[2] ^= 1;
            answer
        },
        |_, answer| {
            let shared = [0, 1].map(|i| Affine::decode(&answer[2 + 97 * i..][..33]).unwrap());
            encode_ecdh_answer(&shared, &[])
        },
    ];
    for damage in damaged {
        let (phone, answer) = ask(&party, EcdhMode::Raw, &peers);
        assert_eq!(
            phone.shared_secrets(&damage(&party, answer)),
            Err(Error::BadAnswer)
        );
    }
    // x-coordinates are for mode AEAD only.
    let (phone, answer) = ask(&party, EcdhMode::Raw, &peers);
    let x = [&answer[..2], &answer[3..35], &answer[100..132]].concat();
    assert_eq!(phone.shared_secrets(&x), Err(Error::BadAnswer));
}

/// A proof of another request is no proof.
#[test]
fn a_wrong_proof_of_the_share_is_wrong() {
    let party = party();
    let peer = points(1);
    let (_, body, ctx) =
        PhoneEcdh::begin(b"header", &party.pk, &party.a, EcdhMode::Aead, peer, 1).unwrap();
    let outcome = |ctx: &[u8; 32], body: &EcdhBody| {
        let request = EcdhRequest {
            ctx,
            body,
            body_hash: &[0; 32],
            share: EcdhShare::Sealed(&party.b),
            point: &party.a1,
        };
        evaluate(&[request]).pop().unwrap()
    };
    assert!(matches!(outcome(&ctx, &body), Outcome::Right(_)));
    assert!(matches!(outcome(&[1; 32], &body), Outcome::Wrong));
    let proof = Proof::from_bytes(&[1; 64]).unwrap();
    assert!(matches!(
        outcome(&ctx, &EcdhBody { proof, ..body }),
        Outcome::Wrong
    ));
}

/// Mode AEAD needs x only, so a token that holds the share may answer.
#[test]
fn x_only_answers_open_ciphertexts() {
    let party = party();
    let sealed = super::Ciphertext::seal_hpke(&party.pk, b"text", b"", b"").unwrap();
    let ciphertext = std::sync::Arc::new(super::Ciphertext::hpke(&sealed, b"", b"").unwrap());
    let (phone, answer) = ask(&party, EcdhMode::Aead, &[*ciphertext.peer()]);
    let x = [&answer[..2], &answer[3..35]].concat();
    let opened = phone.open(&x, &[ciphertext]).unwrap();
    assert_eq!(opened[0].as_slice(), b"text");
}

/// HSM-3: what the token gave is answered as it is, after a right proof, in mode AEAD and for every point.
#[test]
fn answers_of_a_share_in_a_token_are_the_x_that_it_gave() {
    let party = party();
    let sealed = super::Ciphertext::seal_hpke(&party.pk, b"text", b"", b"").unwrap();
    let ciphertext = std::sync::Arc::new(super::Ciphertext::hpke(&sealed, b"", b"").unwrap());
    let peer = [*ciphertext.peer()];
    let x = mul(&party.b, &peer[0]).unwrap().x_bytes();
    let asked = |mode: EcdhMode, xs: &[[u8; 32]], ctx: Option<[u8; 32]>| {
        let begun = PhoneEcdh::begin(b"header", &party.pk, &party.a, mode, peer.to_vec(), 1);
        let (phone, body, right) = begun.unwrap();
        let request = EcdhRequest {
            ctx: &ctx.unwrap_or(right),
            body: &body,
            body_hash: &[0; 32],
            share: EcdhShare::Token(xs),
            point: &party.a1,
        };
        (phone, evaluate(&[request]).pop().unwrap())
    };
    let (phone, outcome) = asked(EcdhMode::Aead, &[x], None);
    let Outcome::Right(answer) = outcome else {
        panic!("the proof holds")
    };
    assert_eq!(answer.body.len(), 2 + 32);
    assert_eq!(
        phone
            .open(&answer.body, std::slice::from_ref(&ciphertext))
            .unwrap()[0]
            .as_slice(),
        b"text"
    );
    assert!(matches!(
        asked(EcdhMode::Aead, &[x], Some([1; 32])).1,
        Outcome::Wrong
    ));
    for (mode, xs) in [
        (EcdhMode::Raw, &[x][..]),
        (EcdhMode::Aead, &[]),
        (EcdhMode::Aead, &[x, x]),
    ] {
        assert!(matches!(asked(mode, xs, None).1, Outcome::Fault));
    }
}
