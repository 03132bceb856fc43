//! Bodies of answers, as the phone decodes them.

use super::curve::generator;
use super::same;
use crate::curve::{Affine, Sm2, P256};
use crate::hash::Suite;
use crate::message::{
    decode_decrypt_answer, decode_ecdh_answer, decode_flags, decode_raw_answer, decode_sign_answer,
    encode_decrypt_answer, encode_ecdh_answer, encode_flags, encode_sign_answer, DhForm,
    EcSignAnswer, KeygenM2, KeygenM4, OtSetupAnswer, RefreshAnswer, SyncAnswer,
};

pub(super) fn keygen_m2(bytes: &[u8]) -> bool {
    fn of<S: Suite>(bytes: &[u8]) -> bool {
        [false, true].into_iter().any(|with_ots| {
            same(
                KeygenM2::<S>::decode(bytes, with_ots).map(|m2| m2.encode()),
                bytes,
            )
        })
    }
    of::<Sm2>(bytes) | of::<P256>(bytes)
}

pub(super) fn keygen_m2_sample() -> Vec<u8> {
    [&[1; 32][..], &generator::<Sm2>(), &[0x11; 64]].concat()
}

pub(super) fn keygen_m4(bytes: &[u8]) -> bool {
    same(KeygenM4::decode(bytes).map(|m4| m4.encode()), bytes)
}

pub(super) fn keygen_m4_sample() -> Vec<u8> {
    [
        &generator::<Sm2>()[..],
        &[7; 16],
        &[0x22; 64],
        &[5; 16],
        &[0; 8],
    ]
    .concat()
}

pub(super) fn sign(bytes: &[u8]) -> bool {
    let items = decode_sign_answer::<Sm2>(bytes);
    same(items.map(|items| encode_sign_answer(&items)), bytes)
}

pub(super) fn sign_sample() -> Vec<u8> {
    let item = [&generator::<Sm2>()[..], &[0x11; 32], &[0x22; 32]].concat();
    [&[0, 2], &item[..], &item].concat()
}

pub(super) fn decrypt(bytes: &[u8]) -> bool {
    let items = decode_decrypt_answer::<Sm2>(bytes, DhForm::Point);
    same(
        items.map(|items| encode_decrypt_answer(&items.concat())),
        bytes,
    )
}

pub(super) fn decrypt_sample() -> Vec<u8> {
    let g = generator::<Sm2>();
    [&[0, 2], &g[..], &g].concat()
}

/// Both points of an item have the x-coordinate that was sent, and they are each other's negative.
pub(super) fn decrypt_x(bytes: &[u8]) -> bool {
    fn of<S: Suite>(bytes: &[u8]) -> bool {
        let items = decode_decrypt_answer::<S>(bytes, DhForm::XOnly);
        same(items.map(|items| encode(&items)), bytes)
    }
    fn encode<S: Suite>(items: &[Vec<Affine<S>>]) -> Vec<u8> {
        let count = u16::try_from(items.len()).expect("at most 256 items");
        let mut out = count.to_be_bytes().to_vec();
        for item in items {
            assert!(matches!(&item[..], [even, odd] if *odd == even.neg()));
            out.extend_from_slice(&item[0].x_bytes());
        }
        out
    }
    of::<Sm2>(bytes) | of::<P256>(bytes)
}

pub(super) fn decrypt_x_sample() -> Vec<u8> {
    let x = Affine::<Sm2>::generator().x_bytes();
    [&[0, 2], &x[..], &x].concat()
}

pub(super) fn refresh(bytes: &[u8]) -> bool {
    let answer = RefreshAnswer::<Sm2>::decode(bytes, false);
    same(answer.map(|answer| answer.encode()), bytes)
}

pub(super) fn refresh_sample() -> Vec<u8> {
    [&generator::<Sm2>()[..], &[7; 16], &[8; 32], &[0; 8]].concat()
}

/// Mode AEAD with points; x-coordinates have no other encoding.
pub(super) fn ecdh(bytes: &[u8]) -> bool {
    match decode_ecdh_answer(bytes) {
        Ok(items) if bytes.len() == 2 + 33 * items.len() => {
            same(Ok::<_, ()>(encode_ecdh_answer(&items, &[])), bytes)
        }
        accepted => accepted.is_ok(),
    }
}

pub(super) fn ecdh_sample() -> Vec<u8> {
    [&[0, 1], &generator::<P256>()[..]].concat()
}

pub(super) fn ecdh_raw(bytes: &[u8]) -> bool {
    let items = decode_raw_answer(bytes).map(|items| items.into_iter().unzip());
    same(
        items.map(|(points, proofs): (Vec<_>, Vec<_>)| encode_ecdh_answer(&points, &proofs)),
        bytes,
    )
}

pub(super) fn ecdh_raw_sample() -> Vec<u8> {
    [&[0, 1], &generator::<P256>()[..], &[0x11; 64]].concat()
}

pub(super) fn ot_setup(bytes: &[u8]) -> bool {
    let answer = OtSetupAnswer::decode(bytes);
    same(answer.map(|answer| answer.encode()), bytes)
}

pub(super) fn ot_setup_sample() -> Vec<u8> {
    vec![3; OtSetupAnswer::LEN]
}

/// CONFIRM and ADOPT.
pub(super) fn flags(bytes: &[u8]) -> bool {
    same(decode_flags(bytes).map(encode_flags), bytes)
}

pub(super) fn flags_sample() -> Vec<u8> {
    vec![1]
}

pub(super) fn sync(bytes: &[u8]) -> bool {
    same(
        SyncAnswer::decode(bytes).map(|answer| answer.encode()),
        bytes,
    )
}

pub(super) fn sync_sample() -> Vec<u8> {
    [&[2][..], &[6; 16]].concat()
}

pub(super) fn ec_sign(bytes: &[u8]) -> bool {
    same(
        EcSignAnswer::decode(bytes).map(|answer| answer.encode().to_vec()),
        bytes,
    )
}

pub(super) fn ec_sign_sample() -> Vec<u8> {
    let rest = vec![0x11; EcSignAnswer::LEN - 32 - 33];
    [&[1; 32][..], &generator::<P256>(), &rest].concat()
}
