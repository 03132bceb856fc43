//! Constant-time gate, to be run under valgrind's memcheck (built with feature `ct-gate`).
//!
//! Every case marks its secrets as undefined memory. Memcheck then reports each branch and each memory address that
//! depends on them. Prints one line `<back end> <case> <errors>` per case; `control.*` cases leak on purpose and must
//! show errors, all others none. `tests/native/test_constant_time.py` runs and judges it.
//!
//! AVX-512 does not run under valgrind 3.19, so only the `X86` and `Portable` back ends are covered here; the lanes are
//! checked by disassembly.

use std::hint::black_box;

use cosign_core::ct::memcheck;
use cosign_core::curve::{
    self, Affine, Combination, Curve, Factor, First, Scalar, SecretScalar, Sm2, P256,
};
use cosign_core::device::SigningKey;
use cosign_core::hash::{h2s, label, Suite};
use cosign_core::{pin, proof};
use subtle::ConstantTimeEq;

#[path = "ct_gate/ecdsa.rs"]
mod ecdsa;
#[path = "ct_gate/ot.rs"]
mod ot;

use ecdsa::{ec_sign_of_the_phone, ec_sign_of_the_server};
use ot::{
    choice_bits_in_part_1, choice_bits_in_part_2, extension_of_the_phone, extension_of_the_server,
    map_to_curve, mask_of_seeds, phone_secrets_in_part_2,
};

/// A named piece of code that touches secrets.
struct Case {
    name: &'static str,
    run: fn(),
}

macro_rules! cases {
    ($($name:ident$(::<$curve:ty>)?),+ $(,)?) => {
        vec![$(Case { name: stringify!($name$(::<$curve>)?), run: $name$(::<$curve>)? }),+]
    };
}

fn cases() -> Vec<Case> {
    cases![
        multiply_point::<Sm2>,
        multiply_point::<P256>,
        multiply_generator::<Sm2>,
        multiply_generator::<P256>,
        multiply_batches::<Sm2>,
        multiply_batches::<P256>,
        combine_products::<Sm2>,
        combine_products::<P256>,
        multiply_by_zero::<Sm2>,
        multiply_by_zero::<P256>,
        scalar_arithmetic::<Sm2>,
        scalar_arithmetic::<P256>,
        invert_scalar::<Sm2>,
        invert_scalar::<P256>,
        reduce_digest::<Sm2>,
        reduce_digest::<P256>,
        decode_scalar::<Sm2>,
        decode_scalar::<P256>,
        add_points::<Sm2>,
        add_points::<P256>,
        encode_and_decode_point::<Sm2>,
        encode_and_decode_point::<P256>,
        compare,
        hash_to_scalar::<Sm2>,
        hash_to_scalar::<P256>,
        pin_factor,
        pin_blind,
        pin_unblind,
        prove::<Sm2>,
        prove::<P256>,
        device_signature,
        map_to_curve,
        choice_bits_in_part_1,
        choice_bits_in_part_2,
        phone_secrets_in_part_2,
        extension_of_the_phone,
        extension_of_the_server,
        mask_of_seeds,
        ec_sign_of_the_phone,
        ec_sign_of_the_server,
    ]
}

fn controls() -> Vec<Case> {
    vec![
        Case {
            name: "control.variable_time_multiplication",
            run: leak_by_vartime,
        },
        Case {
            name: "control.table_index",
            run: leak_by_index,
        },
    ]
}

fn secret_bytes<const N: usize>(seed: u8) -> [u8; N] {
    let mut bytes = black_box(core::array::from_fn(|i| (i as u8).wrapping_mul(89) ^ seed));
    memcheck::mark_secret(&mut bytes);
    black_box(bytes)
}

fn secret_scalar<C: Curve>(seed: u8) -> SecretScalar<C> {
    SecretScalar::from_bytes(&secret_bytes(seed)).expect("below n by its first bytes")
}

fn point<C: Curve>(k: u64) -> Affine<C> {
    curve::mul_base(&SecretScalar::new(Scalar::from_u64(k))).expect("not zero")
}

/// A result that the specification publishes.
fn publish<const N: usize>(bytes: &[u8; N]) -> [u8; N] {
    let mut bytes = *bytes;
    memcheck::mark_public(&mut bytes);
    bytes
}

fn multiply_point<C: Curve>() {
    let product = curve::mul(&secret_scalar::<C>(0x17), &point(1234567));
    black_box(product.expect("not zero").encode());
}

fn multiply_generator<C: Curve>() {
    let product = curve::mul_base(&secret_scalar::<C>(0x17));
    black_box(product.expect("not zero").encode());
}

fn multiply_batches<C: Curve>() {
    let k: Vec<_> = (0..3).map(|i| secret_scalar::<C>(0x11 + i)).collect();
    let k: Vec<_> = k.iter().collect();
    black_box(curve::mul_base_batch(&k));
    black_box(curve::mul_batch(&k, &[point(5), point(6), point(7)]));
}

fn combine_products<C: Curve>() {
    let k: Vec<_> = (0..3).map(|i| secret_scalar::<C>(0x11 + i)).collect();
    let products = || vec![(&k[1], point(5)), (&k[2], point(6))];
    let sums =
        [First::Base(&k[0]), First::Point(point(7)), First::Nothing].map(|first| Combination {
            first,
            products: products(),
        });
    black_box(curve::combine(&sums));
}

/// "The result is the identity" is public, how it was found is not.
fn multiply_by_zero<C: Curve>() {
    let mut zero = [0u8; 32];
    memcheck::mark_secret(&mut zero);
    let k = SecretScalar::<C>::new(Scalar::from_bytes_or_zero(&zero).expect("below n"));
    assert!(curve::mul_base(&k).is_none());
    assert!(curve::mul(&k, &point(99)).is_none());
}

fn scalar_arithmetic<C: Curve>() {
    let (a, b) = (secret_scalar::<C>(0x17), secret_scalar::<C>(0x2b));
    let (a, b) = (a.expose(), b.expose());
    black_box(a.mul(b).add(b).sub(a).neg().to_bytes());
    black_box(Factor::new(a).mul(b).masked(a.is_zero()).to_bytes());
}

fn invert_scalar<C: Curve>() {
    let k = secret_scalar::<C>(0x17);
    black_box(k.invert().to_bytes());
    let mut zero = [0u8; 32];
    memcheck::mark_secret(&mut zero);
    let zero = Scalar::from_bytes_or_zero(&zero).expect("below n");
    let together = SecretScalar::invert_batch(&[&k, &SecretScalar::new(zero), &k]);
    black_box(together[0].to_bytes());
}

fn reduce_digest<C: Curve>() {
    black_box(Scalar::<C>::reduce32(&secret_bytes(0x33)).to_bytes());
    black_box(Scalar::<C>::reduce48(&secret_bytes(0x33)).to_bytes());
}

/// "Not a scalar" is public, the value is not.
fn decode_scalar<C: Curve>() {
    black_box(SecretScalar::<C>::from_bytes(&secret_bytes(0x17)).is_some());
    let mut too_large = [0xff; 32];
    memcheck::mark_secret(&mut too_large);
    black_box(SecretScalar::<C>::from_bytes(&too_large).is_some());
}

fn add_points<C: Curve>() {
    let p = curve::mul_base(&secret_scalar::<C>(0x17)).expect("not zero");
    let q = curve::mul_base(&secret_scalar::<C>(0x2b)).expect("not zero");
    let sums = curve::add_batch(&[p, p, p], &[q, p, p.neg()]);
    assert!(sums[0].is_some() && sums[1].is_some() && sums[2].is_none());
    black_box(curve::sum_batch(&[&[p, q, p], &[p, p.neg(), q]]));
}

fn encode_and_decode_point<C: Curve>() {
    let p = curve::mul_base(&secret_scalar::<C>(0x17)).expect("not zero");
    let mut encoded = p.encode();
    // The prefix is the parity of y; a decoder may branch on its validity.
    memcheck::mark_public(&mut encoded[..1]);
    black_box(Affine::<C>::decode(&encoded).expect("a point"));
    black_box(
        Affine::<C>::decode_uncompressed(&publish_prefix(p.encode_uncompressed()))
            .expect("a point"),
    );
    black_box(p.x_scalar().to_bytes());
}

fn publish_prefix(mut encoded: [u8; 65]) -> [u8; 65] {
    memcheck::mark_public(&mut encoded[..1]);
    encoded
}

fn compare() {
    let (a, b): ([u8; 32], [u8; 32]) = (secret_bytes(0x17), secret_bytes(0x2b));
    assert!(!cosign_core::ct::declassify(a.ct_eq(&b)));
    let scalar = secret_scalar::<Sm2>(0x17);
    assert!(!cosign_core::ct::declassify(scalar.is_zero()));
}

fn hash_to_scalar<S: Suite>() {
    let secret: [u8; 32] = secret_bytes(0x44);
    black_box(h2s::<S>(label::NONCE_SERVER_OUT, &[&secret, b"k"]).to_bytes());
}

fn pin_factor() {
    let k_pin = secret_bytes(0x55);
    black_box(pin::factor::<Sm2>(&k_pin, "key_1", &[7; 16]).to_bytes());
}

fn pin_blind() {
    let (share, h) = (secret_scalar::<Sm2>(0x17), secret_scalar(0x2b));
    black_box(pin::blind(&share, &h).to_bytes());
}

fn pin_unblind() {
    let blob = Scalar::<Sm2>::from_bytes(&[0x61; 32]).expect("below n");
    black_box(pin::unblind(&blob, &secret_scalar(0x2b)).to_bytes());
}

fn prove<S: Suite>() {
    let share = secret_scalar::<S>(0x17);
    let public = curve::mul_base(&share).expect("not zero");
    let public = Affine::decode(&publish(&public.encode())).expect("a point");
    let nonce = |_| secret_scalar(0x2b);
    let proof = proof::prove(label::SIGN2_POK, &[9; 32], &[(&share, &public)], nonce);
    black_box(publish(&proof.expect("a proof").to_bytes()));
}

fn device_signature() {
    let key = SigningKey::from_bytes(&secret_bytes(0x17)).expect("a key");
    black_box(publish(&key.sign(&[3; 32]).expect("a signature")));
}

fn leak_by_vartime() {
    let k = secret_scalar::<Sm2>(0x17);
    black_box(curve::msm_vartime(k.expose(), &[]));
}

fn leak_by_index() {
    let index: [u8; 1] = secret_bytes(0x17);
    let table: [u8; 256] = black_box([1; 256]);
    black_box(table[usize::from(index[0])]);
}

fn main() {
    assert!(
        memcheck::is_running(),
        "run this program under valgrind, built with feature ct-gate"
    );
    for backend in curve::usable() {
        curve::select(backend).expect("usable");
        // Tables are built once, from public values, before anything is secret.
        black_box((point::<Sm2>(2), point::<P256>(2)));
        for case in cases().into_iter().chain(controls()) {
            let before = memcheck::error_count();
            (case.run)();
            println!(
                "{backend:?} {} {}",
                case.name,
                memcheck::error_count() - before
            );
        }
    }
}
