//! Known answers computed with another implementation, and everything that must not open.

use super::datum::Datum;
use super::{DataKey, Header, IndexKey, UploadOpener, UploadSealer, CHUNK, MAX_TEXT};
use crate::error::Error;

const FIELD: &[u8] = b"name";
const ROW: &[u8] = b"per_1";

fn key() -> DataKey {
    DataKey::generate(1).expect("random bytes")
}

fn upload(key: &DataKey, plain: &[u8]) -> (Header, Vec<Vec<u8>>) {
    let mut sealer: UploadSealer = key.seal_upload(b"upl_1").expect("a sealer");
    let mut pieces: Vec<&[u8]> = plain.chunks(CHUNK).collect();
    let last = pieces.pop().unwrap_or_default();
    let mut sealed: Vec<Vec<u8>> = pieces
        .into_iter()
        .map(|piece| sealer.chunk(piece, false).expect("a chunk"))
        .collect();
    sealed.push(sealer.chunk(last, true).expect("the last chunk"));
    assert!(matches!(sealer.chunk(b"x", true), Err(Error::AlreadyUsed)));
    (sealer.header(), sealed)
}

fn opener(key: &DataKey, header: &Header) -> UploadOpener {
    key.open_upload(b"upl_1", &header.encode())
        .expect("an opener")
}

#[test]
fn a_datum_opens_in_its_own_row_and_field_only() {
    let key = key();
    let sealed = key.seal(FIELD, ROW, b"text").expect("sealed");
    assert_eq!(*key.open(FIELD, ROW, &sealed).expect("opens"), b"text");
    assert_eq!(key.open(b"email", ROW, &sealed), Err(Error::SealBroken));
    assert_eq!(key.open(FIELD, b"per_2", &sealed), Err(Error::SealBroken));
    let other = DataKey::generate(1).expect("random bytes");
    assert_eq!(other.open(FIELD, ROW, &sealed), Err(Error::SealBroken));
    let later = DataKey::generate(2).expect("random bytes");
    assert_eq!(later.open(FIELD, ROW, &sealed), Err(Error::SealBroken));
}

#[test]
fn names_cannot_be_moved_across_their_border() {
    let key = key();
    let sealed = key.seal(b"ab", b"c", b"text").expect("sealed");
    assert_eq!(key.open(b"a", b"bc", &sealed), Err(Error::SealBroken));
}

#[test]
fn the_same_text_is_sealed_differently_every_time() {
    let key = key();
    let first = key.seal(FIELD, ROW, b"text").expect("sealed");
    assert_ne!(first, key.seal(FIELD, ROW, b"text").expect("sealed"));
}

#[test]
fn every_altered_bit_is_noticed() {
    let key = key();
    let sealed = key.seal(FIELD, ROW, b"text").expect("sealed");
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(FIELD, ROW, &altered).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(key.open(FIELD, ROW, &sealed[..length]).is_err());
    }
}

#[test]
fn lengths_have_limits() {
    let key = key();
    let long = vec![b'x'; MAX_TEXT + 1];
    assert!(key.seal(FIELD, ROW, &long[1..]).is_ok());
    assert_eq!(key.seal(FIELD, ROW, &long), Err(Error::MalformedMessage));
    assert_eq!(key.seal(b"", ROW, b"x"), Err(Error::MalformedMessage));
    assert_eq!(
        key.seal(FIELD, &long[..65], b"x"),
        Err(Error::MalformedMessage)
    );
    assert_eq!(DataKey::generate(0).err(), Some(Error::MalformedMessage));
}

#[test]
fn a_key_survives_its_record_and_is_no_key_of_another_kind() {
    let key = key();
    let sealed = key.seal(FIELD, ROW, b"text").expect("sealed");
    let again = DataKey::restore(&key.export()).expect("restores");
    assert_eq!(again.version(), 1);
    assert_eq!(*again.open(FIELD, ROW, &sealed).expect("opens"), b"text");
    assert_eq!(
        IndexKey::restore(&key.export()).err(),
        Some(Error::SealBroken)
    );
}

#[test]
fn an_index_depends_on_everything() {
    let key = IndexKey::generate(1).expect("random bytes");
    let index = key.index(b"name", b"net", b"text").expect("an index");
    assert_eq!(
        index,
        key.index(b"name", b"net", b"text").expect("an index")
    );
    for (field, scope, text) in [
        ("email", "net", "text"),
        ("name", "bxq", "text"),
        ("name", "net", "texts"),
    ] {
        let other = key.index(field.as_bytes(), scope.as_bytes(), text.as_bytes());
        assert_ne!(other.expect("an index"), index);
    }
    let other = IndexKey::generate(1).expect("random bytes");
    assert_ne!(
        other.index(b"name", b"net", b"text").expect("an index"),
        index
    );
}

#[test]
fn known_answers() {
    let key = DataKey::known(7, [0x11; 32]);
    let datum_key = key.datum_key(FIELD, ROW);
    let sealed = Datum::seal_with(7, &datum_key, &[0x22; 12], b"text").expect("sealed");
    assert_eq!(
        hex::encode(&sealed),
        "0100000007222222222222222222222222b2a566a23a5adf93840a865da6efe92828776258"
    );
    assert_eq!(*key.open(FIELD, ROW, &sealed).expect("opens"), b"text");
}

#[test]
fn uploads_of_every_length_open() {
    let key = key();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let plain: Vec<u8> = (0..length).map(|at| at.to_be_bytes()[7]).collect();
        let (header, sealed) = upload(&key, &plain);
        let mut opener = opener(&key, &header);
        let mut opened = Vec::new();
        for (at, chunk) in sealed.iter().enumerate() {
            opened.extend_from_slice(&opener.chunk(chunk, at + 1 == sealed.len()).expect("opens"));
        }
        assert_eq!(opened, plain);
    }
}

#[test]
fn chunks_can_be_neither_moved_nor_cut_off() {
    let key = key();
    let (header, sealed) = upload(&key, &vec![5; 2 * CHUNK + 9]);
    assert!(opener(&key, &header).chunk(&sealed[1], false).is_err());
    let mut cut = opener(&key, &header);
    cut.chunk(&sealed[0], false).expect("opens");
    assert!(cut.chunk(&sealed[1], true).is_err());
    assert!(matches!(
        cut.chunk(&sealed[1], false),
        Err(Error::AlreadyUsed)
    ));
    assert!(key
        .open_upload(b"upl_2", &header.encode())
        .expect("an opener")
        .chunk(&sealed[0], false)
        .is_err());
    let mut short = opener(&key, &header);
    assert!(matches!(
        short.chunk(&[0; 15], true),
        Err(Error::MalformedMessage)
    ));
    assert!(matches!(
        short.chunk(&[0; 20], false),
        Err(Error::MalformedMessage)
    ));
}
