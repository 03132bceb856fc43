//! RFC 9180, appendix A.3.1: the KEM and the key schedule of the suite that differs from ours only in the AEAD, and so
//! in the suite identifier and the length of the key.

use super::{labeled_expand, shared_secret, Exporter, Hkdf, KeyPair, Secrets};
use crate::curve::{mul, Affine};

const AES_128_SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x01";

fn hex32(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn kem_and_key_schedule_of_appendix_a_3_1() {
    let ephemeral = KeyPair::from_bytes(&hex32(
        "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
    ))
    .unwrap();
    let recipient = KeyPair::from_bytes(&hex32(
        "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
    ))
    .unwrap();
    assert_eq!(
        hex::encode(ephemeral.public().encode_uncompressed()),
        "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403\
         ce65c9bfcb9382657222d18c4"
    );
    assert_eq!(
        hex::encode(recipient.public().encode_uncompressed()),
        "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f8\
         0e30f1d128aafd68a2ce72ea0"
    );

    let dh = mul(&recipient.secret, ephemeral.public()).unwrap();
    let shared = shared_secret(&dh, ephemeral.public(), recipient.public()).unwrap();
    assert_eq!(
        hex::encode(*shared),
        "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8"
    );

    let secrets = Secrets::schedule(
        AES_128_SUITE,
        &shared,
        &hex::decode("4f6465206f6e2061204772656369616e2055726e").unwrap(),
    );
    let (mut key, mut nonce, mut exporter) = ([0; 16], [0; 12], [0; 32]);
    secrets.expand(AES_128_SUITE, b"key", &mut key).unwrap();
    secrets
        .expand(AES_128_SUITE, b"base_nonce", &mut nonce)
        .unwrap();
    secrets
        .expand(AES_128_SUITE, b"exp", &mut exporter)
        .unwrap();
    assert_eq!(hex::encode(key), "868c066ef58aae6dc589b6cfdd18f97e");
    assert_eq!(hex::encode(nonce), "4e0bc5018beba4bf004cca59");
    assert_eq!(
        hex::encode(exporter),
        "14ad94af484a7ad3ef40e9f3be99ecc6fa9036df9d4920548424df127ee0d99f"
    );

    let prk = Hkdf::from_prk(&exporter).unwrap();
    for (context, value) in [
        (
            "",
            "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d",
        ),
        (
            "00",
            "6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216e796",
        ),
        (
            "54657374436f6e74657874",
            "d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a",
        ),
    ] {
        let mut out = [0; 32];
        labeled_expand(
            AES_128_SUITE,
            &prk,
            b"sec",
            &hex::decode(context).unwrap(),
            &mut out,
        )
        .unwrap();
        assert_eq!(hex::encode(out), value);
    }
}

#[test]
fn an_export_longer_than_hkdf_allows_is_refused() {
    let exporter = Exporter {
        prk: Hkdf::from_prk(&[7; 32]).unwrap(),
    };
    assert!(exporter.export(b"", &mut vec![0; 255 * 32 + 1]).is_err());
    assert!(exporter.export(b"", &mut vec![0; 1 << 17]).is_err());
}

#[test]
fn different_recipients_share_nothing() {
    let generator = Affine::generator();
    let one = KeyPair::from_bytes(&hex32(&format!("{:064x}", 1))).unwrap();
    let two = KeyPair::from_bytes(&hex32(&format!("{:064x}", 2))).unwrap();
    assert!(one.public() == &generator);
    let dh = mul(&one.secret, two.public()).unwrap();
    let a = shared_secret(&dh, one.public(), two.public()).unwrap();
    let b = shared_secret(&dh, two.public(), one.public()).unwrap();
    assert_ne!(a, b, "the KEM context orders enc and recipient");
}
