//! Oblivious transfer benchmark: one JSON object per line on stdout, `{"name", "median_us", "min_us", "max_us", "runs"}`.
//!
//! Microseconds per operation on the default back end of this processor. `core.ot.setup.*` is the set-up of one share
//! (§6.2), `core.ot.extend.*` the extension of one signature (EC-3, EC-6).

use std::hint::black_box;
use std::time::Instant;

use cosign_core::curve::{map_batch, P256};
use cosign_core::ot::base::{accept, answer, offer};
use cosign_core::ot::{extend_phone, extend_server, COLUMN_BYTES};
use cosign_core::random::{PhoneNonces, ServerNonces};

/// Timed samples per measurement.
const RUNS: usize = 31;
/// Wall time of one sample, microseconds.
const SAMPLE_US: f64 = 10_000.0;

/// Times `operation`.
fn measure<R>(name: &str, mut operation: impl FnMut() -> R) {
    let mut timed = |repeat: u32| {
        let start = Instant::now();
        for _ in 0..repeat {
            black_box(operation());
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(repeat)
    };
    timed(1);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small positive number
    let repeat = (SAMPLE_US / timed(1)).clamp(1.0, 1e6) as u32;
    let mut samples: Vec<f64> = (0..RUNS).map(|_| timed(repeat)).collect();
    samples.sort_by(f64::total_cmp);
    let (median, min, max) = (samples[RUNS / 2], samples[0], samples[RUNS - 1]);
    println!(
        r#"{{"name": "{name}", "median_us": {median:.2}, "min_us": {min:.2}, "max_us": {max:.2}, "runs": {RUNS}}}"#
    );
}

fn main() {
    let otsid = [7; 32];
    let server = ServerNonces::new::<P256>(&[1; 32], &[2; 32], &[3; 32]).expect("random bytes");
    let phone = PhoneNonces::new::<P256>(&[4; 32], &[5; 32], 6).expect("random bytes");
    let part_1 = offer(&otsid, &server);
    let (seeds, part_2) = answer(&otsid, &part_1, &phone).expect("an honest part 1");
    let setup = accept(&otsid, &server, &part_2).expect("an honest part 2");
    let uniform = [[0x5a; 96]; 128];
    measure("core.p256.map.batch128", || map_batch(&uniform));
    measure("core.ot.setup.server.part1", || offer(&otsid, &server));
    measure("core.ot.setup.phone", || {
        answer(&otsid, &part_1, &phone).is_ok()
    });
    measure("core.ot.setup.server.part2", || {
        accept(&otsid, &server, &part_2).is_ok()
    });
    let (sid, x) = ([8; 32], [0x5a; COLUMN_BYTES]);
    let message = extend_phone(&seeds, &sid, &x);
    measure("core.ot.extend.phone", || extend_phone(&seeds, &sid, &x));
    measure("core.ot.extend.server", || {
        extend_server(&setup, &sid, &message.c, &message.x_tilde, &message.t_tilde).is_ok()
    });
}
