//! Key generation messages M1 … M4 (§3.1). M2 and M3 of P-256 signing keys end with an OTS part (§6.2).

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::codec::Reader;
use super::ot_setup::{OtsPart, PART_1, PART_2};
use crate::curve::Affine;
use crate::error::{Error, Result};
use crate::hash::Suite;
use crate::proof::Proof;

/// Length of M1 with its device signature.
pub const M1_LEN: usize = 33 + 32 + 32 + 64;
/// Length of M1 for a key whose server share a token holds.
pub const M1_TOKEN_LEN: usize = M1_LEN + 1;
/// Length of M2 without its OTS part.
pub const M2_LEN: usize = 32 + 33 + 64;
/// Length of M3 with its device signature, without its OTS part.
pub const M3_LEN: usize = 33 + 32 + 64 + 64;
/// Length of M4.
pub const M4_LEN: usize = 33 + 16 + 64 + 16 + 8;

/// Where the server's share of a key lives (§8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Custody {
    /// In a sealed record (tier 1).
    #[default]
    Sealed = 0,
    /// In the token, which gives away nothing but agreements (tier 2); P-256 decryption keys only.
    Token = 1,
}

/// M1, phone to server (KG-1).
#[derive(Clone, Copy)]
pub struct KeygenM1 {
    /// Compressed P-256 key of the device, 33 bytes, checked by its verifier.
    pub device_pub: [u8; 33],
    /// Random, 32 bytes.
    pub nonce_p: [u8; 32],
    /// Commitment to P1.
    pub com: [u8; 32],
    /// What the phone asks for.
    pub custody: Custody,
}

impl KeygenM1 {
    /// Body without the device signature, 97 bytes; a byte of 1 follows if a token shall hold the server's share.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let custody: &[u8] = match self.custody {
            Custody::Sealed => &[],
            Custody::Token => &[Custody::Token as u8],
        };
        [
            self.device_pub.as_slice(),
            &self.nonce_p,
            &self.com,
            custody,
        ]
        .concat()
    }

    /// Decodes 97 bytes, or 98 of which the last is 1.
    ///
    /// # Errors
    /// `MalformedMessage` for another length or another last byte.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let mut message = Self {
            device_pub: *reader.array()?,
            nonce_p: *reader.array()?,
            com: *reader.array()?,
            custody: Custody::Sealed,
        };
        if bytes.len() + super::SIG_LEN == M1_TOKEN_LEN {
            message.custody = match reader.u8()? {
                1 => Custody::Token,
                _ => return Err(Error::MalformedMessage),
            };
        }
        reader.end()?;
        Ok(message)
    }
}

/// M2, server to phone (KG-2).
#[derive(Clone)]
pub struct KeygenM2<S: Suite> {
    /// Random, 32 bytes.
    pub nonce_s: [u8; 32],
    /// P2 = v2·G (MUL: B = b·G).
    pub p2: Affine<S>,
    /// Proof of v2; for a share in a token an ECDSA signature by b (HSM-3), also two scalars.
    pub pi2: Proof<S>,
    /// OTS part 1 (OTS-1), 8 448 bytes for P-256 signing keys, else empty.
    pub ots: OtsPart,
}

impl<S: Suite> KeygenM2<S> {
    /// Body, 129 bytes and the OTS part.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            self.nonce_s.as_slice(),
            &self.p2.encode(),
            &self.pi2.to_bytes(),
            &self.ots,
        ]
        .concat()
    }

    /// Decodes 129 bytes and, if `with_ots`, the OTS part.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
    pub fn decode(bytes: &[u8], with_ots: bool) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let message = Self {
            nonce_s: *reader.array()?,
            p2: reader.point()?,
            pi2: Proof::from_bytes(reader.array()?)?,
            ots: reader.ots(with_ots, PART_1)?,
        };
        reader.end()?;
        Ok(message)
    }
}

/// M3, phone to server (KG-3).
#[derive(Clone)]
pub struct KeygenM3<S: Suite> {
    /// P1 = u1·G (MUL: A1 = a·G).
    pub p1: Affine<S>,
    /// Opening of the commitment, 32 bytes.
    pub o: [u8; 32],
    /// Proof of u1.
    pub pi1: Proof<S>,
    /// OTS part 2 (OTS-4), 14 592 bytes for P-256 signing keys, else empty.
    pub ots: OtsPart,
}

impl<S: Suite> KeygenM3<S> {
    /// Body without the device signature, 129 bytes and the OTS part.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (p1, pi1) = (self.p1.encode(), self.pi1.to_bytes());
        Zeroizing::new([p1.as_slice(), &self.o, &pi1, &self.ots].concat())
    }

    /// Decodes 129 bytes and, if `with_ots`, the OTS part.
    ///
    /// # Errors
    /// `MalformedMessage`, `MalformedPoint`, `MalformedScalar`.
    pub fn decode(bytes: &[u8], with_ots: bool) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let message = Self {
            p1: reader.point()?,
            o: *reader.array()?,
            pi1: Proof::from_bytes(reader.array()?)?,
            ots: reader.ots(with_ots, PART_2)?,
        };
        reader.end()?;
        Ok(message)
    }
}

/// M4, server to phone (KG-4, KG-5).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeygenM4 {
    /// Joint public key, compressed.
    pub pk: [u8; 33],
    /// Id of the new share record.
    pub share_id: [u8; 16],
    /// Identity key's r‖s over `H("KG/3", …)`.
    pub sig_server: [u8; 64],
    /// First clone token of the device, zeros if it has one.
    pub tau: [u8; 16],
    /// First counter of the device, zero if it has one.
    pub ctr: u64,
}

impl KeygenM4 {
    /// Body, 137 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            self.pk.as_slice(),
            &self.share_id,
            &self.sig_server,
            &self.tau,
            &self.ctr.to_be_bytes(),
        ]
        .concat()
    }

    /// Decodes 137 bytes.
    ///
    /// # Errors
    /// `MalformedMessage` for another length.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let message = Self {
            pk: *reader.array()?,
            share_id: *reader.array()?,
            sig_server: *reader.array()?,
            tau: *reader.array()?,
            ctr: reader.u64()?,
        };
        reader.end()?;
        Ok(message)
    }
}
