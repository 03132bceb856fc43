use super::{body_hash, dev_message, req_id, Header, Op, Purpose, SuiteId, MAX_OPEN_REQS};
use crate::curve::{mul_base, Sm2, P256};
use crate::error::Error;
use crate::hash::{h, h2s, tlv, Suite};
use crate::testing::Vector;

fn header_of<S: Suite>(v: &Vector, suite: SuiteId, op: Op) -> Header {
    let issued_at_ms = v.number("/inputs/issued_at");
    Header {
        suite,
        op,
        purpose: Purpose::Sign,
        server_id: v.text("/inputs/server_id").into(),
        user_id: v.text("/inputs/user_id").into(),
        device_id: v.text("/inputs/device_id").into(),
        key_id: v.text("/inputs/key_id").into(),
        share_id: v.array("/inputs/share_id"),
        pk: mul_base::<S>(&v.secret("/inputs/pk_scalar"))
            .unwrap()
            .encode(),
        req_nonce: v.array("/inputs/req_nonce"),
        issued_at_ms,
        expires_at_ms: issued_at_ms + v.number("/inputs/ttl"),
        ctr: v.number("/inputs/ctr"),
        tau: v.array("/inputs/tau"),
        open_reqs: v.list("/inputs/open_reqs"),
        policy: v.array("/inputs/policy"),
        restore_epoch: u32::try_from(v.number("/inputs/restore_epoch")).unwrap(),
    }
}

fn encoding_vector<S: Suite>(name: &str) {
    let v = Vector::load(name);
    let fields: Vec<Vec<u8>> = (0..v.count("/inputs/tlv_fields"))
        .map(|i| v.bytes(&format!("/inputs/tlv_fields/{i}")))
        .collect();
    let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    assert_eq!(tlv(&fields), v.bytes("/outputs/tlv"));
    assert_eq!(
        h::<S>("KAT", &[b"x", b""]).as_slice(),
        v.bytes("/outputs/H")
    );
    assert_eq!(
        h2s::<S>("KAT", &[b"x", b""]).to_bytes().as_slice(),
        v.bytes("/outputs/H2S")
    );
    assert_eq!(
        req_id::<S>(&v.bytes("/outputs/header")).as_slice(),
        v.bytes("/outputs/req_id")
    );
    let hash = body_hash::<S>(Op::Sign, &v.bytes("/inputs/body"));
    assert_eq!(hash.as_slice(), v.bytes("/intermediate/body_hash"));
    let message = dev_message::<S>(&v.array("/inputs/ctx"), &hash, &v.bytes("/inputs/enc"));
    assert_eq!(message.as_slice(), v.bytes("/outputs/dev_message"));
}

#[test]
fn encoding_vectors() {
    encoding_vector::<Sm2>("encoding_sm2");
    encoding_vector::<P256>("encoding_p256");
}

#[test]
fn header_vector_encodes_and_decodes() {
    let v = Vector::load("encoding_sm2");
    let header = header_of::<Sm2>(&v, SuiteId::Sm2, Op::Sign);
    let bytes = v.bytes("/outputs/header");
    assert_eq!(header.encode().unwrap(), bytes);
    assert_eq!(Header::decode(&bytes).unwrap(), header);
}

fn valid() -> Header {
    header_of::<Sm2>(&Vector::load("encoding_sm2"), SuiteId::Sm2, Op::Sign)
}

/// Row 89: every length and every byte of the fixed part is checked; there is one encoding per header.
#[test]
fn row_89_truncated_extended_and_reframed_headers_are_refused() {
    let bytes = valid().encode().unwrap();
    for len in 0..bytes.len() {
        assert_eq!(Header::decode(&bytes[..len]), Err(Error::MalformedMessage));
    }
    assert_eq!(
        Header::decode(&[&bytes[..], &[0]].concat()),
        Err(Error::MalformedMessage)
    );
    let mut duplicate = bytes.clone();
    duplicate.splice(0..0, tlv(&[&[0, 1]]));
    assert_eq!(Header::decode(&duplicate), Err(Error::MalformedMessage));
    let mut huge = bytes.clone();
    huge[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(Header::decode(&huge), Err(Error::MalformedMessage));
    assert_eq!(
        Header::decode(&vec![0; 1 << 20]),
        Err(Error::MalformedMessage)
    );
}

/// P6 for the header: a flipped bit is either refused or changes the decoded value, and with it the request id.
#[test]
fn every_flipped_header_bit_is_refused_or_changes_the_request_id() {
    let header = valid();
    let bytes = header.encode().unwrap();
    let id = req_id::<Sm2>(&bytes);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Header::decode(&flipped) {
            assert_ne!(other, header);
            assert_eq!(other.encode().unwrap(), flipped);
        }
        assert_ne!(req_id::<Sm2>(&flipped), id);
    }
}

/// Row 88: an unknown version is refused, not interpreted.
#[test]
fn row_88_other_versions_are_refused() {
    let mut bytes = valid().encode().unwrap();
    for version in [0u16, 2, 0x100, u16::MAX] {
        bytes[4..6].copy_from_slice(&version.to_be_bytes());
        assert_eq!(Header::decode(&bytes), Err(Error::MalformedMessage));
    }
}

#[test]
fn header_ranges_are_enforced() {
    type Change = fn(&mut Header);
    let changes: [(Change, Error); 13] = [
        (|h| h.server_id.clear(), Error::MalformedMessage),
        (|h| h.user_id = "u".repeat(65), Error::MalformedMessage),
        (|h| h.device_id.clear(), Error::MalformedMessage),
        (|h| h.key_id = "k".repeat(65), Error::MalformedMessage),
        (
            |h| h.expires_at_ms = h.issued_at_ms - 1,
            Error::MalformedMessage,
        ),
        (
            |h| h.expires_at_ms = h.issued_at_ms + 120_001,
            Error::MalformedMessage,
        ),
        (
            |h| h.open_reqs = vec![[0; 16]; MAX_OPEN_REQS + 1],
            Error::MalformedMessage,
        ),
        (|h| h.pk = [0; 33], Error::MalformedPoint),
        (|h| h.suite = SuiteId::P256, Error::MalformedMessage),
        (|h| h.op = Op::Keygen, Error::MalformedMessage),
        (|h| h.op = Op::Sync, Error::MalformedMessage),
        (|h| h.op = Op::EcSign, Error::MalformedMessage),
        (
            |h| (h.op, h.share_id) = (Op::Keygen, [0; 16]),
            Error::MalformedMessage,
        ),
    ];
    for (change, error) in changes {
        let mut header = valid();
        change(&mut header);
        assert_eq!(header.encode(), Err(error));
    }
    let mut longest = valid();
    longest.open_reqs = vec![[9; 16]; MAX_OPEN_REQS];
    for id in [
        &mut longest.server_id,
        &mut longest.user_id,
        &mut longest.device_id,
        &mut longest.key_id,
    ] {
        *id = "x".repeat(64);
    }
    let bytes = longest.encode().unwrap();
    assert_eq!(Header::decode(&bytes), Ok(longest));
}

/// Row 68: a signing request on a decryption key and the reverse.
#[test]
fn row_68_operation_must_fit_the_purpose() {
    let mut header = valid();
    header.purpose = Purpose::Decrypt;
    assert_eq!(header.encode(), Err(Error::PurposeMismatch));
    let mut bytes = valid().encode().unwrap();
    let purpose = 4 + 2 + 4 + 3 + 4 + 1 + 4;
    bytes[purpose] = Purpose::Decrypt as u8;
    assert_eq!(Header::decode(&bytes), Err(Error::PurposeMismatch));
    for purpose in [Purpose::Sign, Purpose::Login] {
        let header = Header {
            op: Op::Decrypt,
            purpose,
            ..valid()
        };
        assert_eq!(header.encode(), Err(Error::PurposeMismatch));
    }
}

#[test]
fn unknown_numbers_and_names_are_refused() {
    for byte in (0..=u8::MAX).filter(|byte| !(1..=10).contains(byte)) {
        assert_eq!(Op::from_byte(byte), Err(Error::MalformedMessage));
    }
    for byte in (0..=u8::MAX).filter(|byte| !(1..=3).contains(byte)) {
        assert_eq!(Purpose::from_byte(byte), Err(Error::MalformedMessage));
    }
    for name in [b"sm2".as_slice(), b"SM2 ", b"", b"P-256", b"SM3"] {
        assert_eq!(SuiteId::from_name(name), Err(Error::MalformedMessage));
    }
}
