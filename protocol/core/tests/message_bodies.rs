//! Rows 1 – 5 and 89 of the negative tests for the bodies of every operation, and property P7 for the contexts.

mod sm2_support;

use cosign_core::curve::{mul_base, Sm2, P256};
use cosign_core::error::Error;
use cosign_core::message::{
    adopt_ctx, body_hash, confirm_ctx, decode_flags, decrypt_ctx, dev_message, encode_flags,
    keygen_k0, refresh_ctx, sign_ctx, sync_ctx, CloneCase, Header, Op, Purpose, Sharing,
    SignedBody, SuiteId, SyncAnswer,
};
use cosign_core::random::dummy_scalar;
use sm2_support::{flipped, header, point, scalar};

fn proof() -> [u8; 64] {
    [*scalar().to_bytes(), *scalar().to_bytes()]
        .concat()
        .try_into()
        .unwrap()
}

/// A well-formed body of an operation, and the offset of its first point.
fn body(op: Op) -> (Vec<u8>, usize) {
    let (q, t) = (point().encode(), point().encode());
    let (body, offset) = match op {
        Op::Keygen => ([&q[..], &[7; 32], &proof()].concat(), 0),
        Op::Sign => ([&[0, 1], &[1; 32][..], &q, &t, &proof()].concat(), 34),
        Op::Decrypt => ([&[0, 2], &q[..], &t, &proof()].concat(), 2),
        Op::Refresh => ([&q[..], &proof()].concat(), 0),
        _ => unreachable!("operation with a point"),
    };
    ([body, vec![0; 64]].concat(), offset)
}

fn header_of(op: Op) -> Header {
    let purpose = if op == Op::Decrypt {
        Purpose::Decrypt
    } else {
        Purpose::Sign
    };
    header(
        op,
        purpose,
        if op == Op::Keygen {
            [0; 33]
        } else {
            point().encode()
        },
    )
}

fn decode(op: Op, body: &[u8]) -> Result<(), Error> {
    SignedBody::<Sm2>::decode(&header_of(op), body).map(drop)
}

const WITH_POINT: [Op; 4] = [Op::Keygen, Op::Sign, Op::Decrypt, Op::Refresh];

fn refuse_point(bad: &[u8; 33]) {
    for op in WITH_POINT {
        let (mut bytes, offset) = body(op);
        assert_eq!(decode(op, &bytes), Ok(()));
        bytes[offset..offset + 33].copy_from_slice(bad);
        assert_eq!(decode(op, &bytes), Err(Error::MalformedPoint), "{op:?}");
    }
}

/// Row 1: x = p, p + 1 and 2^256 − 1.
#[test]
fn row_1_x_out_of_range_is_refused() {
    for x in [
        "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff",
        "fffffffeffffffffffffffffffffffffffffffff000000010000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ] {
        for prefix in ["02", "03"] {
            refuse_point(
                &hex::decode([prefix, x].concat())
                    .unwrap()
                    .try_into()
                    .unwrap(),
            );
        }
    }
}

/// Row 2: the first x above one that is on no point.
#[test]
fn row_2_x_without_square_root_is_refused() {
    let off_curve = (1u8..=255).find(|x| {
        let mut bytes = [0; 32];
        bytes[31] = *x;
        cosign_core::curve::Affine::<Sm2>::lift_x(&bytes).is_none()
    });
    let mut bad = [0; 33];
    (bad[0], bad[32]) = (2, off_curve.unwrap());
    refuse_point(&bad);
}

/// Row 3: other prefixes, and encodings of other lengths, which shift everything after them.
#[test]
fn row_3_other_point_encodings_are_refused() {
    for prefix in (0..=255).filter(|prefix| !matches!(prefix, 2 | 3)) {
        let mut bad = point().encode();
        bad[0] = prefix;
        refuse_point(&bad);
    }
    for op in WITH_POINT {
        let (good, offset) = body(op);
        let mut shorter = good.clone();
        shorter.remove(offset);
        assert!(decode(op, &shorter).is_err());
        let mut longer = good.clone();
        longer.insert(offset, 2);
        assert!(decode(op, &longer).is_err());
        let mut uncompressed = good;
        uncompressed.splice(offset..offset + 33, point().encode_uncompressed());
        assert!(decode(op, &uncompressed).is_err());
    }
}

/// Row 4: the identity has no encoding.
#[test]
fn row_4_identity_is_refused() {
    refuse_point(&[0; 33]);
}

/// Row 5: points of P-256. About half of all x are on SM2 too, where the point is another one and the proof fails; the
/// other half does not decode.
#[test]
fn row_5_points_of_another_curve_do_not_decode() {
    let foreign: Vec<[u8; 33]> = (0..32)
        .map(|_| mul_base::<P256>(&dummy_scalar().unwrap()).unwrap().encode())
        .collect();
    let refused = foreign.iter().filter(|point| {
        let (mut bytes, offset) = body(Op::Refresh);
        bytes[offset..offset + 33].copy_from_slice(*point);
        decode(Op::Refresh, &bytes) == Err(Error::MalformedPoint)
    });
    assert!(refused.count() > 0);
}

/// Row 89: every length but the right one is refused, for every operation.
#[test]
fn row_89_bodies_of_other_lengths_are_refused() {
    for op in WITH_POINT {
        let (good, _) = body(op);
        for len in 0..good.len() {
            if op != Op::Keygen || len != cosign_core::message::M1_LEN {
                assert!(decode(op, &good[..len]).is_err(), "{op:?} with {len} bytes");
            }
        }
        for extra in [1, 33, 64] {
            assert!(decode(op, &[&good[..], &vec![2; extra]].concat()).is_err());
        }
    }
    for op in [Op::Confirm, Op::Adopt] {
        let good = [proof(), [0; 64]].concat();
        assert_eq!(decode(op, &good), Ok(()));
        assert!(decode(op, &good[1..]).is_err());
        assert!(decode(op, &[&good[..], &[0]].concat()).is_err());
    }
    let sync = Header {
        suite: SuiteId::P256,
        share_id: [0; 16],
        ..header(Op::Sync, Purpose::Sign, [0; 33])
    };
    assert!(SignedBody::<P256>::decode(&sync, &[0; 64]).is_ok());
    assert!(SignedBody::<P256>::decode(&sync, &[0; 63]).is_err());
    assert!(SignedBody::<P256>::decode(&sync, &[0; 65]).is_err());
    assert!(SignedBody::<Sm2>::decode(&sync, &[0; 64]).is_err());
}

#[test]
fn short_bodies_of_p256_operations_are_refused() {
    for op in [Op::EcSign, Op::Ecdh, Op::OtSetup] {
        let purpose = if op == Op::Ecdh {
            Purpose::Decrypt
        } else {
            Purpose::Sign
        };
        let header = Header {
            suite: SuiteId::P256,
            ..header(op, purpose, point().encode())
        };
        assert_eq!(
            SignedBody::<P256>::decode(&header, &[0; 67]).err(),
            Some(Error::MalformedMessage)
        );
    }
}

/// P7: every byte of every input changes the context of its operation, the body hash and the device message.
#[test]
fn every_flipped_hash_input_changes_the_output() {
    let h = b"header".to_vec();
    let (p, q) = (point().encode(), point().encode());
    let e = [[1; 32], [2; 32]];
    let array = |bytes: Vec<u8>| -> [u8; 33] { bytes.try_into().unwrap() };
    let digest = |bytes: Vec<u8>| -> [u8; 32] { bytes.try_into().unwrap() };

    let sign = sign_ctx::<Sm2>(&h, &e, &p);
    let decrypt = decrypt_ctx::<Sm2>(&h, &[q], &p);
    let refresh = refresh_ctx::<Sm2>(&h, &q, &p);
    let confirm = confirm_ctx::<Sm2>(&h, b"ots", &p);
    let adopt = adopt_ctx::<Sm2>(&h, &p);
    let keygen = keygen_k0::<Sm2>(Sharing::TwoNonce, &h, &q, &e[0]);
    for h in flipped(&h) {
        assert_ne!(sign_ctx::<Sm2>(&h, &e, &p), sign);
        assert_ne!(decrypt_ctx::<Sm2>(&h, &[q], &p), decrypt);
        assert_ne!(refresh_ctx::<Sm2>(&h, &q, &p), refresh);
        assert_ne!(confirm_ctx::<Sm2>(&h, b"ots", &p), confirm);
        assert_ne!(adopt_ctx::<Sm2>(&h, &p), adopt);
        assert_ne!(sync_ctx::<P256>(&h), sync_ctx::<P256>(b"header"));
        assert_ne!(keygen_k0::<Sm2>(Sharing::TwoNonce, &h, &q, &e[0]), keygen);
    }
    for p in flipped(&p).map(array) {
        assert_ne!(sign_ctx::<Sm2>(&h, &e, &p), sign);
        assert_ne!(decrypt_ctx::<Sm2>(&h, &[q], &p), decrypt);
        assert_ne!(refresh_ctx::<Sm2>(&h, &q, &p), refresh);
        assert_ne!(confirm_ctx::<Sm2>(&h, b"ots", &p), confirm);
        assert_ne!(adopt_ctx::<Sm2>(&h, &p), adopt);
    }
    for q in flipped(&q).map(array) {
        assert_ne!(decrypt_ctx::<Sm2>(&h, &[q], &p), decrypt);
        assert_ne!(refresh_ctx::<Sm2>(&h, &q, &p), refresh);
        assert_ne!(keygen_k0::<Sm2>(Sharing::TwoNonce, &h, &q, &e[0]), keygen);
    }
    for first in flipped(&e[0]).map(digest) {
        assert_ne!(sign_ctx::<Sm2>(&h, &[first, e[1]], &p), sign);
        assert_ne!(keygen_k0::<Sm2>(Sharing::TwoNonce, &h, &q, &first), keygen);
    }
    assert_ne!(sign_ctx::<Sm2>(&h, &[e[1], e[0]], &p), sign);
    assert_ne!(sign_ctx::<Sm2>(&h, &e[..1], &p), sign);
    assert_ne!(confirm_ctx::<Sm2>(&h, b"otx", &p), confirm);
    assert_ne!(
        keygen_k0::<Sm2>(Sharing::Multiplicative, &h, &q, &e[0]),
        keygen
    );
    assert_ne!(keygen_k0::<P256>(Sharing::TwoNonce, &h, &q, &e[0]), keygen);
}

/// P7 for HDR-2: every bit of the body hash's and the device message's inputs.
#[test]
fn every_flipped_input_changes_the_device_message() {
    let (q, e) = (point().encode(), [[1; 32], [2; 32]]);
    let digest = |bytes: Vec<u8>| -> [u8; 32] { bytes.try_into().unwrap() };
    let hash = body_hash::<Sm2>(Op::Sign, b"body");
    assert_ne!(body_hash::<Sm2>(Op::Decrypt, b"body"), hash);
    for body in flipped(b"body") {
        assert_ne!(body_hash::<Sm2>(Op::Sign, &body), hash);
    }
    let message = dev_message::<Sm2>(&e[0], &e[1], &q);
    for (i, other) in flipped(&e[0])
        .map(digest)
        .zip(flipped(&e[1]).map(digest))
        .enumerate()
    {
        assert_ne!(dev_message::<Sm2>(&other.0, &e[1], &q), message, "bit {i}");
        assert_ne!(dev_message::<Sm2>(&e[0], &other.1, &q), message, "bit {i}");
    }
    for enc in flipped(&q) {
        assert_ne!(dev_message::<Sm2>(&e[0], &e[1], &enc), message);
    }
}

/// The contexts of all operations differ even over the same fields.
#[test]
fn contexts_of_different_operations_never_meet() {
    let (h, p) = (b"header", point().encode());
    let all = [
        sign_ctx::<Sm2>(h, &[[1; 32]], &p),
        decrypt_ctx::<Sm2>(h, &[p], &p),
        refresh_ctx::<Sm2>(h, &p, &p),
        confirm_ctx::<Sm2>(h, &[], &p),
        adopt_ctx::<Sm2>(h, &p),
        sync_ctx::<Sm2>(h),
        sync_ctx::<P256>(h),
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(!all[i + 1..].contains(a));
    }
}

#[test]
fn sync_answers_and_flags_are_strict() {
    for case in [CloneCase::A, CloneCase::B] {
        let answer = SyncAnswer {
            case,
            last_req: [7; 16],
        };
        assert_eq!(SyncAnswer::decode(&answer.encode()), Ok(answer));
    }
    let good = SyncAnswer {
        case: CloneCase::B,
        last_req: [7; 16],
    }
    .encode();
    for case in [0, 3, 255] {
        let mut bad = good.clone();
        bad[0] = case;
        assert_eq!(SyncAnswer::decode(&bad), Err(Error::MalformedMessage));
    }
    assert!(SyncAnswer::decode(&good[..16]).is_err());
    assert!(SyncAnswer::decode(&[&good[..], &[0]].concat()).is_err());
    for durable in [false, true] {
        assert_eq!(decode_flags(&encode_flags(durable)), Ok(durable));
    }
    for bad in [&[][..], &[2], &[0, 0]] {
        assert_eq!(decode_flags(bad), Err(Error::MalformedMessage));
    }
}
