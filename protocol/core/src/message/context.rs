//! The context hash of each operation. It contains the header, and the device signs it (HDR-2).

use super::codec::u16_bytes;
use super::ecdh::EcdhMode;
use super::fields::Sharing;
use super::keygen::{Custody, KeygenM1};
use crate::curve::P256;
use crate::hash::{h, label, Suite, Transcript};

/// KG-1: k0 = H("KG/0", header, `device_pub`, `nonce_p`); `KGM/0` for multiplicative keys.
#[must_use]
pub fn keygen_k0<S: Suite>(
    sharing: Sharing,
    header: &[u8],
    device_pub: &[u8; 33],
    nonce_p: &[u8; 32],
) -> [u8; 32] {
    let label = match sharing {
        Sharing::TwoNonce => label::KG_0,
        Sharing::Multiplicative => label::KGM_0,
    };
    h::<S>(label, &[header, device_pub, nonce_p])
}

/// k0 of an M1. With the server's share in a token (HSM-3) a fourth field, u8 1, follows the nonce.
#[must_use]
pub fn keygen_m1_ctx<S: Suite>(sharing: Sharing, header: &[u8], m1: &KeygenM1) -> [u8; 32] {
    match m1.custody {
        Custody::Sealed => keygen_k0::<S>(sharing, header, &m1.device_pub, &m1.nonce_p),
        Custody::Token => h::<S>(
            label::KGM_0,
            &[header, &m1.device_pub, &m1.nonce_p, &[Custody::Token as u8]],
        ),
    }
}

/// SIGN-3: H("SIGN2/ctx", header, u16 N, `e_1`, …, `e_N`, P).
#[must_use]
pub fn sign_ctx<S: Suite>(header: &[u8], digests: &[[u8; 32]], pk: &[u8; 33]) -> [u8; 32] {
    Transcript::<S>::new(label::SIGN2_CTX)
        .field(header)
        .field(&u16_bytes(digests.len()))
        .fields(digests)
        .field(pk)
        .finish()
}

/// DEC-2: H("DEC/ctx", header, u16 N, `T1_1`, …, `T1_N`, P).
#[must_use]
pub fn decrypt_ctx<S: Suite>(header: &[u8], points: &[[u8; 33]], pk: &[u8; 33]) -> [u8; 32] {
    Transcript::<S>::new(label::DEC_CTX)
        .field(header)
        .field(&u16_bytes(points.len()))
        .fields(points)
        .field(pk)
        .finish()
}

/// ECDH-1: H("ECDH/ctx", header, u8 mode, u16 N, `T_1`, …, `T_N`, P).
#[must_use]
pub fn ecdh_ctx(header: &[u8], mode: EcdhMode, points: &[[u8; 33]], pk: &[u8; 33]) -> [u8; 32] {
    Transcript::<P256>::new(label::ECDH_CTX)
        .field(header)
        .field(&[mode as u8])
        .field(&u16_bytes(points.len()))
        .fields(points)
        .field(pk)
        .finish()
}

/// What an audit row shows of one peer point: H("ECDH/t", T).
#[must_use]
pub fn ecdh_digest(t: &[u8; 33]) -> [u8; 32] {
    h::<P256>(label::ECDH_T, &[t])
}

/// §6.2: H("OTS/ctx", header, pk), of either request of a set-up. OTS part 2 is bound by the device signature.
#[must_use]
pub fn ot_setup_ctx(header: &[u8], pk: &[u8; 33]) -> [u8; 32] {
    h::<P256>(label::OTS_CTX, &[header, pk])
}

/// RF-1: H("RF/ctx", header, Ep, P).
#[must_use]
pub fn refresh_ctx<S: Suite>(header: &[u8], ep: &[u8; 33], pk: &[u8; 33]) -> [u8; 32] {
    h::<S>(label::RF_CTX, &[header, ep, pk])
}

/// RF-6: H("CF/ctx", header, H("CF/ots", OTS part 2 or empty), P).
#[must_use]
pub fn confirm_ctx<S: Suite>(header: &[u8], ots_part_2: &[u8], pk: &[u8; 33]) -> [u8; 32] {
    h::<S>(
        label::CF_CTX,
        &[header, &h::<S>(label::CF_OTS, &[ots_part_2]), pk],
    )
}

/// RS-4: H("AD/ctx", header, P).
#[must_use]
pub fn adopt_ctx<S: Suite>(header: &[u8], pk: &[u8; 33]) -> [u8; 32] {
    h::<S>(label::AD_CTX, &[header, pk])
}

/// CLONE-5: H("SY/ctx", header).
#[must_use]
pub fn sync_ctx<S: Suite>(header: &[u8]) -> [u8; 32] {
    h::<S>(label::SY_CTX, &[header])
}

/// What an audit row shows of one ciphertext point: H("SM2/c1", T1).
#[must_use]
pub fn ciphertext_digest<S: Suite>(t1: &[u8; 33]) -> [u8; 32] {
    h::<S>(label::SM2_C1, &[t1])
}
