//! Many envelopes opened and many device signatures checked at once: every item fares as it does alone.

mod support;

use std::sync::Arc;

use cosign_core::curve::{select, usable};
use cosign_core::device::{verify, verify_batch, Signed, SigningKey};
use cosign_core::error::{Error, Result};
use cosign_core::message::{Op, Purpose};
use cosign_core::phone::{PhoneKeygen, PhoneSign, PhoneSync, Target};
use cosign_core::server::{verify_devices, EnvelopeKey, Request, ServerCore};
use support::{keyless, world, Key, World, PIN};

/// What a request says about itself.
type Seen = Result<([u8; 16], u8, Option<&'static str>, Option<[u8; 32]>)>;

fn seen(request: &Result<Request>) -> Seen {
    request
        .as_ref()
        .map(|request| {
            let ctx = request.content().ok().and_then(|content| content.ctx);
            (request.req_id(), request.op(), request.malformed(), ctx)
        })
        .map_err(|error| *error)
}

fn sign(world: &World, target: &Arc<Target>, key: &Key, count: u8) -> Vec<u8> {
    let digests = (1..=count).map(|i| [i; 32]).collect();
    let (header, share) = (key.header(Op::Sign), key.unlock(PIN));
    PhoneSign::begin(target, &world.device, &header, &share, digests, 3)
        .unwrap()
        .envelope()
        .to_vec()
}

fn sync(world: &World) -> Vec<u8> {
    PhoneSync::begin(
        &world.target,
        &world.device,
        &keyless(Op::Sync, Purpose::Sign),
    )
    .unwrap()
    .envelope()
    .to_vec()
}

/// Envelopes of every fate: under two envelope keys, with well-formed and malformed content, and broken in every part.
fn envelopes(world: &World) -> Vec<Vec<u8>> {
    let key = world.keygen(Purpose::Sign);
    let second = Arc::new(EnvelopeKey::generate().unwrap());
    world.core.add_envelope_key(Arc::clone(&second)).unwrap();
    let other = Target::new(
        support::SERVER,
        &world.core.identity_public_key(),
        second.key_id(),
        &second.public_key(),
    );
    let other = Arc::new(other.unwrap());
    let good = sign(world, &world.target, &key, 1);
    let changed = |at: usize, value: u8| {
        let mut envelope = good.clone();
        envelope[at] ^= value;
        envelope
    };
    let enc_is = |x: [u8; 32]| {
        let mut envelope = good.clone();
        envelope[12..44].copy_from_slice(&x);
        envelope
    };
    let header = key.fields(Op::Sign).encode().unwrap();
    let not_a_point = [&[0, 1], [5; 32].as_slice(), &[5; 66], &[1; 128]].concat();
    vec![
        sign(world, &world.target, &key, 3),
        changed(4, 1),
        sign(world, &other, &key, 1),
        enc_is([0xff; 32]),
        good.clone(),
        changed(good.len() - 1, 0x80),
        world.seal_raw(&header, &not_a_point).0,
        good[..good.len() - 1].to_vec(),
        sync(world),
        changed(11, 4),
        world.seal_raw(b"no header", b"").0,
        sign(world, &other, &key, 2),
        Vec::new(),
        world.seal_raw(&header, b"").0,
    ]
}

#[test]
fn every_envelope_opens_as_it_does_alone() {
    let world = world();
    let all = envelopes(&world);
    for backend in usable() {
        select(backend).unwrap();
        let alone: Vec<Seen> = all
            .iter()
            .map(|envelope| seen(&world.core.open_request(envelope)))
            .collect();
        assert_eq!(alone.iter().filter(|seen| seen.is_ok()).count(), 8);
        for start in 0..all.len() {
            // Every rotation, so that each fate meets each lane.
            let order: Vec<usize> = (0..all.len()).map(|i| (start + i) % all.len()).collect();
            let batch: Vec<&[u8]> = order.iter().map(|i| all[*i].as_slice()).collect();
            let opened = world.core.open_requests(&batch);
            assert_eq!(opened.len(), all.len());
            for (i, request) in order.iter().zip(&opened) {
                assert_eq!(seen(request), alone[*i], "envelope {i} of rotation {start}");
            }
        }
    }
    assert!(world.core.open_requests(&[]).is_empty());
}

#[test]
fn a_batch_without_a_usable_envelope_has_only_errors() {
    let core = ServerCore::generate("server-2").unwrap();
    for count in 1..20 {
        let opened = core.open_requests(&vec![&[0_u8; 200][..]; count]);
        assert!(opened
            .iter()
            .all(|request| request.as_ref().err() == Some(&Error::EnvelopeInvalid)));
        assert_eq!(opened.len(), count);
    }
}

#[test]
fn every_device_check_ends_as_it_does_alone() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let own = world.device.public_key().to_vec();
    let stranger = SigningKey::generate().unwrap().public_key().to_vec();
    let open = |envelope: Vec<u8>| world.core.open_request(&envelope).unwrap();
    let signing = || open(sign(&world, &world.target, &key, 1));
    let m1 = PhoneKeygen::begin(
        Arc::clone(&world.target),
        Arc::clone(&world.device),
        &keyless(Op::Keygen, Purpose::Sign),
        1,
    );
    let header = key.fields(Op::Sign).encode().unwrap();
    let cases = [
        (signing(), own.clone()),
        (signing(), stranger.clone()),
        (open(sync(&world)), own.clone()),
        (signing(), vec![0; 33]),
        (open(world.seal_raw(&header, b"").0), own.clone()),
        (signing(), own[..32].to_vec()),
        (open(m1.unwrap().envelope().unwrap()), own.clone()),
        (open(sync(&world)), stranger),
        (signing(), own),
    ];
    let expected = [
        Ok(()),
        Err(Error::DeviceProofInvalid),
        Ok(()),
        Err(Error::MalformedPoint),
        Err(Error::MalformedMessage),
        Err(Error::MalformedPoint),
        Ok(()),
        Err(Error::DeviceProofInvalid),
        Ok(()),
    ];
    for backend in usable() {
        select(backend).unwrap();
        for start in 0..cases.len() {
            let order = (0..cases.len()).map(|i| (start + i) % cases.len());
            let items: Vec<_> = order
                .clone()
                .map(|i| (&cases[i].0, cases[i].1.as_slice()))
                .collect();
            for (i, verdict) in order.zip(verify_devices(&items)) {
                assert_eq!(verdict, expected[i], "case {i} of rotation {start}");
                assert_eq!(cases[i].0.verify_device(&cases[i].1), expected[i]);
            }
        }
    }
}

#[test]
fn signatures_in_a_batch_are_judged_one_by_one() {
    let keys: Vec<_> = (1..=9_u8)
        .map(|i| SigningKey::from_bytes(&[i; 32]).unwrap())
        .collect();
    let hashes: Vec<[u8; 32]> = (1..=9).map(|i| [i; 32]).collect();
    let signatures: Vec<_> = keys
        .iter()
        .zip(&hashes)
        .map(|(key, hash)| key.sign(hash).unwrap())
        .collect();
    let decode = |key: &SigningKey| cosign_core::curve::Affine::decode(&key.public_key()).unwrap();
    for broken in 0..=keys.len() {
        let mut signatures = signatures.clone();
        if let Some(signature) = signatures.get_mut(broken) {
            // s = 0, r = n and a changed r in turn: none may spoil the shared inversion or its neighbours.
            match broken % 3 {
                0 => signature[32..].fill(0),
                1 => signature[..32].fill(0xff),
                _ => signature[31] ^= 1,
            }
        }
        let signed: Vec<Signed<'_>> = keys
            .iter()
            .zip(&hashes)
            .zip(&signatures)
            .map(|((key, hash), signature)| Signed {
                public: decode(key),
                hash: *hash,
                signature,
            })
            .collect();
        for (i, verdict) in verify_batch(&signed).into_iter().enumerate() {
            let alone = verify(&signed[i].public, &signed[i].hash, signed[i].signature);
            assert_eq!((verdict, verdict.is_ok()), (alone, i != broken));
        }
    }
}
