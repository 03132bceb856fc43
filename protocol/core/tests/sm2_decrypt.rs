//! Rows 7, 11, 23 and 68 – 70 of the negative tests and property P6, for DECRYPT.

mod sm2_support;

use cosign_core::curve::{mul_base, Affine, Sm2};
use cosign_core::error::Error;
use cosign_core::message::{DhForm, Header, Op};
use cosign_core::shares::Outcome;
use cosign_core::sm2::decrypt::PhoneDecrypt;
use cosign_core::sm2::{encrypt, Ciphertext};
use sm2_support::{flipped, scalar, Key, Wire, N};

const MESSAGE: &[u8] = b"encryption standard";

fn ciphertexts(key: &Key, count: usize) -> Vec<Ciphertext> {
    (0..count)
        .map(|_| encrypt(&key.pk, MESSAGE).unwrap())
        .collect()
}

fn begin_with(key: &Key, ciphertexts: Vec<Ciphertext>, blind: bool) -> (PhoneDecrypt, Wire) {
    let header = key.header(Op::Decrypt);
    let bytes = header.encode().unwrap();
    let pk = key.pk.encode();
    let (phone, body, _) =
        PhoneDecrypt::begin(&bytes, &pk, &key.phone, ciphertexts, blind, 1).unwrap();
    (phone, Wire::new(header, body.encode()))
}

fn begin(key: &Key, count: usize, blind: bool) -> (PhoneDecrypt, Wire) {
    begin_with(key, ciphertexts(key, count), blind)
}

fn opens(phone: PhoneDecrypt, answer: &[u8]) -> bool {
    match phone.finish(answer, DhForm::Point) {
        Ok(plaintexts) => {
            assert!(plaintexts
                .iter()
                .all(|plaintext| plaintext.as_slice() == MESSAGE));
            true
        }
        Err(error) => {
            assert_eq!(error, Error::DecryptionFailed);
            false
        }
    }
}

#[test]
fn ciphertexts_decrypt_plain_and_blinded_in_every_number() {
    let key = Key::decryption();
    for count in [1, 2, 7, 256] {
        for blind in [false, true] {
            let (phone, wire) = begin(&key, count, blind);
            assert!(opens(phone, &wire.right(&key)));
        }
    }
}

#[test]
fn blinding_hides_c1_and_is_new_for_every_item_and_request() {
    let key = Key::decryption();
    let ciphertext = encrypt(&key.pk, MESSAGE).unwrap();
    let two = vec![ciphertext.clone(), ciphertext.clone()];
    let t1 = |wire: &Wire, i: usize| wire.body[2 + 33 * i..2 + 33 * (i + 1)].to_vec();
    let (_, plain) = begin_with(&key, two.clone(), false);
    assert_eq!(t1(&plain, 0), ciphertext.c1.encode());
    let (_, first) = begin_with(&key, two.clone(), true);
    let (_, second) = begin_with(&key, two, true);
    let all = [
        t1(&plain, 0),
        t1(&first, 0),
        t1(&first, 1),
        t1(&second, 0),
        t1(&second, 1),
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(!all[i + 1..].contains(a));
    }
}

/// P3.
#[test]
fn wrong_share_is_wrong() {
    let key = Key::decryption();
    let wrong = Key {
        phone: scalar(),
        pk: key.pk,
        ..Key::decryption()
    };
    for count in [1, 3] {
        assert!(begin(&wrong, count, true).1.is_wrong(&key));
    }
}

/// Row 7: whoever lacks the share gets no b·T1 for a point of his choice.
#[test]
fn row_7_chosen_points_need_the_proof() {
    let key = Key::decryption();
    let (_, wire) = begin(&key, 1, false);
    for chosen in [
        Affine::<Sm2>::generator(),
        key.pk,
        key.point,
        mul_base(&scalar()).unwrap(),
    ] {
        assert!(wire
            .with_body(|body| body[2..35].copy_from_slice(&chosen.encode()))
            .is_wrong(&key));
    }
}

/// Row 11: another session, key, device or share.
#[test]
fn row_11_proof_of_another_context_is_wrong() {
    type Change = fn(&mut Header);
    let key = Key::decryption();
    let (_, wire) = begin(&key, 1, true);
    let changes: [Change; 7] = [
        |h| h.server_id.push('x'),
        |h| h.user_id.push('x'),
        |h| h.device_id.push('x'),
        |h| h.key_id.push('x'),
        |h| h.share_id[0] ^= 1,
        |h| h.pk[0] ^= 1,
        |h| h.req_nonce[0] ^= 1,
    ];
    for change in changes {
        assert!(wire.with_header(change).is_wrong(&key));
    }
    assert!(wire.is_wrong(&Key::decryption()));
}

#[test]
fn row_23_item_counts_out_of_range_are_refused() {
    let key = Key::decryption();
    let (_, wire) = begin(&key, 2, false);
    for count in [0u16, 1, 3, 257] {
        let changed = wire.with_body(|body| body[..2].copy_from_slice(&count.to_be_bytes()));
        assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedMessage));
    }
    let bytes = wire.header.encode().unwrap();
    for count in [0, 257] {
        let list = vec![encrypt(&key.pk, MESSAGE).unwrap(); count];
        let begun = PhoneDecrypt::begin(&bytes, &key.pk.encode(), &key.phone, list, false, 1);
        assert_eq!(begun.err(), Some(Error::MalformedMessage));
    }
    for count in [0u8, 1, 3] {
        let (phone, wire) = begin(&key, 2, false);
        let mut answer = wire.right(&key);
        answer[1] = count;
        assert!(!opens(phone, &answer));
    }
    let (phone, wire) = begin(&key, 2, false);
    let mut fewer = wire.right(&key);
    fewer.truncate(35);
    fewer[1] = 1;
    assert!(!opens(phone, &fewer));
}

/// Row 68: SIGN with a decryption key and DECRYPT with a signing key.
#[test]
fn row_68_operation_on_a_key_of_another_purpose_is_refused() {
    let (signing, decryption) = (Key::signing(), Key::decryption());
    let (_, sign) = sm2_support::sign_begin(&signing, 1);
    let as_decrypt = sign.with_header(|h| h.purpose = decryption.purpose());
    assert_eq!(
        as_decrypt.evaluate(&decryption).err(),
        Some(Error::PurposeMismatch)
    );
    let (_, decrypt) = begin(&decryption, 1, true);
    let as_sign = decrypt.with_header(|h| h.purpose = signing.purpose());
    assert_eq!(
        as_sign.evaluate(&signing).err(),
        Some(Error::PurposeMismatch)
    );
}

/// Row 69: T2 wrong, equal to T1, of the wrong sign, off the curve, cut: one uniform error.
#[test]
fn row_69_wrong_answers_give_one_uniform_error() {
    let key = Key::decryption();
    let wrong = |blind: bool, change: &dyn Fn(&mut Vec<u8>, &Wire)| {
        let (phone, wire) = begin(&key, 2, blind);
        let mut answer = wire.right(&key);
        change(&mut answer, &wire);
        assert!(!opens(phone, &answer));
    };
    for blind in [false, true] {
        wrong(blind, &|a, _| {
            a[2..35].copy_from_slice(&mul_base(&scalar()).unwrap().encode());
        });
        wrong(blind, &|a, wire| {
            a[2..35].copy_from_slice(&wire.body[2..35]);
        });
        wrong(blind, &|a, _| a[2] ^= 1);
        wrong(blind, &|a, _| a[3..35].fill(0xff));
        wrong(blind, &|a, _| a[2] = 4);
        wrong(blind, &|a, _| a[2..].rotate_left(33));
        wrong(blind, &|a, _| a.truncate(67));
        wrong(blind, &|a, _| a.push(0));
        wrong(blind, &|a, _| a.clear());
    }
}

/// Row 70: a changed C3, C2 or C1 is found by C3.
#[test]
fn row_70_changed_ciphertexts_do_not_open() {
    let key = Key::decryption();
    let good = encrypt(&key.pk, MESSAGE).unwrap();
    let mut other_tag = good.clone();
    other_tag.c3[31] ^= 1;
    let mut other_text = good.clone();
    other_text.c2[0] ^= 1;
    let mut longer = good.clone();
    longer.c2.push(0);
    let other_point = Ciphertext {
        c1: good.c1.neg(),
        ..good.clone()
    };
    for bad in [other_tag, other_text, longer, other_point] {
        for list in [vec![bad.clone()], vec![good.clone(), bad.clone()]] {
            let (phone, wire) = begin_with(&key, list, true);
            assert!(!opens(phone, &wire.right(&key)));
        }
    }
    let turned = [&good.encode()[..65], &good.c2, &good.c3].concat();
    let (phone, wire) = begin_with(&key, vec![Ciphertext::decode(&turned).unwrap()], false);
    assert!(!opens(phone, &wire.right(&key)));
}

#[test]
fn proof_scalars_out_of_range_are_refused() {
    let key = Key::decryption();
    let (_, wire) = begin(&key, 1, true);
    for offset in [35, 67] {
        let changed = wire
            .with_body(|body| body[offset..offset + 32].copy_from_slice(&hex::decode(N).unwrap()));
        assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedScalar));
    }
}

/// P6.
#[test]
fn every_flipped_request_and_answer_bit_is_refused() {
    let key = Key::decryption();
    let (_, wire) = begin(&key, 1, true);
    for body in flipped(wire.unsigned()) {
        let outcome = Wire::new(wire.header.clone(), body).evaluate(&key);
        assert!(matches!(outcome, Err(_) | Ok(Outcome::Wrong)));
    }
    for bit in 0..8 * 35 {
        let (phone, wire) = begin(&key, 1, true);
        let mut answer = wire.right(&key);
        answer[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(phone, &answer));
    }
}
