//! Cases of oblivious transfer: map to the curve, choice bits, GF(2^128), seeds.

use std::hint::black_box;

use cosign_core::ct::memcheck;
use cosign_core::curve::{map_batch, P256};
use cosign_core::ot::base::{accept, answer, offer};
use cosign_core::ot::{extend_phone, extend_server, PhoneSeeds, ServerSetup, COLUMNS};
use cosign_core::random::{PhoneNonces, ServerNonces};
use zeroize::Zeroizing;

use crate::secret_bytes;

const OTSID: [u8; 32] = [7; 32];
const SID: [u8; 32] = [8; 32];
const SEED: u8 = 0x2b;

/// Seed and choice bits that follow from it, secret.
fn secret_nonces() -> ServerNonces {
    ServerNonces::from_seed(&secret_bytes(SEED))
}

fn public<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    memcheck::mark_public(&mut bytes);
    bytes
}

fn phone_nonces(share: &[u8; 32]) -> PhoneNonces {
    PhoneNonces::new::<P256>(share, &[1; 32], 2).expect("random bytes")
}

pub fn map_to_curve() {
    let points = map_batch(&[secret_bytes(0x31), secret_bytes(0x32), secret_bytes(0x33)]);
    black_box(points);
}

pub fn choice_bits_in_part_1() {
    black_box(offer(&OTSID, &secret_nonces()));
}

pub fn choice_bits_in_part_2() {
    // The same set-up with public secrets makes the two messages, which are public.
    let open = ServerNonces::from_seed(&public(secret_bytes(SEED)));
    let (_, part_2) = answer(&OTSID, &offer(&OTSID, &open), &phone_nonces(&[3; 32])).expect("fits");
    black_box(accept(&OTSID, &secret_nonces(), &part_2).expect("fits"));
}

pub fn phone_secrets_in_part_2() {
    let open = ServerNonces::from_seed(&public(secret_bytes(SEED)));
    let part_1 = offer(&OTSID, &open);
    black_box(answer(&OTSID, &part_1, &phone_nonces(&secret_bytes(0x17))).expect("fits"));
}

fn seeds() -> PhoneSeeds {
    PhoneSeeds::new(&OTSID, Zeroizing::new([secret_bytes(0x19); COLUMNS]))
}

pub fn extension_of_the_phone() {
    black_box(extend_phone(&seeds(), &SID, &secret_bytes(0x44)).rows);
}

pub fn extension_of_the_server() {
    // Δ and leaves of no set-up: the check fails, and that it fails is all that becomes public.
    let setup = ServerSetup::from_bytes(&secret_bytes::<3088>(0x55)).expect("a length");
    let (c, t_tilde) = ([[1; 144]; 64], [[2; 16]; COLUMNS]);
    assert!(extend_server(&setup, &SID, &c, &[3; 16], &t_tilde).is_err());
}

pub fn mask_of_seeds() {
    black_box(seeds().mask(&secret_bytes(0x66), "key_1", &[7; 16]));
}
