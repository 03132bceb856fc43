//! REFRESH, CONFIRM and ADOPT: properties P3, P5, P6 and rows 10 and 11 of the negative tests.

mod sm2_support;

use cosign_core::curve::{mul, mul_base, SecretScalar, Sm2};
use cosign_core::error::Error;
use cosign_core::message::{
    adopt_ctx, body_hash, confirm_ctx, decode_flags, DhForm, Op, ProofBody, RefreshAnswer,
    RefreshBody, Sharing, SignedBody,
};
use cosign_core::shares::proof::{self, prove_share, Occasion, ShareRequest};
use cosign_core::shares::refresh::{evaluate, PhoneRefresh, RefreshRequest, RefreshStep, Verdict};
use cosign_core::shares::Outcome;
use cosign_core::sm2::decrypt::PhoneDecrypt;
use cosign_core::sm2::encrypt;
use sm2_support::{flipped, point, scalar, sign_begin, Key, Wire};

fn begin(key: &Key) -> (PhoneRefresh<Sm2>, Wire) {
    let header = key.header(Op::Refresh);
    let bytes = header.encode().unwrap();
    let (phone, body, _) =
        PhoneRefresh::begin(key.sharing, &bytes, &key.pk.encode(), &key.phone, 1).unwrap();
    (phone, Wire::new(header, body.encode()))
}

fn step(key: &Key, wire: &Wire) -> Result<RefreshStep<Sm2>, Error> {
    let bytes = wire.header.encode()?;
    let signed = SignedBody::<Sm2>::decode(&wire.header, &wire.body)?;
    let ctx = signed.ctx(&wire.header, &bytes).unwrap();
    let body = RefreshBody::decode(wire.unsigned())?;
    let request = RefreshRequest {
        sharing: key.sharing,
        ctx: &ctx,
        body: &body,
        body_hash: &body_hash::<Sm2>(Op::Refresh, wire.unsigned()),
        share: &key.server,
        point: &key.point,
    };
    Ok(evaluate(&[request]).pop().unwrap())
}

/// The key after a complete refresh.
fn refreshed(key: &Key) -> Key {
    let (phone, wire) = begin(key);
    let step = step(key, &wire).unwrap();
    assert_eq!(step.verdict, Verdict::Right);
    let answer = RefreshAnswer::decode(&step.answer.encode(), false).unwrap();
    let phone = phone.finish(&answer).unwrap();
    Key {
        sharing: key.sharing,
        pk: key.pk,
        phone,
        server: step.share,
        point: step.point,
    }
}

fn duplicate(secret: &SecretScalar<Sm2>) -> SecretScalar<Sm2> {
    SecretScalar::from_bytes(&secret.to_bytes()).unwrap()
}

/// Whether the two shares of `key` can be used together.
fn works(key: &Key) -> bool {
    match key.sharing {
        Sharing::TwoNonce => {
            let (phone, wire) = sign_begin(key, 1);
            matches!(wire.evaluate(key), Ok(Outcome::Right(answer)) if phone.finish(&answer.body).is_ok())
        }
        Sharing::Multiplicative => {
            let header = key.header(Op::Decrypt);
            let bytes = header.encode().unwrap();
            let list = vec![encrypt(&key.pk, b"text").unwrap()];
            let (phone, body, _) =
                PhoneDecrypt::begin(&bytes, &key.pk.encode(), &key.phone, list, true, 1).unwrap();
            let outcome = Wire::new(header, body.encode()).evaluate(key);
            matches!(outcome, Ok(Outcome::Right(answer)) if phone.finish(&answer.body, DhForm::Point).is_ok())
        }
    }
}

/// P5: the key stays, both shares change, the stored point fits, mixed pairs fail.
#[test]
fn refresh_changes_both_shares_and_keeps_the_key() {
    for key in [Key::signing(), Key::decryption()] {
        let new = refreshed(&key);
        assert!(works(&key) && works(&new) && works(&refreshed(&new)));
        assert_ne!(*new.phone.to_bytes(), *key.phone.to_bytes());
        assert_ne!(*new.server.to_bytes(), *key.server.to_bytes());
        assert!(new.point != key.point);
        let witness = match key.sharing {
            Sharing::TwoNonce => new.phone.invert(),
            Sharing::Multiplicative => duplicate(&new.phone),
        };
        assert!(mul_base(&witness) == Some(new.point));
        let old_phone = Key {
            phone: duplicate(&key.phone),
            server: duplicate(&new.server),
            ..new
        };
        let old_server = Key {
            phone: duplicate(&new.phone),
            server: duplicate(&key.server),
            ..key
        };
        assert!(!works(&old_phone) && !works(&old_server));
    }
}

/// P3 and TX-3: a wrong share gives WRONG with a dummy of the same shape, unrelated to the stored share and point.
#[test]
fn wrong_share_gives_a_dummy_of_the_same_shape() {
    for key in [Key::signing(), Key::decryption()] {
        let wrong = Key {
            phone: scalar(),
            server: duplicate(&key.server),
            ..key
        };
        let (phone, wire) = begin(&wrong);
        let step = step(&key, &wire).unwrap();
        assert_eq!((step.verdict, step.audit_hash), (Verdict::Wrong, [0; 32]));
        assert_eq!(step.answer.encode().len(), 89);
        let new = phone.finish(&step.answer).unwrap();
        let rho = new.mul(&wrong.phone.invert());
        for factor in [duplicate(&rho), rho.invert()] {
            assert_ne!(*step.share.to_bytes(), *key.server.mul(&factor).to_bytes());
            assert!(mul(&factor, &key.point) != Some(step.point));
        }
        let pair = Key {
            phone: new,
            server: step.share,
            point: step.point,
            ..key
        };
        assert!(!works(&pair));
    }
}

/// Rows 10 and 11: a body under another header, and under a key it was not made for.
#[test]
fn row_10_refresh_of_another_session_or_key_is_wrong() {
    let key = Key::signing();
    let ((_, first), (_, second)) = (begin(&key), begin(&key));
    let mixed = Wire {
        header: second.header,
        body: first.body.clone(),
    };
    assert_eq!(step(&key, &mixed).unwrap().verdict, Verdict::Wrong);
    assert_eq!(
        step(&Key::signing(), &first).unwrap().verdict,
        Verdict::Wrong
    );
    let changed = first.with_header(|h| h.share_id[0] ^= 1);
    assert_eq!(step(&key, &changed).unwrap().verdict, Verdict::Wrong);
    let other_ep = first.with_body(|body| body[..33].copy_from_slice(&point().encode()));
    assert_eq!(step(&key, &other_ep).unwrap().verdict, Verdict::Wrong);
}

/// P6 for the request; a flipped answer gives a share that does not fit, which CONFIRM finds.
#[test]
fn every_flipped_refresh_bit_is_refused() {
    let key = Key::signing();
    let (_, wire) = begin(&key);
    for body in flipped(wire.unsigned()) {
        match step(&key, &Wire::new(wire.header.clone(), body)) {
            Ok(step) => assert_eq!(step.verdict, Verdict::Wrong),
            Err(error) => assert!(error.malformed_reason().is_some()),
        }
    }
    for bit in (0..8 * (33 + 16)).step_by(7) {
        let (phone, wire) = begin(&key);
        let step = step(&key, &wire).unwrap();
        let mut bytes = step.answer.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(answer) = RefreshAnswer::<Sm2>::decode(&bytes, false) else {
            continue;
        };
        let pair = Key {
            phone: phone.finish(&answer).unwrap(),
            server: step.share,
            point: step.point,
            sharing: key.sharing,
            pk: key.pk,
        };
        assert!(!works(&pair), "bit {bit}");
    }
}

#[test]
fn refresh_messages_of_other_lengths_are_refused() {
    let key = Key::signing();
    let (_, wire) = begin(&key);
    let step = step(&key, &wire).unwrap();
    assert!(RefreshBody::<Sm2>::decode(&wire.unsigned()[1..]).is_err());
    assert!(RefreshBody::<Sm2>::decode(&[wire.unsigned(), &[0]].concat()).is_err());
    assert!(RefreshAnswer::<Sm2>::decode(&step.answer.encode()[..88], false).is_err());
    assert!(
        RefreshAnswer::<Sm2>::decode(&[step.answer.encode(), vec![0]].concat(), false).is_err()
    );
}

fn prove_and_check(occasion: Occasion, key: &Key, checked_as: Occasion) -> Outcome {
    let op = if occasion == Occasion::Confirm {
        Op::Confirm
    } else {
        Op::Adopt
    };
    let header = key.header(op).encode().unwrap();
    let ctx = match occasion {
        Occasion::Confirm => confirm_ctx::<Sm2>(&header, &[], &key.pk.encode()),
        _ => adopt_ctx::<Sm2>(&header, &key.pk.encode()),
    };
    let proof = prove_share(occasion, key.sharing, &ctx, &key.phone, 1).unwrap();
    let body = ProofBody { proof };
    let body = ProofBody::<Sm2>::decode(&body.encode()).unwrap();
    let request = ShareRequest {
        occasion: checked_as,
        ctx: &ctx,
        proof: &body.proof,
        point: &key.point,
    };
    proof::evaluate(&[request]).pop().unwrap()
}

/// RF-7 and RS-4: right and wrong shares, and proofs of the other operation.
#[test]
fn confirm_and_adopt_prove_the_share_for_their_own_operation() {
    for key in [Key::signing(), Key::decryption()] {
        for (occasion, other) in [
            (Occasion::Confirm, Occasion::Adopt),
            (Occasion::Adopt, Occasion::Confirm),
        ] {
            let Outcome::Right(answer) = prove_and_check(occasion, &key, occasion) else {
                panic!("right share")
            };
            assert_eq!(decode_flags(&answer.body), Ok(false));
            assert!(matches!(
                prove_and_check(occasion, &key, other),
                Outcome::Wrong
            ));
            let wrong = Key {
                phone: scalar(),
                server: duplicate(&key.server),
                ..key
            };
            assert!(matches!(
                prove_and_check(occasion, &wrong, occasion),
                Outcome::Wrong
            ));
        }
    }
}

/// RF-7: the proof must be of the pending share; the old one is wrong.
#[test]
fn confirm_with_the_old_share_is_wrong() {
    let key = Key::signing();
    let new = refreshed(&key);
    assert!(matches!(
        prove_and_check(Occasion::Confirm, &new, Occasion::Confirm),
        Outcome::Right(_)
    ));
    let old = Key {
        phone: duplicate(&key.phone),
        server: duplicate(&new.server),
        ..new
    };
    assert!(matches!(
        prove_and_check(Occasion::Confirm, &old, Occasion::Confirm),
        Outcome::Wrong
    ));
}

/// A micro-batch of proofs keeps every outcome in its place.
#[test]
fn micro_batches_of_proofs_keep_their_order() {
    let keys: Vec<Key> = (0..10)
        .map(|i| {
            if i % 2 == 0 {
                Key::signing()
            } else {
                Key::decryption()
            }
        })
        .collect();
    let proofs: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| {
            let header = key.header(Op::Adopt).encode().unwrap();
            let share = if i % 3 == 0 {
                scalar()
            } else {
                duplicate(&key.phone)
            };
            let ctx = adopt_ctx::<Sm2>(&header, &key.pk.encode());
            let proof = prove_share(Occasion::Adopt, key.sharing, &ctx, &share, 1).unwrap();
            (proof, ctx)
        })
        .collect();
    let requests: Vec<_> = keys
        .iter()
        .zip(&proofs)
        .map(|(key, (proof, ctx))| ShareRequest {
            occasion: Occasion::Adopt,
            ctx,
            proof,
            point: &key.point,
        })
        .collect();
    for (i, outcome) in proof::evaluate(&requests).iter().enumerate() {
        assert_eq!(matches!(outcome, Outcome::Wrong), i % 3 == 0);
    }
}
