//! Rows 6 – 11, 23, 24, 27 and 88 of the negative tests and properties P3, P6, P7, for requests of SIGN.

mod sm2_support;

use cosign_core::curve::{mul_base, Affine, Scalar, SecretScalar, Sm2};
use cosign_core::error::Error;
use cosign_core::hash::{h, label};
use cosign_core::message::{sign_ctx, Header, Op, Purpose};
use cosign_core::proof::prove;
use cosign_core::shares::Outcome;
use cosign_core::sm2::sign::{evaluate, PhoneSign, SignRequest};
use cosign_core::sm2::verify;
use sm2_support::{digests, flipped, point, scalar, sign_begin, Key, Wire, N, N_PLUS_1};

#[test]
fn batches_of_every_kind_of_size_sign() {
    let key = Key::signing();
    for count in [1, 2, 3, 4, 5, 8, 64, 256] {
        let (phone, wire) = sign_begin(&key, count);
        let signatures = phone.finish(&wire.right(&key)).unwrap();
        assert_eq!(signatures.len(), count);
        for (digest, signature) in digests(count).iter().zip(&signatures) {
            verify(&key.pk, digest, signature).unwrap();
        }
    }
}

#[test]
fn repeated_digests_are_allowed_and_get_different_signatures() {
    let key = Key::signing();
    let header = key.header(Op::Sign);
    let bytes = header.encode().unwrap();
    let (phone, body, _) =
        PhoneSign::begin(&bytes, &key.pk, &key.phone, vec![[9; 32]; 2], 1).unwrap();
    let signatures = phone
        .finish(&Wire::new(header, body.encode()).right(&key))
        .unwrap();
    assert_ne!(signatures[0], signatures[1]);
}

#[test]
fn audit_hash_is_over_the_context_and_every_r() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 2);
    let Ok(Outcome::Right(answer)) = wire.evaluate(&key) else {
        panic!("the proof holds")
    };
    let bytes = wire.header.encode().unwrap();
    let ctx = sign_ctx::<Sm2>(&bytes, &digests(2), &key.pk.encode());
    let r = |i: usize| &answer.body[2 + 97 * i + 33..2 + 97 * i + 65];
    assert_eq!(
        answer.audit_hash,
        h::<Sm2>(label::AUDIT, &[&ctx, r(0), r(1)])
    );
}

/// P3: every wrong share is a valid one, and its proof fails at the server.
#[test]
fn wrong_share_is_wrong_for_every_number_of_items() {
    let key = Key::signing();
    for count in [1, 3, 4, 40] {
        let wrong = Key {
            phone: scalar(),
            ..Key::signing()
        };
        let wrong = Key {
            pk: key.pk,
            ..wrong
        };
        assert!(sign_begin(&wrong, count).1.is_wrong(&key));
    }
}

/// A micro-batch of right and wrong requests of several keys: each gets its own outcome.
#[test]
fn micro_batch_outcomes_stay_with_their_requests() {
    let keys: Vec<Key> = (0..9).map(|_| Key::signing()).collect();
    let stranger = Key::signing();
    let begun: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| {
            let wrong = Key {
                pk: key.pk,
                phone: scalar(),
                ..Key::signing()
            };
            sign_begin(if i % 3 == 1 { &wrong } else { key }, 1 + i % 5)
        })
        .collect();
    let decoded: Vec<_> = begun
        .iter()
        .map(|(_, wire)| {
            let bytes = wire.header.encode().unwrap();
            let signed =
                cosign_core::message::SignedBody::<Sm2>::decode(&wire.header, &wire.body).unwrap();
            let ctx = signed.ctx(&wire.header, &bytes).unwrap();
            (signed, ctx)
        })
        .collect();
    let requests: Vec<SignRequest<'_>> = decoded
        .iter()
        .zip(&keys)
        .map(|((signed, ctx), key)| {
            let cosign_core::message::Body::Sign(body) = &signed.body else {
                panic!("SIGN")
            };
            SignRequest {
                ctx,
                body,
                body_hash: &signed.body_hash,
                share: &key.server,
                point: &key.point,
            }
        })
        .collect();
    for (i, (outcome, (phone, _))) in evaluate(&requests).into_iter().zip(begun).enumerate() {
        match outcome {
            Outcome::Right(answer) => {
                assert_ne!(i % 3, 1);
                assert_eq!(phone.finish(&answer.body).unwrap().len(), 1 + i % 5);
            }
            Outcome::Wrong => assert_eq!(i % 3, 1),
            Outcome::Fault => panic!("fault"),
        }
    }
    assert!(sign_begin(&stranger, 1).1.is_wrong(&keys[0]));
}

/// Rows 6 and 7: nonce points whose discrete logarithm the sender does not know (G and −G aside, whose proof would need
/// the share), with an invented proof and with the honest proof of other points.
#[test]
fn row_6_and_7_chosen_points_with_an_invented_proof_are_wrong() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    let generator = Affine::<Sm2>::generator();
    let p2 = mul_base(&key.server).unwrap();
    let stored_c1 = point();
    for chosen in [generator, generator.neg(), key.pk, p2, stored_c1, key.point] {
        for offset in [34, 67] {
            let same_proof =
                wire.with_body(|body| body[offset..offset + 33].copy_from_slice(&chosen.encode()));
            assert!(same_proof.is_wrong(&key));
            let invented = same_proof.with_body(|body| {
                body[100..132].copy_from_slice(scalar().to_bytes().as_slice());
                body[132..164].copy_from_slice(scalar().to_bytes().as_slice());
            });
            assert!(invented.is_wrong(&key));
        }
    }
}

/// The proof covers the nonces and the share together: a sender that knows both nonces but not the share, or the share
/// but not one nonce, has no proof.
#[test]
fn row_6_proof_of_the_nonces_without_the_share_is_wrong() {
    let key = Key::signing();
    let header = key.header(Op::Sign);
    let ctx = sign_ctx::<Sm2>(&header.encode().unwrap(), &digests(1), &key.pk.encode());
    let (wa, wb) = (scalar(), scalar());
    let (qa, qb) = (mul_base(&wa).unwrap(), mul_base(&wb).unwrap());
    let proof = prove(label::SIGN2_POK, &ctx, &[(&wa, &qa), (&wb, &qb)], |_| {
        scalar()
    })
    .unwrap();
    let parts: [&[u8]; 5] = [
        &[0, 1],
        &digests(1)[0],
        &qa.encode(),
        &qb.encode(),
        &proof.to_bytes(),
    ];
    assert!(Wire::new(header, parts.concat()).is_wrong(&key));
}

/// Row 8 for the request: zero, n, n + 1 and 2^256 − 1 as c or z.
#[test]
fn row_8_request_scalars_out_of_range_are_refused() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    for bad in [&"00".repeat(32), N, N_PLUS_1, &"ff".repeat(32)] {
        for offset in [100, 132] {
            let changed = wire.with_body(|body| {
                body[offset..offset + 32].copy_from_slice(&hex::decode(bad).unwrap());
            });
            assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedScalar));
        }
    }
}

#[test]
fn row_9_exchanged_proof_halves_are_wrong() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    let exchanged = wire.with_body(|body| body[100..164].rotate_left(32));
    assert!(exchanged.is_wrong(&key));
}

/// Row 10: the body of one session under the header of another.
#[test]
fn row_10_proof_of_another_session_is_wrong() {
    let key = Key::signing();
    let (_, first) = sign_begin(&key, 1);
    let (_, second) = sign_begin(&key, 1);
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
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
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
    let refused: [(Change, Error); 3] = [
        (|h| h.op = Op::Decrypt, Error::PurposeMismatch),
        (|h| h.op = Op::EcSign, Error::MalformedMessage),
        (|h| h.purpose = Purpose::Decrypt, Error::PurposeMismatch),
    ];
    for (change, error) in refused {
        assert_eq!(wire.with_header(change).evaluate(&key).err(), Some(error));
    }
    let another = Key::signing();
    assert!(wire.is_wrong(&another));
}

/// Row 23: N = 0, N = 257 and lists that do not fit N.
#[test]
fn row_23_item_counts_out_of_range_are_refused() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 2);
    for count in [0u16, 1, 3, 257, u16::MAX] {
        let changed = wire.with_body(|body| body[..2].copy_from_slice(&count.to_be_bytes()));
        assert_eq!(changed.evaluate(&key).err(), Some(Error::MalformedMessage));
    }
    let full = 2 + 98 * 257 + 64;
    let too_many = Wire::new(
        wire.header.clone(),
        [&257u16.to_be_bytes()[..], &vec![2; full - 2]].concat(),
    );
    assert_eq!(too_many.evaluate(&key).err(), Some(Error::MalformedMessage));
    let bytes = wire.header.encode().unwrap();
    for count in [0, 257] {
        let refused = PhoneSign::begin(&bytes, &key.pk, &key.phone, vec![[1; 32]; count], 1);
        assert_eq!(refused.err(), Some(Error::MalformedMessage));
    }
}

/// Row 24: items, N or one digest changed after the proof.
#[test]
fn row_24_requests_changed_after_the_proof_are_wrong() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 2);
    assert!(wire.with_body(|body| body[2] ^= 1).is_wrong(&key));
    assert!(wire
        .with_body(|body| body[2..66].rotate_left(32))
        .is_wrong(&key));
    assert!(wire
        .with_body(|body| body[66..198].rotate_left(66))
        .is_wrong(&key));
    let fewer = wire.with_body(|body| {
        body.drain(132..198);
        body.drain(34..66);
        body[1] = 1;
    });
    assert!(fewer.is_wrong(&key));
}

#[test]
fn digests_that_are_zero_modulo_n_are_refused() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 2);
    for zero in ["00".repeat(32), N.to_owned()] {
        let zero = hex::decode(zero).unwrap();
        let changed = wire.with_body(|body| body[34..66].copy_from_slice(&zero));
        assert_eq!(changed.evaluate(&key).err(), Some(Error::DigestRefused));
        let bytes = wire.header.encode().unwrap();
        let list = vec![[1; 32], zero.try_into().unwrap()];
        let begun = PhoneSign::begin(&bytes, &key.pk, &key.phone, list, 1);
        assert_eq!(begun.err(), Some(Error::DigestRefused));
    }
}

/// Row 27: the same request begun again has other nonce points and another proof.
#[test]
fn row_27_repeated_request_uses_new_nonces() {
    let key = Key::signing();
    let bytes = key.header(Op::Sign).encode().unwrap();
    let begin = || {
        PhoneSign::begin(&bytes, &key.pk, &key.phone, digests(2), 1)
            .unwrap()
            .1
    };
    let (first, second) = (begin(), begin());
    for a in first.encoded.iter() {
        assert!(!second.encoded.contains(a));
    }
    assert_ne!(first.proof.to_bytes(), second.proof.to_bytes());
}

/// The server draws a new nonce for a repeated evaluation.
#[test]
fn row_27_repeated_evaluation_uses_new_server_nonces() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    assert_ne!(wire.right(&key)[2..35], wire.right(&key)[2..35]);
}

/// Row 88: bodies of a scheme with one nonce, or without a proof, have no decoding.
#[test]
fn row_88_one_nonce_or_no_proof_is_refused() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    let one_nonce = wire.with_body(|body| drop(body.drain(67..100)));
    let no_proof = wire.with_body(|body| body.truncate(100));
    for downgraded in [one_nonce, no_proof] {
        assert_eq!(
            downgraded.evaluate(&key).err(),
            Some(Error::MalformedMessage)
        );
    }
}

/// P6: no bit of a request can be flipped.
#[test]
fn every_flipped_request_bit_is_refused() {
    let key = Key::signing();
    let (_, wire) = sign_begin(&key, 1);
    for body in flipped(wire.unsigned()) {
        let outcome = Wire::new(wire.header.clone(), body).evaluate(&key);
        assert!(matches!(outcome, Err(_) | Ok(Outcome::Wrong)));
    }
}

/// A share of zero is no share: the phone cannot begin with it.
#[test]
fn zero_share_is_an_internal_fault() {
    let key = Key::signing();
    let bytes = key.header(Op::Sign).encode().unwrap();
    let zero = SecretScalar::new(Scalar::ZERO);
    assert!(PhoneSign::begin(&bytes, &key.pk, &zero, digests(1), 1).is_err());
}
