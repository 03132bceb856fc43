//! Device key: RFC 6979 A.2.5 signatures verify, changed ones do not, and our own round-trips.

use cosign_core::curve::{Affine, P256};
use cosign_core::device::{verify, SigningKey};
use cosign_core::error::Error;
use sha2::{Digest, Sha256};

const KEY: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const SAMPLE: &str = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                      f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
const TEST: &str = "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
                    019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083";
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&bytes(KEY)).unwrap()
}

fn public() -> Affine<P256> {
    Affine::decode(&key().public_key()).unwrap()
}

#[test]
fn rfc_6979_signatures_verify() {
    for (message, signature) in [("sample", SAMPLE), ("test", TEST)] {
        let hash: [u8; 32] = Sha256::digest(message).into();
        let mut signature: [u8; 64] = bytes(signature);
        assert_eq!(verify(&public(), &hash, &signature), Ok(()));
        for at in 0..64 {
            signature[at] ^= 1;
            assert_eq!(
                verify(&public(), &hash, &signature),
                Err(Error::BadSignature)
            );
            signature[at] ^= 1;
        }
        let other: [u8; 32] = Sha256::digest("other").into();
        assert_eq!(
            verify(&public(), &other, &signature),
            Err(Error::BadSignature)
        );
        assert_eq!(
            verify(&public().neg(), &hash, &signature),
            Err(Error::BadSignature)
        );
    }
}

#[test]
fn signatures_of_ours_verify_and_never_repeat_a_nonce() {
    let hash: [u8; 32] = Sha256::digest("sample").into();
    let one = key().sign(&hash).unwrap();
    let two = key().sign(&hash).unwrap();
    assert_ne!(one[..32], two[..32]);
    for signature in [one, two] {
        assert_eq!(verify(&public(), &hash, &signature), Ok(()));
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let hash = [9; 32];
    let good = key().sign(&hash).unwrap();
    for half in [0, 32] {
        for value in [[0; 32], bytes(ORDER), [0xff; 32]] {
            let mut changed = good;
            changed[half..half + 32].copy_from_slice(&value);
            assert_eq!(verify(&public(), &hash, &changed), Err(Error::BadSignature));
        }
    }
    for zero in [[0; 32], bytes(ORDER)] {
        assert_eq!(verify(&public(), &zero, &good), Err(Error::DigestRefused));
        assert_eq!(key().sign(&zero).err(), Some(Error::DigestRefused));
    }
    assert!(SigningKey::from_bytes(&[0; 32]).is_err());
    assert!(SigningKey::from_bytes(&bytes(ORDER)).is_err());
}

#[test]
fn the_other_s_is_accepted_too() {
    let hash = [9; 32];
    let mut signature = key().sign(&hash).unwrap();
    let s: [u8; 32] = signature[32..].try_into().unwrap();
    let s = cosign_core::curve::Scalar::<P256>::from_bytes(&s).unwrap();
    signature[32..].copy_from_slice(&s.neg().to_bytes());
    assert_eq!(verify(&public(), &hash, &signature), Ok(()));
}

#[test]
fn a_key_survives_its_record() {
    let restored = SigningKey::restore(&key().export()).unwrap();
    assert_eq!(restored.public_key(), key().public_key());
    assert_ne!(
        SigningKey::generate().unwrap().public_key(),
        SigningKey::generate().unwrap().public_key()
    );
}
