//! Envelope and answer frame, and the server's whole way from an envelope to a request.

use std::sync::Arc;

use super::messages::{header_sample, sign_sample};
use super::records::{core_sample, envelope_sample as envelope_key_sample, opened};
use crate::curve::{Affine, P256};
use crate::e2e::hpke::KeyPair;
use crate::e2e::{CoreKeyId, Encapsulation, Envelope, Frame, Recipient, Status, FRAME};
use crate::server::{EnvelopeKey, ServerCore};

const SERVER: &str = "server";

fn envelope_key() -> KeyPair {
    KeyPair::from_bytes(&[0x31; 32]).expect("a scalar")
}

/// An envelope for `SERVER`, the same bytes in every run.
fn seal(
    core_key_id: CoreKeyId,
    public_key: Affine<P256>,
    header: &[u8],
    body: &[u8],
) -> Option<Vec<u8>> {
    let recipient = Recipient {
        server_id: SERVER.into(),
        core_key_id,
        public_key,
    };
    let ephemeral = KeyPair::from_bytes(&[0x32; 32]).expect("a scalar");
    let encapsulation = Encapsulation::new(&recipient, &ephemeral).expect("valid keys");
    Some(encapsulation.seal(header, body).ok()?.0)
}

/// Prefix, and content under the right key.
pub(super) fn envelope(bytes: &[u8]) -> bool {
    let Ok(envelope) = Envelope::parse(bytes) else {
        return false;
    };
    assert_eq!(envelope.core_key_id, bytes[3..11]);
    let Ok(opened) = envelope.open(SERVER, &envelope_key()) else {
        return false;
    };
    assert_eq!(opened.enc, bytes[11..44]);
    true
}

pub(super) fn envelope_sample() -> Vec<u8> {
    seal([4; 8], *envelope_key().public(), b"header", b"body").expect("short input")
}

pub(super) fn frame(bytes: &[u8]) -> bool {
    let Ok((frame, body)) = Frame::decode(bytes) else {
        return false;
    };
    assert_eq!(frame.encode(body, bytes.len() - FRAME), bytes);
    true
}

pub(super) fn frame_sample() -> Vec<u8> {
    let frame = Frame {
        durable: true,
        ..malformed()
    };
    frame.encode(b"body", 16)
}

fn malformed() -> Frame {
    Frame {
        status: Status::Malformed,
        server_time_ms: 1_000,
        durable: false,
        attempts_left: 9,
        retry_after_s: 0,
        ctr: 4,
        tau: [5; 16],
        restore_epoch: 1,
    }
}

/// u16 length ‖ header ‖ body, sealed to a core and opened by it: accepted, or answerable as malformed.
pub(super) fn request(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let Some((header, body)) = rest.split_at_checked(length) else {
        return false;
    };
    let core = ServerCore::restore(SERVER, &opened(&core_sample())).expect("a core");
    let key = EnvelopeKey::restore(&opened(&envelope_key_sample())).expect("a key");
    let public = Affine::decode(&key.public_key()).expect("a point");
    let Some(sealed) = seal(key.key_id(), public, header, body) else {
        return false;
    };
    core.add_envelope_key(Arc::new(key)).expect("an open core");
    let request = core
        .open_request(&sealed)
        .expect("an envelope of this core");
    match request.malformed() {
        None => true,
        Some(reason) => {
            let answer = request.answer(&malformed(), reason.as_bytes());
            answer.expect("a malformed request is answered");
            false
        }
    }
}

pub(super) fn request_sample() -> Vec<u8> {
    let header = header_sample();
    let length = u16::try_from(header.len()).expect("a short header");
    [&length.to_be_bytes()[..], &header, &sign_sample()].concat()
}
