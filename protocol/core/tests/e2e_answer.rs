//! Answers: one per request, of one size, for one phone.

mod support;

use cosign_core::e2e::{success_body, Status, FRAME};
use cosign_core::error::Error;
use cosign_core::message::{Op, Purpose};
use cosign_core::phone::{PhoneDecrypt, PhoneProof, PhoneRefresh, PhoneSign, PhoneSync};
use cosign_core::server::Finding;
use support::{cost, frame, keyless, world, Key, World, NOW, PIN, WRONG_PIN};

const NONCE: usize = 12;
const NONCE_AND_TAG: usize = NONCE + 16;

fn sign(world: &World, key: &Key, pin: &str, count: usize) -> PhoneSign {
    let header = key.header(Op::Sign);
    PhoneSign::begin(
        &world.target,
        &world.device,
        &header,
        &key.unlock(pin),
        vec![[5; 32]; count],
        3,
    )
    .unwrap()
}

/// Row 50: right and wrong, and every other status, have the same size.
#[test]
fn answers_have_the_size_of_success() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    for count in [1, 3, 256] {
        let size = FRAME + success_body(Op::Sign, 0, count, false) + NONCE_AND_TAG;
        assert_eq!(success_body(Op::Sign, 0, count, false), 2 + 97 * count);
        for (pin, status) in [
            (PIN, Status::Ok),
            (WRONG_PIN, Status::PinWrong),
            (PIN, Status::Unavailable),
        ] {
            let evaluation = world.evaluate(sign(&world, &key, pin, count).envelope(), &key.record);
            assert_eq!(evaluation.answer(&frame(status), 0).unwrap().len(), size);
        }
        let request = world.open(sign(&world, &key, PIN, count).envelope());
        assert_eq!(
            request.answer(&frame(Status::Stale), b"").unwrap().len(),
            size
        );
    }
}

#[test]
fn answers_of_the_other_operations_have_one_size_too() {
    let world = world();
    let key = world.keygen(Purpose::Decrypt);
    let pk = cosign_core::curve::Affine::decode(&key.blob.pk()).unwrap();
    let ciphertexts = [cosign_core::sm2::encrypt(&pk, b"text").unwrap().encode()];
    let envelopes = |pin: &str| {
        let share = key.unlock(pin);
        let (target, device) = (&world.target, &world.device);
        let confirm = key.header(Op::Confirm);
        let adopt = key.header(Op::Adopt);
        [
            PhoneDecrypt::begin(
                target,
                device,
                &key.header(Op::Decrypt),
                &share,
                &ciphertexts,
                1,
                true,
            )
            .unwrap()
            .envelope()
            .to_vec(),
            PhoneRefresh::begin(target, device, &key.header(Op::Refresh), &share, 1)
                .unwrap()
                .envelope()
                .to_vec(),
            PhoneProof::confirm(target, device, &confirm, &share, None, 1)
                .unwrap()
                .envelope()
                .to_vec(),
            PhoneProof::adopt(target, device, &adopt, &share, 1)
                .unwrap()
                .envelope()
                .to_vec(),
        ]
    };
    for (right, wrong) in envelopes(PIN).iter().zip(&envelopes(WRONG_PIN)) {
        let right = world.evaluate(right, &key.record);
        let wrong = world.evaluate(wrong, &key.record);
        assert_eq!(
            (right.outcome(), wrong.outcome()),
            (Finding::Right, Finding::Wrong)
        );
        assert_ne!(right.audit_hash(), [0; 32]);
        assert_eq!(wrong.audit_hash(), [0; 32]);
        let right = right.answer(&frame(Status::Ok), NOW).unwrap();
        assert_eq!(
            right.len(),
            wrong.answer(&frame(Status::PinWrong), NOW).unwrap().len()
        );
    }
}

#[test]
fn ok_is_refused_unless_right_and_costs_nothing() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = sign(&world, &key, WRONG_PIN, 1);
    let request = world.open(phone.envelope());
    assert_eq!(
        request.answer(&frame(Status::Ok), b"").err(),
        Some(Error::BadProof),
        "without an evaluation"
    );
    let evaluation = world
        .core
        .evaluate(&[(&request, &key.record)])
        .pop()
        .unwrap();
    assert_eq!(
        evaluation.answer(&frame(Status::Ok), 0).err(),
        Some(Error::BadProof)
    );
    let answer = evaluation.answer(&frame(Status::PinWrong), 0).unwrap();
    assert!(phone.finish(&answer).unwrap().1.is_empty());
}

/// Rows 25 and 26.
#[test]
fn a_request_has_one_answer_and_an_answer_one_request() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let (first, second) = (sign(&world, &key, PIN, 1), sign(&world, &key, PIN, 1));
    assert_ne!(
        first.envelope(),
        second.envelope(),
        "row 27: a retry has new nonces"
    );
    let request = world.open(first.envelope());
    let evaluation = world
        .core
        .evaluate(&[(&request, &key.record)])
        .pop()
        .unwrap();
    let answer = evaluation.answer(&frame(Status::Ok), 0).unwrap();
    assert_eq!(
        evaluation.answer(&frame(Status::Ok), 0).err(),
        Some(Error::AlreadyUsed)
    );
    assert_eq!(
        evaluation.answer(&frame(Status::Busy), 0).err(),
        Some(Error::AlreadyUsed)
    );
    assert_eq!(
        request.answer(&frame(Status::Busy), b"").err(),
        Some(Error::AlreadyUsed)
    );
    let again = world
        .core
        .evaluate(&[(&request, &key.record)])
        .pop()
        .unwrap();
    assert_eq!(
        again.outcome(),
        Finding::Fault,
        "an evaluation is never repeated"
    );

    assert_eq!(
        second.finish(&answer).err(),
        Some(Error::BadAnswer),
        "of another session"
    );
    assert_eq!(second.finish(&answer).err(), Some(Error::AlreadyUsed));
    assert_eq!(first.finish(&answer).unwrap().1.len(), 1);
    assert_eq!(first.finish(&answer).err(), Some(Error::AlreadyUsed));
}

/// Row 29: whoever delivers an envelope again cannot compare the answers.
#[test]
fn answers_to_one_envelope_have_nonces_of_their_own() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = sign(&world, &key, PIN, 1);
    let [first, second] = [(); 2].map(|()| {
        let request = world.open(phone.envelope());
        request.answer(&frame(Status::Stale), b"").unwrap()
    });
    assert_ne!(first[..NONCE], second[..NONCE]);
    assert_ne!(first[NONCE..], second[NONCE..]);
    assert_eq!(
        phone.finish(&second).unwrap().0.frame.status,
        Status::Stale,
        "either can be read"
    );
}

#[test]
fn no_byte_of_an_answer_can_change() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let length = FRAME + success_body(Op::Sign, 0, 1, false) + NONCE_AND_TAG;
    let share = key.unlock(PIN);
    for at in (0..length).chain([usize::MAX]) {
        let header = key.header(Op::Sign);
        let phone = PhoneSign::begin(
            &world.target,
            &world.device,
            &header,
            &share,
            vec![[5; 32]],
            3,
        )
        .unwrap();
        let evaluation = world.evaluate(phone.envelope(), &key.record);
        let mut answer = evaluation.answer(&frame(Status::Ok), 0).unwrap();
        match answer.get_mut(at) {
            Some(byte) => *byte ^= 0x40,
            None => answer.truncate(length - 1),
        }
        assert_eq!(
            phone.finish(&answer).err(),
            Some(Error::BadAnswer),
            "byte {at}"
        );
    }
}

/// TX-B3, row 46: what is wrong with one item stays with that item.
#[test]
fn a_mixed_batch_keeps_its_order_and_its_faults_apart() {
    let world = world();
    let (signing, decrypting) = (world.keygen(Purpose::Sign), world.keygen(Purpose::Decrypt));
    let right = sign(&world, &signing, PIN, 2);
    let wrong = sign(&world, &signing, WRONG_PIN, 1);
    let broken = sign(&world, &signing, PIN, 1);
    let sync = PhoneSync::begin(
        &world.target,
        &world.device,
        &keyless(Op::Sync, Purpose::Sign),
    )
    .unwrap();
    let share = decrypting.unlock(PIN);
    let header = decrypting.header(Op::Refresh);
    let refresh = PhoneRefresh::begin(&world.target, &world.device, &header, &share, 1).unwrap();
    let header = decrypting.header(Op::Confirm);
    let (target, device) = (&world.target, &world.device);
    let confirm = PhoneProof::confirm(target, device, &header, &share, None, 1).unwrap();
    let not_a_share = world.core.export();
    let requests = [
        (confirm.envelope(), &*decrypting.record),
        (broken.envelope(), &not_a_share),
        (right.envelope(), &*signing.record),
        (sync.envelope(), &*signing.record),
        (refresh.envelope(), &*decrypting.record),
        (wrong.envelope(), &*signing.record),
    ]
    .map(|(envelope, record)| (world.open(envelope), record));
    let items: Vec<_> = requests
        .iter()
        .map(|(request, record)| (request, *record))
        .collect();
    let evaluations = world.core.evaluate(&items);
    let found: Vec<Finding> = evaluations
        .iter()
        .map(cosign_core::server::Evaluation::outcome)
        .collect();
    let (right_one, fault) = (Finding::Right, Finding::Fault);
    assert_eq!(
        found,
        [
            right_one,
            fault,
            right_one,
            fault,
            right_one,
            Finding::Wrong
        ]
    );
    assert_eq!(
        evaluations[1].answer(&frame(Status::Ok), 0).err(),
        Some(Error::InternalFault)
    );

    let ok = frame(Status::Ok);
    assert!(confirm
        .finish(&evaluations[0].answer(&ok, 0).unwrap())
        .unwrap()
        .is_ok());
    let unavailable = evaluations[1]
        .answer(&frame(Status::Unavailable), 0)
        .unwrap();
    assert!(broken.finish(&unavailable).unwrap().1.is_empty());
    assert_eq!(
        right
            .finish(&evaluations[2].answer(&ok, 0).unwrap())
            .unwrap()
            .1
            .len(),
        2
    );
    assert!(refresh
        .finish(&evaluations[4].answer(&ok, 9).unwrap(), PIN, cost())
        .unwrap()
        .blob
        .is_some());
    assert!(world.core.evaluate(&[]).is_empty());
}

#[test]
fn a_malformed_answer_tells_its_reason() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = sign(&world, &key, PIN, 1);
    let request = world.open(phone.envelope());
    let answer = request
        .answer(&frame(Status::Malformed), b"DIGEST_REFUSED")
        .unwrap();
    let (answer, signatures) = phone.finish(&answer).unwrap();
    assert_eq!(answer.reason.as_deref(), Some("DIGEST_REFUSED"));
    assert!(signatures.is_empty());
    let request = world.open(sign(&world, &key, PIN, 1).envelope());
    assert_eq!(
        request.answer(&frame(Status::Malformed), &[65; 200]).err(),
        Some(Error::MalformedMessage)
    );
}

#[test]
fn headers_shares_and_operations_must_fit() {
    let world = world();
    let (key, other) = (world.keygen(Purpose::Sign), world.keygen(Purpose::Sign));
    let decrypting = world.keygen(Purpose::Decrypt);
    let share = key.unlock(PIN);
    let begin = |header: &cosign_core::phone::Header| {
        PhoneSign::begin(
            &world.target,
            &world.device,
            header,
            &share,
            vec![[5; 32]],
            3,
        )
        .err()
    };
    let header = key.header(Op::Sign);
    assert_eq!(begin(&header), None);
    assert_eq!(
        begin(&header),
        Some(Error::AlreadyUsed),
        "one header, one request"
    );
    assert_eq!(
        begin(&other.header(Op::Sign)),
        Some(Error::MalformedMessage)
    );
    assert_eq!(
        begin(&key.header(Op::Refresh)),
        Some(Error::MalformedMessage)
    );
    assert_eq!(
        begin(&decrypting.header(Op::Confirm)),
        Some(Error::MalformedMessage)
    );
    let mut login = key.fields(Op::Sign);
    login.purpose = Purpose::Login;
    assert_eq!(
        begin(&cosign_core::phone::Header::new(login).unwrap()),
        Some(Error::PurposeMismatch)
    );
    let mut elsewhere = key.fields(Op::Sign);
    elsewhere.server_id = "server-2".into();
    assert_eq!(
        begin(&cosign_core::phone::Header::new(elsewhere).unwrap()),
        Some(Error::MalformedMessage)
    );
    share.wipe();
    assert_eq!(begin(&key.header(Op::Sign)), Some(Error::AlreadyUsed));
}
