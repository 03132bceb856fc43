//! Server side of key generation.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{joint_key, statement, Labels};
use crate::curve::{mul_base, Affine, SecretScalar};
use crate::error::{Error, Result};
use crate::hash::{h, Suite};
use crate::message::codec::Reader;
use crate::message::{keygen_m1_ctx, KeygenM1, KeygenM2, KeygenM3, OtsPart, Purpose, Sharing};
use crate::proof::{prove, verify, Proof, Statement};
use crate::random::{fresh, ServerNonces};

/// Length of an encoded [`Pending`].
pub const PENDING_LEN: usize = 1 + 5 * 32;

/// What the server keeps between M2 and M3. It is sealed like a share, lives five minutes and is consumed once.
pub struct Pending<S: Suite> {
    sharing: Sharing,
    v2: SecretScalar<S>,
    com: [u8; 32],
    k0: [u8; 32],
    k1: [u8; 32],
    k2: Zeroizing<[u8; 32]>,
}

/// A generated key as the server holds it (KG-4).
pub struct NewShare<S: Suite> {
    /// Joint public key P.
    pub pk: Affine<S>,
    /// v2 or b.
    pub share: SecretScalar<S>,
    /// The phone's point, P1 or A1, for the proofs of later requests.
    pub point: Affine<S>,
    /// Random id of the share record.
    pub share_id: [u8; 16],
    sharing: Sharing,
}

/// KG-2: answers M1, without its OTS part. `header` is the encoded header of M1, `hedge` the 32-byte hedge secret of the core and `body_hash`
/// that of M1 (HEDGE-2).
///
/// # Errors
/// `RandomUnavailable`, `InternalFault`.
pub fn begin<S: Suite>(
    sharing: Sharing,
    header: &[u8],
    m1: &KeygenM1,
    body_hash: &[u8; 32],
    hedge: &[u8; 32],
) -> Result<(Pending<S>, KeygenM2<S>)> {
    let k0 = keygen_m1_ctx::<S>(sharing, header, m1);
    let nonces = ServerNonces::new::<S>(hedge, &k0, body_hash)?;
    begin_with(sharing, k0, m1, &nonces, fresh()?)
}

pub(super) fn begin_with<S: Suite>(
    sharing: Sharing,
    k0: [u8; 32],
    m1: &KeygenM1,
    nonces: &ServerNonces,
    nonce_s: [u8; 32],
) -> Result<(Pending<S>, KeygenM2<S>)> {
    let labels = Labels::of(sharing);
    let v2: SecretScalar<S> = nonces.scalar("v2", 1, 0);
    let p2 = mul_base(&v2).ok_or(Error::InternalFault)?;
    let k1 = h::<S>(labels.k1, &[&k0, &m1.com, &nonce_s]);
    let pi2 = prove(labels.proof_server, &k1, &[(&v2, &p2)], |i| {
        nonces.scalar("pok", i, 0)
    })?;
    let k2 = k2(sharing, &k1, &p2, &pi2);
    Ok((
        Pending {
            sharing,
            v2,
            com: m1.com,
            k0,
            k1,
            k2,
        },
        KeygenM2 {
            nonce_s,
            p2,
            pi2,
            ots: OtsPart::default(),
        },
    ))
}

/// KG-3: the context of M3.
fn k2<S: Suite>(
    sharing: Sharing,
    k1: &[u8; 32],
    p2: &Affine<S>,
    pi2: &Proof<S>,
) -> Zeroizing<[u8; 32]> {
    let fields: [&[u8]; 3] = [k1, &p2.encode(), &pi2.to_bytes()];
    Zeroizing::new(h::<S>(Labels::of(sharing).k2, &fields))
}

impl<S: Suite> Pending<S> {
    /// Of a share whose other part is in a token: `soft` is `b_s`, `pi2` the signature in place of the proof.
    pub(super) fn held(
        soft: SecretScalar<S>,
        com: [u8; 32],
        k0: [u8; 32],
        k1: [u8; 32],
        b: &Affine<S>,
        pi2: &Proof<S>,
    ) -> Self {
        let sharing = Sharing::Multiplicative;
        let k2 = k2(sharing, &k1, b, pi2);
        Self {
            sharing,
            v2: soft,
            com,
            k0,
            k1,
            k2,
        }
    }

    /// k1, bound into the additional data of the sealed record (SEAL-1).
    #[must_use]
    pub const fn k1(&self) -> &[u8; 32] {
        &self.k1
    }

    /// k2, the context of M3's device signature. It tells a right PIN from a wrong one: never store or log it.
    #[must_use]
    pub fn k2(&self) -> &[u8; 32] {
        &self.k2
    }

    /// Which key is being made.
    #[must_use]
    pub const fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Fixed layout u8 sharing (1 signing, 2 multiplicative) ‖ v2 ‖ com ‖ k0 ‖ k1 ‖ k2, for sealing.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; PENDING_LEN]> {
        let mut out = Zeroizing::new([0; PENDING_LEN]);
        out[0] = match self.sharing {
            Sharing::TwoNonce => 1,
            Sharing::Multiplicative => 2,
        };
        let v2 = self.v2.to_bytes();
        let parts = [&*v2, &self.com, &self.k0, &self.k1, &*self.k2];
        for (chunk, part) in out[1..].chunks_exact_mut(32).zip(parts) {
            chunk.copy_from_slice(part);
        }
        out
    }

    /// Inverse of [`Pending::to_bytes`].
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedScalar`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let sharing = match reader.u8()? {
            1 => Sharing::TwoNonce,
            2 => Sharing::Multiplicative,
            _ => return Err(Error::MalformedMessage),
        };
        let v2 = SecretScalar::from_bytes(reader.array()?).ok_or(Error::MalformedScalar)?;
        let pending = Self {
            sharing,
            v2,
            com: *reader.array()?,
            k0: *reader.array()?,
            k1: *reader.array()?,
            k2: Zeroizing::new(*reader.array()?),
        };
        reader.end()?;
        Ok(pending)
    }

    /// KG-4: checks the opening and the proof of M3 and makes the key. Consumes the pending record whatever happens
    /// (KG-8).
    ///
    /// # Errors
    /// `BadCommitment`, `BadProof`, `DegenerateKey`, `RandomUnavailable`.
    pub fn finish(self, m3: &KeygenM3<S>) -> Result<NewShare<S>> {
        self.check(m3)?;
        let pk = joint_key(self.sharing, &self.v2, &m3.p1).ok_or(Error::DegenerateKey)?;
        self.into_share(pk, m3)
    }

    /// KG-4 for a share in a token (HSM-3): `product` is `b_t·A1`.
    ///
    /// # Errors
    /// As [`Pending::finish`].
    pub fn finish_held(self, m3: &KeygenM3<S>, product: &Affine<S>) -> Result<NewShare<S>> {
        self.check(m3)?;
        let pk = joint_key(self.sharing, &self.v2, product).ok_or(Error::DegenerateKey)?;
        self.into_share(pk, m3)
    }

    fn check(&self, m3: &KeygenM3<S>) -> Result<()> {
        let labels = Labels::of(self.sharing);
        let com = h::<S>(labels.com, &[&self.k0, &m3.p1.encode(), &m3.o]);
        if !bool::from(com.ct_eq(&self.com)) {
            return Err(Error::BadCommitment);
        }
        verify(&Statement::of_share(
            labels.proof_phone,
            &self.k2,
            &m3.p1,
            &m3.pi1,
        ))
    }

    fn into_share(self, pk: Affine<S>, m3: &KeygenM3<S>) -> Result<NewShare<S>> {
        Ok(NewShare {
            pk,
            share: self.v2,
            point: m3.p1,
            share_id: fresh()?,
            sharing: self.sharing,
        })
    }
}

impl<S: Suite> NewShare<S> {
    /// KG-5: the 32 bytes the core's identity key signs for this key.
    #[must_use]
    pub fn statement(&self, key_id: &str, device_id: &str, purpose: Purpose) -> [u8; 32] {
        statement::<S>(self.sharing, key_id, device_id, purpose, &self.pk.encode())
    }
}
