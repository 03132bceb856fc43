//! Times of the layer around the protocol on one core, as JSON lines.
//!
//! `cargo run --release --example bench_e2e [runs]`. `core.e2e.open_request` starts from the bytes of an envelope with one
//! digest and ends with the decoded request: decapsulation, decryption, strict decoding, context and body hash.
//! `core.device.verify` is the signature check that follows it, `core.pin.argon2id` what a PIN costs the phone (64 MiB,
//! three passes), `core.e2e.server_sign` a whole SIGN from envelope to sealed answer. Names that end in `lanes8` are the
//! same per request, eight requests at a time.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cosign_core::device::SigningKey;
use cosign_core::e2e::{Frame, Status};
use cosign_core::message::{self, Op, Purpose, SuiteId};
use cosign_core::phone::{Blob, Header, PhoneKeygen, PhoneSign, Target};
use cosign_core::pin::{k_pin, KdfParams};
use cosign_core::seal::SecretRecord;
use cosign_core::server::{verify_devices, EnvelopeKey, Request, ServerCore};

const DEFAULT_RUNS: usize = 200;
const SERVER: &str = "server-1";
const PIN: &str = "271828";
/// Argon2id takes a hundred milliseconds and is measured less often.
const PIN_RUNS: usize = 11;

type AnyResult<T> = Result<T, Box<dyn std::error::Error>>;

struct World {
    core: ServerCore,
    target: Arc<Target>,
    device: Arc<SigningKey>,
}

fn world() -> AnyResult<World> {
    let core = ServerCore::generate(SERVER)?;
    let key = Arc::new(EnvelopeKey::generate()?);
    core.add_envelope_key(Arc::clone(&key))?;
    let target = Target::new(
        SERVER,
        &core.identity_public_key(),
        key.key_id(),
        &key.public_key(),
    )?;
    Ok(World {
        core,
        target: Arc::new(target),
        device: Arc::new(SigningKey::generate()?),
    })
}

fn header(op: Op, share_id: [u8; 16], pk: [u8; 33]) -> AnyResult<Header> {
    Ok(Header::new(message::Header {
        suite: SuiteId::Sm2,
        op,
        purpose: Purpose::Sign,
        server_id: SERVER.into(),
        user_id: "user-1".into(),
        device_id: "device-1".into(),
        key_id: "key-1".into(),
        share_id,
        pk,
        req_nonce: [0; 32],
        issued_at_ms: 1,
        expires_at_ms: 2,
        ctr: 0,
        tau: [0; 16],
        open_reqs: vec![[1; 16]; 2],
        policy: [0; 32],
        restore_epoch: 0,
    })?)
}

fn keygen(world: &World) -> AnyResult<(Blob, Arc<SecretRecord>)> {
    let first = || header(Op::Keygen, [0; 16], [0; 33]);
    let (target, device) = (Arc::clone(&world.target), Arc::clone(&world.device));
    let phone = PhoneKeygen::begin(target, device, &first()?, 1)?;
    let begun = world
        .core
        .keygen_begin(&world.core.open_request(&phone.envelope()?)?)?;
    phone.receive(&begun.answer(0, 0)?, &first()?, 2)?;
    let request = world.core.open_request(&phone.envelope()?)?;
    let finished =
        world
            .core
            .keygen_finish(&request, &begun.pending(), &world.device.public_key())?;
    let generated = phone.finish(
        &finished.answer(0, 0, [0; 16], 0)?,
        PIN,
        KdfParams::new(19 * 1024, 2, 1)?,
    )?;
    let blob = generated.blob.ok_or("key generation was refused")?;
    Ok((blob, finished.record()))
}

/// Runs `work` on a fresh `prepare()` each time, so that one-time objects can be measured. Times are divided by `per`.
fn measure_each<I, O>(
    name: &str,
    runs: usize,
    per: u32,
    mut prepare: impl FnMut() -> AnyResult<I>,
    mut work: impl FnMut(I) -> O,
) -> AnyResult<()> {
    black_box(work(prepare()?));
    let mut samples = Vec::with_capacity(runs);
    for _ in 0..runs {
        let input = prepare()?;
        let start = Instant::now();
        black_box(work(black_box(input)));
        samples.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(per));
    }
    samples.sort_by(f64::total_cmp);
    let (median, min, max) = (samples[runs / 2], samples[0], samples[runs - 1]);
    println!(
        r#"{{"name": "{name}", "median_us": {median:.3}, "min_us": {min:.3}, "max_us": {max:.3}, "runs": {runs}}}"#
    );
    Ok(())
}

/// [`measure_each`] of one item.
fn measure<I, O>(
    name: &str,
    runs: usize,
    prepare: impl FnMut() -> AnyResult<I>,
    work: impl FnMut(I) -> O,
) -> AnyResult<()> {
    measure_each(name, runs, 1, prepare, work)
}

fn main() -> AnyResult<()> {
    let runs = std::env::args()
        .nth(1)
        .map_or(Ok(DEFAULT_RUNS), |runs| runs.parse())?
        .max(1);
    let world = world()?;
    let (blob, record) = keygen(&world)?;
    let share = blob.unlock(PIN)?;
    let envelope = || -> AnyResult<Vec<u8>> {
        let header = header(Op::Sign, blob.share_id(), blob.pk())?;
        let phone = PhoneSign::begin(
            &world.target,
            &world.device,
            &header,
            &share,
            vec![[5; 32]],
            1,
        )?;
        Ok(phone.envelope().to_vec())
    };
    let device = world.device.public_key();
    let open = |envelope: Vec<u8>| world.core.open_request(&envelope);
    let opened = || -> AnyResult<Request> { Ok(open(envelope()?)?) };
    let ok = Frame {
        status: Status::Ok,
        server_time_ms: 1,
        durable: false,
        attempts_left: 9,
        retry_after_s: 0,
        ctr: 1,
        tau: [1; 16],
        restore_epoch: 0,
    };

    measure("core.e2e.open_request", runs, envelope, open)?;
    measure("core.device.verify", runs, opened, |request| {
        request.verify_device(&device)
    })?;
    measure("core.e2e.server_sign", runs, envelope, |envelope| {
        let request = world.core.open_request(&envelope)?;
        request.verify_device(&device)?;
        world.core.evaluate(&[(&request, &record)])[0].answer(&ok, 0)
    })?;
    let eight = || -> AnyResult<Vec<Vec<u8>>> { (0..8).map(|_| envelope()).collect() };
    let open_all = |envelopes: Vec<Vec<u8>>| {
        let envelopes: Vec<&[u8]> = envelopes.iter().map(Vec::as_slice).collect();
        world.core.open_requests(&envelopes)
    };
    measure_each("core.e2e.open_request.lanes8", runs, 8, eight, open_all)?;
    let requests = || -> AnyResult<Vec<Request>> {
        Ok(open_all(eight()?).into_iter().collect::<Result<_, _>>()?)
    };
    measure_each("core.device.verify.lanes8", runs, 8, requests, |requests| {
        let items: Vec<_> = requests
            .iter()
            .map(|request| (request, device.as_slice()))
            .collect();
        verify_devices(&items)
    })?;
    measure_each("core.e2e.server_sign.lanes8", runs, 8, eight, |envelopes| {
        let requests: Vec<Request> = open_all(envelopes).into_iter().flatten().collect();
        let devices: Vec<_> = requests
            .iter()
            .map(|request| (request, device.as_slice()))
            .collect();
        let verdicts = verify_devices(&devices);
        let items: Vec<_> = requests.iter().map(|request| (request, &*record)).collect();
        let answers: Vec<_> = world
            .core
            .evaluate(&items)
            .iter()
            .map(|evaluation| evaluation.answer(&ok, 0))
            .collect();
        (verdicts, answers)
    })?;
    let pin_runs = runs.min(PIN_RUNS);
    measure(
        "core.pin.argon2id",
        pin_runs,
        || Ok(()),
        |()| k_pin(PIN, &[7; 32], KdfParams::default()),
    )
}
