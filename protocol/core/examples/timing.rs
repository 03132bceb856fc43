//! Statistical timing test in the manner of dudect: does the time of an operation depend on its secret?
//!
//! Two classes of secrets, one fixed and one drawn anew for every measurement, are timed in random order. Welch's t-test
//! compares the means, on all measurements and on those below several percentiles (an interrupt must not hide or fake
//! a difference). |t| above 10 is a leak; the control case must show one. Run it with `make timing` on a quiet machine;
//! it is not part of `make test`, because noise of a shared machine is not a defect of the code.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use cosign_core::curve::{self, Affine, Curve, Scalar, SecretScalar, Sm2, P256};

/// Measurements per case.
const MEASUREMENTS: usize = 60_000;
/// Beyond this the classes differ for certain.
const LEAK: f64 = 10.0;
/// Shares of the fastest measurements that are compared, besides all.
const PERCENTILES: [f64; 5] = [0.25, 0.5, 0.75, 0.9, 0.99];

/// A small generator (`SplitMix64`): the same secrets in every run.
struct Stream(u64);

impl Stream {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn scalar<C: Curve>(&mut self) -> Scalar<C> {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.word().to_be_bytes());
        }
        Scalar::reduce32(&bytes)
    }
}

/// Running mean and variance (Welford).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn push(&mut self, x: f64) {
        self.count += 1.0;
        let delta = x - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (x - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Welch's t of the two classes.
fn welch(a: &Moments, b: &Moments) -> f64 {
    (a.mean - b.mean) / (a.variance() / a.count + b.variance() / b.count).sqrt()
}

/// The largest |t| over all cuts.
fn largest_t(samples: &[(bool, f64)]) -> f64 {
    let mut sorted: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )] // an index
    let cut = |share: f64| sorted[(last as f64 * share) as usize];
    let cuts = PERCENTILES
        .iter()
        .map(|share| cut(*share))
        .chain([f64::INFINITY]);
    cuts.map(|cut| {
        let mut classes = [Moments::default(), Moments::default()];
        for (class, time) in samples.iter().filter(|(_, time)| *time <= cut) {
            classes[usize::from(*class)].push(*time);
        }
        welch(&classes[0], &classes[1]).abs()
    })
    .fold(0.0, f64::max)
}

/// Times `operation` for the fixed and for random secrets and returns the largest |t|.
fn measure<C: Curve>(fixed: Scalar<C>, mut operation: impl FnMut(&Scalar<C>)) -> f64 {
    let mut stream = Stream(0x7469_6d65);
    let mut samples = Vec::with_capacity(MEASUREMENTS);
    for round in 0..MEASUREMENTS + 1_000 {
        // Both classes draw a scalar, so that preparing them costs the same.
        let drawn = stream.scalar();
        let class = stream.word() & 1 == 1;
        let secret = black_box([fixed, drawn])[usize::from(class)];
        let start = Instant::now();
        operation(&secret);
        let time = start.elapsed().as_secs_f64() * 1e9;
        if round >= 1_000 {
            samples.push((class, time));
        }
    }
    largest_t(&samples)
}

/// Prints one line and says whether the outcome is as it must be.
fn report(name: &str, t: f64, must_leak: bool) -> bool {
    let leaks = t > LEAK;
    let verdict = if leaks == must_leak { "ok" } else { "FAILED" };
    println!("{name:<46} max |t| = {t:>9.2}  {verdict}");
    leaks == must_leak
}

/// Name, what is timed, and whether it must leak.
type Operation<'a, C> = (&'static str, &'a dyn Fn(&Scalar<C>), bool);

fn cases<C: Curve>(curve: &str) -> bool {
    let sparse = Scalar::<C>::from_u64(2);
    let point = curve::mul_base(&SecretScalar::new(Scalar::from_u64(77))).expect("not zero");
    let points = [point; 8];
    let mut right = true;
    let list: [Operation<'_, C>; 5] = [
        (
            "fixed base",
            &|k| _ = black_box(curve::mul_base(&SecretScalar::new(*k))),
            false,
        ),
        (
            "variable base",
            &|k| _ = black_box(curve::mul(&SecretScalar::new(*k), &point)),
            false,
        ),
        (
            "eight variable bases",
            &|k| _ = black_box(batch(k, &points)),
            false,
        ),
        ("inversion mod n", &|k| _ = black_box(k.invert()), false),
        (
            "control: variable time",
            &|k| _ = black_box(curve::msm_vartime(k, &[])),
            true,
        ),
    ];
    for (name, operation, must_leak) in list {
        let t = measure(sparse, operation);
        right &= report(
            &format!("{:?} {curve} {name}", curve::active()),
            t,
            must_leak,
        );
    }
    right
}

fn batch<C: Curve>(k: &Scalar<C>, points: &[Affine<C>; 8]) -> Vec<Option<Affine<C>>> {
    let k = SecretScalar::new(*k);
    curve::mul_batch(&[&k; 8], points)
}

fn main() -> ExitCode {
    let mut right = true;
    for backend in curve::usable() {
        curve::select(backend).expect("usable");
        right &= cases::<Sm2>("SM2");
        right &= cases::<P256>("P-256");
    }
    if right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
