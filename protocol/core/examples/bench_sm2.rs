//! Times of the complete protocol steps on one core, as JSON lines.
//!
//! `cargo run --release --example bench_sm2 [runs]`. A server step starts from the bytes of the body (strict decoding of
//! every point and scalar, body hash, context) and ends with the encoded answer. Times of batches are per signature.

use std::hint::black_box;
use std::time::Instant;

use cosign_core::curve::{mul, mul_base, Affine, SecretScalar, Sm2};
use cosign_core::message::{
    Header, Op, Purpose, RefreshBody, Sharing, SignBody, SignedBody, SuiteId,
};
use cosign_core::random::dummy_scalar;
use cosign_core::shares::keygen::{self, PhoneKeygen};
use cosign_core::shares::refresh::{self, PhoneRefresh, RefreshRequest};
use cosign_core::shares::Outcome;
use cosign_core::sm2::decrypt::{self, DecryptRequest, PhoneDecrypt};
use cosign_core::sm2::encrypt;
use cosign_core::sm2::sign::{self, PhoneSign, SignRequest};

const DEFAULT_RUNS: usize = 200;

/// Both sides of one key; the benchmark plays both.
struct Key {
    pk: Affine<Sm2>,
    /// d1 or a.
    phone: SecretScalar<Sm2>,
    /// v2 or b.
    server: SecretScalar<Sm2>,
    /// P1 or A1.
    point: Affine<Sm2>,
}

impl Key {
    fn signing() -> Self {
        let (u1, server) = (scalar(), scalar());
        let point = mul_base(&u1).expect("not zero");
        let pk = mul(&server, &point)
            .and_then(|p| p.sub(&Affine::generator()))
            .expect("not the identity");
        Self {
            pk,
            phone: u1.invert(),
            server,
            point,
        }
    }

    fn decryption() -> Self {
        let (phone, server) = (scalar(), scalar());
        let point = mul_base(&phone).expect("not zero");
        let pk = mul(&server, &point).expect("not zero");
        Self {
            pk,
            phone,
            server,
            point,
        }
    }
}

fn scalar() -> SecretScalar<Sm2> {
    dummy_scalar().expect("the operating system gives random bytes")
}

fn header(op: Op, purpose: Purpose, pk: [u8; 33]) -> Header {
    Header {
        suite: SuiteId::Sm2,
        op,
        purpose,
        server_id: "server-1".into(),
        user_id: "user-1".into(),
        device_id: "device-1".into(),
        key_id: "key-1".into(),
        share_id: if op == Op::Keygen { [0; 16] } else { [1; 16] },
        pk,
        req_nonce: [2; 32],
        issued_at_ms: 1_700_000_000_000,
        expires_at_ms: 1_700_000_120_000,
        ctr: 7,
        tau: [3; 16],
        open_reqs: Vec::new(),
        policy: [0; 32],
        restore_epoch: 0,
    }
}

/// A request as it leaves the envelope.
struct Wire {
    header: Header,
    header_bytes: Vec<u8>,
    body: Vec<u8>,
}

impl Wire {
    fn new(header: Header, mut body: Vec<u8>) -> Self {
        body.extend_from_slice(&[1; 64]);
        let header_bytes = header.encode().expect("valid header");
        Self {
            header,
            header_bytes,
            body,
        }
    }

    /// Body and context of each request.
    fn decode_all(wires: &[Self]) -> Vec<(SignedBody<Sm2>, [u8; 32])> {
        let bodies: Vec<_> = wires
            .iter()
            .map(|wire| (&wire.header, wire.body.as_slice()))
            .collect();
        SignedBody::decode_all(&bodies)
            .into_iter()
            .zip(wires)
            .map(|(signed, wire)| {
                let signed = signed.expect("valid body");
                let ctx = signed
                    .ctx(&wire.header, &wire.header_bytes)
                    .expect("operation with a context");
                (signed, ctx)
            })
            .collect()
    }
}

fn sign_begin(key: &Key, count: usize) -> (PhoneSign, Wire) {
    let header = header(Op::Sign, Purpose::Sign, key.pk.encode());
    let bytes = header.encode().expect("valid header");
    let digests = (0..count)
        .map(|i| [u8::try_from(i).expect("at most 256") | 1; 32])
        .collect();
    let (phone, body, _) =
        PhoneSign::begin(&bytes, &key.pk, &key.phone, digests, 1).expect("valid request");
    (phone, Wire::new(header, body.encode()))
}

fn sign_server(key: &Key, requests: &[Wire]) -> Vec<Vec<u8>> {
    let decoded = Wire::decode_all(requests);
    let bodies: Vec<&SignBody<Sm2>> = decoded
        .iter()
        .map(|(signed, _)| match &signed.body {
            cosign_core::message::Body::Sign(body) => body,
            _ => unreachable!("a SIGN body"),
        })
        .collect();
    let items: Vec<SignRequest<'_>> = decoded
        .iter()
        .zip(bodies)
        .map(|((signed, ctx), body)| SignRequest {
            ctx,
            body,
            body_hash: &signed.body_hash,
            share: &key.server,
            point: &key.point,
        })
        .collect();
    sign::evaluate(&items).into_iter().map(right).collect()
}

fn right(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Right(answer) => answer.body.to_vec(),
        Outcome::Wrong | Outcome::Fault => unreachable!("the benchmark uses the right share"),
    }
}

fn decrypt_server(key: &Key, wire: Wire) -> Vec<u8> {
    let (signed, ctx) = Wire::decode_all(&[wire]).pop().expect("one request");
    let cosign_core::message::Body::Decrypt(body) = &signed.body else {
        unreachable!("a DECRYPT body")
    };
    let request = DecryptRequest {
        ctx: &ctx,
        body,
        share: &key.server,
        point: &key.point,
    };
    decrypt::evaluate(&[request])
        .into_iter()
        .map(right)
        .next()
        .expect("one outcome")
}

fn keygen_both() {
    let header = header(Op::Keygen, Purpose::Sign, [0; 33]);
    let bytes = header.encode().expect("valid header");
    let (phone, m1, _) = PhoneKeygen::<Sm2>::begin(&header, [2; 33], &[0; 32], 1).expect("M1");
    let (pending, m2) =
        keygen::begin::<Sm2>(Sharing::TwoNonce, &bytes, &m1, &[0; 32], &[0; 32]).expect("M2");
    let (phone, m3, _) = phone.receive(&m2).expect("M3");
    let share = pending.finish(&m3).expect("a key");
    let m4 = cosign_core::message::KeygenM4 {
        pk: share.pk.encode(),
        share_id: share.share_id,
        sig_server: [0; 64],
        tau: [0; 16],
        ctr: 0,
    };
    black_box(phone.finish(&m4, |_, _| Ok(())).expect("a key"));
}

fn refresh_both(key: &Key) {
    let header = header(Op::Refresh, Purpose::Sign, key.pk.encode())
        .encode()
        .expect("valid header");
    let pk = key.pk.encode();
    let (phone, body, ctx) =
        PhoneRefresh::begin(Sharing::TwoNonce, &header, &pk, &key.phone, 1).expect("a request");
    let body = RefreshBody::decode(&body.encode()).expect("valid body");
    let request = RefreshRequest {
        sharing: Sharing::TwoNonce,
        ctx: &ctx,
        body: &body,
        body_hash: &[0; 32],
        share: &key.server,
        point: &key.point,
    };
    let step = refresh::evaluate(&[request]).pop().expect("one step");
    black_box(phone.finish(&step.answer).expect("a new share"));
}

/// Prints the median, minimum and maximum of `runs` timed calls, divided by `per`; `prepare` is not timed.
fn measure<T>(
    name: &str,
    runs: usize,
    per: u32,
    mut prepare: impl FnMut() -> T,
    mut step: impl FnMut(T),
) {
    let warm_up = runs / 10 + 1;
    let mut times: Vec<f64> = (0..runs + warm_up)
        .map(|_| {
            let input = prepare();
            let start = Instant::now();
            step(input);
            start.elapsed().as_secs_f64() * 1e6 / f64::from(per)
        })
        .skip(warm_up)
        .collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{{\"name\": \"{name}\", \"median_us\": {median:.2}, \"min_us\": {min:.2}, \"max_us\": {max:.2}, \"runs\": {runs}}}"
    );
}

fn main() {
    let runs = std::env::args()
        .nth(1)
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(DEFAULT_RUNS)
        .max(1);
    let key = Key::signing();
    let server = |wires: &[Wire]| {
        black_box(sign_server(&key, wires));
    };
    let one = || vec![sign_begin(&key, 1).1];
    measure("core.sm2.sign.server.n1", runs, 1, one, |wires| {
        server(&wires);
    });
    let many = || vec![sign_begin(&key, 64).1];
    measure("core.sm2.sign.server.n64", runs, 64, many, |wires| {
        server(&wires);
    });
    let eight = || (0..8).map(|_| sign_begin(&key, 1).1).collect::<Vec<_>>();
    measure("core.sm2.sign.server.lanes8", runs, 8, eight, |wires| {
        server(&wires);
    });
    let decryption = Key::decryption();
    let decrypt_request = || {
        let header = header(Op::Decrypt, Purpose::Decrypt, decryption.pk.encode());
        let bytes = header.encode().expect("valid header");
        let ciphertext = encrypt(&decryption.pk, b"encryption standard").expect("a ciphertext");
        let pk = decryption.pk.encode();
        let (_, body, _) =
            PhoneDecrypt::begin(&bytes, &pk, &decryption.phone, vec![ciphertext], true, 1)
                .expect("valid request");
        Wire::new(header, body.encode())
    };
    measure(
        "core.sm2.decrypt.server",
        runs,
        1,
        decrypt_request,
        |wire| {
            black_box(decrypt_server(&decryption, wire));
        },
    );
    let answered = || {
        let (phone, wire) = sign_begin(&key, 1);
        let answer = sign_server(&key, &[wire]).pop().expect("one answer");
        (phone, answer)
    };
    measure(
        "core.sm2.sign.phone.finish.n1",
        runs,
        1,
        answered,
        |(phone, answer)| {
            black_box(phone.finish(&answer).expect("a signature"));
        },
    );
    let no_input = || ();
    measure("core.sm2.sign.phone.begin.n1", runs, 1, no_input, |()| {
        black_box(sign_begin(&key, 1));
    });
    measure("two_party.sign.n1.protocol", runs, 1, no_input, |()| {
        let (phone, answer) = answered();
        black_box(phone.finish(&answer).expect("a signature"));
    });
    measure("core.sm2.keygen.both", runs, 1, no_input, |()| {
        keygen_both();
    });
    measure("core.sm2.refresh.both", runs, 1, no_input, |()| {
        refresh_both(&key);
    });
}
