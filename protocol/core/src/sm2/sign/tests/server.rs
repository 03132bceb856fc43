//! What the server computes, and what it does when an item fails.

use super::*;
use crate::curve::Scalar;
use crate::message::decode_sign_answer;
use crate::sm2::sign::forced::{self, Event, Forced};
use crate::sm2::sign::server::evaluate_all;
use crate::sm2::sign::{binding_factor, evaluate};
use crate::sm2::verify;

/// P1, and P13 for the indices: every item of a batch is the single-key SM2 signature with d = u1·v2 − 1 and
/// k = w2 + v2·(wa + rho·wb), whatever the size of the batch.
#[test]
fn joint_signature_equals_single_key_sm2() {
    let key = Key::random();
    let d = key.u1.expose().mul(key.v2.expose()).sub(&Scalar::ONE);
    for count in [1, 2, 5] {
        let digests = digests(count);
        let run = key.phone(b"header", &digests, &phone_nonces(count));
        let answer = right(only(evaluate_all(&[key.request(&run)], server_nonces)));
        let w2_points: Vec<Affine<Sm2>> = decode_sign_answer::<Sm2>(&answer.body)
            .unwrap()
            .iter()
            .map(|item| item.w2)
            .collect();
        let (ctx, encoded) = (run.ctx, run.body.encoded.clone());
        let signatures = run.phone.finish(&answer.body).unwrap();
        for (i, signature) in signatures.iter().enumerate() {
            let secret = |tag| Scalar::<Sm2>::from_bytes(&series(tag, i + 1)[i].2).unwrap();
            let number = u16::try_from(i + 1).unwrap();
            let w2 = w2_points[i].encode();
            let rho = binding_factor(&ctx, number, &encoded[2 * i], &encoded[2 * i + 1], &w2);
            let w1 = secret("a").add(&rho.mul(&secret("b")));
            let k = secret("w2").add(&key.v2.expose().mul(&w1));
            let q = mul_base(&SecretScalar::new(k)).unwrap();
            let r = Scalar::reduce32(&digests[i]).add(&q.x_scalar());
            let s = Scalar::ONE.add(&d).invert().mul(&k.sub(&r.mul(&d)));
            assert_eq!(signature[..], [r.to_bytes(), s.to_bytes()].concat());
            verify(&key.pk, &digests[i], signature).unwrap();
        }
    }
}

/// P13: with the same nonces and the same context, a micro-batch gives every request the bytes it would get alone.
#[test]
fn micro_batch_equals_single_evaluations() {
    let keys: Vec<Key> = (0..3).map(|_| Key::random()).collect();
    let runs: Vec<Run> = keys
        .iter()
        .zip([1, 3, 2])
        .map(|(key, n)| key.phone(b"h", &digests(n), &phone_nonces(n)))
        .collect();
    let requests: Vec<SignRequest<'_>> = keys
        .iter()
        .zip(&runs)
        .map(|(key, run)| key.request(run))
        .collect();
    let together = evaluate_all(&requests, server_nonces);
    for (request, outcome) in requests.iter().zip(together) {
        let alone = right(only(evaluate_all(
            core::slice::from_ref(request),
            server_nonces,
        )));
        assert_eq!(*right(outcome).body, *alone.body);
    }
}

/// Row 17: r = 0 or s1 = 0 gives this item, and no other, a new w2; after too many failures the request is a fault.
#[test]
fn row_17_forced_zero_is_retried_with_a_new_nonce() {
    let key = Key::random();
    for event in [Event::ZeroR, Event::ZeroS1] {
        let run = key.phone(b"header", &digests(3), &phone_nonces(3));
        let forced = |attempts| Forced {
            ctx: run.ctx,
            item: 1,
            attempts,
            event,
        };
        let plain = decode_sign_answer::<Sm2>(
            &right(only(evaluate_all(&[key.request(&run)], server_nonces))).body,
        );
        let exhausted = forced::with(forced(u32::MAX), || {
            only(evaluate_all(&[key.request(&run)], server_nonces))
        });
        assert!(matches!(exhausted, Outcome::Fault));
        let answer = forced::with(forced(2), || {
            right(only(evaluate_all(&[key.request(&run)], server_nonces)))
        })
        .body;
        let (plain, retried) = (plain.unwrap(), decode_sign_answer::<Sm2>(&answer).unwrap());
        for i in 0..3 {
            assert_eq!(plain[i].w2 == retried[i].w2, i != 1);
        }
        assert_eq!(run.phone.finish(&answer).unwrap().len(), 3);
    }
}

/// Row 46 at this level: an item that panics is a fault, its neighbours are answered.
#[test]
fn row_46_faulty_request_does_not_disturb_the_others() {
    let key = Key::random();
    let runs: Vec<Run> = [b"h1", b"h2", b"h3"]
        .map(|h| key.phone(h, &digests(1), &phone_nonces(1)))
        .into_iter()
        .collect();
    let requests: Vec<SignRequest<'_>> = runs.iter().map(|run| key.request(run)).collect();
    let forced = Forced {
        ctx: runs[1].ctx,
        item: 0,
        attempts: u32::MAX,
        event: Event::Panic,
    };
    let outcomes = forced::with(forced, || evaluate(&requests));
    let kinds: Vec<bool> = outcomes
        .iter()
        .map(|outcome| matches!(outcome, Outcome::Right(_)))
        .collect();
    assert_eq!(kinds, [true, false, true]);
    assert!(matches!(outcomes[1], Outcome::Fault));
}

/// Row 51: with a wrong proof the second phase runs with a dummy; v2 is used for nothing.
#[test]
fn row_51_wrong_proof_never_touches_the_share() {
    let key = Key::random();
    let mut run = key.phone(b"header", &digests(2), &phone_nonces(2));
    let shares = std::cell::RefCell::new(Vec::new());
    let record = |share: &Bytes, ctx: &Bytes, hash: &Bytes| {
        shares.borrow_mut().push(*share);
        server_nonces(share, ctx, hash)
    };
    assert!(matches!(
        only(evaluate_all(&[key.request(&run)], record)),
        Outcome::Right(_)
    ));
    run.ctx[0] ^= 1;
    assert!(matches!(
        only(evaluate_all(&[key.request(&run)], record)),
        Outcome::Wrong
    ));
    let v2 = *key.v2.to_bytes();
    assert_eq!(
        shares
            .borrow()
            .iter()
            .map(|share| *share == v2)
            .collect::<Vec<_>>(),
        [true, false]
    );
}
