use super::server::multiply;
use super::{evaluate, DecryptRequest, PhoneDecrypt};
use crate::curve::{mul, mul_base, Affine, Sm2};
use crate::error::Error;
use crate::message::{DecryptBody, DhForm};
use crate::proof::Proof;
use crate::random::PhoneNonces;
use crate::shares::Outcome;
use crate::sm2::Ciphertext;
use crate::testing::Vector;

fn ciphertext(v: &Vector) -> Ciphertext {
    Ciphertext::decode(
        &[
            v.bytes("/outputs/C1"),
            v.bytes("/outputs/C3"),
            v.bytes("/outputs/C2"),
        ]
        .concat(),
    )
    .unwrap()
}

/// Begins with the secrets of the vector, blinded or not, and compares request and answer.
fn run(v: &Vector, form: &str) -> (PhoneDecrypt, Vec<u8>) {
    let at = |name: &str| format!("/intermediate/{form}/{name}");
    let blinding = (form == "blinded").then(|| vec![v.secret("/inputs/w")]);
    let (share, pk) = (v.secret("/inputs/a"), v.array("/inputs/P"));
    let header = v.bytes("/inputs/header");
    let nonces = |_: &[u8; 32]| {
        Ok(PhoneNonces::prescribed(&[(
            "pok",
            1,
            v.array("/inputs/proof_nonce"),
        )]))
    };
    let (phone, body, ctx) =
        PhoneDecrypt::begin_with(&header, &pk, &share, vec![ciphertext(v)], blinding, nonces)
            .unwrap();
    assert_eq!(ctx.as_slice(), v.bytes(&at("ctx")));
    let expected = [
        &[0, 1][..],
        &v.bytes(&at("T1")),
        &v.bytes(&at("c")),
        &v.bytes(&at("z")),
    ]
    .concat();
    assert_eq!(body.encode(), expected);
    let body = DecryptBody::<Sm2>::decode(&expected).unwrap();
    let point: Affine<Sm2> = v.point("/intermediate/A1");
    assert!(mul_base(&share) == Some(point));
    let request = DecryptRequest {
        ctx: &ctx,
        body: &body,
        share: &v.secret("/inputs/b"),
        point: &point,
    };
    let Some(Outcome::Right(answer)) = evaluate(&[request]).pop() else {
        panic!("the proof holds")
    };
    assert_eq!(*answer.body, [&[0, 1][..], &v.bytes(&at("T2"))].concat());
    assert_eq!(answer.audit_hash, crate::hash::h::<Sm2>("AUDIT", &[&ctx]));
    (phone, answer.body.to_vec())
}

#[test]
fn decrypt_vectors_plain_and_blinded() {
    let v = Vector::load("sm2_decrypt");
    for form in ["plain", "blinded"] {
        let (phone, answer) = run(&v, form);
        let plaintexts = phone.finish(&answer, DhForm::Point).unwrap();
        assert_eq!(*plaintexts[0], v.bytes("/outputs/plaintext"));
    }
}

/// Row 72 at this level: x of T2 or of −T2 is the same; C3 selects the sign.
#[test]
fn row_72_x_only_answers_decrypt() {
    let v = Vector::load("sm2_decrypt");
    for form in ["plain", "blinded"] {
        let (phone, _) = run(&v, form);
        let x = [
            &[0, 1][..],
            &v.bytes(&format!("/intermediate/{form}/T2_x_only")),
        ]
        .concat();
        assert_eq!(
            *phone.finish(&x, DhForm::XOnly).unwrap()[0],
            v.bytes("/outputs/plaintext")
        );
    }
    let (phone, _) = run(&v, "plain");
    let off_curve = [&[0, 1][..], &[0xff; 32]].concat();
    assert_eq!(
        phone.finish(&off_curve, DhForm::XOnly),
        Err(Error::DecryptionFailed)
    );
}

/// Row 51: where the proof does not hold, T2 is made with the dummy and b is used for nothing.
#[test]
fn row_51_wrong_proof_never_touches_the_share() {
    let v = Vector::load("sm2_decrypt");
    let point: Affine<Sm2> = v.point("/intermediate/A1");
    let t1: Affine<Sm2> = v.point("/intermediate/plain/T1");
    let proof = Proof::from_bytes(&[1; 64]).unwrap();
    let body = DecryptBody {
        encoded: vec![t1.encode()],
        points: vec![t1],
        proof,
    };
    let (share, dummy) = (v.secret("/inputs/b"), v.secret("/inputs/w"));
    let request = DecryptRequest {
        ctx: &[0; 32],
        body: &body,
        share: &share,
        point: &point,
    };
    let [with_share, with_dummy] = [&share, &dummy].map(|k| mul(k, &t1));
    let (requests, dummies) = ([request], [dummy]);
    assert!(*multiply(&requests, &[true], &dummies) == [with_share]);
    assert!(*multiply(&requests, &[false], &dummies) == [with_dummy]);
}
