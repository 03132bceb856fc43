//! The project's known answers, message by message, over ideal correlated rows.

use super::*;
use crate::curve;
use crate::device;
use crate::message::OtMessage;
use crate::ot::{Block, Column, PhoneExtension};
use crate::testing::{sha256_hex, Vector};
use shake::digest::{ExtendableOutput, Update, XofReader};

/// SHAKE256("COSIGN-KAT/" ‖ tag).
fn fixed<const N: usize>(tag: &str) -> [u8; N] {
    let mut state = shake::Shake256::default();
    state.update(b"COSIGN-KAT/");
    state.update(tag.as_bytes());
    let mut out = [0; N];
    state.finalize_xof().read(&mut out);
    out
}

/// Z, and T with `Z_m = T_m ⊕ x_m·Δ`.
fn rows(x: &Column, delta: &Block) -> (Vec<Block>, Vec<Block>) {
    let z = fixed::<{ 16 * 1024 }>("ec-Z").as_chunks().0.to_vec();
    let opened = |(m, z): (usize, &Block)| match x[m >> 3] >> (m & 7) & 1 {
        0 => *z,
        _ => core::array::from_fn(|i| z[i] ^ delta[i]),
    };
    let t = z.iter().enumerate().map(opened).collect();
    (z, t)
}

fn check(v: &Vector) {
    let key = Key::of(v.secret("/inputs/skB"), v.secret("/inputs/skA"));
    assert!(key.pk == v.point("/intermediate/pk"));
    let (header, e) = (v.bytes("/inputs/header"), v.array("/inputs/e"));
    let ctx0 = ec_ctx0(&header, &e, &key.pk.encode());
    assert_eq!(ctx0.as_slice(), v.bytes("/intermediate/ctx0"));
    let (x, delta) = (v.array("/inputs/x"), v.array("/inputs/Delta"));
    let (z, t) = rows(&x, &delta);
    assert_eq!(z[0].as_slice(), v.bytes("/inputs/Z_0"));

    let nonces = PhoneNonces::prescribed(&[
        ("k", 0, v.array("/inputs/kB")),
        ("pok", 1, v.array("/inputs/proof_nonce")),
    ]);
    let extension = |sid: &Bytes, _: &Column| {
        assert_eq!(sid.as_slice(), v.bytes("/intermediate/sid"));
        PhoneExtension {
            c: Box::new(core::array::from_fn(|j| fixed(&format!("ec-C{j}"))).into()),
            x_tilde: Zeroizing::new(fixed("ec-xt")),
            t_tilde: Box::new(core::array::from_fn(|p| fixed(&format!("ec-tt{p}"))).into()),
            rows: Zeroizing::new(t),
        }
    };
    let begun = PhoneSign::begin_with(&ctx0, &key.pk, &key.skb, &e, &nonces, x.into(), extension);
    let run = Run::new(begun.unwrap());
    assert_eq!(run.body.encoded.as_slice(), v.bytes("/intermediate/D"));
    let list = |path: &str| v.list::<32>(path);
    assert_eq!(
        run.body.delta.map(|delta| delta.to_bytes()).to_vec(),
        list("/intermediate/delta")
    );
    assert_eq!(run.session.ctx.as_slice(), v.bytes("/intermediate/ctx"));
    let proof = [v.bytes("/intermediate/c"), v.bytes("/intermediate/z")].concat();
    assert_eq!(run.body.proof.to_bytes().as_slice(), proof);

    let body = EcSignBody::decode(&run.body.encode()).unwrap();
    let mut spare = vec![0; ServerSetup::LEN];
    spare[..16].copy_from_slice(&delta);
    let setup = ServerSetup::from_bytes(&spare).unwrap();
    let request = SignRequest {
        body: &body,
        setup: &setup,
        ..key.request(&run)
    };
    let scalar = |tag| v.array(&format!("/inputs/server_scalars/{tag}"));
    let draw = |_: &Bytes, _: &Bytes, _: &Bytes| {
        Ok(Drawn {
            nonces: ServerNonces::prescribed(&[
                ("k", 0, scalar("kA")),
                ("pok", 0, scalar("piR")),
                ("phi", 0, scalar("phi")),
                ("a1", 0, scalar("ah01")),
                ("a2", 0, scalar("ah02")),
                ("a1", 1, scalar("ah11")),
                ("a2", 1, scalar("ah12")),
            ]),
            nonce_s: v.array("/inputs/nonce_s"),
        })
    };
    let given = |_: &ServerSetup, _: &Bytes, _: &OtMessage| Ok(Zeroizing::new(z.clone()));
    let body = right(only(evaluate_all(&[request], draw, given))).body;
    assert_eq!(body.len(), EcSignAnswer::LEN);
    let answer = EcSignAnswer::decode(&body).unwrap();
    assert_eq!(answer.encode(), body);
    assert_eq!(
        answer.point.encode().as_slice(),
        v.bytes("/intermediate/R1")
    );
    assert_eq!(
        answer.proof.to_bytes().as_slice(),
        list("/intermediate/piR").concat()
    );
    for (i, multiplication) in answer.multiplications.iter().enumerate() {
        let at = |name: &str| format!("/intermediate/multiplication_{i}/{name}");
        assert_eq!(
            sha256_hex(multiplication.at()),
            v.text(&at("at/sha256")),
            "instance {i}"
        );
        assert_eq!(multiplication.at()[..96], list(&at("at_row_0")).concat());
        assert_eq!(
            multiplication.at()[511 * 96..],
            list(&at("at_row_511")).concat()
        );
        assert_eq!(
            multiplication.eta.map(|eta| eta.to_bytes()).to_vec(),
            list(&at("eta"))
        );
        assert_eq!(multiplication.mu.as_slice(), v.bytes(&at("mu")));
    }
    let ends = [answer.eta_phi, answer.eta_sig].map(|eta| eta.to_bytes());
    assert_eq!(ends[0].as_slice(), v.bytes("/intermediate/etaPhi"));
    assert_eq!(ends[1].as_slice(), v.bytes("/intermediate/etaSig"));

    let signature = run.phone.finish(&body).unwrap();
    let expected = [v.bytes("/outputs/r"), v.bytes("/outputs/s")].concat();
    assert_eq!(signature.as_slice(), expected);
    device::verify(&key.pk, &e, &signature).unwrap();
}

#[test]
fn sign_vector_on_every_back_end() {
    let v = Vector::load("ecdsa_dkls18");
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        check(&v);
    }
    curve::select(before).unwrap();
}
