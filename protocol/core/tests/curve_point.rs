//! Points: complete addition, encodings, strict decoding.

mod curve_support;

use cosign_core::curve::{self, Affine, PointError, Sm2, P256};
use curve_support::{minus, on_every_backend, Foreign, Stream};

fn addition<C: Foreign>() {
    let mut stream = Stream(8);
    let one = curve::Scalar::<C>::ONE.to_bytes();
    for _ in 0..16 {
        let (p, q) = (stream.point::<C>(), stream.point::<C>());
        let expected = C::sum(&[(one, Some(p.encode())), (one, Some(q.encode()))]);
        assert_eq!(p.add(&q).map(|r| r.encode()), expected);
        let doubled = C::sum(&[(one, Some(p.encode())), (one, Some(p.encode()))]);
        assert_eq!(p.add(&p).map(|r| r.encode()), doubled);
        assert!(p.add(&p.neg()).is_none());
        assert!(p.sub(&p).is_none());
        assert!(p.add(&q).and_then(|r| r.sub(&q)) == Some(p));
    }
}

#[test]
fn addition_is_complete() {
    on_every_backend(|_| {
        addition::<Sm2>();
        addition::<P256>();
    });
}

fn encodings<C: Foreign>() {
    let mut stream = Stream(9);
    for _ in 0..32 {
        let p = stream.point::<C>();
        let (compressed, uncompressed) = (p.encode(), p.encode_uncompressed());
        assert!(Affine::<C>::decode(&compressed) == Ok(p));
        assert!(Affine::<C>::decode_uncompressed(&uncompressed) == Ok(p));
        assert_eq!(uncompressed[1..33], p.x_bytes());
        assert_eq!(uncompressed[33..], p.y_bytes());
        assert_eq!(compressed[1..], p.x_bytes());
        assert_eq!(compressed[0], 2 + (p.y_bytes()[31] & 1));
        let even = if compressed[0] == 2 { p } else { p.neg() };
        assert!(Affine::<C>::lift_x(&p.x_bytes()) == Some(even));
        assert!(p.x_scalar() == curve::Scalar::reduce32(&p.x_bytes()));
    }
}

#[test]
fn encodings_round_trip() {
    on_every_backend(|_| {
        encodings::<Sm2>();
        encodings::<P256>();
    });
}

/// Strict decoding (ENC-1), for the single and the batch decoder, the bad point in every lane.
fn negatives<C: Foreign>() {
    let mut stream = Stream(10);
    let good = stream.point::<C>().encode();
    let refuse = |bytes: &[u8], what: &str| {
        assert!(
            Affine::<C>::decode(bytes) == Err(PointError),
            "{} {what}",
            C::NAME
        );
        if let Ok(encoded) = <[u8; 33]>::try_from(bytes) {
            for lane in 0..9 {
                let mut batch = [good; 9];
                batch[lane] = encoded;
                assert!(
                    curve::decode_batch::<C>(&batch) == Err(PointError),
                    "{} {what}, lane {lane}",
                    C::NAME
                );
            }
        }
    };
    // 1: x ≥ p
    let with_x = |prefix: u8, x: [u8; 32]| [&[prefix][..], &x].concat();
    refuse(&with_x(2, C::PRIME), "x = p");
    refuse(&with_x(3, [0xff; 32]), "x = 2^256 − 1");
    // The 64 low bits of both primes are ones: p + 1 carries into the upper words.
    let mut above = C::PRIME;
    for byte in above.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    refuse(&with_x(2, above), "x = p + 1");
    // 2: no square root. Half of all x; the foreign library says which.
    let mut refused = 0;
    for i in 0..64u8 {
        let mut x = [0; 32];
        x[31] = i;
        let encoded: [u8; 33] = with_x(2 + i % 2, x).try_into().expect("33 bytes");
        let expected = C::is_point(&encoded);
        assert_eq!(
            Affine::<C>::decode(&encoded).is_ok(),
            expected,
            "{} x = {i}",
            C::NAME
        );
        assert_eq!(
            curve::decode_batch::<C>(&[good, encoded]).is_ok(),
            expected,
            "{} x = {i} in a batch",
            C::NAME
        );
        if !expected {
            refuse(&encoded, "x without a point");
            refused += 1;
        }
    }
    assert!(
        (16..48).contains(&refused),
        "about half of all x have no point"
    );
    for k in 1..=32 {
        let encoded: [u8; 33] = with_x(3, minus(&C::PRIME, k)).try_into().expect("33 bytes");
        assert_eq!(
            Affine::<C>::decode(&encoded).is_ok(),
            C::is_point(&encoded),
            "{} x = p − {k}",
            C::NAME
        );
    }
    // 3: other prefixes and lengths.
    let point = stream.point::<C>();
    for prefix in (0..=255u8).filter(|prefix| ![2, 3].contains(prefix)) {
        refuse(&with_x(prefix, point.x_bytes()), "prefix");
    }
    let uncompressed = point.encode_uncompressed();
    refuse(&uncompressed, "uncompressed");
    for prefix in [6, 7] {
        let mut hybrid = uncompressed;
        hybrid[0] = prefix;
        refuse(&hybrid, "hybrid");
        assert!(Affine::<C>::decode_uncompressed(&hybrid).is_err());
    }
    refuse(&[], "empty");
    refuse(&[0], "the SEC 1 identity");
    refuse(&good[..32], "32 bytes");
    refuse(&[&good[..], &[0]].concat(), "34 bytes");
}

/// The same for the decoder of uncompressed points.
fn uncompressed_negatives<C: Foreign>() {
    let point = Stream(10).point::<C>();
    let uncompressed = point.encode_uncompressed();
    let refuse = |bytes: &[u8]| {
        assert!(
            Affine::<C>::decode_uncompressed(bytes) == Err(PointError),
            "{}",
            C::NAME
        );
    };
    refuse(&point.encode());
    refuse(&uncompressed[..64]);
    refuse(&[&uncompressed[..], &[0]].concat());
    for i in 1..65 {
        let mut off_curve = uncompressed;
        off_curve[i] ^= 1;
        refuse(&off_curve);
    }
    refuse(&[&[4][..], &C::PRIME, &uncompressed[33..]].concat());
    refuse(&[&uncompressed[..33], &C::PRIME].concat());
    refuse(&[4; 65]);
    assert!(Affine::<C>::lift_x(&C::PRIME).is_none());
}

#[test]
fn decoding_is_strict() {
    on_every_backend(|_| {
        negatives::<Sm2>();
        negatives::<P256>();
        uncompressed_negatives::<Sm2>();
        uncompressed_negatives::<P256>();
    });
}

/// 5: points of the other curve. Half of all x are on it by chance when compressed, so the coordinates are given in full.
#[test]
fn points_of_the_other_curve_are_refused() {
    let mut stream = Stream(11);
    for _ in 0..32 {
        assert!(
            Affine::<P256>::decode_uncompressed(&stream.point::<Sm2>().encode_uncompressed())
                .is_err()
        );
        assert!(
            Affine::<Sm2>::decode_uncompressed(&stream.point::<P256>().encode_uncompressed())
                .is_err()
        );
    }
}
