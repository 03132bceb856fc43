//! Rows 11 – 16 of the negative tests and properties P6 and P10, for key generation.

mod sm2_support;

use std::collections::HashSet;

use cosign_core::curve::{mul, Affine, SecretScalar, Sm2, P256};
use cosign_core::error::{Error, Result};
use cosign_core::hash::Suite;
use cosign_core::message::{
    body_hash, Header, KeygenM1, KeygenM2, KeygenM3, KeygenM4, Op, Purpose, Sharing, SuiteId,
};
use cosign_core::shares::keygen::{self, NewShare, Pending, PhoneKeygen, PhoneKeygenProven};
use sm2_support::{flipped, header, point};

const DEVICE: [u8; 33] = [2; 33];
const HEDGE: [u8; 32] = [1; 32];

fn kg_header(suite: SuiteId, purpose: Purpose) -> Header {
    Header {
        suite,
        ..header(Op::Keygen, purpose, [0; 33])
    }
}

struct Begun<S: Suite> {
    phone: PhoneKeygen<S>,
    pending: Pending<S>,
    m2: KeygenM2<S>,
}

fn begin<S: Suite>(header: &Header) -> Begun<S> {
    let (phone, m1, k0) = PhoneKeygen::<S>::begin(header, DEVICE, &HEDGE, 1).unwrap();
    let m1 = KeygenM1::decode(&m1.encode()).unwrap();
    let bytes = header.encode().unwrap();
    let sharing = Sharing::of(header.suite, header.purpose);
    assert_eq!(
        cosign_core::message::keygen_m1_ctx::<S>(sharing, &bytes, &m1),
        k0
    );
    let hash = body_hash::<S>(Op::Keygen, &m1.encode());
    let (pending, m2) = keygen::begin::<S>(sharing, &bytes, &m1, &hash, &HEDGE).unwrap();
    Begun { phone, pending, m2 }
}

fn m4_of<S: Suite>(share: &NewShare<S>) -> KeygenM4 {
    KeygenM4 {
        pk: share.pk.encode(),
        share_id: share.share_id,
        sig_server: [0; 64],
        tau: [0; 16],
        ctr: 0,
    }
}

fn exchange<S: Suite>(header: &Header) -> (PhoneKeygenProven<S>, NewShare<S>) {
    let Begun { phone, pending, m2 } = begin::<S>(header);
    let (phone, m3, k2) = phone
        .receive(&KeygenM2::decode(&m2.encode(), false).unwrap())
        .unwrap();
    assert_eq!(pending.k2(), &*k2);
    let share = pending
        .finish(&KeygenM3::decode(&m3.encode(), false).unwrap())
        .unwrap();
    (phone, share)
}

#[allow(clippy::unnecessary_wraps)]
fn accept(_: &[u8; 32], _: &[u8; 64]) -> Result<()> {
    Ok(())
}

fn joint_point<S: Suite>(
    sharing: Sharing,
    phone: &SecretScalar<S>,
    server: &SecretScalar<S>,
) -> Affine<S> {
    match sharing {
        Sharing::TwoNonce => mul(&phone.invert().mul(server), &Affine::generator())
            .unwrap()
            .sub(&Affine::generator())
            .unwrap(),
        Sharing::Multiplicative => mul(&phone.mul(server), &Affine::generator()).unwrap(),
    }
}

fn both_sides_agree<S: Suite>(suite: SuiteId, purpose: Purpose) {
    let header = kg_header(suite, purpose);
    let (phone, share) = exchange::<S>(&header);
    let (phone_share, pk) = phone.finish(&m4_of(&share), accept).unwrap();
    assert!(pk == share.pk);
    assert!(joint_point(Sharing::of(suite, purpose), &phone_share, &share.share) == pk);
}

/// Every suite and purpose: the same code serves SM2 signing keys and all multiplicative keys.
#[test]
fn both_sides_agree_on_the_key() {
    for purpose in [Purpose::Sign, Purpose::Decrypt, Purpose::Login] {
        both_sides_agree::<Sm2>(SuiteId::Sm2, purpose);
        both_sides_agree::<P256>(SuiteId::P256, purpose);
    }
}

#[test]
fn header_of_another_suite_is_refused() {
    let header = kg_header(SuiteId::P256, Purpose::Sign);
    let begun = PhoneKeygen::<Sm2>::begin(&header, DEVICE, &HEDGE, 1);
    assert_eq!(begun.err(), Some(Error::MalformedMessage));
}

/// Row 12: pi2 sent back as pi1, with P2 as the phone's point.
#[test]
fn row_12_proof_of_the_server_is_no_proof_of_the_phone() {
    let Begun { phone, pending, m2 } = begin::<Sm2>(&kg_header(SuiteId::Sm2, Purpose::Sign));
    let (_, mut m3, _) = phone.receive(&m2).unwrap();
    m3.pi1 = m2.pi2;
    assert_eq!(pending.finish(&m3).err(), Some(Error::BadProof));
    let Begun { phone, pending, m2 } = begin::<Sm2>(&kg_header(SuiteId::Sm2, Purpose::Sign));
    let (_, mut m3, _) = phone.receive(&m2).unwrap();
    (m3.p1, m3.pi1) = (m2.p2, m2.pi2);
    assert_eq!(pending.finish(&m3).err(), Some(Error::BadCommitment));
}

/// Row 13: the commitment opened to another P1 or with another opening.
#[test]
fn row_13_commitment_opened_to_another_value_is_refused() {
    let change: [fn(&mut KeygenM3<Sm2>); 2] = [|m3| m3.p1 = point(), |m3| m3.o[0] ^= 1];
    for change in change {
        let Begun { phone, pending, m2 } = begin::<Sm2>(&kg_header(SuiteId::Sm2, Purpose::Sign));
        let (_, mut m3, _) = phone.receive(&m2).unwrap();
        change(&mut m3);
        assert_eq!(pending.finish(&m3).err(), Some(Error::BadCommitment));
    }
}

/// Row 10 and 11: M2 of another run, and a run whose two ends believe in different headers.
#[test]
fn row_11_messages_of_another_run_are_refused() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    let (first, second) = (begin::<Sm2>(&header), begin::<Sm2>(&header));
    assert_eq!(first.phone.receive(&second.m2).err(), Some(Error::BadProof));
    let (_, m3, _) = second.phone.receive(&second.m2).unwrap();
    assert_eq!(first.pending.finish(&m3).err(), Some(Error::BadCommitment));

    let (phone, m1, _) = PhoneKeygen::<Sm2>::begin(&header, DEVICE, &HEDGE, 1).unwrap();
    let other = Header {
        user_id: "user-2".into(),
        ..header
    };
    let (_, m2) = keygen::begin::<Sm2>(
        Sharing::TwoNonce,
        &other.encode().unwrap(),
        &m1,
        &[0; 32],
        &HEDGE,
    )
    .unwrap();
    assert_eq!(phone.receive(&m2).err(), Some(Error::BadProof));
}

/// KG-8: the labels separate the two sharings.
#[test]
fn messages_of_the_other_sharing_are_refused() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    let (phone, m1, _) = PhoneKeygen::<Sm2>::begin(&header, DEVICE, &HEDGE, 1).unwrap();
    let bytes = header.encode().unwrap();
    let (_, m2) =
        keygen::begin::<Sm2>(Sharing::Multiplicative, &bytes, &m1, &[0; 32], &HEDGE).unwrap();
    assert_eq!(phone.receive(&m2).err(), Some(Error::BadProof));
}

/// Row 16: another P, a signature the caller refuses, and the message it is asked to check.
#[test]
fn row_16_statement_over_another_key_is_refused() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    let (phone, share) = exchange::<Sm2>(&header);
    let mut m4 = m4_of(&share);
    m4.pk = point().encode();
    assert_eq!(phone.finish(&m4, accept).err(), Some(Error::BadAnswer));

    let (phone, share) = exchange::<Sm2>(&header);
    let mut m4 = m4_of(&share);
    m4.pk[0] ^= 1;
    assert_eq!(phone.finish(&m4, accept).err(), Some(Error::BadAnswer));

    let (phone, share) = exchange::<Sm2>(&header);
    let refused = phone.finish(&m4_of(&share), |_, _| Err(Error::BadSignature));
    assert_eq!(refused.err(), Some(Error::BadSignature));

    let (phone, share) = exchange::<Sm2>(&header);
    let signed = share.statement("key-1", "device-1", Purpose::Sign);
    phone
        .finish(&m4_of(&share), |message, _| {
            assert_eq!(message, &signed);
            Ok(())
        })
        .unwrap();
    for (key, device, purpose) in [
        ("key-2", "device-1", Purpose::Sign),
        ("key-1", "device-2", Purpose::Sign),
        ("key-1", "device-1", Purpose::Login),
    ] {
        assert_ne!(share.statement(key, device, purpose), signed);
    }
}

/// P6: no bit of M2 or M3 can be flipped. M1 is bound by k0, which every later hash contains.
#[test]
fn every_flipped_bit_of_m2_and_m3_is_refused() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    for bit in 0..129 * 8 {
        let Begun { phone, pending, m2 } = begin::<Sm2>(&header);
        let mut bytes = m2.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let refused = KeygenM2::decode(&bytes, false).and_then(|m2| phone.receive(&m2).map(drop));
        assert!(refused.is_err(), "bit {bit} of M2");

        let Begun {
            phone,
            pending: fresh,
            m2,
        } = begin::<Sm2>(&header);
        drop(pending);
        let (_, m3, _) = phone.receive(&m2).unwrap();
        let mut bytes = m3.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let refused = KeygenM3::decode(&bytes, false).and_then(|m3| fresh.finish(&m3).map(drop));
        assert!(refused.is_err(), "bit {bit} of M3");
    }
}

#[test]
fn every_flipped_bit_of_m1_is_refused_by_the_phone() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    let bytes = header.encode().unwrap();
    let (_, m1, _) = PhoneKeygen::<Sm2>::begin(&header, DEVICE, &HEDGE, 1).unwrap();
    for changed in flipped(&m1.encode()).step_by(5) {
        let (phone, m1, _) = PhoneKeygen::<Sm2>::begin(&header, DEVICE, &HEDGE, 1).unwrap();
        let honest = m1.encode();
        let bit = changed
            .iter()
            .zip(honest)
            .map(|(a, b)| a ^ b)
            .collect::<Vec<_>>();
        let changed: Vec<u8> = m1.encode().iter().zip(bit).map(|(a, b)| a ^ b).collect();
        let changed = KeygenM1::decode(&changed).unwrap();
        let (_, m2) =
            keygen::begin::<Sm2>(Sharing::TwoNonce, &bytes, &changed, &[0; 32], &HEDGE).unwrap();
        assert_eq!(phone.receive(&m2).err(), Some(Error::BadProof));
    }
}

#[test]
fn messages_of_other_lengths_are_refused() {
    let Begun { phone, m2, .. } = begin::<Sm2>(&kg_header(SuiteId::Sm2, Purpose::Sign));
    let (_, m3, _) = phone.receive(&m2).unwrap();
    let m4 = KeygenM4 {
        pk: [2; 33],
        share_id: [1; 16],
        sig_server: [2; 64],
        tau: [3; 16],
        ctr: 4,
    };
    for cut in [0, 1, 60] {
        assert!(KeygenM1::decode(&vec![0; 97 - 1 - cut]).is_err());
        assert!(KeygenM2::<Sm2>::decode(&m2.encode()[..128 - cut], false).is_err());
        assert!(KeygenM3::<Sm2>::decode(&m3.encode()[..128 - cut], false).is_err());
        assert!(KeygenM4::decode(&m4.encode()[..136 - cut]).is_err());
    }
    assert!(KeygenM1::decode(&[0; 98]).is_err());
    let mut in_token = [0; 98];
    in_token[97] = 1;
    let decoded = KeygenM1::decode(&in_token).unwrap();
    assert_eq!(decoded.custody, cosign_core::message::Custody::Token);
    assert_eq!(decoded.encode(), in_token);
    in_token[97] = 2;
    assert!(KeygenM1::decode(&in_token).is_err());
    assert!(KeygenM2::<Sm2>::decode(&[m2.encode(), vec![0]].concat(), false).is_err());
    assert!(KeygenM3::<Sm2>::decode(&[m3.encode().to_vec(), vec![0]].concat(), false).is_err());
    assert!(KeygenM4::decode(&[m4.encode(), vec![0]].concat()).is_err());
    let decoded = KeygenM4::decode(&m4.encode()).unwrap();
    assert_eq!(decoded.encode(), m4.encode());
}

/// P10: whatever share one side fixes, the other side's randomness spreads the key: all keys differ and the first bit
/// of x is balanced (256 runs, six standard deviations).
#[test]
fn joint_key_is_spread_by_either_side() {
    let header = kg_header(SuiteId::Sm2, Purpose::Sign);
    let mut seen = HashSet::new();
    let mut ones = 0;
    for _ in 0..256 {
        let (_, share) = exchange::<Sm2>(&header);
        let pk = share.pk.encode();
        ones += usize::from(pk[1] >> 7);
        assert!(seen.insert(pk));
    }
    assert!((80..=176).contains(&ones), "{ones} of 256");
}
