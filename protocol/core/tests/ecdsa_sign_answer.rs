//! Rows 8, 25, 26, 75, 76, 78, 85 and 86 of the negative tests and properties P2 and P6, for answers of `EC_SIGN`.
//! Answers that only one check of the phone can refuse need prescribed nonces and are unit tests.

mod ecdsa_support;

use cosign_core::curve::{mul, mul_base, Scalar, P256};
use cosign_core::device;
use cosign_core::error::Error;
use cosign_core::message::{EcSignAnswer, EcSignBody};
use ecdsa_support::{answer, decoded, request, scalar, Key, DIGEST, N, N_PLUS_1};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};

/// What the phone says to the honest answer after a change.
fn finish(key: &Key, change: impl FnOnce(&mut Vec<u8>)) -> Result<[u8; 64], Error> {
    let (phone, wire) = key.begin();
    let mut answer = wire.right(key);
    change(&mut answer);
    phone.finish(&answer)
}

fn foreign_verify(key: &Key, digest: &[u8; 32], signature: &[u8; 64]) {
    let public = VerifyingKey::from_sec1_bytes(&key.pk.encode()).unwrap();
    let signature = Signature::from_slice(signature).unwrap();
    public.verify_prehash(digest, &signature).unwrap();
}

/// P2: a foreign library accepts what our verifier accepts; s is low.
#[test]
fn foreign_library_accepts_every_signature() {
    for _ in 0..6 {
        let key = Key::random();
        for byte in [0x5e, 0x01, 0xff] {
            let digest = [byte; 32];
            let (phone, wire) = key.begin_with(&key.header(), &digest);
            let signature = phone.finish(&wire.right(&key)).unwrap();
            device::verify(&key.pk, &digest, &signature).unwrap();
            foreign_verify(&key, &digest, &signature);
            let s = Scalar::<P256>::from_bytes(signature[32..].try_into().unwrap()).unwrap();
            assert!(s.to_bytes() < s.neg().to_bytes());
        }
    }
}

/// Row 85: digests of n and more are reduced once, on both sides and in the foreign verifier alike.
#[test]
fn row_85_digest_above_the_order_is_reduced() {
    let key = Key::random();
    for digest in [N_PLUS_1, &"ff".repeat(32)] {
        let digest = hex::decode(digest).unwrap().try_into().unwrap();
        let (phone, wire) = key.begin_with(&key.header(), &digest);
        let signature = phone.finish(&wire.right(&key)).unwrap();
        foreign_verify(&key, &digest, &signature);
        let reduced = Scalar::<P256>::reduce32(&digest).to_bytes();
        device::verify(&key.pk, &reduced, &signature).unwrap();
    }
}

/// Row 86: released signatures have the low s; the verifier of both sides accepts either, as X9.62 does.
#[test]
fn row_86_verifier_accepts_the_high_s_and_the_phone_never_gives_it() {
    let key = Key::random();
    let mut signature = finish(&key, |_| ()).unwrap();
    let s = Scalar::<P256>::from_bytes(signature[32..].try_into().unwrap()).unwrap();
    signature[32..].copy_from_slice(&s.neg().to_bytes());
    device::verify(&key.pk, &DIGEST, &signature).unwrap();
    foreign_verify(&key, &DIGEST, &signature);
}

/// Row 8: zero, n, n + 1 and 2^256 − 1 in the proof; n and more as a correction, eta or end, which may be zero.
#[test]
fn row_8_answer_scalars_out_of_range_are_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let good = wire.right(&key);
    let put = |offset: usize, value: &str| {
        let mut changed = good.clone();
        changed[offset..offset + 32].copy_from_slice(&hex::decode(value).unwrap());
        EcSignAnswer::decode(&changed).err()
    };
    let [first, second] = answer::MULTIPLICATIONS;
    let may_be_zero = [
        first,
        first + 96 * 300 + 32,
        first + answer::ETA,
        second + 96 * 511 + 64,
        second + answer::ETA + 32,
        answer::ENDS,
        answer::ENDS + 32,
    ];
    let zero = "00".repeat(32);
    for offset in may_be_zero {
        assert_eq!(put(offset, &zero), None);
        for bad in [N, N_PLUS_1, &"ff".repeat(32)] {
            assert_eq!(put(offset, bad), Some(Error::MalformedScalar));
        }
    }
    for offset in [answer::PROOF, answer::PROOF + 32] {
        for bad in [&zero, N, N_PLUS_1, &"ff".repeat(32)] {
            assert_eq!(put(offset, bad), Some(Error::MalformedScalar));
        }
    }
}

/// Rows 25 and 26: `finish` consumes the session, so a second answer has no session to meet; an answer of an earlier
/// session is refused by the later one.
#[test]
fn row_25_answer_of_an_earlier_session_is_refused() {
    let key = Key::random();
    let ((_, first), (second, _)) = (key.begin(), key.begin());
    assert_eq!(second.finish(&first.right(&key)), Err(Error::BadAnswer));
}

/// Row 76: corrections, eta and mu of the other instance, and exchanged instances.
#[test]
fn row_76_multiplications_of_other_places_are_refused() {
    let key = Key::random();
    let [first, second] = answer::MULTIPLICATIONS;
    let len = second - first;
    let exchanged = finish(&key, |answer| {
        let (head, tail) = answer.split_at_mut(second);
        head[first..].swap_with_slice(&mut tail[..len]);
    });
    assert_eq!(exchanged, Err(Error::BadAnswer));
    for part in [0..answer::ETA, answer::ETA..answer::MU, answer::MU..len] {
        let copied = finish(&key, |answer| {
            answer.copy_within(second + part.start..second + part.end, first + part.start);
        });
        assert_eq!(copied, Err(Error::BadAnswer));
    }
}

/// Row 76: two rows exchanged, in either half of an instance.
#[test]
fn row_76_exchanged_rows_are_refused() {
    let key = Key::random();
    for (start, row) in [(0, 0), (0, 255), (0, 300), (1, 511 - 1)] {
        let refused = finish(&key, |bytes| {
            let at = answer::MULTIPLICATIONS[start] + 96 * row;
            bytes[at..at + 192].rotate_left(96);
        });
        assert_eq!(refused, Err(Error::BadAnswer));
    }
}

/// Row 75: R' of the phone's own nonce point, of the generator and of a point nobody knows the logarithm of.
#[test]
fn row_75_foreign_nonce_points_are_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let d = EcSignBody::decode(wire.unsigned()).unwrap().point;
    for point in [
        *d,
        d.neg(),
        mul_base(&scalar()).unwrap(),
        key.pk,
        mul(&scalar(), &d).unwrap(),
    ] {
        let refused = finish(&key, |bytes| {
            bytes[answer::POINT..answer::PROOF].copy_from_slice(&point.encode());
        });
        assert_eq!(refused, Err(Error::BadAnswer));
    }
    assert_eq!(request::D, 32);
}

/// Every other length is refused.
#[test]
fn row_89_answers_of_other_lengths_are_refused() {
    let key = Key::random();
    for len in [0, 1, answer::PROOF, answer::ENDS, answer::LEN - 1] {
        let refused = finish(&key, |bytes| bytes.truncate(len));
        assert_eq!(refused, Err(Error::BadAnswer));
    }
    assert_eq!(finish(&key, |bytes| bytes.push(0)), Err(Error::BadAnswer));
}

/// P6: no bit of an answer can be flipped. All bits of the short fields, one of every 97th byte of the corrections, each in
/// its own session, because a session works once.
#[test]
fn every_flipped_answer_bit_is_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    assert_eq!(decoded(&wire.right(&key)).encode().len(), answer::LEN);
    let [first, second] = answer::MULTIPLICATIONS;
    let short = [
        0..first,
        first + answer::ETA..second,
        second + answer::ETA..answer::LEN,
    ];
    let short = short.into_iter().flatten().map(|byte| (byte, byte % 8));
    let long = (first..answer::ENDS)
        .step_by(97)
        .map(|byte| (byte, byte % 8));
    for (byte, bit) in short.chain(long) {
        let refused = finish(&key, |answer| answer[byte] ^= 1 << bit);
        assert_eq!(refused, Err(Error::BadAnswer), "byte {byte}, bit {bit}");
    }
}
