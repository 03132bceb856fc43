use super::forced::{self, Event, Forced};
use super::server::evaluate_all;
use super::{binding_factor, evaluate, PhoneSign, SignRequest};
use crate::curve::{mul, mul_base, Affine, Scalar, SecretScalar, Sm2};
use crate::error::{Error, Result};
use crate::message::{
    body_hash, decode_sign_answer, dev_message, encode_sign_answer, req_id, sign_ctx, Op, SignBody,
    SignItem,
};
use crate::random::{dummy_scalar, PhoneNonces, ServerNonces};
use crate::sm2::{digest, verify, Outcome, DEFAULT_ID};
use crate::testing::Vector;

type Bytes = [u8; 32];

/// A key whose two halves are known.
struct Key {
    u1: SecretScalar<Sm2>,
    v2: SecretScalar<Sm2>,
    p1: Affine<Sm2>,
    pk: Affine<Sm2>,
}

impl Key {
    fn of(u1: SecretScalar<Sm2>, v2: SecretScalar<Sm2>) -> Self {
        let p1 = mul_base(&u1).unwrap();
        let pk = mul(&v2, &p1).unwrap().sub(&Affine::generator()).unwrap();
        Self { u1, v2, p1, pk }
    }

    fn random() -> Self {
        Self::of(dummy_scalar().unwrap(), dummy_scalar().unwrap())
    }

    fn phone(&self, header: &[u8], digests: &[Bytes], nonces: &PhoneNonces) -> Run {
        let ctx = sign_ctx::<Sm2>(header, digests, &self.pk.encode());
        let begun =
            PhoneSign::begin_with(ctx, &self.pk, &self.u1.invert(), digests.to_vec(), nonces);
        let (phone, body, ctx) = begun.unwrap();
        Run {
            phone,
            body_hash: body_hash::<Sm2>(Op::Sign, &body.encode()),
            body,
            ctx,
        }
    }

    fn request<'a>(&'a self, run: &'a Run) -> SignRequest<'a> {
        SignRequest {
            ctx: &run.ctx,
            body: &run.body,
            body_hash: &run.body_hash,
            share: &self.v2,
            point: &self.p1,
        }
    }
}

struct Run {
    phone: PhoneSign,
    body: SignBody<Sm2>,
    body_hash: Bytes,
    ctx: Bytes,
}

fn right(outcome: Outcome) -> crate::sm2::Answer {
    match outcome {
        Outcome::Right(answer) => answer,
        Outcome::Wrong => panic!("wrong"),
        Outcome::Fault => panic!("fault"),
    }
}

fn only<T>(mut list: Vec<T>) -> T {
    assert_eq!(list.len(), 1);
    list.remove(0)
}

/// Numbered secrets for a tag: distinct, fixed, non-zero.
fn series(tag: &'static str, count: usize) -> Vec<(&'static str, u16, Bytes)> {
    let scalar = |i: usize| {
        *crate::hash::h2s::<Sm2>("t", &[tag.as_bytes(), &i.to_be_bytes()])
            .to_bytes()
            .first_chunk()
            .unwrap()
    };
    (1..=count)
        .map(|i| (tag, u16::try_from(i).unwrap(), scalar(i)))
        .collect()
}

fn phone_nonces(count: usize) -> PhoneNonces {
    PhoneNonces::prescribed(&[series("a", count), series("b", count), series("pok", 1)].concat())
}

#[allow(clippy::unnecessary_wraps)]
fn server_nonces(_: &Bytes, _: &Bytes, _: &Bytes) -> Result<ServerNonces> {
    Ok(ServerNonces::prescribed(&series("w2", 256)))
}

fn digests(count: usize) -> Vec<Bytes> {
    (0..count)
        .map(|i| [u8::try_from(i % 255 + 1).unwrap(); 32])
        .collect()
}

fn sign_vector(name: &str) {
    let v = Vector::load(name);
    let key = Key::of(v.secret("/inputs/u1"), v.secret("/inputs/v2"));
    assert!(key.pk == v.point("/inputs/P") && key.p1 == v.point("/intermediate/P1"));
    let header = v.bytes("/inputs/header");
    assert_eq!(
        req_id::<Sm2>(&header).as_slice(),
        v.bytes("/intermediate/req_id")
    );
    let count = v.count("/inputs/messages");
    let messages: Vec<&str> = (0..count)
        .map(|i| {
            v.text(
                [
                    "/inputs/messages/0",
                    "/inputs/messages/1",
                    "/inputs/messages/2",
                ][i],
            )
        })
        .collect();
    let e: Vec<Bytes> = messages
        .iter()
        .map(|m| digest(&key.pk, m.as_bytes(), DEFAULT_ID).unwrap())
        .collect();
    assert_eq!(e, v.list("/intermediate/e"));
    let numbered = |tag, path: &str| -> Vec<(&str, u16, Bytes)> {
        v.list(path)
            .into_iter()
            .zip(1..)
            .map(|(bytes, i)| (tag, i, bytes))
            .collect()
    };
    let proof = vec![("pok", 1, v.array("/inputs/a"))];
    let nonces = PhoneNonces::prescribed(
        &[
            numbered("a", "/inputs/wa"),
            numbered("b", "/inputs/wb"),
            proof,
        ]
        .concat(),
    );
    let run = key.phone(&header, &e, &nonces);
    assert_eq!(run.ctx.as_slice(), v.bytes("/intermediate/ctx"));
    assert_eq!(
        run.body.proof.c.to_bytes().as_slice(),
        v.bytes("/intermediate/c")
    );
    assert_eq!(
        run.body.proof.z.to_bytes().as_slice(),
        v.bytes("/intermediate/z")
    );
    let body = run.body.encode();
    assert_eq!(body, v.bytes("/intermediate/body_without_sig_dev"));
    assert_eq!(run.body_hash.as_slice(), v.bytes("/intermediate/body_hash"));
    let message = dev_message::<Sm2>(&run.ctx, &run.body_hash, &v.bytes("/inputs/enc"));
    assert_eq!(message.as_slice(), v.bytes("/intermediate/dev_message"));
    let decoded = SignBody::<Sm2>::decode(&body).unwrap();
    let request = SignRequest {
        body: &decoded,
        ..key.request(&run)
    };
    let w2 = numbered("w2", "/inputs/w2");
    let answer = right(only(evaluate_all(&[request], |_, _, _| {
        Ok(ServerNonces::prescribed(&w2))
    })));
    assert_eq!(*answer.body, v.bytes("/outputs/answer_body"));
    assert_eq!(answer.audit_hash.as_slice(), v.bytes("/outputs/audit"));
    for i in 0..count {
        let [qa, qb] = [run.body.encoded[2 * i], run.body.encoded[2 * i + 1]];
        let w2 = v.list::<33>("/intermediate/W2")[i];
        let rho = binding_factor(&run.ctx, u16::try_from(i + 1).unwrap(), &qa, &qb, &w2);
        assert_eq!(rho.to_bytes(), v.list::<32>("/intermediate/rho")[i]);
    }
    let signatures = run.phone.finish(&answer.body).unwrap();
    let expected: Vec<Vec<u8>> = v
        .list::<32>("/outputs/r")
        .iter()
        .zip(v.list::<32>("/outputs/s"))
        .map(|(r, s)| [*r, s].concat())
        .collect();
    assert_eq!(
        signatures.iter().map(|s| s.to_vec()).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn sign_vectors() {
    sign_vector("sm2_sign_n1");
    sign_vector("sm2_sign_n3");
}

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

/// Row 18: the phone refuses s = 0, r + s = 0 and w1 = 0 before it computes with them.
#[test]
fn row_18_forced_zero_on_the_phone_is_refused() {
    let key = Key::random();
    let mut run = key.phone(b"header", &digests(1), &phone_nonces(1));
    let w2 = mul_base(&dummy_scalar().unwrap()).unwrap();
    let rho = binding_factor(
        &run.ctx,
        1,
        &run.body.encoded[0],
        &run.body.encoded[1],
        &w2.encode(),
    );
    let w1 = *run.phone.wa[0]
        .add(&run.phone.wb[0].mul_public(&rho))
        .expose();
    let r = *dummy_scalar::<Sm2>().unwrap().expose();
    let s_zero = r.mul(key.u1.expose()).sub(&w1);
    let t_zero = w1.neg();
    for s1 in [s_zero, t_zero] {
        assert!(run.phone.candidate(0, SignItem { w2, r, s1 }).is_none());
    }
    let s1 = Scalar::ONE;
    assert!(run.phone.candidate(0, SignItem { w2, r, s1 }).is_some());
    run.phone.wa[0] = SecretScalar::new(run.phone.wb[0].mul_public(&rho).expose().neg());
    assert!(run.phone.candidate(0, SignItem { w2, r, s1 }).is_none());
}

/// Row 20: a decoy W2. The server knows a discrete logarithm for the point it uses, but announces another; r and s1
/// are consistent with the announced point's binding factor, so that only SIGN-17(b) can see it.
#[test]
fn row_20_decoy_w2_is_refused_by_the_binding_check_alone() {
    let key = Key::random();
    let run = key.phone(b"header", &digests(1), &phone_nonces(1));
    let decoy = mul_base(&dummy_scalar().unwrap()).unwrap();
    let used = dummy_scalar::<Sm2>().unwrap();
    let rho = binding_factor(
        &run.ctx,
        1,
        &run.body.encoded[0],
        &run.body.encoded[1],
        &decoy.encode(),
    );
    let nonce = run.body.points[0]
        .add(&mul(&SecretScalar::new(rho), &run.body.points[1]).unwrap())
        .unwrap();
    let q = mul_base(&used)
        .unwrap()
        .add(&mul(&key.v2, &nonce).unwrap())
        .unwrap();
    let r = Scalar::reduce32(&digests(1)[0]).add(&q.x_scalar());
    let s1 = *key.v2.invert().mul(&used.add_public(&r)).expose();
    let item = SignItem { w2: decoy, r, s1 };
    let candidate = run.phone.candidate(0, item).unwrap();
    verify(&key.pk, &digests(1)[0], &candidate.signature()).unwrap();
    assert_eq!(
        run.phone.finish(&encode_sign_answer(&[item])),
        Err(Error::BadAnswer)
    );
}

/// Row 19: r and s1 of another digest. The binding check holds; only full verification, SIGN-17(a), can see it.
#[test]
fn row_19_foreign_digest_is_refused_by_verification_alone() {
    let key = Key::random();
    let run = key.phone(b"header", &digests(1), &phone_nonces(1));
    let answer = right(only(evaluate_all(&[key.request(&run)], server_nonces)));
    let mut item = only(decode_sign_answer::<Sm2>(&answer.body).unwrap());
    let shift = Scalar::<Sm2>::ONE;
    item.r = item.r.add(&shift);
    item.s1 = item.s1.add(key.v2.invert().mul_public(&shift).expose());
    assert_eq!(
        run.phone.finish(&encode_sign_answer(&[item])),
        Err(Error::BadAnswer)
    );
}
