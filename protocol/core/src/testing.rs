//! Helpers of the unit tests: the project's known-answer files and values read from them.

use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

use crate::curve::{Affine, Scalar, SecretScalar, P256};
use crate::hash::Suite;

/// One file of `tests/vectors`.
pub struct Vector(Value);

impl Vector {
    pub fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
        let text =
            std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("vector file");
        Self(serde_json::from_str(&text).expect("vector file is JSON"))
    }

    /// The text at a path such as `/inputs/header` or `/inputs/wa/0`.
    pub fn text(&self, path: &str) -> &str {
        self.0
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text at {path}"))
    }

    pub fn number(&self, path: &str) -> u64 {
        self.text(path).parse().expect("decimal")
    }

    pub fn count(&self, path: &str) -> usize {
        self.0
            .pointer(path)
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        hex::decode(self.text(path)).expect("hex")
    }

    pub fn array<const N: usize>(&self, path: &str) -> [u8; N] {
        self.bytes(path).try_into().expect("length")
    }

    pub fn list<const N: usize>(&self, path: &str) -> Vec<[u8; N]> {
        (0..self.count(path))
            .map(|i| self.array(&format!("{path}/{i}")))
            .collect()
    }

    pub fn secret<S: Suite>(&self, path: &str) -> SecretScalar<S> {
        SecretScalar::from_bytes(&self.array(path)).expect("scalar")
    }

    pub fn point<S: Suite>(&self, path: &str) -> Affine<S> {
        Affine::decode(&self.bytes(path)).expect("point")
    }
}

/// SHA-256 in hexadecimal, as the vectors give it for long values.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A fixed scalar of the project vectors: `SHA-512("COSIGN-KAT/" + tag) mod (n − 1) + 1` on P-256, big-endian.
pub fn kat_scalar(tag: &str) -> [u8; 32] {
    let wide = Sha512::digest(["COSIGN-KAT/", tag].concat());
    let order_minus_1 = Scalar::<P256>::ONE.neg().0;
    let mut rest = [0u64; 4];
    for byte in wide {
        for shift in (0..8).rev() {
            // Twice the rest and the next bit, less n − 1 if that is not negative.
            let mut carry = u64::from(byte >> shift & 1);
            for word in &mut rest {
                (*word, carry) = (*word << 1 | carry, *word >> 63);
            }
            let mut borrow = false;
            let less = core::array::from_fn(|i| {
                let (partial, first) = rest[i].overflowing_sub(order_minus_1[i]);
                let (word, second) = partial.overflowing_sub(u64::from(borrow));
                borrow = first | second;
                word
            });
            if carry == 1 || !borrow {
                rest = less;
            }
        }
    }
    let rest = Scalar::<P256>::from_limbs(rest);
    rest.add(&Scalar::ONE).to_bytes()
}
