//! Statistical timing test of the constant-time operations (the method of dudect).
//!
//! `cargo run --release --example timing [measurements]`. Each operation is timed with one fixed secret and with random
//! secrets, in random order; Welch's t-test compares the two classes, as measured and with the slowest measurements cut
//! off. A variable-time operation is the positive control. Exit status 1 if a constant-time operation shows |t| above the
//! limit or if the control does not. A quiet machine gives the clearest answer.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use cosign_core::curve::{
    self, msm_vartime, mul, mul_base, mul_batch, Affine, Scalar, SecretScalar, Sm2, P256,
};
use cosign_core::hash::Suite;
use cosign_core::random::dummy_scalar;

/// The variable-time operation that must be caught.
const CONTROL: &str = "msm_vartime";
const DEFAULT_MEASUREMENTS: usize = 100_000;
/// Above this a leak is likely.
const LIMIT: f64 = 10.0;
/// Shares of the measurements, fastest first, that are compared.
const CUTS: [f64; 5] = [1.0, 0.99, 0.95, 0.9, 0.7];

/// Mean and variance, updated value by value.
#[derive(Default)]
struct Sample {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Sample {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Welch's t of two samples; 0 when one of them is too small to say anything.
fn welch(fixed: &Sample, random: &Sample) -> f64 {
    if fixed.count < 2.0 || random.count < 2.0 {
        return 0.0;
    }
    let spread = (fixed.variance() / fixed.count + random.variance() / random.count).sqrt();
    if spread == 0.0 {
        0.0
    } else {
        (fixed.mean - random.mean) / spread
    }
}

/// The largest |t| over all cuts of `times`: (class is fixed, nanoseconds).
fn largest_t(times: &[(bool, f64)]) -> f64 {
    let mut ordered: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    ordered.sort_by(f64::total_cmp);
    let t_of = |cut: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let last = ((ordered.len() as f64 * cut) as usize).clamp(1, ordered.len()) - 1;
        let (mut fixed, mut random) = (Sample::default(), Sample::default());
        for (is_fixed, time) in times.iter().filter(|(_, time)| *time <= ordered[last]) {
            if *is_fixed { &mut fixed } else { &mut random }.add(*time);
        }
        welch(&fixed, &random).abs()
    };
    CUTS.into_iter().map(t_of).fold(0.0, f64::max)
}

fn random<S: Suite>() -> SecretScalar<S> {
    dummy_scalar().expect("the operating system gives random bytes")
}

/// A secret full of structure: one.
fn fixed<S: Suite>() -> SecretScalar<S> {
    SecretScalar::new(Scalar::ONE)
}

/// Times `operation` on both classes; returns the largest |t|.
fn test<S: Suite, R>(measurements: usize, operation: impl Fn(&SecretScalar<S>) -> R) -> f64 {
    let mut times = Vec::with_capacity(measurements);
    let classes = random::<S>().to_bytes();
    let mut state = u64::from_le_bytes(classes[..8].try_into().expect("eight bytes")) | 1;
    for round in 0..measurements + measurements / 20 {
        // xorshift: the order of the classes must be unpredictable, not secret.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let is_fixed = state & 1 == 1;
        // Both classes do the same work before the clock starts.
        let (one, other) = (fixed::<S>(), random::<S>());
        let secret = if is_fixed { &one } else { &other };
        let start = Instant::now();
        black_box(operation(black_box(secret)));
        #[allow(clippy::cast_precision_loss)]
        let time = start.elapsed().as_nanos() as f64;
        if round >= measurements / 20 {
            times.push((is_fixed, time));
        }
    }
    largest_t(&times)
}

/// Prints one line and returns whether the operation behaves as it should.
fn judge(name: &str, t: f64, constant: bool) -> bool {
    let good = (t <= LIMIT) == constant;
    let expected = if constant {
        "constant time"
    } else {
        "control, must leak"
    };
    println!(
        "{:4}  |t| = {t:8.2}  {name}  ({expected})",
        if good { "ok" } else { "BAD" }
    );
    good
}

fn suite<S: Suite>(measurements: usize) -> bool {
    let base: Affine<S> = mul_base(&random::<S>()).expect("not zero");
    let name = S::NAME;
    let mut good = true;
    let mut check = |operation: &str, t: f64| {
        good &= judge(&format!("{name} {operation}"), t, operation != CONTROL);
    };
    check("mul_base", test::<S, _>(measurements, mul_base));
    check("mul", test::<S, _>(measurements, |k| mul(k, &base)));
    check(
        "mul_batch of 8",
        test::<S, _>(measurements, |k| mul_batch(&[k; 8], &[base; 8])),
    );
    check("invert", test::<S, _>(measurements, SecretScalar::invert));
    check(
        CONTROL,
        test::<S, _>(measurements / 10, |k| {
            msm_vartime(k.expose(), &[(*k.expose(), base)])
        }),
    );
    good
}

fn main() -> ExitCode {
    let measurements = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(DEFAULT_MEASUREMENTS);
    let mut good = true;
    for backend in curve::usable() {
        if curve::select(backend).is_ok() {
            println!("back end {backend:?}, {measurements} measurements each");
            good &= suite::<Sm2>(measurements);
            good &= suite::<P256>(measurements);
        }
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
