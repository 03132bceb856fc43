//! Phone side of key generation: one type per state, each method consumes the state it leaves.

use zeroize::Zeroizing;

use super::{joint_key, statement, token_statement, Labels};
use crate::curve::{mul_base, Affine, SecretScalar, P256};
use crate::device;
use crate::error::{Error, Result};
use crate::hash::{h, Suite};
use crate::message::{
    keygen_m1_ctx, may_be_in_token, Custody, Header, KeygenM1, KeygenM2, KeygenM3, KeygenM4,
    OtsPart, Purpose, Sharing,
};
use crate::proof::{prove, verify, Statement};
use crate::random::{fresh, pre_context, PhoneNonces};

/// What the server's statement names (KG-5).
pub(super) struct Identity {
    key_id: String,
    device_id: String,
    purpose: Purpose,
}

impl Identity {
    pub(super) fn new(key_id: &str, device_id: &str, purpose: Purpose) -> Self {
        Self {
            key_id: key_id.to_owned(),
            device_id: device_id.to_owned(),
            purpose,
        }
    }
}

/// A context hash that tells a right PIN from a wrong one, wiped when dropped.
pub type SecretContext = Zeroizing<[u8; 32]>;

/// After M1: the phone has committed to P1.
pub struct PhoneKeygen<S: Suite> {
    sharing: Sharing,
    custody: Custody,
    identity: Identity,
    nonces: PhoneNonces,
    u1: SecretScalar<S>,
    p1: Zeroizing<Affine<S>>,
    o: Zeroizing<[u8; 32]>,
    k0: [u8; 32],
    com: [u8; 32],
}

/// After M3: the phone has proven u1 and waits for M4.
pub struct PhoneKeygenProven<S: Suite> {
    sharing: Sharing,
    identity: Identity,
    u1: SecretScalar<S>,
    p2: Zeroizing<Affine<S>>,
}

impl<S: Suite> PhoneKeygen<S> {
    /// KG-1. `hedge` is the 32-byte hedge secret of the device record, `local_seq` its request counter (HEDGE-1).
    /// Gives M1 and k0, the context of its device signature.
    ///
    /// # Errors
    /// `MalformedMessage` for a header that does not encode or is of another suite, `RandomUnavailable`.
    pub fn begin(
        header: &Header,
        device_pub: [u8; 33],
        hedge: &[u8; 32],
        local_seq: u64,
    ) -> Result<(Self, KeygenM1, [u8; 32])> {
        Self::begin_in(Custody::Sealed, header, device_pub, hedge, local_seq)
    }

    /// KG-1 for a key whose server share is kept as `custody` says.
    ///
    /// # Errors
    /// As [`PhoneKeygen::begin`]; `PurposeMismatch` if no token can hold the share of such a key.
    pub fn begin_in(
        custody: Custody,
        header: &Header,
        device_pub: [u8; 33],
        hedge: &[u8; 32],
        local_seq: u64,
    ) -> Result<(Self, KeygenM1, [u8; 32])> {
        if custody == Custody::Token && !may_be_in_token(header.suite, header.purpose) {
            return Err(Error::PurposeMismatch);
        }
        let encoded = header.encode()?;
        if header.suite.name() != S::NAME {
            return Err(Error::MalformedMessage);
        }
        let nonces = PhoneNonces::new::<S>(hedge, &pre_context::<S>(&encoded), local_seq)?;
        let sharing = Sharing::of(header.suite, header.purpose);
        let identity = Identity::new(&header.key_id, &header.device_id, header.purpose);
        let o = Zeroizing::new(fresh()?);
        let mut m1 = KeygenM1 {
            device_pub,
            nonce_p: fresh()?,
            com: [0; 32],
            custody,
        };
        let (phone, k0) = Self::commit(sharing, identity, &encoded, &mut m1, nonces, o)?;
        Ok((phone, m1, k0))
    }

    /// Fills in the commitment.
    pub(super) fn commit(
        sharing: Sharing,
        identity: Identity,
        header: &[u8],
        m1: &mut KeygenM1,
        nonces: PhoneNonces,
        o: Zeroizing<[u8; 32]>,
    ) -> Result<(Self, [u8; 32])> {
        let u1: SecretScalar<S> = nonces.scalar("u1", 1);
        let p1 = Zeroizing::new(mul_base(&u1).ok_or(Error::InternalFault)?);
        let k0 = keygen_m1_ctx::<S>(sharing, header, m1);
        m1.com = h::<S>(Labels::of(sharing).com, &[&k0, &p1.encode(), o.as_slice()]);
        let phone = Self {
            sharing,
            custody: m1.custody,
            identity,
            nonces,
            u1,
            p1,
            o,
            k0,
            com: m1.com,
        };
        Ok((phone, k0))
    }

    /// k1, which M2 completes: the parent of the session id of an OT set-up (§6.2).
    #[must_use]
    pub fn k1(&self, m2: &KeygenM2<S>) -> SecretContext {
        let fields = [self.k0.as_slice(), &self.com, &m2.nonce_s];
        Zeroizing::new(h::<S>(Labels::of(self.sharing).k1, &fields))
    }

    /// KG-3: the server has the share of P2, itself or in its token (HSM-3).
    fn check_server(&self, k1: &[u8; 32], m2: &KeygenM2<S>) -> Result<()> {
        match self.custody {
            Custody::Sealed => verify(&Statement::of_share(
                Labels::of(self.sharing).proof_server,
                k1,
                &m2.p2,
                &m2.pi2,
            )),
            Custody::Token => {
                let encoded = m2.p2.encode();
                let b = Affine::<P256>::decode(&encoded)?;
                device::verify(&b, &token_statement(k1, &encoded), &m2.pi2.to_bytes())
                    .map_err(|_| Error::BadProof)
            }
        }
    }

    /// KG-3: checks pi2 and proves u1. Gives M3 without its OTS part and k2, the context of its device signature.
    ///
    /// # Errors
    /// `BadProof`: erase everything and start again with a new M1 (KG-8).
    pub fn receive(
        self,
        m2: &KeygenM2<S>,
    ) -> Result<(PhoneKeygenProven<S>, KeygenM3<S>, SecretContext)> {
        let labels = Labels::of(self.sharing);
        let k1 = self.k1(m2);
        self.check_server(&k1, m2)?;
        let k2 = Zeroizing::new(h::<S>(
            labels.k2,
            &[k1.as_slice(), &m2.p2.encode(), &m2.pi2.to_bytes()],
        ));
        let witness = [(&self.u1, &*self.p1)];
        let pi1 = prove(labels.proof_phone, &k2, &witness, |i| {
            self.nonces.scalar("pok", i)
        })?;
        let m3 = KeygenM3 {
            p1: *self.p1,
            o: *self.o,
            pi1,
            ots: OtsPart::default(),
        };
        let proven = PhoneKeygenProven {
            sharing: self.sharing,
            identity: self.identity,
            u1: self.u1,
            p2: Zeroizing::new(m2.p2),
        };
        Ok((proven, m3, k2))
    }
}

impl<S: Suite> PhoneKeygenProven<S> {
    /// KG-6: requires P = u1·P2 − G (multiplicative: a·B) and, through `verify_statement`, a valid signature of the
    /// server's identity key. Gives the phone's share (d1 or a) and P; everything else of the run is erased.
    ///
    /// `verify_statement(message, signature)` gets the 32 bytes of KG-5 and r‖s.
    ///
    /// # Errors
    /// `MalformedPoint`, `BadAnswer` for another P, and what `verify_statement` returns.
    pub fn finish(
        self,
        m4: &KeygenM4,
        verify_statement: impl FnOnce(&[u8; 32], &[u8; 64]) -> Result<()>,
    ) -> Result<(SecretScalar<S>, Affine<S>)> {
        let pk = Affine::decode(&m4.pk)?;
        if joint_key(self.sharing, &self.u1, &self.p2) != Some(pk) {
            return Err(Error::BadAnswer);
        }
        let Identity {
            key_id,
            device_id,
            purpose,
        } = &self.identity;
        let message = statement::<S>(self.sharing, key_id, device_id, *purpose, &m4.pk);
        verify_statement(&message, &m4.sig_server)?;
        let share = match self.sharing {
            Sharing::TwoNonce => self.u1.invert(),
            Sharing::Multiplicative => self.u1,
        };
        Ok((share, pk))
    }
}
