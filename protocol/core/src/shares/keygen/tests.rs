use zeroize::Zeroizing;

use super::phone::{Identity, PhoneKeygen};
use super::server::{begin_with, Pending};
use crate::curve::Sm2;
use crate::error::Error;
use crate::message::{Custody, KeygenM1, KeygenM4, Purpose, Sharing};
use crate::random::{PhoneNonces, ServerNonces};
use crate::testing::Vector;

/// An M1 without its commitment.
fn m1(device_pub: [u8; 33], nonce_p: [u8; 32]) -> KeygenM1 {
    KeygenM1 {
        device_pub,
        nonce_p,
        com: [0; 32],
        custody: Custody::Sealed,
    }
}

/// Runs both sides with the secrets of a vector and compares every message.
fn keygen_vector(name: &str, sharing: Sharing, purpose: Purpose) {
    let v = Vector::load(name);
    let phone_nonces = PhoneNonces::prescribed(&[
        ("u1", 1, v.array("/inputs/u1")),
        ("pok", 1, v.array("/inputs/a_p")),
    ]);
    let server_nonces = ServerNonces::prescribed(&[
        ("v2", 1, v.array("/inputs/v2")),
        ("pok", 1, v.array("/inputs/a_s")),
    ]);
    let identity = Identity::new("key-1", "device-1", purpose);
    let mut m1 = m1(v.array("/inputs/device_pub"), v.array("/inputs/nonce_p"));
    let (phone, k0) = PhoneKeygen::<Sm2>::commit(
        sharing,
        identity,
        &v.bytes("/inputs/hdr"),
        &mut m1,
        phone_nonces,
        Zeroizing::new(v.array("/inputs/o")),
    )
    .unwrap();
    assert_eq!(k0.as_slice(), v.bytes("/intermediate/k0"));
    assert_eq!(m1.com.as_slice(), v.bytes("/intermediate/com"));
    let (pending, m2) =
        begin_with::<Sm2>(sharing, k0, &m1, &server_nonces, v.array("/inputs/nonce_s")).unwrap();
    assert_eq!(pending.k1().as_slice(), v.bytes("/intermediate/k1"));
    assert_eq!(pending.k2().as_slice(), v.bytes("/intermediate/k2"));
    assert!(m2.p2 == v.point("/intermediate/P2"));
    assert_eq!(m2.pi2.to_bytes().as_slice(), v.bytes("/outputs/pi2"));
    let (phone, m3, k2) = phone.receive(&m2).unwrap();
    assert_eq!(k2.as_slice(), v.bytes("/intermediate/k2"));
    assert!(m3.p1 == v.point("/intermediate/P1"));
    assert_eq!(m3.pi1.to_bytes().as_slice(), v.bytes("/outputs/pi1"));
    let stored = Pending::<Sm2>::from_bytes(pending.to_bytes().as_slice()).unwrap();
    assert_eq!(stored.sharing(), sharing);
    let share = stored.finish(&m3).unwrap();
    assert_eq!(share.pk.encode().as_slice(), v.bytes("/outputs/P"));
    assert!(share.point == v.point("/intermediate/P1"));
    assert_eq!(*share.share.to_bytes(), v.array("/inputs/v2"));
    let message = share.statement("key-1", "device-1", purpose);
    assert_eq!(message.as_slice(), v.bytes("/outputs/sig_server_message"));
    let m4 = KeygenM4 {
        pk: share.pk.encode(),
        share_id: share.share_id,
        sig_server: [9; 64],
        tau: [0; 16],
        ctr: 0,
    };
    let check = |signed: &[u8; 32], signature: &[u8; 64]| {
        assert_eq!((signed, signature), (&message, &[9; 64]));
        Ok(())
    };
    let (phone_share, pk) = phone.finish(&m4, check).unwrap();
    assert!(pk == share.pk);
    let u1 = v.secret::<Sm2>("/inputs/u1");
    let expected = if sharing == Sharing::TwoNonce {
        u1.invert()
    } else {
        u1
    };
    assert_eq!(*phone_share.to_bytes(), *expected.to_bytes());
    let product = u1_times_v2(&v);
    let d = match sharing {
        Sharing::TwoNonce => product.sub(&crate::curve::Scalar::ONE),
        Sharing::Multiplicative => product,
    };
    assert_eq!(d.to_bytes().as_slice(), v.bytes("/outputs/joint_d"));
}

fn u1_times_v2(v: &Vector) -> crate::curve::Scalar<Sm2> {
    v.secret::<Sm2>("/inputs/u1")
        .expose()
        .mul(v.secret::<Sm2>("/inputs/v2").expose())
}

#[test]
fn keygen_vectors_of_both_sharings() {
    keygen_vector("sm2_keygen", Sharing::TwoNonce, Purpose::Sign);
    keygen_vector("sm2_keygen_mul", Sharing::Multiplicative, Purpose::Decrypt);
}

#[test]
fn pending_records_of_another_form_are_refused() {
    let v = Vector::load("sm2_keygen");
    let nonces = ServerNonces::prescribed(&[("v2", 1, v.array("/inputs/v2"))]);
    let m1 = m1([2; 33], [0; 32]);
    let (pending, _) =
        begin_with::<Sm2>(Sharing::TwoNonce, [3; 32], &m1, &nonces, [4; 32]).unwrap();
    let good = pending.to_bytes();
    assert!(Pending::<Sm2>::from_bytes(good.as_slice()).is_ok());
    assert_eq!(
        Pending::<Sm2>::from_bytes(&good[1..]).err(),
        Some(Error::MalformedMessage)
    );
    let mut bytes = *good;
    bytes[0] = 3;
    assert_eq!(
        Pending::<Sm2>::from_bytes(&bytes).err(),
        Some(Error::MalformedMessage)
    );
    bytes = *good;
    bytes[1..33].fill(0);
    assert_eq!(
        Pending::<Sm2>::from_bytes(&bytes).err(),
        Some(Error::MalformedScalar)
    );
}

/// Row 14: u1 = 1/v2 makes P = u1·v2·G − G the identity.
#[test]
fn row_14_shares_that_give_the_identity_are_refused() {
    let v = Vector::load("sm2_keygen");
    let u1 = *v.secret::<Sm2>("/inputs/v2").invert().to_bytes();
    let phone_nonces = PhoneNonces::prescribed(&[("u1", 1, u1)]);
    let server_nonces = ServerNonces::prescribed(&[("v2", 1, v.array("/inputs/v2"))]);
    let (sharing, o) = (Sharing::TwoNonce, Zeroizing::new([0; 32]));
    let identity = Identity::new("key-1", "device-1", Purpose::Sign);
    let mut m1 = m1([2; 33], [0; 32]);
    let (phone, k0) =
        PhoneKeygen::<Sm2>::commit(sharing, identity, b"header", &mut m1, phone_nonces, o).unwrap();
    let (pending, m2) = begin_with::<Sm2>(sharing, k0, &m1, &server_nonces, [0; 32]).unwrap();
    let (_, m3, _) = phone.receive(&m2).unwrap();
    assert_eq!(pending.finish(&m3).err(), Some(Error::DegenerateKey));
}
