//! P-256 decryption keys between a phone and a core: key generation, refresh, and ECDH in both modes (§6.6).

mod support;

use std::sync::Arc;

use cosign_core::curve::{mul, mul_base, Affine, SecretScalar, P256};
use cosign_core::e2e::Status;
use cosign_core::ecdh::Ciphertext;
use cosign_core::error::Error;
use cosign_core::message::{EcdhMode, Op, Purpose, SuiteId};
use cosign_core::phone::{PhoneEcdh, PhoneProof, PhoneRefresh, PhoneSign};
use cosign_core::random::dummy_scalar;
use cosign_core::server::{Evaluation, Finding};
use support::{cost, frame, world, Key, World, NOW, PIN, WRONG_PIN};

fn ciphertext(pk: &[u8], plaintext: &[u8]) -> Arc<Ciphertext> {
    let bytes = Ciphertext::seal_hpke(pk, plaintext, b"", b"").unwrap();
    Arc::new(Ciphertext::hpke(&bytes, b"", b"").unwrap())
}

fn begin(world: &World, key: &Key, pin: &str, ciphertexts: Vec<Arc<Ciphertext>>) -> PhoneEcdh {
    let (header, share) = (key.header(Op::Ecdh), key.unlock(pin));
    PhoneEcdh::begin(
        &world.target,
        &world.device,
        &header,
        &share,
        ciphertexts,
        4,
    )
    .unwrap()
}

fn ok(evaluation: &Evaluation) -> Vec<u8> {
    evaluation.answer(&frame(Status::Ok), 0).unwrap()
}

#[test]
fn aead_mode_gives_plaintexts() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let plaintexts: [&[u8]; 3] = [b"", b"text", &[0x5a; 1000]];
    let ciphertexts = plaintexts
        .iter()
        .map(|text| ciphertext(&key.blob.pk(), text))
        .collect();
    let phone = begin(&world, &key, PIN, ciphertexts);
    let request = world.open(phone.envelope());
    assert_eq!(request.content().unwrap().digests.len(), 3);
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    assert_eq!(evaluation.outcome(), Finding::Right);
    let sealed = ok(&evaluation);
    let (answer, opened) = phone.finish(&sealed).unwrap();
    assert!(answer.is_ok() && opened.iter().map(|text| text.as_slice()).eq(plaintexts));
    assert_eq!(phone.finish(&sealed).err(), Some(Error::AlreadyUsed));
}

#[test]
fn a_wrong_pin_gives_nothing() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let phone = begin(
        &world,
        &key,
        WRONG_PIN,
        vec![ciphertext(&key.blob.pk(), b"text")],
    );
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    assert_eq!(evaluation.outcome(), Finding::Wrong);
    assert_eq!(
        evaluation.answer(&frame(Status::Ok), 0).err(),
        Some(Error::BadProof)
    );
}

/// Row 69: S of another share, and a damaged ciphertext, give one uniform error.
#[test]
fn row_69_a_wrong_shared_point_is_the_uniform_error() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let other = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let phone = begin(
        &world,
        &other,
        PIN,
        vec![ciphertext(&key.blob.pk(), b"text")],
    );
    let evaluation = world.evaluate(phone.envelope(), &other.record);
    assert_eq!(
        phone.finish(&ok(&evaluation)).err(),
        Some(Error::DecryptionFailed)
    );

    let mut bytes = Ciphertext::seal_hpke(&key.blob.pk(), b"text", b"info", b"aad").unwrap();
    let opened = |bytes: &[u8], info: &[u8], aad: &[u8]| {
        let damaged = Arc::new(Ciphertext::hpke(bytes, info, aad).unwrap());
        let phone = begin(&world, &key, PIN, vec![damaged]);
        let evaluation = world.evaluate(phone.envelope(), &key.record);
        phone.finish(&ok(&evaluation)).map(drop)
    };
    assert_eq!(opened(&bytes, b"info", b"aad"), Ok(()));
    assert_eq!(
        opened(&bytes, b"other", b"aad"),
        Err(Error::DecryptionFailed)
    );
    assert_eq!(opened(&bytes, b"info", b""), Err(Error::DecryptionFailed));
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(
        opened(&bytes, b"info", b"aad"),
        Err(Error::DecryptionFailed)
    );
}

/// Row 70: what is no ciphertext is refused before anything is sent.
#[test]
fn row_70_bad_ciphertexts_are_refused() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let good = Ciphertext::seal_hpke(&key.blob.pk(), b"text", b"", b"").unwrap();
    let refused = |bytes: &[u8]| Ciphertext::hpke(bytes, b"", b"").err();
    assert_eq!(refused(&good[..64]), Some(Error::MalformedMessage));
    assert_eq!(refused(&good[..80]), Some(Error::MalformedMessage));
    let mut compressed = good.clone();
    compressed[0] = 2;
    assert_eq!(refused(&compressed), Some(Error::MalformedPoint));
    let mut off_curve = good;
    off_curve[64] ^= 1;
    assert_eq!(refused(&off_curve), Some(Error::MalformedPoint));
}

/// A second holder of a·b: what a raw shared secret must be.
fn plain_secret(key: &Key, peer: &SecretScalar<P256>) -> Vec<u8> {
    let pk = Affine::decode(&key.blob.pk()).unwrap();
    mul(peer, &pk).unwrap().x_bytes().to_vec()
}

#[test]
fn raw_mode_gives_proven_secrets() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let peers: Vec<SecretScalar<P256>> = (0..3).map(|_| dummy_scalar().unwrap()).collect();
    let points: Vec<[u8; 33]> = peers
        .iter()
        .map(|peer| mul_base(peer).unwrap().encode())
        .collect();
    let (header, share) = (key.header(Op::Ecdh), key.unlock(PIN));
    let (target, device) = (&world.target, &world.device);
    let phone = PhoneEcdh::begin_raw(target, device, &header, &share, &points, 4).unwrap();
    let request = world.open(phone.envelope());
    assert_eq!(request.content().unwrap().phase, EcdhMode::Raw as u8);
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    let (_, secrets) = phone.finish(&ok(&evaluation)).unwrap();
    let expected: Vec<Vec<u8>> = peers.iter().map(|peer| plain_secret(&key, peer)).collect();
    assert!(secrets
        .iter()
        .map(|secret| secret.to_vec())
        .eq(expected.into_iter()));
}

#[test]
fn refresh_and_confirm_replace_both_shares() {
    let world = world();
    let old = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let (target, device) = (&world.target, &world.device);
    let (header, share) = (old.header(Op::Refresh), old.unlock(PIN));
    let phone = PhoneRefresh::begin(target, device, &header, &share, 5).unwrap();
    let evaluation = world.evaluate(phone.envelope(), &old.record);
    let answer = evaluation.answer(&frame(Status::Ok), NOW + 1).unwrap();
    let refreshed = phone.finish(&answer, WRONG_PIN, cost()).unwrap();
    assert!(refreshed.ot.is_none(), "decryption keys have no OT set-up");
    assert_eq!(refreshed.pending_expires_ms, NOW + 1);
    let new = Key {
        blob: refreshed.blob.unwrap(),
        record: evaluation.pending().unwrap(),
        ..old
    };
    let (header, share) = (new.header(Op::Confirm), new.unlock(WRONG_PIN));
    let phone = PhoneProof::confirm(target, device, &header, &share, None, 6).unwrap();
    let evaluation = world.evaluate(phone.envelope(), &new.record);
    assert!(phone.finish(&ok(&evaluation)).unwrap().is_ok());
    let phone = begin(
        &world,
        &new,
        WRONG_PIN,
        vec![ciphertext(&new.blob.pk(), b"text")],
    );
    let evaluation = world.evaluate(phone.envelope(), &new.record);
    assert_eq!(
        phone.finish(&ok(&evaluation)).unwrap().1[0].as_slice(),
        b"text"
    );
}

/// Row 68: a decryption key does not sign, and an operation of the other suite is refused.
#[test]
fn row_68_a_key_keeps_to_its_purpose_and_suite() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Decrypt);
    let (target, device, share) = (&world.target, &world.device, key.unlock(PIN));
    let mut fields = key.fields(Op::Ecdh);
    fields.purpose = Purpose::Sign;
    fields.op = Op::EcSign;
    let header = cosign_core::phone::Header::new(fields).unwrap();
    let refused = PhoneSign::begin(target, device, &header, &share, vec![[5; 32]], 4);
    assert_eq!(refused.err(), Some(Error::PurposeMismatch));
    let mut fields = key.fields(Op::Ecdh);
    fields.op = Op::Decrypt;
    let refused = cosign_core::phone::Header::new(fields);
    assert!(refused.is_err(), "SM2 decryption under suite P256");
}
