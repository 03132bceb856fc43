//! Data keys, sealed personal data and the header of a sealed upload.

use super::records::opened;
use super::same;
use crate::hash::tlv;
use crate::personal::{DataKey, Datum, Header, IndexKey};

pub(super) fn data(bytes: &[u8]) -> bool {
    let key = DataKey::restore(&opened(bytes));
    same(key.map(|key| key.export().expose().to_vec()), bytes)
}

pub(super) fn data_sample() -> Vec<u8> {
    tlv(&[&[0, 1], b"data", &[0, 0, 0, 1], &[0x11; 32]])
}

pub(super) fn index(bytes: &[u8]) -> bool {
    let key = IndexKey::restore(&opened(bytes));
    same(key.map(|key| key.export().expose().to_vec()), bytes)
}

pub(super) fn index_sample() -> Vec<u8> {
    tlv(&[&[0, 1], b"index", &[0, 0, 0, 1], &[0x11; 32]])
}

pub(super) fn datum(bytes: &[u8]) -> bool {
    same(
        Datum::decode(bytes).map(|datum| datum.encode().to_vec()),
        bytes,
    )
}

pub(super) fn datum_sample() -> Vec<u8> {
    [&[1, 0, 0, 0, 1][..], &[2; 12], &[4; 16]].concat()
}

pub(super) fn upload_header(bytes: &[u8]) -> bool {
    same(Header::decode(bytes).map(|header| header.encode()), bytes)
}

pub(super) fn upload_header_sample() -> Vec<u8> {
    [&[2, 0, 0, 0, 1][..], &[5; 32]].concat()
}
