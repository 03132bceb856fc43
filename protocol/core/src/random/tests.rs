use std::collections::HashSet;

use super::{dummy_scalar, fresh, fresh32, Fresh32, PhoneNonces, ServerNonces};
use crate::curve::{Sm2, P256};
use crate::hash::Suite;
use crate::testing::Vector;

fn hedging_vector<S: Suite>(name: &str) {
    let v = Vector::load(name);
    let fresh = Fresh32::new(v.array("/inputs/fresh32"));
    let ctx = v.array("/inputs/ctx");
    let phone = PhoneNonces::from_fresh::<S>(
        &fresh,
        &v.array("/inputs/share_phone"),
        &ctx,
        v.number("/inputs/local_seq"),
    );
    assert_eq!(
        phone.seed.as_slice(),
        v.bytes("/intermediate/nonce_seed_phone")
    );
    assert_eq!(
        phone.scalar::<S>("a", 1).to_bytes().as_slice(),
        v.bytes("/outputs/nonce_phone_a_1")
    );
    let body_hash = v.array("/intermediate/body_hash");
    let server =
        ServerNonces::from_fresh::<S>(&fresh, &v.array("/inputs/share_server"), &ctx, &body_hash);
    assert_eq!(
        server.seed.as_slice(),
        v.bytes("/intermediate/nonce_seed_server")
    );
    assert_eq!(
        server.scalar::<S>("w2", 1, 0).to_bytes().as_slice(),
        v.bytes("/outputs/nonce_server_w2_1_retry0")
    );
}

#[test]
fn hedged_nonces_are_those_of_the_vectors() {
    hedging_vector::<Sm2>("encoding_sm2");
    hedging_vector::<P256>("encoding_p256");
}

/// P8 and row 67: with the generator stuck, every other input still separates the nonces.
#[test]
fn row_67_constant_generator_gives_distinct_nonces_for_distinct_requests() {
    let fresh = Fresh32::new([7; 32]);
    let mut seen = HashSet::new();
    let (zero, one) = ([0; 32], [1; 32]);
    for (share, ctx, seq) in [
        (&zero, &zero, 0),
        (&one, &zero, 0),
        (&zero, &one, 0),
        (&zero, &zero, 1),
    ] {
        let nonces = PhoneNonces::from_fresh::<Sm2>(&fresh, share, ctx, seq);
        for (tag, i) in [("a", 1), ("a", 2), ("b", 1)] {
            assert!(seen.insert(*nonces.scalar::<Sm2>(tag, i).to_bytes()));
        }
    }
    for (share, ctx, hash) in [
        (&zero, &zero, &zero),
        (&one, &zero, &zero),
        (&zero, &one, &zero),
        (&zero, &zero, &one),
    ] {
        let nonces = ServerNonces::from_fresh::<Sm2>(&fresh, share, ctx, hash);
        for (tag, i, retry) in [("w2", 1, 0), ("w2", 1, 1), ("w2", 2, 0), ("es", 1, 0)] {
            assert!(seen.insert(*nonces.scalar::<Sm2>(tag, i, retry).to_bytes()));
        }
    }
}

/// Rows 27 and 67: the same request begun twice, as after a timeout or a resumed snapshot, draws fresh bytes again.
#[test]
fn row_27_same_request_twice_gives_distinct_nonces() {
    let first = PhoneNonces::new::<Sm2>(&[1; 32], &[2; 32], 3).unwrap();
    let second = PhoneNonces::new::<Sm2>(&[1; 32], &[2; 32], 3).unwrap();
    assert_ne!(
        *first.scalar::<Sm2>("a", 1).to_bytes(),
        *second.scalar::<Sm2>("a", 1).to_bytes()
    );
    let first = ServerNonces::new::<Sm2>(&[1; 32], &[2; 32], &[3; 32]).unwrap();
    let second = ServerNonces::new::<Sm2>(&[1; 32], &[2; 32], &[3; 32]).unwrap();
    assert_ne!(
        *first.scalar::<Sm2>("w2", 1, 0).to_bytes(),
        *second.scalar::<Sm2>("w2", 1, 0).to_bytes()
    );
}

#[test]
fn fresh_values_differ() {
    assert_ne!(*fresh32().unwrap(), *fresh32().unwrap());
    assert_ne!(fresh::<16>().unwrap(), fresh::<16>().unwrap());
    assert_ne!(
        *dummy_scalar::<Sm2>().unwrap().to_bytes(),
        *dummy_scalar::<Sm2>().unwrap().to_bytes()
    );
}

#[test]
fn stirring_changes_nothing_but_the_pool() {
    super::stir(&Fresh32::new([1; 32]));
    assert_ne!(*fresh32().unwrap(), *fresh32().unwrap());
    let (zero, one) = (Fresh32::new([0; 32]), Fresh32::new([1; 32]));
    assert_ne!(
        *super::mixed(b"label", &zero, &one),
        *super::mixed(b"label", &one, &zero)
    );
}
