//! Every check of the phone, each met by an answer that only this check can refuse.

use super::*;
use crate::curve::Scalar;
use crate::ecdsa::sign::{nonce_challenge, nonce_offset};
use crate::error::Error;
use crate::proof::Proof;

/// What the phone says to the honest answer after a change.
fn finish(change: impl FnOnce(&Key, &Run, &mut EcSignAnswer)) -> Result<[u8; 64]> {
    let key = Key::random();
    let run = key.begin(b"header");
    let mut answer = key.answer(&run);
    change(&key, &run, &mut answer);
    run.phone.finish(&answer.encode())
}

fn is_refused(change: impl FnOnce(&Key, &Run, &mut EcSignAnswer)) {
    assert_eq!(finish(change), Err(Error::BadAnswer));
}

#[test]
fn honest_answer_is_accepted() {
    assert!(finish(|_, _, _| ()).is_ok());
}

/// kA of the prescribed nonces.
fn nonce(run: &Run, r1: &Affine<P256>) -> Scalar<P256> {
    let own = Scalar::<P256>::from_bytes(&scalar("kA'")).unwrap();
    own.add(&nonce_offset(&run.session.ctx, r1))
}

/// A proof for (D, R', R) by somebody who knows kA.
fn proof_of(run: &Run, r1: &Affine<P256>, secret: &Scalar<P256>) -> Proof<P256> {
    let d = &run.body.point;
    let kappa = dummy_scalar::<P256>().unwrap();
    let commitment = mul(&kappa, d).unwrap();
    let r = mul(&SecretScalar::new(*secret), d).unwrap();
    let c = nonce_challenge(&run.session.ctx, [d, r1, &r, &commitment]);
    let z = *kappa.add_public(&c.mul(secret)).expose();
    Proof { c, z }
}

/// Row 75: a wrong piR, also one of an R' the rest of the answer does not use.
#[test]
fn row_75_wrong_proof_of_the_nonce_is_refused() {
    is_refused(|_, _, answer| answer.proof.z = answer.proof.z.add(&Scalar::ONE));
    is_refused(|_, _, answer| answer.proof.c = answer.proof.c.add(&Scalar::ONE));
    is_refused(|_, _, answer| {
        core::mem::swap(&mut answer.proof.c, &mut answer.proof.z);
    });
    is_refused(|_, run, answer| {
        let r1 = mul(&dummy_scalar().unwrap(), &run.body.point).unwrap();
        answer.point = Zeroizing::new(r1);
    });
    is_refused(|_, run, answer| {
        let secret = nonce(run, &answer.point).add(&Scalar::ONE);
        answer.proof = proof_of(run, &answer.point, &secret);
    });
    assert!(finish(|_, run, answer| {
        let secret = nonce(run, &answer.point);
        answer.proof = proof_of(run, &answer.point, &secret);
    })
    .is_ok());
}

/// A nonce of the server's choice, proved honestly, that the pads were not made for: piR holds, the signature does not.
#[test]
fn row_75_proved_nonce_of_another_answer_is_refused_by_verification() {
    is_refused(|_, run, answer| {
        let own = dummy_scalar::<P256>().unwrap();
        let r1 = mul(&own, &run.body.point).unwrap();
        let secret = own.expose().add(&nonce_offset(&run.session.ctx, &r1));
        answer.proof = proof_of(run, &r1, &secret);
        answer.point = Zeroizing::new(r1);
    });
}

/// Row 75: R' = −H2S("EC/R", ctx, R')·D has no solution anybody can find; the identity has no encoding (row 4).
#[test]
fn row_75_identity_has_no_encoding() {
    let key = Key::random();
    let run = key.begin(b"header");
    let mut answer = key.answer(&run).encode();
    answer[32..65].fill(0);
    assert_eq!(run.phone.finish(&answer), Err(Error::BadAnswer));
}

/// Row 78: wrong etaPhi or etaSig pass every check but the final verification.
#[test]
fn row_78_wrong_ends_are_refused_by_verification() {
    is_refused(|_, _, answer| answer.eta_phi = answer.eta_phi.add(&Scalar::ONE));
    is_refused(|_, _, answer| answer.eta_sig = answer.eta_sig.add(&Scalar::ONE));
    is_refused(|_, _, answer| core::mem::swap(&mut answer.eta_phi, &mut answer.eta_sig));
    is_refused(|_, _, answer| answer.eta_phi = Scalar::ZERO);
    is_refused(|_, _, answer| answer.eta_sig = Scalar::ZERO);
}

/// Row 78: a phone whose announced inputs are not those it used, as if it had shifted `y_i`: every check of the server and
/// of the multiplication holds, and what comes out is no signature.
#[test]
fn row_78_shifted_inputs_give_no_signature() {
    for i in [0, 1] {
        let key = Key::random();
        let mut run = key.begin(b"header");
        run.body.delta[i] = run.body.delta[i].add(&Scalar::ONE);
        let answer = key.answer(&run);
        let nonce = run.phone.nonce(&answer);
        let products = run.phone.products(&answer);
        assert!(nonce.is_ok() && products.is_ok());
        assert_eq!(run.phone.finish(&answer.encode()), Err(Error::BadAnswer));
    }
}

/// EC-14: released is the low s of the two, whichever the computation gave.
#[test]
fn row_86_released_s_is_the_low_one() {
    for tag in ["kA'", "kB", "1", "2"] {
        let s = SecretScalar::<P256>::from_bytes(&scalar(tag)).unwrap();
        let negated = SecretScalar::new(s.expose().neg());
        let low = crate::ecdsa::sign::phone::low(&s);
        assert_eq!(
            *low.to_bytes(),
            *crate::ecdsa::sign::phone::low(&negated).to_bytes()
        );
        assert_eq!(
            *low.to_bytes(),
            core::cmp::min(*s.to_bytes(), *negated.to_bytes())
        );
    }
}
