use super::{of_token, HeldDraft};
use crate::curve::{mul, mul_base, Affine, Scalar, SecretScalar, P256};
use crate::device::{self, SigningKey};
use crate::error::Error;
use zeroize::Zeroizing;

use crate::message::{Custody, KeygenM1, KeygenM2, KeygenM4, OtsPart, Purpose, Sharing};
use crate::proof::Proof;
use crate::random::{PhoneNonces, ServerNonces};
use crate::shares::keygen::phone::Identity;
use crate::shares::keygen::server::begin_with;
use crate::shares::keygen::{token_statement, PhoneKeygen};

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

const SECRET: [u8; 32] = [9; 32];

/// A phone that has sent M1.
fn phone(custody: Custody) -> (PhoneKeygen<P256>, KeygenM1, [u8; 32]) {
    let mut m1 = KeygenM1 {
        device_pub: [2; 33],
        nonce_p: [3; 32],
        com: [0; 32],
        custody,
    };
    let nonces = PhoneNonces::prescribed(&[("u1", 1, SECRET), ("pok", 1, [5; 32])]);
    let (phone, k0) = PhoneKeygen::commit(
        Sharing::Multiplicative,
        Identity::new("key-1", "device-1", Purpose::Decrypt),
        b"header",
        &mut m1,
        nonces,
        Zeroizing::new([6; 32]),
    )
    .unwrap();
    (phone, m1, k0)
}

fn answered(m1: &KeygenM1) -> (super::Pending<P256>, KeygenM2<P256>) {
    let token_key = mul_base(&inside()).unwrap();
    let draft = HeldDraft::new(b"header", m1, &[5; 32], &[6; 32], &token_key).unwrap();
    let signature = signed(&draft);
    draft.complete(&signature).unwrap()
}

#[test]
fn both_sides_make_one_key_of_which_the_token_has_a_part() {
    let (phone, m1, _) = phone(Custody::Token);
    let (pending, m2) = answered(&m1);
    let (phone, m3, k2) = phone.receive(&m2).unwrap();
    assert_eq!(k2.as_slice(), pending.k2());
    let product = mul(&inside(), &m3.p1).unwrap();
    let share = pending.finish_held(&m3, &product).unwrap();
    let m4 = KeygenM4 {
        pk: share.pk.encode(),
        share_id: share.share_id,
        sig_server: [9; 64],
        tau: [0; 16],
        ctr: 0,
    };
    let (a, pk) = phone.finish(&m4, |_, _| Ok(())).unwrap();
    let whole = a.mul(&share.share).mul(&inside());
    assert!(mul_base(&whole).unwrap() == pk);
    assert_ne!(*share.share.to_bytes(), INSIDE);
}

/// KG-3: neither a signature by another key or over another transcript, nor the proof of a sealed share.
#[test]
fn a_phone_that_asked_for_the_token_takes_no_other_proof() {
    let refused = |m2: KeygenM2<P256>, m1_of: &dyn Fn(&KeygenM1) -> KeygenM2<P256>| {
        let (phone, m1, _) = phone(Custody::Token);
        let mut wrong = m1_of(&m1);
        if m2.nonce_s != [0; 32] {
            wrong.pi2 = m2.pi2;
        }
        phone.receive(&wrong).err() == Some(Error::BadProof)
    };
    let none = KeygenM2 {
        nonce_s: [0; 32],
        p2: Affine::generator(),
        pi2: Proof::from_bytes(&[1; 64]).unwrap(),
        ots: OtsPart::default(),
    };
    let (_, of_another_run) = answered(&phone(Custody::Token).1);
    assert!(refused(of_another_run, &|m1| answered(m1).1));
    assert!(refused(none.clone(), &|m1| {
        let mut m2 = answered(m1).1;
        m2.p2 = m2.p2.add(&Affine::generator()).unwrap();
        m2
    }));
    assert!(refused(none.clone(), &|m1| {
        let mut m2 = answered(m1).1;
        m2.nonce_s[0] ^= 1;
        m2
    }));
    assert!(refused(none, &|m1| {
        let nonces = ServerNonces::prescribed(&[("v2", 1, [7; 32]), ("pok", 1, [8; 32])]);
        let k0 = crate::message::keygen_m1_ctx::<P256>(Sharing::Multiplicative, b"header", m1);
        begin_with(Sharing::Multiplicative, k0, m1, &nonces, [4; 32])
            .unwrap()
            .1
    }));
}

/// Nor does a phone that asked for a sealed share take the signature of a token: k0 differs, and so does the proof.
#[test]
fn a_phone_that_asked_for_a_sealed_share_takes_no_signature() {
    let (sealed, m1, k0) = phone(Custody::Sealed);
    let (_, in_token, other_k0) = phone(Custody::Token);
    assert_ne!(k0, other_k0);
    assert_ne!(m1.com, in_token.com);
    let (_, m2) = answered(&m1);
    assert_eq!(sealed.receive(&m2).err(), Some(Error::BadProof));
}
