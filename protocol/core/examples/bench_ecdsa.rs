//! Times of the complete steps of two-party ECDSA on one core, as JSON lines.
//!
//! `cargo run --release --example bench_ecdsa [runs]`. The server step starts from the bytes of the body (strict decoding,
//! body hash, context, proof, OT check) and ends with the encoded answer; the phone step is both of its halves, from the
//! unlocked share and seeds to the verified signature. The OT set-up is dealt. Times of batches are per signature.

use std::hint::black_box;
use std::time::Instant;

use cosign_core::curve::{active, mul, mul_base, select, Affine, Backend, SecretScalar, P256};
use cosign_core::ecdsa::sign::{evaluate, Outcome, PhoneSign, SignRequest};
use cosign_core::message::{Body, EcSession, Header, Op, Purpose, SignedBody, SuiteId};
use cosign_core::ot::{testing::dealt, PhoneSeeds, ServerSetup};
use cosign_core::random::dummy_scalar;

const DEFAULT_RUNS: usize = 100;
const DIGEST: [u8; 32] = [0x5e; 32];
const BATCH: u32 = 8;

/// Both sides of one key; the benchmark plays both.
struct Key {
    pk: Affine<P256>,
    /// skB.
    phone: SecretScalar<P256>,
    /// skA.
    server: SecretScalar<P256>,
    /// `X_p`.
    point: Affine<P256>,
    setup: ServerSetup,
    seeds: PhoneSeeds,
}

impl Key {
    fn new() -> Self {
        let scalar = || dummy_scalar().expect("the operating system gives random bytes");
        let (phone, server) = (scalar(), scalar());
        let point = mul_base(&phone).expect("not zero");
        let (setup, seeds) = dealt();
        Self {
            pk: mul(&server, &point).expect("not zero"),
            phone,
            server,
            point,
            setup,
            seeds,
        }
    }
}

/// A request as it leaves the envelope.
struct Wire {
    header: Header,
    header_bytes: Vec<u8>,
    body: Vec<u8>,
}

fn begin(key: &Key) -> (PhoneSign, Wire) {
    let header = Header {
        suite: SuiteId::P256,
        op: Op::EcSign,
        purpose: Purpose::Sign,
        server_id: "server-1".into(),
        user_id: "user-1".into(),
        device_id: "device-1".into(),
        key_id: "key-1".into(),
        share_id: [1; 16],
        pk: key.pk.encode(),
        req_nonce: [2; 32],
        issued_at_ms: 1_700_000_000_000,
        expires_at_ms: 1_700_000_120_000,
        ctr: 7,
        tau: [3; 16],
        open_reqs: Vec::new(),
        policy: [0; 32],
        restore_epoch: 0,
    };
    let header_bytes = header.encode().expect("valid header");
    let begun = PhoneSign::begin(&header_bytes, &key.pk, &key.phone, &key.seeds, &DIGEST, 1);
    let (phone, body, _) = begun.expect("valid request");
    let body = [&body.encode(), &[1; 64][..]].concat();
    let wire = Wire {
        header,
        header_bytes,
        body,
    };
    (phone, wire)
}

fn serve(key: &Key, wires: &[Wire]) -> Vec<Vec<u8>> {
    let decoded: Vec<_> = wires
        .iter()
        .map(|wire| {
            let signed = SignedBody::<P256>::decode(&wire.header, &wire.body).expect("valid body");
            let Body::EcSign(body) = signed.body else {
                unreachable!("an EC_SIGN body")
            };
            let session = EcSession::new(&wire.header_bytes, &wire.header.pk, &body);
            (body, signed.body_hash, session)
        })
        .collect();
    let requests: Vec<SignRequest<'_>> = decoded
        .iter()
        .map(|(body, body_hash, session)| SignRequest {
            session,
            body,
            body_hash,
            share: &key.server,
            point: &key.point,
            setup: &key.setup,
        })
        .collect();
    let bodies = evaluate(&requests)
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::Right(answer) => answer.body.to_vec(),
            _ => unreachable!("the benchmark uses the right share and set-up"),
        });
    bodies.collect()
}

/// Prints the median, minimum and maximum of `runs` timed calls, divided by `per`. `step` returns the seconds it took.
fn measure(name: &str, runs: usize, per: u32, mut step: impl FnMut() -> f64) {
    let warm_up = runs / 10 + 1;
    let timed = (0..runs + warm_up).map(|_| step() * 1e6 / f64::from(per));
    let mut times: Vec<f64> = timed.skip(warm_up).collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{{\"name\": \"{name}\", \"median_us\": {median:.2}, \"min_us\": {min:.2}, \"max_us\": {max:.2}, \"runs\": {runs}}}"
    );
}

fn seconds<T>(action: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = black_box(action());
    (result, start.elapsed().as_secs_f64())
}

fn main() {
    let runs = std::env::args()
        .nth(1)
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(DEFAULT_RUNS)
        .max(1);
    let key = Key::new();
    measure("core.ecdsa.sign.server", runs, 1, || {
        let (_, wire) = begin(&key);
        seconds(|| serve(&key, &[wire])).1
    });
    measure("core.ecdsa.sign.server.batch8", runs, BATCH, || {
        let wires: Vec<Wire> = (0..BATCH).map(|_| begin(&key).1).collect();
        seconds(|| serve(&key, &wires)).1
    });
    let fastest = active();
    select(Backend::Portable).expect("runs everywhere");
    measure("core.ecdsa.sign.server.portable", runs, 1, || {
        let (_, wire) = begin(&key);
        seconds(|| serve(&key, &[wire])).1
    });
    select(fastest).expect("was in use");
    measure("core.ecdsa.sign.phone", runs, 1, || {
        let ((phone, wire), before) = seconds(|| begin(&key));
        let answer = serve(&key, &[wire]).remove(0);
        let (signature, after) = seconds(|| phone.finish(&answer));
        signature.expect("a signature");
        before + after
    });
}
