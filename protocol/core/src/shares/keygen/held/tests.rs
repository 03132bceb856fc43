use super::{of_token, HeldDraft};
use crate::curve::{mul, mul_base, Affine, Scalar, SecretScalar, P256};
use crate::device::{self, SigningKey};
use crate::error::Error;
use crate::message::{Custody, KeygenM1};
use crate::shares::keygen::token_statement;

const INSIDE: [u8; 32] = [7; 32];

fn inside() -> SecretScalar<P256> {
    SecretScalar::from_bytes(&INSIDE).unwrap()
}

fn draft() -> HeldDraft {
    let m1 = KeygenM1 {
        device_pub: [2; 33],
        nonce_p: [3; 32],
        com: [4; 32],
        custody: Custody::Token,
    };
    let token_key = mul_base(&inside()).unwrap();
    HeldDraft::new(b"header", &m1, &[5; 32], &[6; 32], &token_key).unwrap()
}

/// What a token does: it signs the challenge with `b_t`.
fn signed(draft: &HeldDraft) -> [u8; 64] {
    SigningKey::from_bytes(&INSIDE)
        .unwrap()
        .sign(&draft.challenge())
        .unwrap()
}

#[test]
fn the_phone_sees_a_signature_by_the_whole_share() {
    let draft = draft();
    let signature = signed(&draft);
    let (pending, m2) = draft.complete(&signature).unwrap();

    let statement = token_statement(pending.k1(), &m2.p2.encode());
    device::verify(&m2.p2, &statement, &m2.pi2.to_bytes()).unwrap();
}

#[test]
fn a_signature_over_something_else_or_by_another_key_is_refused() {
    let other = SigningKey::from_bytes(&[8; 32]).unwrap();
    let one = draft();
    let by_other = other.sign(&one.challenge()).unwrap();
    assert_eq!(one.complete(&by_other).err(), Some(Error::BadProof));
    let (one, another) = (draft(), draft());
    let of_another = signed(&another);
    assert_eq!(one.complete(&of_another).err(), Some(Error::BadProof));
    assert_eq!(draft().complete(&[0; 64]).err(), Some(Error::BadProof));
}

#[test]
fn the_sign_of_what_a_token_gives_is_found_for_points_of_either() {
    let token_key = mul_base(&inside()).unwrap();
    let generator = Affine::<P256>::generator();
    for number in 2_u64..20 {
        let point = mul_base(&SecretScalar::new(Scalar::from_u64(number))).unwrap();
        for point in [point, point.neg()] {
            let next = point.add(&generator).unwrap();
            let expected = mul(&inside(), &point).unwrap();
            let xs = [&point, &next].map(|one| mul(&inside(), one).unwrap().x_bytes());
            assert!(of_token(&token_key, &xs).unwrap() == expected);

            let wrong = [xs[0], xs[0]];
            assert_eq!(of_token(&token_key, &wrong).err(), Some(Error::BadAnswer));
        }
    }
    assert_eq!(of_token(&token_key, &[]).err(), Some(Error::BadAnswer));
}
