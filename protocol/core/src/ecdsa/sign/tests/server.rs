//! What the server computes, and what it does when a request fails.

use super::*;
use crate::curve::Scalar;
use crate::device;
use crate::ecdsa::sign::evaluate;
use crate::ecdsa::sign::forced::{self, Event, Forced};
use crate::message::OtMessage;
use std::cell::RefCell;

/// P1: the joint signature is the single-key one with sk = skA·skB and k = kA·kB, made low.
#[test]
fn joint_signature_equals_single_key_ecdsa() {
    let key = Key::random();
    let run = key.begin(b"header");
    let answer = key.answer(&run);
    let secret = |tag| Scalar::<P256>::from_bytes(&scalar(tag)).unwrap();
    let offset = crate::ecdsa::sign::nonce_offset(&run.session.ctx, &answer.point);
    let k = secret("kA'").add(&offset).mul(&secret("kB"));
    let r = mul_base(&SecretScalar::new(k)).unwrap().x_scalar();
    let sk = key.ska.expose().mul(key.skb.expose());
    let s = k.invert().mul(&Scalar::reduce32(&DIGEST).add(&r.mul(&sk)));
    let low = core::cmp::min(s.to_bytes(), s.neg().to_bytes());
    let signature = run.phone.finish(&answer.encode()).unwrap();
    assert_eq!(signature[..], [r.to_bytes(), low].concat());
}

/// P13: a micro-batch gives every request the bytes it would get alone.
#[test]
fn micro_batch_equals_single_evaluations() {
    let keys: Vec<Key> = (0..3).map(|_| Key::random()).collect();
    let runs: Vec<Run> = keys.iter().map(|key| key.begin(b"h")).collect();
    let requests: Vec<SignRequest<'_>> = keys
        .iter()
        .zip(&runs)
        .map(|(key, run)| key.request(run))
        .collect();
    let fixed = |_: &Bytes, _: &Bytes, _: &Bytes| {
        let mut drawn = server_draw(&DIGEST, &DIGEST, &DIGEST)?;
        let checks = ["a1", "a2"].map(|tag| [(tag, 0, scalar(tag)), (tag, 1, scalar("1"))]);
        let others = [
            ("k", 0, scalar("k")),
            ("pok", 0, scalar("p")),
            ("phi", 0, scalar("f")),
        ];
        let all = [checks.as_flattened(), &others].concat();
        drawn.nonces = ServerNonces::prescribed(&all);
        Ok(drawn)
    };
    let together = evaluate_all(&requests, fixed, extend);
    for (request, outcome) in requests.iter().zip(together) {
        let alone = evaluate_all(core::slice::from_ref(request), fixed, extend);
        assert_eq!(*right(outcome).body, *right(only(alone)).body);
    }
}

/// Row 75 at the server: kA = 0 (R = O) or r = 0 takes the next nonce; after too many failures the request is a fault.
#[test]
fn row_75_unusable_nonce_is_drawn_again() {
    let key = Key::random();
    for event in [Event::ZeroNonce, Event::ZeroR] {
        let run = key.begin(b"header");
        let forced = |attempts| Forced {
            ctx: run.session.ctx,
            attempts,
            event,
        };
        let plain = key.answer(&run);
        let retried = forced::with(forced(2), || key.answer(&run));
        assert!(*plain.point != *retried.point);
        let exhausted = forced::with(forced(u32::MAX), || {
            only(evaluate_all(&[key.request(&run)], server_draw, extend))
        });
        assert!(matches!(exhausted, Outcome::Fault));
        assert!(run.phone.finish(&retried.encode()).is_ok());
    }
}

/// Row 46 at this level: an item that panics, or has no usable nonce, is a fault; its neighbours are answered.
#[test]
fn row_46_faulty_request_does_not_disturb_the_others() {
    let key = Key::random();
    for event in [Event::Panic, Event::ZeroR] {
        let runs = [b"h1", b"h2", b"h3"].map(|header| key.begin(header));
        let requests = runs.each_ref().map(|run| key.request(run));
        let forced = Forced {
            ctx: runs[1].session.ctx,
            attempts: u32::MAX,
            event,
        };
        let outcomes = forced::with(forced, || evaluate(&requests));
        assert!(matches!(outcomes[1], Outcome::Fault));
        let [first, _, third] = <[Outcome; 3]>::try_from(outcomes).ok().unwrap();
        let [one, _, three] = runs;
        assert!(one.phone.finish(&right(first).body).is_ok());
        assert!(three.phone.finish(&right(third).body).is_ok());
    }
}

/// What a request used: the shares nonces were drawn from, and the set-ups and messages of EC-6.
#[derive(Default)]
struct Used {
    shares: RefCell<Vec<Bytes>>,
    extended: RefCell<Vec<(Vec<u8>, bool)>>,
}

impl Used {
    fn evaluate(&self, key: &Key, run: &Run) -> Outcome {
        let draw = |share: &Bytes, ctx: &Bytes, hash: &Bytes| {
            self.shares.borrow_mut().push(*share);
            server_draw(share, ctx, hash)
        };
        let watched = |setup: &ServerSetup, sid: &Bytes, message: &OtMessage| {
            let own = message.columns == run.body.ot.columns;
            let used = (setup.to_bytes().to_vec(), own);
            self.extended.borrow_mut().push(used);
            extend(setup, sid, message)
        };
        only(evaluate_all(&[key.request(run)], draw, watched))
    }
}

/// Row 51 and EC-5: with a wrong proof the rest runs with dummies; skA, the set-up and the OT message are used for
/// nothing. After a failed EC-6 skA is used for nothing.
#[test]
fn row_51_share_and_set_up_are_not_touched_after_a_failure() {
    let key = Key::random();
    let (ska, setup) = (*key.ska.to_bytes(), key.setup.to_bytes().to_vec());
    let uses = |change: fn(&mut Run)| {
        let (used, mut run) = (Used::default(), key.begin(b"header"));
        change(&mut run);
        let outcome = used.evaluate(&key, &run);
        let share = only(used.shares.into_inner()) == ska;
        let (bytes, own) = only(used.extended.into_inner());
        (outcome, share, bytes == setup, own)
    };
    let (outcome, share, setup, message) = uses(|_| ());
    assert!(matches!(outcome, Outcome::Right(_)) && share && setup && message);
    let (outcome, share, setup, message) = uses(|run| run.session.ctx[0] ^= 1);
    assert!(matches!(outcome, Outcome::Wrong) && !share && !setup && !message);
    let (outcome, share, setup, message) = uses(|run| run.session.sid[0] ^= 1);
    assert!(matches!(outcome, Outcome::OtDestroyed { .. }) && !share && setup && message);
}

/// The record decides which key signs: pk of the header enters nothing but hashes.
#[test]
fn signature_is_under_the_key_of_the_record() {
    let key = Key::random();
    let run = key.begin(b"header");
    let answer = key.answer(&run).encode();
    let signature = run.phone.finish(&answer).unwrap();
    device::verify(&key.pk, &DIGEST, &signature).unwrap();
    let other = Key {
        pk: Key::random().pk,
        ..Key::of(
            SecretScalar::new(*key.skb.expose()),
            SecretScalar::new(*key.ska.expose()),
        )
    };
    let run = other.begin(b"header");
    let answer = other.answer(&run).encode();
    assert!(run.phone.finish(&answer).is_err());
}
