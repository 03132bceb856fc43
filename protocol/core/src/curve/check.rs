//! Start-up self-check: known answers, and every usable back end gives the same results.

use super::affine::Affine;
use super::dispatch::{active, select, usable, Backend};
use super::scalar::{Scalar, SecretScalar};
use super::{batch, Curve, Sm2, P256};
use core::fmt;

/// A back end computed a wrong result; the process must not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfCheckFailed {
    /// The back end that failed.
    pub backend: Backend,
}

impl fmt::Display for SelfCheckFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "curve arithmetic failed its self-check on back end {:?}",
            self.backend
        )
    }
}

impl std::error::Error for SelfCheckFailed {}

/// x coordinates of d·G from GB/T 32918.5 (SM2) and RFC 6979 A.2.5 (P-256).
const KNOWN: [([u8; 32], [u8; 32]); 2] = [
    (
        bytes(
            0x3945_208f_7b21_44b1_3f36_e38a_c6d3_9f95,
            0x8893_9369_2860_b51a_42fb_81ef_4df7_c5b8,
        ),
        bytes(
            0x09f9_df31_1e54_21a1_50dd_7d16_1e4b_c5c6,
            0x7217_9fad_1833_fc07_6bb0_8ff3_56f3_5020,
        ),
    ),
    (
        bytes(
            0xc9af_a9d8_45ba_7516_6b5c_2157_67b1_d693,
            0x4e50_c3db_36e8_9b12_7b8a_622b_120f_6721,
        ),
        bytes(
            0x60fe_d4ba_255a_9d31_c961_eb74_c635_6d68,
            0xc049_b892_3b61_fa6c_e669_622e_60f2_9fb6,
        ),
    ),
];

const fn bytes(high: u128, low: u128) -> [u8; 32] {
    let (high, low) = (high.to_be_bytes(), low.to_be_bytes());
    let mut out = [0u8; 32];
    let mut i = 0;
    while i < 16 {
        out[i] = high[i];
        out[16 + i] = low[i];
        i += 1;
    }
    out
}

/// Checks every usable back end on both curves, then restores the active one. Takes a few milliseconds.
///
/// # Errors
/// [`SelfCheckFailed`] names the back end whose results are wrong.
pub fn self_check() -> Result<(), SelfCheckFailed> {
    let before = active();
    let mut outcome = Ok(());
    for backend in usable() {
        if select(backend).is_err() || !right::<Sm2>(&KNOWN[0]) || !right::<P256>(&KNOWN[1]) {
            outcome = Err(SelfCheckFailed { backend });
            break;
        }
    }
    // `before` was in use, so it is usable.
    let _ = select(before);
    outcome
}

/// Known answer, then relations that tie fixed base, variable base, lanes and variable time together.
fn right<C: Curve>((d, x): &([u8; 32], [u8; 32])) -> bool {
    let Some(d) = Scalar::<C>::from_bytes(d) else {
        return false;
    };
    let g = Affine::<C>::generator();
    let Some(public) = batch::mul_base(&SecretScalar::new(d)) else {
        return false;
    };
    let edges = [
        Scalar::ONE,
        Scalar::from_u64(6),
        Scalar::from_u64(6).neg(),
        Scalar::ONE.neg(),
        d,
        d.invert(),
        d.neg(),
        d.mul(&d),
    ];
    let secrets: Vec<_> = edges.iter().map(|k| SecretScalar::new(*k)).collect();
    let secrets: Vec<_> = secrets.iter().collect();
    let by_base = batch::mul_base_batch(&secrets);
    let by_point = batch::mul_batch(&secrets, &[g; 8]);
    let by_msm: Vec<_> = edges.iter().map(|k| batch::msm_vartime(k, &[])).collect();
    let encoded = public.encode();
    public.x_bytes() == *x
        && by_base == by_point
        && by_base == by_msm
        && by_base[4] == Some(public)
        && batch::mul(&SecretScalar::new(d.invert()), &public) == Some(g)
        && batch::mul_base(&SecretScalar::<C>::new(Scalar::ZERO)).is_none()
        && batch::decode_batch::<C>(&[encoded, encoded]) == Ok(vec![public, public])
        && batch::sum_batch(&[&[public, public, g], &[public, public.neg()]])
            == [batch::msm_vartime(&d.add(&d).add(&Scalar::ONE), &[]), None]
}
