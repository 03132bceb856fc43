//! Every operation between a phone and a core, through sealed envelopes.

mod support;

use std::sync::Arc;

use cosign_core::curve::{Affine, Sm2};
use cosign_core::e2e::Status;
use cosign_core::error::Error;
use cosign_core::message::{CloneCase, Op, Purpose, SuiteId, SyncAnswer};
use cosign_core::phone::{
    Blob, PhoneDecrypt, PhoneKeygen, PhoneProof, PhoneRefresh, PhoneSign, PhoneSync,
};
use cosign_core::server::Finding;
use cosign_core::sm2::{self, DEFAULT_ID};
use support::{cost, frame, keyless, world, Key, World, NOW, PIN, WRONG_PIN};

fn pk(blob: &Blob) -> Affine<Sm2> {
    Affine::decode(&blob.pk()).unwrap()
}

fn sign(
    world: &World,
    key: &Key,
    pin: &str,
    digests: &[[u8; 32]],
) -> (Finding, Status, Vec<[u8; 64]>) {
    let share = key.unlock(pin);
    let phone = PhoneSign::begin(
        &world.target,
        &world.device,
        &key.header(Op::Sign),
        &share,
        digests.to_vec(),
        3,
    )
    .unwrap();
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    let status = if evaluation.outcome() == Finding::Right {
        Status::Ok
    } else {
        Status::PinWrong
    };
    let (answer, signatures) = phone
        .finish(&evaluation.answer(&frame(status), 0).unwrap())
        .unwrap();
    assert_eq!(answer.frame, frame(status));
    (evaluation.outcome(), answer.frame.status, signatures)
}

#[test]
fn a_signature_verifies_as_plain_sm2() {
    let world = world();
    for purpose in [Purpose::Sign, Purpose::Login] {
        let key = world.keygen(purpose);
        for count in [1, 2, 65, 256] {
            let digests: Vec<[u8; 32]> = (0..count)
                .map(|i: u32| sm2::digest(&pk(&key.blob), &i.to_be_bytes(), DEFAULT_ID).unwrap())
                .collect();
            let (finding, status, signatures) = sign(&world, &key, PIN, &digests);
            assert_eq!(
                (finding, status, signatures.len()),
                (Finding::Right, Status::Ok, digests.len())
            );
            for (digest, signature) in digests.iter().zip(&signatures) {
                sm2::verify(&pk(&key.blob), digest, signature).unwrap();
            }
        }
    }
}

#[test]
fn a_wrong_pin_is_found_by_the_server_only() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    assert_eq!(
        sign(&world, &key, WRONG_PIN, &[[5; 32]]),
        (Finding::Wrong, Status::PinWrong, vec![])
    );
    assert_eq!(sign(&world, &key, PIN, &[[5; 32]]).0, Finding::Right);
}

#[test]
fn decryption_gives_the_plaintext() {
    let world = world();
    let key = world.keygen(Purpose::Decrypt);
    let plaintexts: [&[u8]; 3] = [b"a", b"encryption standard", &[0x5a; 1000]];
    let ciphertexts: Vec<Vec<u8>> = plaintexts
        .iter()
        .map(|text| sm2::encrypt(&pk(&key.blob), text).unwrap().encode())
        .collect();
    for blind in [true, false] {
        let header = key.header(Op::Decrypt);
        let share = key.unlock(PIN);
        let phone = PhoneDecrypt::begin(
            &world.target,
            &world.device,
            &header,
            &share,
            &ciphertexts,
            4,
            blind,
        )
        .unwrap();
        let evaluation = world.evaluate(phone.envelope(), &key.record);
        let (answer, opened) = phone
            .finish(&evaluation.answer(&frame(Status::Ok), 0).unwrap())
            .unwrap();
        assert!(answer.is_ok() && opened.iter().map(|text| text.as_slice()).eq(plaintexts));
    }
}

#[test]
fn another_server_share_gives_the_uniform_decryption_error() {
    let world = world();
    let (key, other) = (
        world.keygen(Purpose::Decrypt),
        world.keygen(Purpose::Decrypt),
    );
    let ciphertext = sm2::encrypt(&pk(&key.blob), b"text").unwrap().encode();
    // The phone of `other` asks under its own header, so the proof holds, but the ciphertext is for `key`.
    let phone = PhoneDecrypt::begin(
        &world.target,
        &world.device,
        &other.header(Op::Decrypt),
        &other.unlock(PIN),
        &[ciphertext],
        4,
        true,
    )
    .unwrap();
    let evaluation = world.evaluate(phone.envelope(), &other.record);
    let answer = evaluation.answer(&frame(Status::Ok), 0).unwrap();
    assert_eq!(phone.finish(&answer).err(), Some(Error::DecryptionFailed));
}

#[test]
fn refresh_and_confirm_replace_both_shares() {
    let world = world();
    for purpose in [Purpose::Sign, Purpose::Decrypt] {
        let old = world.keygen(purpose);
        let phone = PhoneRefresh::begin(
            &world.target,
            &world.device,
            &old.header(Op::Refresh),
            &old.unlock(PIN),
            5,
        )
        .unwrap();
        let evaluation = world.evaluate(phone.envelope(), &old.record);
        assert_eq!(evaluation.outcome(), Finding::Right);
        let answer = evaluation.answer(&frame(Status::Ok), NOW + 1).unwrap();
        let refreshed = phone.finish(&answer, WRONG_PIN, cost()).unwrap();
        let new = Key {
            blob: refreshed.blob.unwrap(),
            record: evaluation.pending().unwrap(),
            suite: SuiteId::Sm2,
            purpose,
        };
        assert_eq!(refreshed.pending_expires_ms, NOW + 1);
        assert_eq!(Some(new.blob.share_id()), evaluation.new_share_id());
        assert_eq!(new.blob.pk(), old.blob.pk());

        for op in [Op::Confirm, Op::Adopt] {
            let prove = |key: &Key, pin: &str| {
                let share = key.unlock(pin);
                let (target, device, header) = (&world.target, &world.device, key.header(op));
                match op {
                    Op::Confirm => PhoneProof::confirm(target, device, &header, &share, None, 6),
                    _ => PhoneProof::adopt(target, device, &header, &share, 6),
                }
                .unwrap()
            };
            let wrong = prove(&new, PIN);
            assert_eq!(
                world.evaluate(wrong.envelope(), &new.record).outcome(),
                Finding::Wrong,
                "the old PIN"
            );
            let right = prove(&new, WRONG_PIN);
            let evaluation = world.evaluate(right.envelope(), &new.record);
            let mut durable = frame(Status::Ok);
            durable.durable = true;
            assert!(
                right
                    .finish(&evaluation.answer(&durable, 0).unwrap())
                    .unwrap()
                    .frame
                    .durable
            );
            let crossed = prove(&old, PIN);
            assert_eq!(
                world.evaluate(crossed.envelope(), &new.record).outcome(),
                Finding::Wrong,
                "the old share"
            );
        }
        if purpose == Purpose::Sign {
            let (finding, _, signatures) = sign(&world, &new, WRONG_PIN, &[[5; 32]]);
            assert_eq!(finding, Finding::Right);
            sm2::verify(&pk(&old.blob), &[5; 32], &signatures[0]).unwrap();
        }
    }
}

#[test]
fn a_failed_refresh_leaves_a_dummy_of_the_same_shape() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = PhoneRefresh::begin(
        &world.target,
        &world.device,
        &key.header(Op::Refresh),
        &key.unlock(WRONG_PIN),
        5,
    )
    .unwrap();
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    assert_eq!(evaluation.outcome(), Finding::Wrong);
    assert!(evaluation.pending().is_some() && evaluation.new_share_id().is_some());
    assert_eq!(evaluation.audit_hash(), [0; 32]);
}

#[test]
fn sync_needs_the_device_only() {
    let world = world();
    for case in [CloneCase::A, CloneCase::B] {
        let phone = PhoneSync::begin(
            &world.target,
            &world.device,
            &keyless(Op::Sync, Purpose::Sign),
        )
        .unwrap();
        let request = world.open(phone.envelope());
        let state = SyncAnswer {
            case,
            last_req: [4; 16],
        };
        let answer = request.answer(&frame(Status::Ok), &state.encode()).unwrap();
        assert_eq!(phone.finish(&answer).unwrap().1, Some(state));
    }
}

/// KG-8, rows 12 and 15: M3 must continue the M1 of the pending record, and neither message works twice.
#[test]
fn key_generation_is_bound_to_its_first_message() {
    let world = world();
    let begin = || {
        let header = keyless(Op::Keygen, Purpose::Sign);
        let phone = PhoneKeygen::begin(
            Arc::clone(&world.target),
            Arc::clone(&world.device),
            &header,
            1,
        )
        .unwrap();
        let request = world.open(&phone.envelope().unwrap());
        let begun = world.core.keygen_begin(&request).unwrap();
        assert_eq!(
            world.core.keygen_begin(&request).err(),
            Some(Error::AlreadyUsed)
        );
        (phone, begun)
    };
    let (phone, begun) = begin();
    let (_, other) = begin();
    let header = keyless(Op::Keygen, Purpose::Sign);
    phone
        .receive(&begun.answer(NOW, 1).unwrap(), &header, 2)
        .unwrap();
    let envelope = phone.envelope().unwrap();
    let open = || world.core.open_request(&envelope).unwrap();
    let device = world.device.public_key();
    // The signature is over k2 of the right run, so the record of another run fails there.
    assert_eq!(
        world
            .core
            .keygen_finish(&open(), &other.pending(), &device)
            .err(),
        Some(Error::DeviceProofInvalid)
    );
    let stranger = cosign_core::device::SigningKey::generate()
        .unwrap()
        .public_key();
    assert_eq!(
        world
            .core
            .keygen_finish(&open(), &begun.pending(), &stranger)
            .err(),
        Some(Error::DeviceProofInvalid)
    );
    assert_eq!(
        open().verify_device(&device).err(),
        Some(Error::MalformedMessage),
        "the context is not known yet"
    );
    let request = open();
    let finished = world
        .core
        .keygen_finish(&request, &begun.pending(), &device)
        .unwrap();
    assert_eq!(
        world
            .core
            .keygen_finish(&request, &begun.pending(), &device)
            .err(),
        Some(Error::AlreadyUsed)
    );
    assert_eq!(
        world
            .core
            .keygen_finish(&open(), &finished.record(), &device)
            .err(),
        Some(Error::SealBroken)
    );
    assert_eq!(
        phone
            .receive(&begun.answer(NOW, 1).unwrap_or_default(), &header, 2)
            .err(),
        Some(Error::AlreadyUsed)
    );
}

/// Row 16: a statement of another identity key is refused, and nothing remains of the run.
#[test]
fn a_foreign_statement_is_refused() {
    let world = world();
    let impostor = support::world();
    let header = || keyless(Op::Keygen, Purpose::Sign);
    let target = cosign_core::phone::Target::new(
        support::SERVER,
        &impostor.core.identity_public_key(),
        world.envelope_key.key_id(),
        &world.envelope_key.public_key(),
    );
    let phone = PhoneKeygen::begin(
        Arc::new(target.unwrap()),
        Arc::clone(&world.device),
        &header(),
        1,
    )
    .unwrap();
    let begun = world
        .core
        .keygen_begin(&world.open(&phone.envelope().unwrap()))
        .unwrap();
    phone
        .receive(&begun.answer(NOW, 1).unwrap(), &header(), 2)
        .unwrap();
    let request = world.core.open_request(&phone.envelope().unwrap()).unwrap();
    let finished = world
        .core
        .keygen_finish(&request, &begun.pending(), &world.device.public_key())
        .unwrap();
    let answer = finished.answer(NOW, 1, [0; 16], 0).unwrap();
    assert_eq!(
        phone.finish(&answer, "111111", cost()).err(),
        Some(Error::MalformedMessage),
        "the PIN comes first"
    );
    assert_eq!(
        phone.finish(&answer, PIN, cost()).err(),
        Some(Error::BadSignature)
    );
    assert_eq!(
        phone.finish(&answer, PIN, cost()).err(),
        Some(Error::AlreadyUsed)
    );
}
