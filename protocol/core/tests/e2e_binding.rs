//! What the device signature covers, and that one-time objects stay so between threads.

mod support;

use std::thread;

use cosign_core::curve::{Affine, Sm2};
use cosign_core::e2e::hpke::KeyPair;
use cosign_core::e2e::{Encapsulation, Recipient, Status};
use cosign_core::message::{body_hash, dev_message, sign_ctx, Op, Purpose};
use cosign_core::phone::{Blob, Header, PhoneKeygen, PhoneSign, Target, Unlocked};
use cosign_core::seal::{Kek, SecretRecord};
use cosign_core::server::{Evaluation, KeygenBegun, KeygenFinished, Request, ServerCore};
use support::{frame, world, World, PIN, SERVER};

/// Seals a request that is signed as `header` and `body` say, after `change` has had its way with both.
fn seal_changed(
    world: &World,
    (header, body): (&[u8], &[u8]),
    pk: &[u8; 33],
    change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>),
) -> Vec<u8> {
    let recipient = Recipient {
        server_id: SERVER.into(),
        core_key_id: world.envelope_key.key_id(),
        public_key: Affine::decode(&world.envelope_key.public_key()).unwrap(),
    };
    let encapsulation = Encapsulation::new(&recipient, &KeyPair::generate(&[]).unwrap()).unwrap();
    let ctx = sign_ctx::<Sm2>(header, &[[5; 32]], pk);
    let hash = body_hash::<Sm2>(Op::Sign, body);
    let message = dev_message::<Sm2>(&ctx, &hash, encapsulation.enc());
    let signature = world.device.sign(&message).unwrap();
    let (mut header, mut signed) = (header.to_vec(), [body, &signature].concat());
    change(&mut header, &mut signed);
    encapsulation.seal(&header, &signed).unwrap().0
}

/// HDR-2: whatever changes inside the layer, the request is malformed or its signature fails.
#[test]
fn the_device_signature_covers_header_and_body() {
    let world = world();
    let fields = world.keygen(Purpose::Sign).fields(Op::Sign);
    let header = fields.encode().unwrap();
    let point = Affine::<Sm2>::generator().encode();
    let body = [
        1_u16.to_be_bytes().as_slice(),
        &[5; 32],
        &point,
        &point,
        &[1; 64],
    ]
    .concat();
    let device = world.device.public_key();
    let opened = |change: &dyn Fn(&mut Vec<u8>, &mut Vec<u8>)| {
        let envelope = seal_changed(&world, (&header, &body), &fields.pk, change);
        world.core.open_request(&envelope).unwrap()
    };
    let intact = opened(&|_, _| {});
    assert_eq!(intact.malformed(), None);
    assert_eq!(intact.verify_device(&device), Ok(()));
    for at in 0..header.len() {
        let request = opened(&|header, _| header[at] ^= 1);
        assert!(request.verify_device(&device).is_err(), "header byte {at}");
        assert_ne!(request.req_id(), intact.req_id());
    }
    for at in 0..body.len() + 64 {
        let request = opened(&|_, body| body[at] ^= 1);
        assert!(request.verify_device(&device).is_err(), "body byte {at}");
    }
    assert!(opened(&|header, _| header.push(0)).malformed().is_some());
    assert!(opened(&|_, body| body.push(0)).malformed().is_some());
    assert!(opened(&|_, body| body.clear()).malformed().is_some());
}

#[test]
fn one_thread_of_many_gets_the_answer() {
    let world = world();
    let key = world.keygen(Purpose::Sign);
    let share = key.unlock(PIN);
    let header = key.header(Op::Sign);
    let digests = vec![[5; 32]];
    let phone =
        PhoneSign::begin(&world.target, &world.device, &header, &share, digests, 1).unwrap();
    let request = world.open(phone.envelope());
    let evaluations = thread::scope(|scope| {
        let evaluate = || {
            world
                .core
                .evaluate(&[(&request, &key.record)])
                .pop()
                .unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(evaluate)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    let right: Vec<_> = evaluations
        .iter()
        .filter(|one| one.outcome() as u8 == 0)
        .collect();
    assert_eq!(right.len(), 1, "evaluated once");
    let answers = thread::scope(|scope| {
        let answer = || right[0].answer(&frame(Status::Ok), 0).ok();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(answer)).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(answers.len(), 1, "answered once");
    assert_eq!(phone.finish(&answers[0]).unwrap().1.len(), 1);
}

#[test]
fn handles_may_move_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<(ServerCore, Request, Evaluation, KeygenBegun, KeygenFinished)>();
    shared::<(Target, Header, Blob, Unlocked, PhoneKeygen, PhoneSign)>();
    shared::<(Kek, SecretRecord)>();
}
