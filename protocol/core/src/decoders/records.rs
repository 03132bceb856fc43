//! What a sealed record holds once it is opened, and the PIN of the blob.

use zeroize::Zeroizing;

use super::curve::generator;
use super::same;
use crate::curve::{Sm2, P256};
use crate::device::SigningKey;
use crate::hash::tlv;
use crate::phone::Blob;
use crate::pin::{check, KdfParams};
use crate::seal::SecretRecord;
use crate::server::{EnvelopeKey, ServerCore};
use crate::shares::keygen::Pending;

/// A record with this content.
pub(super) fn opened(bytes: &[u8]) -> SecretRecord {
    SecretRecord::new(Zeroizing::new(bytes.to_vec()))
}

/// The content of a record that is written back.
fn content(record: &SecretRecord) -> Vec<u8> {
    record.expose().to_vec()
}

pub(super) fn share(bytes: &[u8]) -> bool {
    let record = opened(bytes);
    let parts = record.as_share();
    same(
        parts.map(|(scalar, point, ot)| match ot {
            Some(ot) => content(&SecretRecord::share_with_ot(scalar, point, ot)),
            None => record.wrapped().map_or_else(
                || content(&SecretRecord::share(scalar, point)),
                |wrapped| content(&SecretRecord::share_in_token(scalar, point, wrapped)),
            ),
        }),
        bytes,
    )
}

pub(super) fn share_sample() -> Vec<u8> {
    tlv(&[&[0, 1], &[0x11; 32], &generator::<Sm2>()])
}

/// The fixed layout inside the record of a pending key generation.
pub(super) fn keygen(bytes: &[u8]) -> bool {
    let sm2 = Pending::<Sm2>::from_bytes(bytes).map(|pending| *pending.to_bytes());
    let p256 = Pending::<P256>::from_bytes(bytes).map(|pending| *pending.to_bytes());
    same(sm2, bytes) | same(p256, bytes)
}

pub(super) fn keygen_sample() -> Vec<u8> {
    [
        &[1][..],
        &[0x11; 32],
        &[2; 32],
        &[3; 32],
        &[4; 32],
        &[5; 32],
    ]
    .concat()
}

pub(super) fn core(bytes: &[u8]) -> bool {
    let core = ServerCore::restore("server", &opened(bytes));
    same(core.map(|core| content(&core.export())), bytes)
}

pub(super) fn core_sample() -> Vec<u8> {
    tlv(&[&[0, 1], b"core", b"server", &[0x11; 32], &[2; 32], &[3; 32]])
}

pub(super) fn envelope(bytes: &[u8]) -> bool {
    let key = EnvelopeKey::restore(&opened(bytes));
    same(key.map(|key| content(&key.export())), bytes)
}

pub(super) fn envelope_sample() -> Vec<u8> {
    tlv(&[&[0, 1], b"envelope", &[0x11; 32]])
}

pub(super) fn device(bytes: &[u8]) -> bool {
    let key = SigningKey::restore(&opened(bytes));
    same(key.map(|key| content(&key.export())), bytes)
}

pub(super) fn device_sample() -> Vec<u8> {
    tlv(&[&[0, 1], b"device", &[0x11; 32]])
}

pub(super) fn blob(bytes: &[u8]) -> bool {
    let blob = Blob::restore(&opened(bytes));
    same(blob.map(|blob| content(&blob.export())), bytes)
}

pub(super) fn blob_sample() -> Vec<u8> {
    let cost = KdfParams::new(19 * 1024, 2, 1).expect("allowed cost");
    tlv(&[
        &[0, 1],
        b"blob",
        b"key",
        &[7; 16],
        b"SM2",
        &[1],
        &[0x11; 32],
        &[6; 32],
        &cost.to_bytes(),
        &generator::<Sm2>(),
    ])
}

/// PIN-7; upper and lower case are one PIN to it.
pub(super) fn pin(bytes: &[u8]) -> bool {
    let Ok(pin) = std::str::from_utf8(bytes) else {
        return false;
    };
    let accepted = check(pin).is_ok();
    assert_eq!(check(&pin.to_ascii_uppercase()).is_ok(), accepted);
    accepted
}

pub(super) fn pin_sample() -> Vec<u8> {
    b"802417".to_vec()
}
