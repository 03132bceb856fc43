//! PIN blinding against the project vectors, and the properties P3 and P4.

use cosign_core::curve::{mul_base, Scalar, SecretScalar, Sm2};
use cosign_core::error::Error;
use cosign_core::pin::{blind, factor, k_pin, unblind, KdfParams};
use serde_json::Value;

fn vector(name: &str) -> Value {
    let path = format!(
        "{}/../../tests/vectors/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(value.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

fn secret(value: &Value) -> SecretScalar<Sm2> {
    SecretScalar::from_bytes(&bytes(value)).unwrap()
}

#[test]
fn pin_blinding_vector() {
    let vector = vector("pin_blinding");
    let (inputs, middle, outputs) = (
        &vector["inputs"],
        &vector["intermediate"],
        &vector["outputs"],
    );
    let (key_id, share_id) = (
        inputs["key_id"].as_str().unwrap(),
        bytes(&inputs["share_id"]),
    );
    let right = factor::<Sm2>(&bytes(&inputs["k_pin"]), key_id, &share_id);
    let wrong = factor::<Sm2>(&bytes(&inputs["k_pin_wrong"]), key_id, &share_id);
    assert_eq!(*right.to_bytes(), bytes(&middle["h"]));
    assert_eq!(*wrong.to_bytes(), bytes(&middle["h_wrong"]));
    let b_blob = blind(&secret(&inputs["share"]), &right);
    assert_eq!(b_blob.to_bytes(), bytes(&outputs["b_blob"]));
    assert_eq!(
        *unblind(&b_blob, &right).to_bytes(),
        bytes(&inputs["share"])
    );
    assert_eq!(
        *unblind(&b_blob, &wrong).to_bytes(),
        bytes(&outputs["share_wrong_pin"])
    );
}

#[test]
fn pin_argon2id_vector() {
    let vector = vector("pin_argon2id");
    let (inputs, middle) = (&vector["inputs"], &vector["intermediate"]);
    let (pin, salt) = (inputs["pin"].as_str().unwrap(), bytes(&inputs["salt"]));
    let normal = k_pin(pin, &salt, KdfParams::default()).unwrap();
    let floor = k_pin(pin, &salt, KdfParams::new(19 * 1024, 2, 1).unwrap()).unwrap();
    assert_eq!(*normal, bytes(&middle["k_pin"]));
    assert_eq!(*floor, bytes(&middle["k_pin_floor"]));
    let h = factor::<Sm2>(
        &normal,
        inputs["key_id"].as_str().unwrap(),
        &bytes(&inputs["share_id"]),
    );
    assert_eq!(*h.to_bytes(), bytes(&middle["h"]));
    assert_eq!(
        blind(&secret(&inputs["share"]), &h).to_bytes(),
        bytes(&vector["outputs"]["b_blob"])
    );
}

#[test]
fn weak_or_absurd_costs_are_refused() {
    for (memory, passes, lanes) in [
        (19 * 1024 - 1, 2, 1),
        (19 * 1024, 1, 1),
        (19 * 1024, 2, 0),
        (u32::MAX, 2, 1),
        (19 * 1024, u32::MAX, 1),
        (65536, 3, 17),
    ] {
        assert_eq!(
            KdfParams::new(memory, passes, lanes).err(),
            Some(Error::MalformedMessage)
        );
    }
    assert_eq!(
        k_pin(&"7".repeat(257), &[0; 32], KdfParams::default()).err(),
        Some(Error::MalformedMessage)
    );
}

/// P3: every wrong PIN opens the blob to a valid scalar whose point is not the one the server knows.
#[test]
fn every_pin_gives_a_valid_share() {
    let share = SecretScalar::<Sm2>::from_bytes(&[0x5a; 32]).unwrap();
    let point = mul_base(&share).unwrap();
    let right = factor::<Sm2>(&[1; 32], "key", &[2; 16]);
    let b_blob = blind(&share, &right);
    for guess in 2..=200_u8 {
        let opened = unblind(&b_blob, &factor::<Sm2>(&[guess; 32], "key", &[2; 16]));
        assert!(SecretScalar::<Sm2>::from_bytes(&opened.to_bytes()).is_some());
        assert!(mul_base(&opened).unwrap() != point);
    }
    assert!(mul_base(&unblind(&b_blob, &right)).unwrap() == point);
}

/// P4: for every PIN there is a share that gives the same blob, so the blob's bytes say nothing about the PIN.
#[test]
fn every_pin_explains_a_blob() {
    let b_blob = Scalar::<Sm2>::from_bytes(&[0x33; 32]).unwrap();
    let mut shares = Vec::new();
    for pin in 0..100_u8 {
        let h = factor::<Sm2>(&[pin; 32], "key", &[2; 16]);
        let share = unblind(&b_blob, &h);
        assert!(blind(&share, &h) == b_blob);
        shares.push(*share.to_bytes());
    }
    shares.sort_unstable();
    shares.dedup();
    assert_eq!(shares.len(), 100);
}

/// The factor depends on the key and on the share record: a refreshed blob cannot be joined with the old one.
#[test]
fn the_factor_is_bound_to_key_and_share_record() {
    let base = factor::<Sm2>(&[1; 32], "key", &[2; 16]).to_bytes();
    assert_ne!(factor::<Sm2>(&[1; 32], "kex", &[2; 16]).to_bytes(), base);
    assert_ne!(factor::<Sm2>(&[1; 32], "key", &[3; 16]).to_bytes(), base);
}
