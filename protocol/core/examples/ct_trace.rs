//! Records every instruction of one multiplication and prints how many there are and a hash of their addresses.
//!
//! `ct_trace <curve> <operation> <seed>`: the path must not depend on the seed. Unlike memcheck this also covers the
//! AVX-512 back end, since the processor itself executes the code. `tests/native/test_instruction_trace.py` runs it
//! without randomised addresses and compares. Linux on x86-64 only.

use std::hint::black_box;

use cosign_core::curve::{self, Combination, Curve, First, Scalar, SecretScalar, Sm2, P256};

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[path = "ct_trace/steps.rs"]
mod steps;

/// Elsewhere nothing is recorded.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod steps {
    pub fn prepare() {
        panic!("instructions are recorded on Linux and x86-64 only");
    }
    pub fn start() {}
    pub fn stop() {}
    pub fn record() -> (usize, [u8; 32]) {
        (0, [0; 32])
    }
}

/// Eight scalars for a seed: 0 gives 1 … 8, 1 gives n−1 … n−8, others scalars without structure.
fn scalars<C: Curve>(seed: u64) -> Vec<Scalar<C>> {
    (1..=8)
        .map(|i| match seed {
            0 => Scalar::from_u64(i),
            1 => Scalar::from_u64(i).neg(),
            _ => Scalar::from_u64(seed.wrapping_mul(0x9e37_79b9) + i).invert(),
        })
        .collect()
}

fn run<C: Curve>(operation: &str, seed: u64) {
    let plain = scalars::<C>(seed);
    let secrets: Vec<_> = plain.iter().map(|k| SecretScalar::new(*k)).collect();
    let secrets: Vec<_> = secrets.iter().collect();
    let points: Vec<_> = (2..10)
        .map(|k| curve::mul_base(&SecretScalar::new(Scalar::<C>::from_u64(k))).expect("not zero"))
        .collect();
    let sums: Vec<_> = secrets
        .iter()
        .map(|k| Combination {
            first: First::Base(k),
            products: vec![(secrets[0], points[0]), (k, points[1])],
        })
        .collect();
    let perform = || match operation {
        "point" => drop(black_box(curve::mul(secrets[0], &points[0]))),
        "generator" => drop(black_box(curve::mul_base(secrets[0]))),
        "points" => drop(black_box(curve::mul_batch(&secrets, &points))),
        "generators" => drop(black_box(curve::mul_base_batch(&secrets))),
        "sums" => drop(black_box(curve::combine(&sums))),
        "control" => drop(black_box(curve::msm_vartime(
            &Scalar::<C>::from_u64(seed + 1),
            &[],
        ))),
        other => panic!("unknown operation {other}"),
    };
    steps::prepare();
    // Builds the tables and leaves the allocator in the state every later call finds.
    perform();
    perform();
    steps::start();
    perform();
    steps::stop();
    let (count, hash) = steps::record();
    print!("{count} ");
    for byte in hash {
        print!("{byte:02x}");
    }
    println!();
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, curve, operation, seed] = &arguments[..] else {
        panic!("usage: ct_trace sm2|p256 OPERATION SEED");
    };
    let seed = seed.parse().expect("a number");
    match curve.as_str() {
        "sm2" => run::<Sm2>(operation, seed),
        "p256" => run::<P256>(operation, seed),
        other => panic!("unknown curve {other}"),
    }
}
