//! Shared by the OT tests: nonces, back-end selection and the correlation itself.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::{Mutex, PoisonError};

use cosign_core::curve::{self, P256};
use cosign_core::ot::{
    extend_phone, extend_server, Block, PhoneSeeds, Rows, ServerSetup, COLUMN_BYTES,
};
use cosign_core::random::{fresh, PhoneNonces, ServerNonces};

pub const OTSID: [u8; 32] = [0x5a; 32];

pub fn server_nonces() -> ServerNonces {
    ServerNonces::new::<P256>(&[1; 32], &[2; 32], &[3; 32]).unwrap()
}

pub fn phone_nonces() -> PhoneNonces {
    PhoneNonces::new::<P256>(&[4; 32], &[5; 32], 6).unwrap()
}

/// Choice bit i of OTS-1.
pub fn choice(nonces: &ServerNonces, i: usize) -> u8 {
    let i = u16::try_from(i).unwrap();
    nonces.scalar::<P256>("c", i, 0).to_bytes()[31] & 1
}

/// ENC-5.
pub fn bit(bytes: &[u8], m: usize) -> u8 {
    bytes[m >> 3] >> (m & 7) & 1
}

/// `Z_m = T_m ⊕ x_m·Δ` for every row.
pub fn rows_fit(z: &Rows, t: &Rows, x: &[u8], delta: &Block) -> bool {
    (0..1024).all(|m| {
        let mask = bit(x, m).wrapping_neg();
        (0..16).all(|i| z[m][i] == t[m][i] ^ mask & delta[i])
    })
}

/// Whether an extension with random choice bits passes; what passes must be right.
pub fn correlated(setup: &ServerSetup, seeds: &PhoneSeeds) -> bool {
    let (sid, x) = (fresh().unwrap(), fresh::<COLUMN_BYTES>().unwrap());
    let phone = extend_phone(seeds, &sid, &x);
    let rows = extend_server(setup, &sid, &phone.c, &phone.x_tilde, &phone.t_tilde);
    rows.is_ok_and(|z| {
        assert!(rows_fit(&z, &phone.rows, &x, setup.delta()));
        true
    })
}

/// Runs `check` on every back end of this processor. The choice is one per process, so such tests take turns.
pub fn on_every_backend(check: impl Fn()) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).unwrap();
        check();
    }
    curve::select(before).unwrap();
}
