use super::{
    digest, encrypt, encrypt_with, kdf, open, verify, za, Ciphertext, DEFAULT_ID, MAX_PLAINTEXT,
};
use crate::curve::{mul, mul_base, Affine, Scalar, SecretScalar, Sm2};
use crate::error::Error;

const D: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const K: &str = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21";
const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const E: &str = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640";

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn secret(text: &str) -> SecretScalar<Sm2> {
    SecretScalar::from_bytes(&bytes(text)).unwrap()
}

fn key() -> (SecretScalar<Sm2>, Affine<Sm2>) {
    let d = secret(D);
    let pk = mul_base(&d).unwrap();
    (d, pk)
}

/// GB/T 32918.5 annex A: signature.
#[test]
fn signature_example_of_the_standard() {
    let (_, pk) = key();
    let expected = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3";
    assert_eq!(hex::encode(za(&pk, DEFAULT_ID).unwrap()), expected);
    let e = digest(&pk, b"message digest", DEFAULT_ID).unwrap();
    assert_eq!(hex::encode(e), E);
    let signature: [u8; 64] = bytes(&[R, S].concat());
    verify(&pk, &e, &signature).unwrap();
    let (_, other) = (0, mul_base(&secret(K)).unwrap());
    assert_eq!(verify(&other, &e, &signature), Err(Error::BadSignature));
    assert_eq!(verify(&pk, &[7; 32], &signature), Err(Error::BadSignature));
}

#[test]
fn every_flipped_signature_bit_is_refused() {
    let (_, pk) = key();
    let signature: [u8; 64] = bytes(&[R, S].concat());
    for bit in 0..512 {
        let mut flipped = signature;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&pk, &bytes(E), &flipped).is_err());
    }
}

/// Row 8 and the range rules of verification: r, s in 1 … n − 1 and r + s ≠ n.
#[test]
fn row_8_signature_scalars_out_of_range_are_refused() {
    let (_, pk) = key();
    let n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    for bad in [&"00".repeat(32), n, &"ff".repeat(32)] {
        for text in [[bad, S].concat(), [R, bad].concat()] {
            assert_eq!(
                verify(&pk, &bytes(E), &bytes(&text)),
                Err(Error::MalformedScalar)
            );
        }
    }
    let r = Scalar::<Sm2>::from_bytes(&bytes(R)).unwrap();
    let opposite = [r.to_bytes(), r.neg().to_bytes()]
        .concat()
        .try_into()
        .unwrap();
    assert_eq!(verify(&pk, &bytes(E), &opposite), Err(Error::BadSignature));
    // With r + s = 0, Q = s·G no longer depends on the key: r = e + x(s·G) would verify for every key.
    let s = secret(K);
    let r = s.expose().neg();
    let e = r.sub(&mul_base(&s).unwrap().x_scalar());
    let keyless = [r.to_bytes(), *s.to_bytes()].concat().try_into().unwrap();
    assert_eq!(
        verify(&pk, &e.to_bytes(), &keyless),
        Err(Error::BadSignature)
    );
}

/// GB/T 32918.5 annex B: encryption.
#[test]
fn encryption_example_of_the_standard() {
    let (d, pk) = key();
    let ciphertext = encrypt_with(&pk, b"encryption standard", &secret(K))
        .unwrap()
        .unwrap();
    assert_eq!(
        hex::encode(ciphertext.encode()),
        "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6\
         ee6a63094d99283aff767e124df059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989\
         ca9c7d58087307ca93092d651efa"
    );
    let shared = mul(&d, &ciphertext.c1).unwrap();
    let plaintext = open(&shared, &ciphertext.c3, &ciphertext.c2).unwrap();
    assert_eq!(plaintext.as_slice(), b"encryption standard");
}

#[test]
fn encryption_opens_for_every_length_and_only_with_the_key() {
    let (d, pk) = key();
    for len in [1, 31, 32, 33, 64, 1000] {
        let plaintext: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let ciphertext = Ciphertext::decode(&encrypt(&pk, &plaintext).unwrap().encode()).unwrap();
        let shared = mul(&d, &ciphertext.c1).unwrap();
        assert_eq!(
            *open(&shared, &ciphertext.c3, &ciphertext.c2).unwrap(),
            plaintext
        );
        assert_eq!(
            open(&pk, &ciphertext.c3, &ciphertext.c2),
            Err(Error::DecryptionFailed)
        );
    }
    assert!(encrypt(&pk, b"").is_err());
    assert!(encrypt(&pk, &vec![0; MAX_PLAINTEXT + 1]).is_err());
}

/// DEC-5: an all-zero key stream would show the plaintext in the clear.
#[test]
fn all_zero_key_stream_is_refused() {
    let (_, pk) = key();
    let empty = open(
        &pk,
        &crate::hash::sm3(&[&pk.x_bytes(), b"", &pk.y_bytes()]),
        b"",
    );
    assert_eq!(empty, Err(Error::DecryptionFailed));
}

#[test]
fn kdf_is_a_prefix_of_longer_outputs() {
    let long = kdf(&[b"z"], 100);
    for len in [1, 31, 32, 33, 99] {
        assert_eq!(*kdf(&[b"z"], len), long[..len]);
    }
    assert_eq!(*kdf(&[b"a", b"b"], 40), *kdf(&[b"ab"], 40));
}

/// Row 70: C2 empty, the order C1 C2 C3, DER, compressed and malformed C1.
#[test]
fn row_70_malformed_ciphertexts_are_refused() {
    let (_, pk) = key();
    let good = encrypt(&pk, b"encryption standard").unwrap();
    let encoded = good.encode();
    let compressed = [good.c1.encode().as_slice(), &good.c3, &good.c2].concat();
    assert_eq!(Ciphertext::decode(&compressed).unwrap().encode(), encoded);
    for len in [0, 1, 64, 65, 96, 97] {
        assert!(Ciphertext::decode(&encoded[..len]).is_err(), "{len} bytes");
    }
    let mut der = encoded.clone();
    der[0] = 0x30;
    assert_eq!(Ciphertext::decode(&der).err(), Some(Error::MalformedPoint));
    let mut off_curve = encoded.clone();
    off_curve[64] ^= 1;
    assert_eq!(
        Ciphertext::decode(&off_curve).err(),
        Some(Error::MalformedPoint)
    );
    let too_long = [&encoded[..], &vec![0; MAX_PLAINTEXT]].concat();
    assert_eq!(
        Ciphertext::decode(&too_long).err(),
        Some(Error::MalformedMessage)
    );
}

#[test]
fn identities_longer_than_16_bits_of_length_are_refused() {
    let (_, pk) = key();
    assert!(za(&pk, &[b'x'; 8191]).is_ok());
    assert_eq!(za(&pk, &[b'x'; 8192]), Err(Error::MalformedMessage));
    assert_ne!(za(&pk, b"").unwrap(), za(&pk, DEFAULT_ID).unwrap());
}
