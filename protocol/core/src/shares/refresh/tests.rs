use super::server::renew;
use super::{PhoneRefresh, RefreshRequest};
use crate::curve::{Affine, Sm2};
use crate::message::{confirm_ctx, RefreshAnswer, Sharing};
use crate::proof::verify_batch;
use crate::random::{PhoneNonces, ServerNonces};
use crate::shares::proof::{evaluate, prove_with, Occasion, ShareRequest};
use crate::shares::Outcome;
use crate::testing::Vector;

fn refresh_vector(name: &str, sharing: Sharing) {
    let v = Vector::load(name);
    let phone_secret = v.secret::<Sm2>("/inputs/phone");
    let share = if sharing == Sharing::TwoNonce {
        phone_secret.invert()
    } else {
        phone_secret
    };
    let nonces = PhoneNonces::prescribed(&[
        ("ep", 1, v.array("/inputs/ep")),
        ("pok", 1, v.array("/inputs/a_rf")),
    ]);
    let pk = v.array("/inputs/P");
    let (phone, body, ctx) = PhoneRefresh::<Sm2>::begin_with(
        sharing,
        &v.bytes("/inputs/header_refresh"),
        &pk,
        &share,
        &nonces,
    )
    .unwrap();
    assert_eq!(ctx.as_slice(), v.bytes("/intermediate/ctx_refresh"));
    assert_eq!(
        body.encode(),
        [
            v.bytes("/intermediate/Ep"),
            v.bytes("/outputs/proof_refresh")
        ]
        .concat()
    );

    let server_share = v.secret("/inputs/server");
    let point: Affine<Sm2> = crate::curve::mul_base(&v.secret("/inputs/phone")).unwrap();
    let request = RefreshRequest {
        sharing,
        ctx: &ctx,
        body: &body,
        body_hash: &[0; 32],
        share: &server_share,
        point: &point,
    };
    let nonces = ServerNonces::prescribed(&[("es", 1, v.array("/inputs/es"))]);
    let share_id = v.array("/inputs/share_id_new");
    let step = renew(&request, &server_share, &point, &nonces, share_id, [5; 32]).unwrap();
    assert_eq!(
        step.answer.es.encode().as_slice(),
        v.bytes("/intermediate/Es")
    );
    assert_eq!(
        step.point.encode().as_slice(),
        v.bytes("/outputs/point_new")
    );
    let (server_name, phone_name) = if sharing == Sharing::TwoNonce {
        ("/outputs/v2", "/outputs/d1")
    } else {
        ("/outputs/b", "/outputs/a")
    };
    assert_eq!(step.share.to_bytes().as_slice(), v.bytes(server_name));

    let answer = RefreshAnswer::decode(&step.answer.encode(), false).unwrap();
    assert_eq!((answer.share_id, answer.nonce_s), (share_id, [5; 32]));
    let new_share = phone.finish(&answer).unwrap();
    assert_eq!(new_share.to_bytes().as_slice(), v.bytes(phone_name));

    let ctx = confirm_ctx::<Sm2>(&v.bytes("/inputs/header_confirm"), &[], &pk);
    assert_eq!(ctx.as_slice(), v.bytes("/intermediate/ctx_confirm"));
    let nonces = PhoneNonces::prescribed(&[("pok", 1, v.array("/inputs/a_cf"))]);
    let proof = prove_with(Occasion::Confirm, sharing, &ctx, &new_share, &nonces).unwrap();
    assert_eq!(
        proof.to_bytes().as_slice(),
        v.bytes("/outputs/proof_confirm")
    );
    let confirm = ShareRequest {
        occasion: Occasion::Confirm,
        ctx: &ctx,
        proof: &proof,
        point: &step.point,
    };
    assert!(matches!(
        evaluate(&[confirm]).pop(),
        Some(Outcome::Right(_))
    ));
}

#[test]
fn refresh_vectors_of_both_sharings() {
    refresh_vector("refresh_sign", Sharing::TwoNonce);
    refresh_vector("refresh_mul", Sharing::Multiplicative);
}

#[test]
fn empty_micro_batches_are_empty() {
    assert!(super::evaluate::<Sm2>(&[]).is_empty());
    assert!(verify_batch::<Sm2>(&[]).is_empty());
}
