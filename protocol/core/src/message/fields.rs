//! The enumerations of the header: suite, operation, purpose.

use crate::error::{Error, Result};

/// Field 2: curve and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuiteId {
    /// SM2 curve, SM3.
    Sm2,
    /// P-256, SHA-256.
    P256,
}

impl SuiteId {
    /// Name in headers and tags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sm2 => "SM2",
            Self::P256 => "P256",
        }
    }

    /// Inverse of [`SuiteId::name`].
    ///
    /// # Errors
    /// `MalformedMessage` for any other name.
    pub fn from_name(name: &[u8]) -> Result<Self> {
        match name {
            b"SM2" => Ok(Self::Sm2),
            b"P256" => Ok(Self::P256),
            _ => Err(Error::MalformedMessage),
        }
    }
}

/// Field 3: operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Op {
    /// Key generation (§3.1).
    Keygen = 1,
    /// SM2-M2 signature over N digests (§3.2).
    Sign = 2,
    /// SM2 decryption (§3.3).
    Decrypt = 3,
    /// New shares of the same key (RF-1 … RF-5).
    Refresh = 4,
    /// First use of refreshed shares (RF-6, RF-7).
    Confirm = 5,
    /// State of the clone token (CLONE-5).
    Sync = 6,
    /// Adoption after a restore (RS-4).
    Adopt = 7,
    /// ECDSA signature (§6.3).
    EcSign = 8,
    /// ECDH and ECIES (§6.6).
    Ecdh = 9,
    /// Oblivious-transfer set-up (§6.2).
    OtSetup = 10,
}

impl Op {
    const ALL: [Self; 10] = [
        Self::Keygen,
        Self::Sign,
        Self::Decrypt,
        Self::Refresh,
        Self::Confirm,
        Self::Sync,
        Self::Adopt,
        Self::EcSign,
        Self::Ecdh,
        Self::OtSetup,
    ];

    /// Operation with this number.
    ///
    /// # Errors
    /// `MalformedMessage` for an unknown number.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|op| *op as u8 == byte)
            .ok_or(Error::MalformedMessage)
    }

    /// SIGN and DECRYPT are SM2 protocols; SYNC (HDR-3) and operations 8–10 use P-256.
    #[must_use]
    pub const fn allows_suite(self, suite: SuiteId) -> bool {
        match self {
            Self::Sign | Self::Decrypt => matches!(suite, SuiteId::Sm2),
            Self::Sync | Self::EcSign | Self::Ecdh | Self::OtSetup => {
                matches!(suite, SuiteId::P256)
            }
            Self::Keygen | Self::Refresh | Self::Confirm | Self::Adopt => true,
        }
    }

    /// A key has one purpose (rule 6): signatures with sign and login keys, decryption and ECDH with decrypt keys.
    #[must_use]
    pub const fn allows_purpose(self, purpose: Purpose) -> bool {
        match self {
            Self::Sign | Self::EcSign | Self::OtSetup => !matches!(purpose, Purpose::Decrypt),
            Self::Decrypt | Self::Ecdh => matches!(purpose, Purpose::Decrypt),
            Self::Keygen | Self::Refresh | Self::Confirm | Self::Sync | Self::Adopt => true,
        }
    }
}

/// Field 4: the one purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Document signatures.
    Sign = 1,
    /// Decryption.
    Decrypt = 2,
    /// Authentication signatures.
    Login = 3,
}

impl Purpose {
    /// Purpose with this number.
    ///
    /// # Errors
    /// `MalformedMessage` for an unknown number.
    pub const fn from_byte(byte: u8) -> Result<Self> {
        match byte {
            1 => Ok(Self::Sign),
            2 => Ok(Self::Decrypt),
            3 => Ok(Self::Login),
            _ => Err(Error::MalformedMessage),
        }
    }
}

/// Whether a key of this suite and purpose signs by oblivious transfer, so that every share of it has its own OT set-up
/// (§6.2).
#[must_use]
pub const fn needs_ot(suite: SuiteId, purpose: Purpose) -> bool {
    matches!(suite, SuiteId::P256) && !matches!(purpose, Purpose::Decrypt)
}

/// How the two shares make the private key (§3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// SM2-M2 signing keys: 1 + d = u1·v2, P = u1·v2·G − G.
    TwoNonce,
    /// SM2 decryption and every P-256 key: d = a·b, P = a·b·G.
    Multiplicative,
}

impl Sharing {
    /// The sharing that belongs to a suite and a purpose.
    #[must_use]
    pub const fn of(suite: SuiteId, purpose: Purpose) -> Self {
        match (suite, purpose) {
            (SuiteId::Sm2, Purpose::Sign | Purpose::Login) => Self::TwoNonce,
            (SuiteId::Sm2, Purpose::Decrypt) | (SuiteId::P256, _) => Self::Multiplicative,
        }
    }
}
