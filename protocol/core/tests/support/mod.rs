//! One service, one phone and the requests between them.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;

use cosign_core::device::SigningKey;
use cosign_core::e2e::hpke::KeyPair;
use cosign_core::e2e::{Encapsulation, Frame, Recipient, ResponseKey, Status};
use cosign_core::message::{self, Op, Purpose, SuiteId};
use cosign_core::phone::{Blob, Header, PhoneKeygen, Target, Unlocked};
use cosign_core::pin::KdfParams;
use cosign_core::seal::SecretRecord;
use cosign_core::server::{EnvelopeKey, Evaluation, Request, ServerCore};

pub const PIN: &str = "271828";
pub const WRONG_PIN: &str = "802417";
pub const SERVER: &str = "server-1";
pub const NOW: u64 = 1_700_000_000_000;

pub struct World {
    pub core: ServerCore,
    pub envelope_key: Arc<EnvelopeKey>,
    pub target: Arc<Target>,
    pub device: Arc<SigningKey>,
}

/// A key in the hands of both sides.
pub struct Key {
    pub blob: Blob,
    pub record: Arc<SecretRecord>,
    pub suite: SuiteId,
    pub purpose: Purpose,
}

pub fn world() -> World {
    let core = ServerCore::generate(SERVER).unwrap();
    let envelope_key = Arc::new(EnvelopeKey::generate().unwrap());
    core.add_envelope_key(Arc::clone(&envelope_key)).unwrap();
    let target = Target::new(
        SERVER,
        &core.identity_public_key(),
        envelope_key.key_id(),
        &envelope_key.public_key(),
    )
    .unwrap();
    let device = Arc::new(SigningKey::generate().unwrap());
    World {
        core,
        envelope_key,
        target: Arc::new(target),
        device,
    }
}

pub fn cost() -> KdfParams {
    KdfParams::new(19 * 1024, 2, 1).unwrap()
}

pub fn frame(status: Status) -> Frame {
    Frame {
        status,
        server_time_ms: NOW + 5,
        durable: false,
        attempts_left: 8,
        retry_after_s: 0,
        ctr: 3,
        tau: [0x11; 16],
        restore_epoch: 1,
    }
}

/// Fields of a header without a key.
pub fn fields(suite: SuiteId, op: Op, purpose: Purpose) -> message::Header {
    message::Header {
        suite,
        op,
        purpose,
        server_id: SERVER.into(),
        user_id: "user-1".into(),
        device_id: "device-1".into(),
        key_id: "key-1".into(),
        share_id: [0; 16],
        pk: [0; 33],
        req_nonce: [0; 32],
        issued_at_ms: NOW,
        expires_at_ms: NOW + message::MAX_TTL_MS,
        ctr: 2,
        tau: [7; 16],
        open_reqs: vec![[1; 16]],
        policy: [0; 32],
        restore_epoch: 1,
    }
}

pub fn keyless(op: Op, purpose: Purpose) -> Header {
    let suite = if op == Op::Sync {
        SuiteId::P256
    } else {
        SuiteId::Sm2
    };
    Header::new(fields(suite, op, purpose)).unwrap()
}

impl Key {
    pub fn fields(&self, op: Op) -> message::Header {
        message::Header {
            share_id: self.blob.share_id(),
            pk: self.blob.pk(),
            ..fields(self.suite, op, self.purpose)
        }
    }

    pub fn header(&self, op: Op) -> Header {
        Header::new(self.fields(op)).unwrap()
    }

    pub fn unlock(&self, pin: &str) -> Unlocked {
        self.blob.unlock(pin).unwrap()
    }
}

impl World {
    pub fn open(&self, envelope: &[u8]) -> Request {
        let request = self.core.open_request(envelope).unwrap();
        assert_eq!(request.malformed(), None);
        request.verify_device(&self.device.public_key()).unwrap();
        request
    }

    pub fn evaluate(&self, envelope: &[u8], record: &SecretRecord) -> Evaluation {
        let request = self.open(envelope);
        self.core.evaluate(&[(&request, record)]).pop().unwrap()
    }

    pub fn keygen(&self, purpose: Purpose) -> Key {
        self.keygen_of(SuiteId::Sm2, purpose)
    }

    pub fn keygen_of(&self, suite: SuiteId, purpose: Purpose) -> Key {
        let header = || Header::new(fields(suite, Op::Keygen, purpose)).unwrap();
        let phone = PhoneKeygen::begin(
            Arc::clone(&self.target),
            Arc::clone(&self.device),
            &header(),
            1,
        )
        .unwrap();
        let request = self.open(&phone.envelope().unwrap());
        let begun = self.core.keygen_begin(&request).unwrap();
        let answer = phone
            .receive(&begun.answer(NOW, 1).unwrap(), &header(), 2)
            .unwrap();
        assert!(answer.is_ok());
        let request = self.core.open_request(&phone.envelope().unwrap()).unwrap();
        let finished = self
            .core
            .keygen_finish(&request, &begun.pending(), &self.device.public_key())
            .unwrap();
        let generated = phone
            .finish(&finished.answer(NOW, 1, [9; 16], 4).unwrap(), PIN, cost())
            .unwrap();
        assert_eq!((generated.tau, generated.ctr), ([9; 16], 4));
        let blob = generated.blob.unwrap();
        assert_eq!(
            (blob.pk(), blob.share_id()),
            (finished.pk(), finished.share_id())
        );
        Key {
            blob,
            record: finished.record(),
            suite,
            purpose,
        }
    }

    /// Seals any header and body bytes, as a phone that does not keep to the rules.
    pub fn seal_raw(&self, header: &[u8], body: &[u8]) -> (Vec<u8>, ResponseKey) {
        let recipient = Recipient {
            server_id: SERVER.into(),
            core_key_id: self.envelope_key.key_id(),
            public_key: cosign_core::curve::Affine::decode(&self.envelope_key.public_key())
                .unwrap(),
        };
        let ephemeral = KeyPair::generate(&[]).unwrap();
        Encapsulation::new(&recipient, &ephemeral)
            .unwrap()
            .seal(header, body)
            .unwrap()
    }
}
