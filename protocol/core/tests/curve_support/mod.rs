//! Shared by the curve tests: a foreign implementation to compare with, edge scalars and back-end selection.

#![allow(dead_code, clippy::missing_panics_doc)] // each test file uses a part of it

use cosign_core::curve::{self, Affine, Backend, Curve, Scalar, SecretScalar, Sm2, P256};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The same group in somebody else's code (`RustCrypto`). Scalars are 32 bytes below n, points are compressed.
pub trait Foreign: Curve {
    /// The order n, big-endian.
    const ORDER: [u8; 32];
    /// The prime p, big-endian.
    const PRIME: [u8; 32];
    /// Name for messages.
    const NAME: &'static str;
    /// `Σ k·P`; a missing point stands for the generator; `None` is the identity.
    fn sum(terms: &[([u8; 32], Option<[u8; 33]>)]) -> Option<[u8; 33]>;
    /// (a + b, a·b, 1/a) mod n; 1/0 is 0.
    fn scalars(a: &[u8; 32], b: &[u8; 32]) -> ([u8; 32], [u8; 32], [u8; 32]);
    /// Whether the bytes encode a point.
    fn is_point(encoded: &[u8; 33]) -> bool;
}

macro_rules! foreign {
    ($curve:ident, $krate:ident, $name:literal, $order:literal, $prime:literal) => {
        impl Foreign for $curve {
            const ORDER: [u8; 32] = unhex($order);
            const PRIME: [u8; 32] = unhex($prime);
            const NAME: &'static str = $name;

            fn sum(terms: &[([u8; 32], Option<[u8; 33]>)]) -> Option<[u8; 33]> {
                use $krate::elliptic_curve::group::{Group, GroupEncoding};
                use $krate::elliptic_curve::PrimeField;
                let mut total = $krate::ProjectivePoint::IDENTITY;
                for (k, point) in terms {
                    let k = $krate::Scalar::from_repr((*k).into()).expect("below n");
                    let point = match point {
                        None => $krate::ProjectivePoint::GENERATOR,
                        Some(bytes) => {
                            $krate::ProjectivePoint::from_bytes(&(*bytes).into()).expect("a point")
                        }
                    };
                    total += point * k;
                }
                (!bool::from(total.is_identity())).then(|| total.to_affine().to_bytes().into())
            }

            fn scalars(a: &[u8; 32], b: &[u8; 32]) -> ([u8; 32], [u8; 32], [u8; 32]) {
                use $krate::elliptic_curve::PrimeField;
                let [a, b] =
                    [a, b].map(|x| $krate::Scalar::from_repr((*x).into()).expect("below n"));
                let inverse = Option::from(a.invert()).unwrap_or($krate::Scalar::ZERO);
                (
                    (a + b).to_repr().into(),
                    (a * b).to_repr().into(),
                    inverse.to_repr().into(),
                )
            }

            fn is_point(encoded: &[u8; 33]) -> bool {
                use $krate::elliptic_curve::group::GroupEncoding;
                bool::from($krate::AffinePoint::from_bytes(&(*encoded).into()).is_some())
            }
        }
    };
}

foreign!(
    Sm2,
    sm2,
    "SM2",
    b"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
    b"fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"
);
foreign!(
    P256,
    p256,
    "P-256",
    b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    b"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
);

const fn unhex(digits: &[u8; 64]) -> [u8; 32] {
    const fn digit(c: u8) -> u8 {
        if c <= b'9' {
            c - b'0'
        } else {
            c - b'a' + 10
        }
    }
    let mut out = [0; 32];
    let mut i = 0;
    while i < 32 {
        out[i] = digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]);
        i += 1;
    }
    out
}

/// `a − k` for big-endian numbers.
pub fn minus(a: &[u8; 32], k: u64) -> [u8; 32] {
    let mut out = *a;
    let mut borrow = u128::from(k);
    for chunk in out.rchunks_exact_mut(8) {
        let word = u64::from_be_bytes(chunk.try_into().expect("8 bytes"));
        let (low, wrapped) =
            word.overflowing_sub(u64::try_from(borrow & u128::from(u64::MAX)).expect("a word"));
        chunk.copy_from_slice(&low.to_be_bytes());
        borrow = u128::from(wrapped);
    }
    out
}

/// Deterministic, well-mixed bytes (`SplitMix64`).
pub struct Stream(pub u64);

impl Stream {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.word().to_be_bytes()[0])
    }

    /// A scalar without structure, never 0.
    pub fn scalar<C: Curve>(&mut self) -> Scalar<C> {
        loop {
            if let Some(k) = Scalar::from_bytes(&self.bytes()) {
                return k;
            }
        }
    }

    /// A point nobody chose.
    pub fn point<C: Curve>(&mut self) -> Affine<C> {
        let k = self.scalar();
        curve::mul_base(&SecretScalar::new(k)).expect("k is not zero")
    }
}

/// Scalars that hit special cases of recodings and of the last addition: both ends of the range, around n/2, powers of
/// two and their neighbours, sparse and dense patterns.
pub fn edge_scalars<C: Foreign>() -> Vec<Scalar<C>> {
    let mut bytes: Vec<[u8; 32]> = Vec::new();
    for k in 1..=70 {
        bytes.push(minus(&C::ORDER, k));
        let mut small = [0; 32];
        small[31] = u8::try_from(k).expect("small");
        bytes.push(small);
    }
    for bit in 0..256 {
        let mut power = [0u8; 32];
        power[31 - bit / 8] = 1 << (bit % 8);
        bytes.push(power);
        bytes.push(minus(&power, 1));
    }
    for pattern in [0x55u8, 0xaa, 0x0f, 0xf0, 0x80, 0x01, 0x7f] {
        bytes.push([pattern; 32]);
    }
    let mut scalars: Vec<_> = bytes.iter().filter_map(Scalar::from_bytes).collect();
    let half = Scalar::from_u64(2).invert();
    for k in 0..8 {
        scalars.push(half.add(&Scalar::from_u64(k)));
        scalars.push(half.sub(&Scalar::from_u64(k)));
    }
    // 30·2^252 − n: the only scalar whose comb meets equal points in the last addition.
    let mut top = [0u8; 32];
    top[0] = 0xf0;
    if let Some(top) = Scalar::from_bytes_or_zero(&top) {
        scalars.push(top.add(&top));
        scalars.push(top.add(&top).neg());
    }
    scalars
}

static SELECTION: Mutex<()> = Mutex::new(());

/// Keeps other tests of this process from changing the back end.
pub fn hold_backend() -> MutexGuard<'static, ()> {
    SELECTION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `check` once on every back end of this processor.
pub fn on_every_backend(mut check: impl FnMut(Backend)) {
    let _held = hold_backend();
    let before = curve::active();
    for backend in curve::usable() {
        curve::select(backend).expect("usable");
        check(backend);
    }
    curve::select(before).expect("was active");
}

/// A secret with this value.
pub fn secret<C: Curve>(k: &Scalar<C>) -> SecretScalar<C> {
    SecretScalar::new(*k)
}
