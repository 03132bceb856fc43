//! P-256 signing keys between a phone and a core: OT set-up in key generation, refresh and on its own, and signatures.

mod support;

use std::sync::Arc;

use cosign_core::curve::{Affine, P256};
use cosign_core::device;
use cosign_core::e2e::Status;
use cosign_core::error::Error;
use cosign_core::message::{EcSignAnswer, Op, Purpose, SuiteId};
use cosign_core::phone::{OtReply, PhoneOtSetup, PhoneProof, PhoneRefresh, PhoneSign};
use cosign_core::server::{Evaluation, Finding, OtChange};
use support::{cost, frame, world, Key, World, NOW, PIN, WRONG_PIN};

const DIGEST: [u8; 32] = [5; 32];

fn begin(world: &World, key: &Key, pin: &str) -> PhoneSign {
    let (header, share) = (key.header(Op::EcSign), key.unlock(pin));
    PhoneSign::begin(
        &world.target,
        &world.device,
        &header,
        &share,
        vec![DIGEST],
        3,
    )
    .unwrap()
}

fn ok(evaluation: &Evaluation) -> Vec<u8> {
    evaluation.answer(&frame(Status::Ok), 0).unwrap()
}

/// One signature, which must verify as plain ECDSA.
fn signs(world: &World, key: &Key, pin: &str) {
    let phone = begin(world, key, pin);
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    assert_eq!(
        (evaluation.outcome(), evaluation.ot()),
        (Finding::Right, OtChange::Unchanged)
    );
    assert!(evaluation.pending().is_none());
    let (_, signatures) = phone.finish(&ok(&evaluation)).unwrap();
    let pk = Affine::<P256>::decode(&key.blob.pk()).unwrap();
    device::verify(&pk, &DIGEST, &signatures[0]).unwrap();
}

#[test]
fn a_new_key_signs_at_once() {
    let world = world();
    for purpose in [Purpose::Sign, Purpose::Login] {
        let key = world.keygen_of(SuiteId::P256, purpose);
        signs(&world, &key, PIN);
        signs(&world, &key, PIN);
    }
}

/// Row 82: seeds that were opened with a wrong PIN look like right ones; only the server's proof check tells.
#[test]
fn row_82_a_wrong_pin_is_found_by_the_server_only() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let (right, wrong) = (begin(&world, &key, PIN), begin(&world, &key, WRONG_PIN));
    assert_eq!(right.envelope().len(), wrong.envelope().len());
    let evaluation = world.evaluate(wrong.envelope(), &key.record);
    assert_eq!(
        (evaluation.outcome(), evaluation.ot()),
        (Finding::Wrong, OtChange::Unchanged)
    );
    let refused = evaluation.answer(&frame(Status::Ok), 0);
    assert_eq!(refused.err(), Some(Error::BadProof));
    let answer = evaluation.answer(&frame(Status::PinWrong), 0).unwrap();
    assert!(answer.len() > EcSignAnswer::LEN, "padded like a success");
    assert!(wrong.finish(&answer).unwrap().1.is_empty());
}

/// The other half of a blob and record that do not belong together: Δ of one set-up, seeds of another.
fn crossed(world: &World, key: &Key) -> (PhoneSign, Evaluation) {
    let (renewed, _) = set_up(world, key, PIN);
    let phone = begin(
        world,
        &Key {
            record: Arc::clone(&key.record),
            ..renewed
        },
        PIN,
    );
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    (phone, evaluation)
}

/// Row 79 at this level: the check fails, nothing is answered, and the new record has no Δ.
#[test]
fn row_79_an_inconsistent_extension_destroys_the_set_up() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let (phone, evaluation) = crossed(&world, &key);
    assert_eq!(
        (evaluation.outcome(), evaluation.ot()),
        (Finding::Right, OtChange::Destroyed)
    );
    assert_eq!(
        evaluation.answer(&frame(Status::Ok), 0).err(),
        Some(Error::BadProof)
    );
    let destroyed = Key {
        blob: key.blob.clone(),
        record: evaluation.pending().unwrap(),
        ..key
    };
    let answer = evaluation.answer(&frame(Status::OtDestroyed), 0).unwrap();
    let (answer, signatures) = phone.finish(&answer).unwrap();
    assert_eq!(answer.frame.status, Status::OtDestroyed);
    assert!(signatures.is_empty());

    let next = begin(&world, &destroyed, PIN);
    let evaluation = world.evaluate(next.envelope(), &destroyed.record);
    assert_eq!(evaluation.outcome(), Finding::Fault, "there is no Δ to use");

    let (repaired, _) = set_up(&world, &destroyed, PIN);
    signs(&world, &repaired, PIN);
}

/// A complete `OT_SETUP`.
fn set_up(world: &World, key: &Key, pin: &str) -> (Key, OtChange) {
    let header = || key.header(Op::OtSetup);
    let (target, device) = (Arc::clone(&world.target), Arc::clone(&world.device));
    let share = Arc::new(key.unlock(pin));
    let phone = PhoneOtSetup::begin(target, device, &header(), share, 7).unwrap();
    let evaluation = world.evaluate(&phone.envelope().unwrap(), &key.record);
    assert_eq!(evaluation.ot(), OtChange::Begun);
    let waiting = evaluation.pending().unwrap();
    assert!(phone.receive(&ok(&evaluation)).unwrap().is_ok());
    let blob = phone.reply(&header(), 8).unwrap();
    let evaluation = world.evaluate(&phone.envelope().unwrap(), &waiting);
    let ot = evaluation.ot();
    assert!(phone.finish(&ok(&evaluation)).unwrap().is_ok());
    let key = Key {
        blob,
        record: evaluation.pending().unwrap(),
        ..*key
    };
    (key, ot)
}

#[test]
fn a_set_up_of_its_own_replaces_the_one_before() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let (renewed, ot) = set_up(&world, &key, PIN);
    assert_eq!(ot, OtChange::Ready);
    assert_eq!(renewed.blob.share_id(), key.blob.share_id());
    signs(&world, &renewed, PIN);
}

#[test]
fn row_83_a_set_up_needs_the_pin_and_fits_no_other_session() {
    let world = world();
    let key = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let begin = |pin: &str| {
        let (target, device) = (Arc::clone(&world.target), Arc::clone(&world.device));
        let share = Arc::new(key.unlock(pin));
        let header = key.header(Op::OtSetup);
        let phone = PhoneOtSetup::begin(target, device, &header, share, 7).unwrap();
        let evaluation = world.evaluate(&phone.envelope().unwrap(), &key.record);
        (phone, evaluation)
    };
    let (phone, wrong) = begin(WRONG_PIN);
    assert_eq!(
        (wrong.outcome(), wrong.ot()),
        (Finding::Wrong, OtChange::Unchanged)
    );
    let answer = wrong.answer(&frame(Status::PinWrong), 0).unwrap();
    assert!(!phone.receive(&answer).unwrap().is_ok());
    let refused = phone.reply(&key.header(Op::OtSetup), 8);
    assert_eq!(
        refused.err(),
        Some(Error::AlreadyUsed),
        "there is no part 1"
    );
    // Part 2 of one session against the seed of another fails OTS-7.
    let (phone, first) = begin(PIN);
    let (_, second) = begin(PIN);
    phone.receive(&ok(&first)).unwrap();
    phone.reply(&key.header(Op::OtSetup), 8).unwrap();
    let evaluation = world.evaluate(&phone.envelope().unwrap(), &second.pending().unwrap());
    assert_eq!(
        (evaluation.outcome(), evaluation.ot()),
        (Finding::Right, OtChange::Failed)
    );
    let answer = evaluation.answer(&frame(Status::OtDestroyed), 0).unwrap();
    assert_eq!(
        phone.finish(&answer).unwrap().frame.status,
        Status::OtDestroyed
    );
}

/// RF-10: the set-up is renewed with the shares.
fn refreshed(world: &World, old: &Key, new_pin: &str) -> (Key, OtReply) {
    let (header, share) = (old.header(Op::Refresh), old.unlock(PIN));
    let phone = PhoneRefresh::begin(&world.target, &world.device, &header, &share, 5).unwrap();
    let evaluation = world.evaluate(phone.envelope(), &old.record);
    let answer = evaluation.answer(&frame(Status::Ok), NOW + 1).unwrap();
    let refreshed = phone.finish(&answer, new_pin, cost()).unwrap();
    let key = Key {
        blob: refreshed.blob.unwrap(),
        record: evaluation.pending().unwrap(),
        ..*old
    };
    (key, refreshed.ot.unwrap())
}

fn confirm(world: &World, key: &Key, pin: &str, ot: &OtReply) -> (PhoneProof, Evaluation) {
    let (header, share) = (key.header(Op::Confirm), key.unlock(pin));
    let (target, device) = (&world.target, &world.device);
    let phone = PhoneProof::confirm(target, device, &header, &share, Some(ot), 6).unwrap();
    let evaluation = world.evaluate(phone.envelope(), &key.record);
    (phone, evaluation)
}

#[test]
fn refresh_and_confirm_renew_shares_and_set_up() {
    let world = world();
    let old = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let (pending, ot) = refreshed(&world, &old, WRONG_PIN);
    let (phone, evaluation) = confirm(&world, &pending, WRONG_PIN, &ot);
    assert_eq!(
        (evaluation.outcome(), evaluation.ot()),
        (Finding::Right, OtChange::Ready)
    );
    assert!(evaluation.new_share_id().is_none());
    assert!(phone.finish(&ok(&evaluation)).unwrap().is_ok());
    let new = Key {
        record: evaluation.pending().unwrap(),
        ..pending
    };
    signs(&world, &new, WRONG_PIN);
}

/// Row 84: part 2 belongs to one share.
#[test]
fn row_84_a_set_up_serves_one_share_only() {
    let world = world();
    let old = world.keygen_of(SuiteId::P256, Purpose::Sign);
    let (first, ot) = refreshed(&world, &old, PIN);
    let (second, _) = refreshed(&world, &old, PIN);
    let (header, share) = (second.header(Op::Confirm), second.unlock(PIN));
    let (target, device) = (&world.target, &world.device);
    let refused = PhoneProof::confirm(target, device, &header, &share, Some(&ot), 6);
    assert_eq!(refused.err(), Some(Error::MalformedMessage));
    let (header, share) = (first.header(Op::Confirm), first.unlock(PIN));
    let refused = PhoneProof::confirm(target, device, &header, &share, None, 6);
    assert_eq!(refused.err(), Some(Error::MalformedMessage));

    let crossed = Key {
        blob: first.blob.clone(),
        record: Arc::clone(&second.record),
        ..first
    };
    let (_, evaluation) = confirm(&world, &crossed, PIN, &ot);
    assert_eq!(evaluation.outcome(), Finding::Wrong);
    let (_, evaluation) = confirm(&world, &first, PIN, &ot);
    assert_eq!(evaluation.ot(), OtChange::Ready);
}
