//! The project's known answers, message by message.

use super::*;
use crate::message::{dev_message, req_id};
use crate::sm2::sign::{binding_factor, server::evaluate_all};
use crate::sm2::{digest, DEFAULT_ID};
use crate::testing::Vector;

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
