//! Every check of the phone, each met by an answer that only this check can refuse.

use super::*;
use crate::curve::Scalar;
use crate::error::Error;
use crate::message::{decode_sign_answer, encode_sign_answer, SignItem};
use crate::sm2::sign::binding_factor;
use crate::sm2::sign::server::evaluate_all;
use crate::sm2::verify;

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
