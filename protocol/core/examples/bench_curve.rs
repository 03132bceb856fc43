//! Curve arithmetic benchmark: one JSON object per line on stdout, `{"name", "median_us", "min_us", "max_us", "runs"}`.
//!
//! Times are microseconds per operation, public interface, affine result included. Without a suffix the default back end
//! of this processor is measured; `.portable` and `.x86` force one; `.lanes8` is one of eight multiplications in lanes and
//! appears only where the processor has AVX-512 IFMA.

use cosign_core::curve::{self, Affine, Backend, Curve, Scalar, SecretScalar, Sm2, P256};
use std::hint::black_box;
use std::time::Instant;

/// Timed samples per measurement.
const RUNS: usize = 31;
/// Wall time of one sample, microseconds.
const SAMPLE_US: f64 = 4000.0;

/// Times `operation`, which does the work of `count` operations.
fn measure<R>(name: &str, count: u32, mut operation: impl FnMut() -> R) {
    let once = {
        black_box(operation());
        let start = Instant::now();
        black_box(operation());
        start.elapsed().as_secs_f64() * 1e6
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small positive number
    let repeat = (SAMPLE_US / once).clamp(1.0, 1e6) as u32;
    let mut samples: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..repeat {
                black_box(operation());
            }
            start.elapsed().as_secs_f64() * 1e6 / f64::from(repeat) / f64::from(count)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let (median, min, max) = (samples[RUNS / 2], samples[0], samples[RUNS - 1]);
    println!(
        r#"{{"name": "{name}", "median_us": {median:.4}, "min_us": {min:.4}, "max_us": {max:.4}, "runs": {RUNS}}}"#
    );
}

/// A scalar without structure, the same in every run.
fn scalar<C: Curve>(seed: u64) -> Scalar<C> {
    Scalar::from_u64(seed | 1).invert()
}

fn single<C: Curve>(curve: &str, suffix: &str) {
    let k = SecretScalar::<C>::new(scalar(3));
    let p = curve::mul_base(&SecretScalar::<C>::new(scalar(5))).expect("a scalar that is not zero");
    measure(&format!("core.{curve}.mul_fixed{suffix}"), 1, || {
        curve::mul_base(black_box(&k))
    });
    measure(&format!("core.{curve}.mul_var{suffix}"), 1, || {
        curve::mul(black_box(&k), black_box(&p))
    });
}

fn others<C: Curve>(curve: &str) {
    let k = scalar::<C>(3);
    let secrets: Vec<_> = (0..128)
        .map(|i| SecretScalar::<C>::new(scalar(i + 7)))
        .collect();
    let secrets: Vec<_> = secrets.iter().collect();
    let points: Vec<_> = curve::mul_base_batch(&secrets)
        .into_iter()
        .map(|p| p.expect("not zero"))
        .collect();
    let encoded: Vec<_> = points.iter().map(Affine::encode).collect();
    measure(&format!("core.{curve}.invert"), 1, || {
        black_box(&k).invert()
    });
    measure(&format!("core.{curve}.scalar_mul_mod_n"), 1, || {
        black_box(&k).mul(black_box(&k))
    });
    measure(&format!("core.{curve}.decode"), 1, || {
        Affine::<C>::decode(black_box(&encoded[0]))
    });
    measure(&format!("core.{curve}.encode"), 1, || {
        black_box(&points[0]).encode()
    });
    measure(&format!("core.{curve}.decode_batch8"), 8, || {
        curve::decode_batch::<C>(black_box(&encoded[..8]))
    });
    measure(&format!("core.{curve}.add_batch8"), 8, || {
        curve::add_batch(black_box(&points[..8]), &points[8..16])
    });
    for terms in [1usize, 2, 4, 8, 32, 128] {
        let list: Vec<_> = (0..terms)
            .map(|i| (scalar::<C>(i as u64 + 100), points[i]))
            .collect();
        measure(&format!("core.{curve}.msm_vartime.{terms}"), 1, || {
            curve::msm_vartime(black_box(&k), &list)
        });
    }
    for count in [2u32, 64] {
        let n = count as usize;
        measure(&format!("core.{curve}.mul_var.batch{count}"), count, || {
            curve::mul_batch(&secrets[..n], &points[..n])
        });
        measure(
            &format!("core.{curve}.mul_fixed.batch{count}"),
            count,
            || curve::mul_base_batch(&secrets[..n]),
        );
    }
    if curve::active() == Backend::Ifma {
        measure(&format!("core.{curve}.mul_var.lanes8"), 8, || {
            curve::mul_batch(&secrets[..8], &points[..8])
        });
        measure(&format!("core.{curve}.mul_fixed.lanes8"), 8, || {
            curve::mul_base_batch(&secrets[..8])
        });
    }
}

fn main() {
    let best = curve::active();
    single::<Sm2>("sm2", "");
    single::<P256>("p256", "");
    others::<Sm2>("sm2");
    others::<P256>("p256");
    for (backend, suffix) in [(Backend::X86, ".x86"), (Backend::Portable, ".portable")] {
        if curve::select(backend).is_ok() {
            single::<Sm2>("sm2", suffix);
            single::<P256>("p256", suffix);
        }
    }
    curve::select(best).expect("it was active before");
}
