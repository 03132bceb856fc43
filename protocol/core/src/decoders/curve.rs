//! Points, scalars and what consists of them alone.

use super::same;
use crate::curve::{decode_batch, Affine, Curve, Scalar, SecretScalar, Sm2, P256};
use crate::hash::Suite;
use crate::proof::Proof;
use crate::sm2::Ciphertext;

/// A valid point.
pub(super) fn generator<C: Curve>() -> [u8; 33] {
    Affine::<C>::generator().encode()
}

pub(super) fn compressed(bytes: &[u8]) -> bool {
    fn on<C: Curve>(bytes: &[u8]) -> bool {
        let point = Affine::<C>::decode(bytes);
        if let Ok(point) = point {
            let long = point.encode_uncompressed();
            assert!(Affine::<C>::decode_uncompressed(&long) == Ok(point));
        }
        same(point.map(|point| point.encode()), bytes)
    }
    on::<Sm2>(bytes) | on::<P256>(bytes)
}

pub(super) fn compressed_sample() -> Vec<u8> {
    generator::<Sm2>().to_vec()
}

pub(super) fn uncompressed(bytes: &[u8]) -> bool {
    fn on<C: Curve>(bytes: &[u8]) -> bool {
        let point = Affine::<C>::decode_uncompressed(bytes);
        if let Ok(point) = point {
            assert!(Affine::<C>::decode(&point.encode()) == Ok(point));
        }
        same(point.map(|point| point.encode_uncompressed()), bytes)
    }
    on::<Sm2>(bytes) | on::<P256>(bytes)
}

pub(super) fn uncompressed_sample() -> Vec<u8> {
    Affine::<P256>::generator().encode_uncompressed().to_vec()
}

/// A batch is accepted exactly if each of its points is, and holds the same points.
pub(super) fn batch(bytes: &[u8]) -> bool {
    fn on<C: Curve>(encoded: &[[u8; 33]]) -> bool {
        let one_by_one: Result<Vec<_>, _> = encoded
            .iter()
            .map(|point| Affine::<C>::decode(point))
            .collect();
        let batch = decode_batch::<C>(encoded);
        assert!(batch == one_by_one, "the batch decoder disagrees");
        batch.is_ok()
    }
    let (encoded, rest) = bytes.as_chunks();
    rest.is_empty() && on::<Sm2>(encoded) | on::<P256>(encoded)
}

pub(super) fn batch_sample() -> Vec<u8> {
    [generator::<Sm2>(); 9].concat()
}

pub(super) fn scalar(bytes: &[u8]) -> bool {
    fn on<C: Curve>(bytes: &[u8; 32]) -> bool {
        let scalar = Scalar::<C>::from_bytes(bytes).ok_or(());
        let secret = SecretScalar::<C>::from_bytes(bytes).ok_or(());
        let accepted = same(scalar.map(|scalar| scalar.to_bytes()), bytes);
        let secret_accepted = same(secret.map(|secret| *secret.to_bytes()), bytes);
        assert_eq!(accepted, secret_accepted);
        accepted
    }
    <&[u8; 32]>::try_from(bytes).is_ok_and(|bytes| on::<Sm2>(bytes) | on::<P256>(bytes))
}

pub(super) fn scalar_sample() -> Vec<u8> {
    vec![0x11; 32]
}

pub(super) fn proof(bytes: &[u8]) -> bool {
    fn on<S: Suite>(bytes: &[u8; 64]) -> bool {
        same(
            Proof::<S>::from_bytes(bytes).map(|proof| proof.to_bytes()),
            bytes,
        )
    }
    <&[u8; 64]>::try_from(bytes).is_ok_and(|bytes| on::<Sm2>(bytes) | on::<P256>(bytes))
}

pub(super) fn proof_sample() -> Vec<u8> {
    vec![0x11; 64]
}

/// C1 has two forms and the encoder writes the long one.
pub(super) fn ciphertext(bytes: &[u8]) -> bool {
    let Ok(ciphertext) = Ciphertext::decode(bytes) else {
        return false;
    };
    let encoded = ciphertext.encode();
    if bytes[0] == 4 {
        assert_eq!(encoded, bytes);
    } else {
        assert_eq!(ciphertext.c1.encode(), bytes[..33]);
        assert_eq!(encoded[65..], bytes[33..]);
    }
    true
}

pub(super) fn ciphertext_sample() -> Vec<u8> {
    [&generator::<Sm2>()[..], &[3; 32], b"text"].concat()
}
