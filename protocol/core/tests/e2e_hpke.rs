//! Our HPKE against an independent implementation, in both directions.

use cosign_core::curve::{Affine, P256};
use cosign_core::e2e::hpke::{Context, KeyPair};
use cosign_core::error::Error;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};

type PublicKey = <DhP256HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <DhP256HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <DhP256HkdfSha256 as Kem>::EncappedKey;

const INFO: &[u8] = b"info";
const AAD: &[u8] = b"aad";

#[test]
fn a_message_of_the_other_implementation_opens_here() {
    for length in [0, 1, 15, 16, 17, 4096] {
        let (their_secret, their_public) = DhP256HkdfSha256::gen_keypair();
        let ours =
            KeyPair::from_bytes(&their_secret.to_bytes().as_slice().try_into().unwrap()).unwrap();
        assert_eq!(
            ours.public().encode_uncompressed(),
            their_public.to_bytes().as_slice()
        );
        let plaintext = vec![7; length];
        let (enc, mut sender) = hpke::setup_sender::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
            &OpModeS::Base,
            &their_public,
            INFO,
        )
        .unwrap();
        let sealed = sender.seal(&plaintext, AAD).unwrap();
        let enc = Affine::<P256>::decode_uncompressed(&enc.to_bytes()).unwrap();

        let (opened, exporter) = Context::recipient(&ours, &enc, INFO)
            .unwrap()
            .open(AAD, &sealed)
            .unwrap();
        assert_eq!(*opened, plaintext);
        let (mut here, mut there) = ([0; 32], [0; 32]);
        exporter.export(b"context", &mut here).unwrap();
        sender.export(b"context", &mut there).unwrap();
        assert_eq!(here, there);
    }
}

#[test]
fn a_message_of_ours_opens_there() {
    let recipient = KeyPair::generate(&[]).unwrap();
    let ephemeral = KeyPair::generate(&[b"hedge"]).unwrap();
    let (sealed, exporter) = Context::sender(&ephemeral, recipient.public(), INFO)
        .unwrap()
        .seal(AAD, b"plaintext")
        .unwrap();
    // The other side needs the secret key; it reaches it only through a key pair both can build.
    let secret = [0x42; 32];
    let ours = KeyPair::from_bytes(&secret).unwrap();
    let theirs = PrivateKey::from_bytes(&secret).unwrap();
    assert!(PublicKey::from_bytes(&ours.public().encode_uncompressed()).is_ok());
    let (for_them, exporter_for_them) = Context::sender(&ephemeral, ours.public(), INFO)
        .unwrap()
        .seal(AAD, b"plaintext")
        .unwrap();
    assert_ne!(sealed, for_them);
    let enc = EncappedKey::from_bytes(&ephemeral.public().encode_uncompressed()).unwrap();
    let mut receiver = hpke::setup_receiver::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
        &OpModeR::Base,
        &theirs,
        &enc,
        INFO,
    )
    .unwrap();
    assert_eq!(receiver.open(&for_them, AAD).unwrap(), b"plaintext");
    let (mut here, mut there, mut other) = ([0; 12], [0; 12], [0; 12]);
    exporter_for_them.export(b"nonce", &mut here).unwrap();
    receiver.export(b"nonce", &mut there).unwrap();
    exporter.export(b"nonce", &mut other).unwrap();
    assert_eq!(here, there);
    assert_ne!(here, other);
}

#[test]
fn any_change_keeps_the_message_shut() {
    let recipient = KeyPair::generate(&[]).unwrap();
    let ephemeral = KeyPair::generate(&[]).unwrap();
    let enc = *ephemeral.public();
    let (sealed, _) = Context::sender(&ephemeral, recipient.public(), INFO)
        .unwrap()
        .seal(AAD, b"text")
        .unwrap();
    let open = |key: &KeyPair, enc: &Affine<P256>, info: &[u8], aad: &[u8], sealed: &[u8]| {
        Context::recipient(key, enc, info)
            .unwrap()
            .open(aad, sealed)
            .map(|_| ())
            .err()
    };
    assert_eq!(open(&recipient, &enc, INFO, AAD, &sealed), None);
    let shut = Some(Error::EnvelopeInvalid);
    assert_eq!(open(&ephemeral, &enc, INFO, AAD, &sealed), shut);
    assert_eq!(
        open(&recipient, &enc.neg(), INFO, AAD, &sealed),
        shut,
        "same x, other point"
    );
    assert_eq!(open(&recipient, &enc, b"inf0", AAD, &sealed), shut);
    assert_eq!(open(&recipient, &enc, INFO, b"aae", &sealed), shut);
    assert_eq!(
        open(&recipient, &enc, INFO, AAD, &sealed[..15]),
        shut,
        "shorter than a tag"
    );
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 0x80;
        assert_eq!(open(&recipient, &enc, INFO, AAD, &changed), shut);
    }
}
