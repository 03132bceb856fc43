//! Rows 6 – 11, 27, 79, 81 and 85 of the negative tests and properties P3, P6, P7, for requests of `EC_SIGN`.

mod ecdsa_support;

use cosign_core::curve::{mul_base, Affine, Scalar, SecretScalar, P256};
use cosign_core::ecdsa::sign::{evaluate, Outcome, PhoneSign, SignRequest};
use cosign_core::error::Error;
use cosign_core::hash::{h, label};
use cosign_core::message::{Body, EcSession, EcSignBody, Header, Op, Purpose, SignedBody, SuiteId};
use cosign_core::proof::prove;
use ecdsa_support::{decoded, request, scalar, Key, Wire, DIGEST, N, N_PLUS_1};

#[test]
fn sizes_are_those_of_the_specification() {
    let key = Key::random();
    let (_, wire) = key.begin();
    assert_eq!(wire.unsigned().len(), 11_473);
    assert_eq!((request::LEN, EcSignBody::LEN), (11_473, 11_473));
    assert_eq!(wire.right(&key).len(), 98_689);
}

#[test]
fn audit_hash_is_over_the_context_and_r() {
    let key = Key::random();
    let (phone, wire) = key.begin();
    let Ok(Outcome::Right(answer)) = wire.evaluate(&key) else {
        panic!("the proof holds")
    };
    let ctx = session(&wire, &key).ctx;
    let signature = phone.finish(&answer.body).unwrap();
    let expected = h::<P256>(label::AUDIT, &[&ctx, &signature[..32]]);
    assert_eq!(answer.audit_hash, expected);
}

fn session(wire: &Wire, key: &Key) -> EcSession {
    let body = EcSignBody::decode(wire.unsigned()).unwrap();
    EcSession::new(&wire.header.encode().unwrap(), &key.pk.encode(), &body)
}

/// P3: every wrong share is a valid one, and its proof fails at the server.
#[test]
fn wrong_share_is_wrong() {
    let key = Key::random();
    let stranger = Key {
        pk: key.pk,
        ..Key::random()
    };
    assert!(stranger.begin().1.is_wrong(&key));
}

/// A micro-batch of right, wrong and cheating requests of several keys: each gets its own outcome.
#[test]
fn micro_batch_outcomes_stay_with_their_requests() {
    let keys: Vec<Key> = (0..7).map(|_| Key::random()).collect();
    let begun: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| {
            let (phone, wire) = key.begin();
            match i % 3 {
                0 => (Some(phone), wire),
                1 => (
                    None,
                    Key {
                        pk: key.pk,
                        ..Key::random()
                    }
                    .begin()
                    .1,
                ),
                _ => (None, key.cheat(|body| body.ot.t_tilde[9][3] ^= 1)),
            }
        })
        .collect();
    let decoded: Vec<_> = begun
        .iter()
        .zip(&keys)
        .map(|((_, wire), key)| {
            let signed = SignedBody::<P256>::decode(&wire.header, &wire.body).unwrap();
            (signed, session(wire, key))
        })
        .collect();
    let requests: Vec<SignRequest<'_>> = decoded
        .iter()
        .zip(&keys)
        .map(|((signed, session), key)| {
            let Body::EcSign(body) = &signed.body else {
                panic!("EC_SIGN")
            };
            SignRequest {
                session,
                body,
                body_hash: &signed.body_hash,
                share: &key.server,
                point: &key.point,
                setup: &key.setup,
            }
        })
        .collect();
    for (i, (outcome, (phone, _))) in evaluate(&requests).into_iter().zip(begun).enumerate() {
        match (i % 3, outcome, phone) {
            (0, Outcome::Right(answer), Some(phone)) => assert!(phone.finish(&answer.body).is_ok()),
            (1, Outcome::Wrong, None) => {}
            (2, Outcome::OtDestroyed { audit_hash }, None) => {
                assert_eq!(audit_hash, h::<P256>(label::AUDIT, &[&decoded[i].1.ctx]));
            }
            _ => panic!("request {i} has the outcome of another"),
        }
    }
}

/// Row 6: a nonce point whose discrete logarithm the sender does not know, with the honest proof of another point and
/// with an invented one.
#[test]
fn row_6_chosen_points_with_an_invented_proof_are_wrong() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let generator = Affine::<P256>::generator();
    let b = mul_base(&key.server).unwrap();
    for chosen in [generator, generator.neg(), key.pk, b, key.point] {
        let place = request::D..request::D + 33;
        let same_proof = wire.with_body(|body| body[place].copy_from_slice(&chosen.encode()));
        assert!(same_proof.is_wrong(&key));
        let invented = same_proof.with_body(|body| {
            for half in body[request::PROOF..].chunks_mut(32) {
                half.copy_from_slice(scalar().to_bytes().as_slice());
            }
        });
        assert!(invented.is_wrong(&key));
    }
}

/// The proof covers the nonce and the share together.
#[test]
fn row_6_proof_of_the_nonce_without_the_share_is_wrong() {
    let key = Key::random();
    let secret = scalar();
    let point = mul_base(&secret).unwrap();
    let wire = key.cheat(|body| {
        *body.encoded = point.encode();
        *body.point = point;
    });
    let ctx = session(&wire, &key).ctx;
    let witness = [(&secret, &point)];
    let proof = prove(label::EC_POK, &ctx, &witness, |_| scalar()).unwrap();
    let wire = wire.with_body(|body| body[request::PROOF..].copy_from_slice(&proof.to_bytes()));
    assert!(wire.is_wrong(&key));
}

/// Row 8: zero, n, n + 1 and 2^256 − 1 as c or z; `delta` may be zero but not more than n − 1.
#[test]
fn row_8_request_scalars_out_of_range_are_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let put = |offset: usize, value: &str| {
        wire.with_body(|body| {
            body[offset..offset + 32].copy_from_slice(&hex::decode(value).unwrap());
        })
    };
    let zero = "00".repeat(32);
    for bad in [N, N_PLUS_1, &"ff".repeat(32)] {
        for offset in [0, 32, 64, 96] {
            let changed = put(request::DELTA + offset, bad);
            assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedScalar));
        }
    }
    for offset in [0, 32] {
        assert!(put(request::DELTA + offset, &zero).is_wrong(&key));
        let changed = put(request::PROOF + offset, &zero);
        assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedScalar));
    }
    assert!(matches!(
        key.cheat(|body| *body.delta = [Scalar::ZERO; 2])
            .evaluate(&key),
        Ok(Outcome::Right(_))
    ));
}

#[test]
fn row_9_exchanged_proof_halves_are_wrong() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let exchanged = wire.with_body(|body| body[request::PROOF..].rotate_left(32));
    assert!(exchanged.is_wrong(&key));
}

/// Row 10: the body of one session under the header of another.
#[test]
fn row_10_proof_of_another_session_is_wrong() {
    let key = Key::random();
    let ((_, first), (_, second)) = (key.begin(), key.begin());
    let mixed = Wire {
        header: second.header,
        body: first.body,
    };
    assert!(mixed.is_wrong(&key));
}

/// Row 11 and P7: every header field is bound into the context, each alone.
#[test]
fn row_11_proof_of_another_header_is_refused_for_every_field() {
    type Change = fn(&mut Header);
    let key = Key::random();
    let (_, wire) = key.begin();
    let wrong: [Change; 15] = [
        |h| h.purpose = Purpose::Login,
        |h| h.server_id.push('x'),
        |h| h.user_id.push('x'),
        |h| h.device_id.push('x'),
        |h| h.key_id.push('x'),
        |h| h.share_id[0] ^= 1,
        |h| h.pk[0] ^= 1,
        |h| h.req_nonce[0] ^= 1,
        |h| h.issued_at_ms += 1,
        |h| h.expires_at_ms -= 1,
        |h| h.ctr += 1,
        |h| h.tau[0] ^= 1,
        |h| h.open_reqs.clear(),
        |h| h.policy[0] ^= 1,
        |h| h.restore_epoch += 1,
    ];
    for change in wrong {
        assert!(wire.with_header(change).is_wrong(&key));
    }
    let refused: [Change; 4] = [
        |h| h.op = Op::Sign,
        |h| h.op = Op::Ecdh,
        |h| h.purpose = Purpose::Decrypt,
        |h| h.suite = SuiteId::Sm2,
    ];
    for change in refused {
        assert!(wire.with_header(change).evaluate(&key).is_err());
    }
    assert!(wire.is_wrong(&Key::random()));
}

/// Row 79: a phone that proves its share but sends an inconsistent OT message loses its set-up and nothing else. Every
/// column enters the check, because its factors hash all columns.
#[test]
fn row_79_inconsistent_ot_message_destroys_the_set_up() {
    let key = Key::random();
    for tree in [0, 1, 31, 32, 63] {
        let wire = key.cheat(|body| body.ot.columns[tree][2 * tree] ^= 1 << (tree % 8));
        assert!(wire.destroys(&key), "tree {tree}");
    }
    assert!(key.cheat(|body| body.ot.x_tilde[5] ^= 4).destroys(&key));
    for column in [0, 1, 63, 64, 127] {
        let wire = key.cheat(|body| body.ot.t_tilde[column][15] ^= 0x80);
        assert!(wire.destroys(&key), "column {column}");
    }
    assert!(!key.cheat(|_| ()).destroys(&key));
}

/// Row 79: without a proof the same messages are a wrong PIN and nothing more.
#[test]
fn row_79_inconsistent_ot_message_without_a_proof_is_wrong() {
    let key = Key::random();
    let (_, wire) = key.begin();
    for offset in [request::COLUMNS, request::X_TILDE, request::T_TILDE] {
        assert!(wire.with_body(|body| body[offset] ^= 1).is_wrong(&key));
    }
}

/// Row 81 at this level: the OT message belongs to one sid. Under another header, proven anew, it is inconsistent.
#[test]
fn row_81_ot_message_of_another_session_destroys_the_set_up() {
    let key = Key::random();
    let (_, other) = key.begin();
    let other = EcSignBody::decode(other.unsigned()).unwrap();
    assert!(key.cheat(|body| body.ot = other.ot).destroys(&key));
}

/// Row 81, what stands behind STALE: a request evaluated twice gets other pads and another nonce.
#[test]
fn row_81_repeated_request_gets_other_pads_and_nonces() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let [first, second] = [wire.right(&key), wire.right(&key)].map(|answer| decoded(&answer));
    assert_ne!(first.nonce_s, second.nonce_s);
    assert!(*first.point != *second.point);
    for (a, b) in first.multiplications.iter().zip(&second.multiplications) {
        let equal = a
            .at()
            .chunks(32)
            .zip(b.at().chunks(32))
            .filter(|(a, b)| a == b);
        assert_eq!(equal.count(), 0);
    }
}

/// Row 27: the same request begun again has another nonce, other choice bits and another proof.
#[test]
fn row_27_repeated_request_uses_new_nonces() {
    let key = Key::random();
    let header = key.header();
    let bodies = [0, 1].map(|_| {
        let (_, wire) = key.begin_with(&header, &DIGEST);
        EcSignBody::decode(wire.unsigned()).unwrap()
    });
    let [first, second] = bodies;
    assert_ne!(*first.encoded, *second.encoded);
    assert_ne!(first.ot.columns, second.ot.columns);
    assert_ne!(first.proof.to_bytes(), second.proof.to_bytes());
}

/// Row 85: e ≡ 0 is refused on both sides; e ≥ n is reduced.
#[test]
fn row_85_zero_digest_is_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    for zero in [[0; 32], hex::decode(N).unwrap().try_into().unwrap()] {
        let changed = wire.with_body(|body| body[..32].copy_from_slice(&zero));
        assert_eq!(changed.evaluate(&key).err(), Some(Error::DigestRefused));
        let bytes = key.header().encode().unwrap();
        let begun = PhoneSign::begin(&bytes, &key.pk, &key.phone, &key.seeds, &zero, 1);
        assert_eq!(begun.err(), Some(Error::DigestRefused));
    }
}

/// Rows 3 and 89: every other length is refused.
#[test]
fn row_89_bodies_of_other_lengths_are_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let good = wire.unsigned();
    for len in (0..good.len()).step_by(97).chain([good.len() - 1]) {
        assert_eq!(
            EcSignBody::decode(&good[..len]).err(),
            Some(Error::MalformedMessage)
        );
    }
    let longer = [good, &[0]].concat();
    assert_eq!(
        EcSignBody::decode(&longer).err(),
        Some(Error::MalformedMessage)
    );
}

/// P6: no bit of a request can be flipped. All bits of the short fields, one of every eleventh byte of the long ones.
#[test]
fn every_flipped_request_bit_is_refused() {
    let key = Key::random();
    let (_, wire) = key.begin();
    let short = (0..request::COLUMNS).chain(request::DELTA..request::LEN);
    let short = short.flat_map(|byte| (0..8).map(move |bit| (byte, bit)));
    let long = (request::COLUMNS..request::DELTA).step_by(11);
    for (byte, bit) in short.chain(long.map(|byte| (byte, byte % 8))) {
        let outcome = wire.with_body(|body| body[byte] ^= 1 << bit).evaluate(&key);
        assert!(
            matches!(outcome, Err(_) | Ok(Outcome::Wrong)),
            "byte {byte}"
        );
    }
}

/// A share of zero is no share: the phone cannot begin with it.
#[test]
fn zero_share_is_an_internal_fault() {
    let key = Key::random();
    let bytes = key.header().encode().unwrap();
    let zero = SecretScalar::new(Scalar::ZERO);
    assert!(PhoneSign::begin(&bytes, &key.pk, &zero, &key.seeds, &DIGEST, 1).is_err());
}
