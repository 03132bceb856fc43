//! OT set-up (§6.2): both roles together, and every way a part can be wrong.

mod ot_support;

use cosign_core::curve::{add_batch, map_batch, Affine, P256};
use cosign_core::error::Error;
use cosign_core::hash::{label, uniform96};
use cosign_core::ot::base::{accept, answer, offer};
use cosign_core::ot::{otsid, Inconsistent, Part1, Part2, ServerSetup, COLUMNS, TREES};
use cosign_core::random::ServerNonces;
use ot_support::{bit, choice, correlated, phone_nonces, server_nonces, OTSID};

/// Part 1 and the part 2 that answers it.
fn parts(nonces: &ServerNonces) -> (Part1, Part2) {
    let part_1 = offer(&OTSID, nonces);
    let (_, part_2) = answer(&OTSID, &part_1, &phone_nonces()).unwrap();
    (
        Part1::decode(&part_1).unwrap(),
        Part2::decode(&part_2).unwrap(),
    )
}

fn refused(nonces: &ServerNonces, part_2: &Part2) -> bool {
    accept(&OTSID, nonces, &part_2.encode()).err() == Some(Inconsistent)
}

#[test]
fn both_sides_hold_correlated_seeds() {
    ot_support::on_every_backend(|| {
        let nonces = server_nonces();
        let (seeds, part_2) = answer(&OTSID, &offer(&OTSID, &nonces), &phone_nonces()).unwrap();
        let setup = accept(&OTSID, &nonces, &part_2).unwrap();
        for p in 0..COLUMNS {
            assert_eq!(bit(setup.delta(), p), 1 ^ choice(&nonces, p ^ 1));
        }
        assert!(correlated(&setup, &seeds));
    });
}

/// HEDGE-2: the sealed seed is all that the second half needs.
#[test]
fn the_seed_brings_the_secrets_back() {
    let nonces = server_nonces();
    let part_1 = offer(&OTSID, &nonces);
    let restored = ServerNonces::from_seed(nonces.seed());
    assert_eq!(*offer(&OTSID, &restored), *part_1);
    let (seeds, part_2) = answer(&OTSID, &part_1, &phone_nonces()).unwrap();
    assert!(correlated(
        &accept(&OTSID, &restored, &part_2).unwrap(),
        &seeds
    ));
}

/// Row 83: a failed set-up is followed by one with another Δ.
#[test]
fn row_83_every_attempt_draws_fresh_choice_bits() {
    let delta = || {
        let nonces = server_nonces();
        let (_, part_2) = answer(&OTSID, &offer(&OTSID, &nonces), &phone_nonces()).unwrap();
        *accept(&OTSID, &nonces, &part_2).unwrap().delta()
    };
    assert_ne!(delta(), delta());
}

/// Row 83: th and sh enter every check.
#[test]
fn row_83_a_wrong_hash_fails_in_each_tree() {
    let nonces = server_nonces();
    let (_, mut part_2) = parts(&nonces);
    assert!(!refused(&nonces, &part_2));
    for j in 0..TREES {
        part_2.th[j][j % 32] ^= 1;
        assert!(refused(&nonces, &part_2), "th_{j}");
        part_2.th[j][j % 32] ^= 1;
        part_2.sh[j][31 - j % 32] ^= 0x80;
        assert!(refused(&nonces, &part_2), "sh_{j}");
        part_2.sh[j][31 - j % 32] ^= 0x80;
    }
}

/// Row 83: a wrong τ is used, and found, exactly if its index is the choice bit; both wrong are always found.
#[test]
fn row_83_a_wrong_correction_fails_where_it_is_used() {
    let nonces = server_nonces();
    let (_, mut part_2) = parts(&nonces);
    for j in 0..TREES {
        let right = part_2.tau[j];
        for b in 0..2 {
            part_2.tau[j][b][15] ^= 4;
            let used = usize::from(choice(&nonces, 2 * j + 1)) == b;
            assert_eq!(refused(&nonces, &part_2), used, "τ_{j},{b}");
            part_2.tau[j] = right;
        }
        part_2.tau[j] = right.map(|tau| tau.map(|byte| byte ^ 4));
        assert!(refused(&nonces, &part_2), "both τ_{j}");
        part_2.tau[j] = right;
    }
}

/// Row 83: the same for the phone's points.
#[test]
fn row_83_a_wrong_phone_point_fails_where_it_is_used() {
    let nonces = server_nonces();
    let (_, mut part_2) = parts(&nonces);
    for i in (0..COLUMNS).step_by(5) {
        let right = part_2.points[i];
        for b in 0..2 {
            part_2.points[i][b] = right[b].neg();
            let used = usize::from(choice(&nonces, i)) == b;
            assert_eq!(refused(&nonces, &part_2), used, "Y_{i},{b}");
            part_2.points[i] = right;
        }
    }
}

/// Row 83: a point of part 1 changed on the way changes both keys of its base OT.
#[test]
fn row_83_a_wrong_server_point_fails() {
    let nonces = server_nonces();
    let (part_1, _) = parts(&nonces);
    for (i, b) in [(0, 0), (0, 1), (63, 1), (127, 0), (127, 1)] {
        let mut changed = Part1 {
            points: part_1.points.clone(),
        };
        changed.points[i][b] = changed.points[i][b].neg();
        let (_, part_2) = answer(&OTSID, &changed.encode(), &phone_nonces()).unwrap();
        assert_eq!(accept(&OTSID, &nonces, &part_2).err(), Some(Inconsistent));
    }
}

/// Row 4: a server that makes V_{i,b} the identity.
#[test]
fn row_4_v_equal_to_the_identity_is_refused() {
    let (part_1, _) = parts(&server_nonces());
    for (i, b) in [(0, 0), (5, 1), (127, 0)] {
        let mut changed = Part1 {
            points: part_1.points.clone(),
        };
        let other = changed.points[i][1 - b].encode();
        let (i8, b8) = (u8::try_from(i).unwrap(), u8::try_from(b).unwrap());
        let uniform = uniform96(label::OTS_H2C, &[&OTSID, &[i8], &[b8], &other]);
        let mask: Affine<P256> = map_batch(&[uniform])[0].unwrap();
        changed.points[i][b] = mask.neg();
        assert!(add_batch(&[changed.points[i][b]], &[mask]) == [None]);
        let refusal = answer(&OTSID, &changed.encode(), &phone_nonces()).err();
        assert_eq!(refusal, Some(Error::BadAnswer));
    }
}

/// Row 84: every hash and every mask belongs to one set-up.
#[test]
fn row_84_parts_of_another_set_up_are_refused() {
    let other = otsid(&[1; 32], &[2; 32]);
    assert_ne!(other, otsid(&[2; 32], &[1; 32]));
    let nonces = server_nonces();
    let part_1 = offer(&OTSID, &nonces);
    let (_, part_2) = answer(&other, &part_1, &phone_nonces()).unwrap();
    assert!(accept(&OTSID, &nonces, &part_2).is_err());
    assert!(accept(&other, &nonces, &part_2).is_err());
    let (_, part_2) = answer(&OTSID, &part_1, &phone_nonces()).unwrap();
    assert!(accept(&other, &nonces, &part_2).is_err());
    assert!(accept(&OTSID, &server_nonces(), &part_2).is_err());
    assert!(accept(&OTSID, &nonces, &part_2).is_ok());
}

/// Row 84: seeds and server record of two set-ups do not fit together.
#[test]
fn row_84_a_set_up_is_of_no_use_for_another_share() {
    let set_up = || {
        let nonces = server_nonces();
        let (seeds, part_2) = answer(&OTSID, &offer(&OTSID, &nonces), &phone_nonces()).unwrap();
        (accept(&OTSID, &nonces, &part_2).unwrap(), seeds)
    };
    let ((setup, seeds), (other_setup, other_seeds)) = (set_up(), set_up());
    assert!(correlated(&setup, &seeds) && correlated(&other_setup, &other_seeds));
    assert!(!correlated(&setup, &other_seeds) && !correlated(&other_setup, &seeds));
}

#[test]
fn malformed_parts_are_refused() {
    let nonces = server_nonces();
    let part_1 = offer(&OTSID, &nonces);
    let (_, part_2) = answer(&OTSID, &part_1, &phone_nonces()).unwrap();
    for prefix in [0, 4, 5, 6] {
        let (mut first, mut second) = (part_1.to_vec(), part_2.to_vec());
        first[33 * 200] = prefix;
        second[33 * 255] = prefix;
        assert_eq!(Part1::decode(&first).err(), Some(Error::MalformedPoint));
        assert_eq!(Part2::decode(&second).err(), Some(Error::MalformedPoint));
        assert!(answer(&OTSID, &first, &phone_nonces()).is_err());
        assert!(accept(&OTSID, &nonces, &second).is_err());
    }
    for length in [0, 33, part_1.len() - 1, part_1.len() + 1, part_1.len() + 33] {
        let mut bytes = part_1.to_vec();
        bytes.resize(length, 2);
        assert_eq!(Part1::decode(&bytes).err(), Some(Error::MalformedMessage));
    }
    for length in [0, 8448, part_2.len() - 1, part_2.len() + 1] {
        let mut bytes = part_2.to_vec();
        bytes.resize(length, 2);
        assert_eq!(Part2::decode(&bytes).err(), Some(Error::MalformedMessage));
    }
}

#[test]
fn the_record_has_one_length() {
    assert_eq!(ServerSetup::LEN, 3088);
    let bytes: Vec<u8> = (0..3088).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let setup = ServerSetup::from_bytes(&bytes).unwrap();
    assert_eq!(setup.to_bytes().as_slice(), bytes);
    assert_eq!(setup.delta().as_slice(), &bytes[..16]);
    for length in [0, 16, 3072, 3087] {
        assert_eq!(
            ServerSetup::from_bytes(&bytes[..length]).err(),
            Some(Error::MalformedMessage)
        );
    }
    let longer = [bytes.as_slice(), &[0; 16]].concat();
    assert!(ServerSetup::from_bytes(&longer).is_err());
}
