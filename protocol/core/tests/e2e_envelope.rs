//! What happens to envelopes that were changed, wrapped again, or hold something malformed.

mod support;

use std::sync::Arc;

use cosign_core::curve::{Sm2, P256};
use cosign_core::e2e::{Status, MAX_ENVELOPE, PREFIX};
use cosign_core::error::Error;
use cosign_core::message::{
    body_hash, dev_message, req_id, sign_ctx, Op, Purpose, SuiteId, MAX_ITEMS,
};
use cosign_core::phone::PhoneSign;
use cosign_core::server::{EnvelopeKey, ServerCore};
use support::{fields, frame, world, Key, World, PIN};

fn signing(world: &World, key: &Key) -> PhoneSign {
    let header = key.header(Op::Sign);
    PhoneSign::begin(
        &world.target,
        &world.device,
        &header,
        &key.unlock(PIN),
        vec![[5; 32]],
        3,
    )
    .unwrap()
}

#[test]
fn no_byte_of_an_envelope_can_change() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = signing(&world, &key);
    let envelope = phone.envelope().to_vec();
    assert!(world.core.open_request(&envelope).is_ok());
    for at in 0..envelope.len() {
        for bit in [0x01, 0x80] {
            let mut changed = envelope.clone();
            changed[at] ^= bit;
            assert_eq!(
                world.core.open_request(&changed).err(),
                Some(Error::EnvelopeInvalid),
                "byte {at}"
            );
        }
    }
    for length in 0..envelope.len() {
        assert_eq!(
            world.core.open_request(&envelope[..length]).err(),
            Some(Error::EnvelopeInvalid)
        );
    }
    let longer = [envelope.as_slice(), &[0]].concat();
    assert_eq!(
        world.core.open_request(&longer).err(),
        Some(Error::EnvelopeInvalid)
    );
}

#[test]
fn an_envelope_of_any_length_is_bounded() {
    let world = world();
    for length in [
        0,
        PREFIX - 1,
        PREFIX,
        PREFIX + 15,
        MAX_ENVELOPE,
        MAX_ENVELOPE + 1,
    ] {
        assert_eq!(
            world.core.open_request(&vec![0; length]).err(),
            Some(Error::EnvelopeInvalid)
        );
    }
    let key_id = world.envelope_key.key_id();
    let mut huge = [
        &[0, 1, 1],
        key_id.as_slice(),
        &world.envelope_key.public_key(),
        &[0xff; 4],
    ]
    .concat();
    huge.resize(PREFIX + 64, 0);
    assert_eq!(
        world.core.open_request(&huge).err(),
        Some(Error::EnvelopeInvalid)
    );
}

/// Row 57: header and body wrapped again under another `enc`, for the same core, open but carry no valid signature.
#[test]
fn a_request_wrapped_again_fails_the_device_check() {
    let world = world();
    let device = world.device.public_key();
    let fields = support::Key::fields(&world.keygen(Purpose::Sign), Op::Sign);
    let header = fields.encode().unwrap();
    let body = [
        1_u16.to_be_bytes().as_slice(),
        &[5; 32],
        &generator(),
        &generator(),
        &[1; 64],
    ]
    .concat();
    let ctx = sign_ctx::<Sm2>(&header, &[[5; 32]], &fields.pk);
    let hash = body_hash::<Sm2>(Op::Sign, &body);
    let old_enc = [2; 33];
    let signature = world
        .device
        .sign(&dev_message::<Sm2>(&ctx, &hash, &old_enc))
        .unwrap();
    let (envelope, _) = world.seal_raw(&header, &[body.as_slice(), &signature].concat());
    let request = world.core.open_request(&envelope).unwrap();
    assert_eq!(request.malformed(), None);
    let content = request.content().unwrap();
    assert_eq!(
        (content.ctx, content.body_hash, content.sig_dev),
        (Some(ctx), hash, signature)
    );
    assert_eq!(
        request.verify_device(&device).err(),
        Some(Error::DeviceProofInvalid)
    );
}

fn generator() -> [u8; 33] {
    cosign_core::curve::Affine::<Sm2>::generator().encode()
}

#[test]
fn the_device_check_needs_the_right_key() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let request = world
        .core
        .open_request(signing(&world, &key).envelope())
        .unwrap();
    assert_eq!(request.verify_device(&world.device.public_key()), Ok(()));
    let stranger = cosign_core::device::SigningKey::generate()
        .unwrap()
        .public_key();
    assert_eq!(
        request.verify_device(&stranger).err(),
        Some(Error::DeviceProofInvalid)
    );
    assert_eq!(
        request.verify_device(&[0; 33]).err(),
        Some(Error::MalformedPoint)
    );
}

#[test]
fn an_envelope_is_for_one_key_and_one_service() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let phone = signing(&world, &key);
    // A rotated core reads the current and the previous key.
    let next = Arc::new(EnvelopeKey::generate().unwrap());
    world.core.add_envelope_key(Arc::clone(&next)).unwrap();
    assert!(world.core.open_request(phone.envelope()).is_ok());
    world
        .core
        .remove_envelope_key(world.envelope_key.key_id())
        .unwrap();
    assert_eq!(
        world.core.open_request(phone.envelope()).err(),
        Some(Error::EnvelopeInvalid)
    );
    // The same key under another name of the service does not open it.
    let other = ServerCore::generate("server-2").unwrap();
    other
        .add_envelope_key(Arc::clone(&world.envelope_key))
        .unwrap();
    assert_eq!(
        other.open_request(phone.envelope()).err(),
        Some(Error::EnvelopeInvalid)
    );
    // Nor does another key that claims its id.
    let mut forged = phone.envelope().to_vec();
    forged[3..11].copy_from_slice(&next.key_id());
    assert_eq!(
        world.core.open_request(&forged).err(),
        Some(Error::EnvelopeInvalid)
    );
}

#[test]
fn malformed_contents_are_answered_inside_the_layer() {
    let world = world();
    let sign = Key::fields(&world.keygen(Purpose::Sign), Op::Sign);
    let good = sign.encode().unwrap();
    let item = [[5; 32].as_slice(), &generator(), &generator()].concat();
    let body = |count: u16, items: &[u8], proof: [u8; 64]| {
        [count.to_be_bytes().as_slice(), items, &proof, &[3; 64]].concat()
    };
    let zero_digest = [[0; 32].as_slice(), &generator(), &generator()].concat();
    let bad_point = [[5; 32].as_slice(), &generator(), &[5; 33]].concat();
    let mut zero_scalar = [1; 64];
    zero_scalar[32..].fill(0);
    let other_server = cosign_core::message::Header {
        server_id: "server-2".into(),
        ..sign.clone()
    };
    let p256 = cosign_core::message::Header {
        suite: SuiteId::P256,
        ..fields(SuiteId::P256, Op::Keygen, Purpose::Sign)
    };
    let mut decrypting = good.clone();
    // Field 4, purpose, of a SIGN header: version 4 + 2, suite 4 + 3, op 4 + 1, length 4.
    decrypting[4 + 2 + 4 + 3 + 4 + 1 + 4] = 2;
    let too_many = item.repeat(MAX_ITEMS + 1);
    let cases: Vec<(&[u8], Vec<u8>, &str)> = vec![
        (&good, vec![], "MALFORMED_MESSAGE"),
        (&good, body(0, &[], [1; 64]), "MALFORMED_MESSAGE"),
        (&good, body(257, &too_many, [1; 64]), "MALFORMED_MESSAGE"),
        (&good, body(2, &item, [1; 64]), "MALFORMED_MESSAGE"),
        (&good, body(1, &zero_digest, [1; 64]), "DIGEST_REFUSED"),
        (&good, body(1, &bad_point, [1; 64]), "MALFORMED_POINT"),
        (&good, body(1, &item, zero_scalar), "MALFORMED_SCALAR"),
        (&good, body(1, &item, [0xff; 64]), "MALFORMED_SCALAR"),
        (&decrypting, body(1, &item, [1; 64]), "PURPOSE_MISMATCH"),
        (&good[..40], body(1, &item, [1; 64]), "MALFORMED_MESSAGE"),
        (b"", body(1, &item, [1; 64]), "MALFORMED_MESSAGE"),
    ];
    for (header, body, reason) in cases {
        assert_refused(&world, header, &body, reason);
    }
    assert_refused(
        &world,
        &other_server.encode().unwrap(),
        &body(1, &item, [1; 64]),
        "MALFORMED_MESSAGE",
    );
    assert_refused(
        &world,
        &p256.encode().unwrap(),
        &[1; 10],
        "MALFORMED_MESSAGE",
    );
}

fn assert_refused(world: &World, header: &[u8], body: &[u8], reason: &str) {
    let (envelope, response) = world.seal_raw(header, body);
    let request = world.core.open_request(&envelope).unwrap();
    assert_eq!(request.malformed(), Some(reason));
    assert!(request.content().is_err());
    assert_eq!(
        request.verify_device(&world.device.public_key()).err(),
        Some(Error::MalformedMessage)
    );
    assert_eq!(
        request.answer(&frame(Status::Ok), b"").err(),
        Some(Error::BadProof)
    );
    let answer = request
        .answer(&frame(Status::Malformed), reason.as_bytes())
        .unwrap();
    assert_eq!(
        request.answer(&frame(Status::Malformed), b"").err(),
        Some(Error::AlreadyUsed)
    );
    let sm2 = header.get(10..13) == Some(b"SM2");
    let id = if sm2 {
        req_id::<Sm2>(header)
    } else {
        req_id::<P256>(header)
    };
    assert_eq!(
        request.req_id(),
        id,
        "the id is that of the bytes, whatever they say"
    );
    let plaintext = response.open(&id, &answer).unwrap();
    assert!(plaintext
        .windows(reason.len())
        .any(|part| part == reason.as_bytes()));
    // It cannot be evaluated either.
    let record = world.core.export();
    assert!(world.core.evaluate(&[(&request, &record)])[0]
        .answer(&frame(Status::Ok), 0)
        .is_err());
}
