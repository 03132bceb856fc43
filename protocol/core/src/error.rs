//! The one error enum of the core; the names are those of `protocol._core`.
//!
//! An error never carries a value: what failed may be a secret, or tell a right PIN from a wrong one.

use core::fmt;

use crate::curve::PointError;

/// Result of every fallible function of the core.
pub type Result<T> = core::result::Result<T, Error>;

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// ENC-1: a point has the wrong length, prefix or x, or has no square root.
    MalformedPoint,
    /// ENC-2: a scalar is zero or not below the group order.
    MalformedScalar,
    /// ENC-5: a header or body does not have exactly the layout of its operation.
    MalformedMessage,
    /// ENC-3: a digest is zero modulo the group order.
    DigestRefused,
    /// POK-2: a proof of knowledge does not hold.
    BadProof,
    /// KG-4: the commitment of key generation was opened to something else.
    BadCommitment,
    /// A signature does not verify.
    BadSignature,
    /// SIGN-12, SIGN-17, KG-6: the server's answer is inconsistent; nothing may be released.
    BadAnswer,
    /// KG-4: the shares add up to no usable key.
    DegenerateKey,
    /// DEC-5: the one uniform error of decryption.
    DecryptionFailed,
    /// E2E-2: the end-to-end envelope could not be opened.
    EnvelopeInvalid,
    /// HDR-2: the signature of the device key does not verify.
    DeviceProofInvalid,
    /// SEAL-2: a sealed record does not open under its additional data.
    SealBroken,
    /// A value that works once was used a second time.
    AlreadyUsed,
    /// The operation does not fit the purpose of the key.
    PurposeMismatch,
    /// The generator of the operating system failed.
    RandomUnavailable,
    /// An invariant of the core does not hold.
    InternalFault,
}

impl Error {
    /// Every error, in the order of `protocol._core`.
    pub const ALL: [Self; 17] = [
        Self::MalformedPoint,
        Self::MalformedScalar,
        Self::MalformedMessage,
        Self::DigestRefused,
        Self::BadProof,
        Self::BadCommitment,
        Self::BadSignature,
        Self::BadAnswer,
        Self::DegenerateKey,
        Self::DecryptionFailed,
        Self::EnvelopeInvalid,
        Self::DeviceProofInvalid,
        Self::SealBroken,
        Self::AlreadyUsed,
        Self::PurposeMismatch,
        Self::RandomUnavailable,
        Self::InternalFault,
    ];

    /// Class name of the matching Python exception.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MalformedPoint => "MalformedPoint",
            Self::MalformedScalar => "MalformedScalar",
            Self::MalformedMessage => "MalformedMessage",
            Self::DigestRefused => "DigestRefused",
            Self::BadProof => "BadProof",
            Self::BadCommitment => "BadCommitment",
            Self::BadSignature => "BadSignature",
            Self::BadAnswer => "BadAnswer",
            Self::DegenerateKey => "DegenerateKey",
            Self::DecryptionFailed => "DecryptionFailed",
            Self::EnvelopeInvalid => "EnvelopeInvalid",
            Self::DeviceProofInvalid => "DeviceProofInvalid",
            Self::SealBroken => "SealBroken",
            Self::AlreadyUsed => "AlreadyUsed",
            Self::PurposeMismatch => "PurposeMismatch",
            Self::RandomUnavailable => "RandomUnavailable",
            Self::InternalFault => "InternalFault",
        }
    }

    /// Reason of a MALFORMED answer (E2E-3), `None` for errors that are no fault of the request's form.
    #[must_use]
    pub const fn malformed_reason(self) -> Option<&'static str> {
        match self {
            Self::MalformedPoint => Some("MALFORMED_POINT"),
            Self::MalformedScalar => Some("MALFORMED_SCALAR"),
            Self::MalformedMessage => Some("MALFORMED_MESSAGE"),
            Self::DigestRefused => Some("DIGEST_REFUSED"),
            Self::PurposeMismatch => Some("PURPOSE_MISMATCH"),
            _ => None,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::MalformedPoint => "not a compressed point of the curve",
            Self::MalformedScalar => "scalar is zero or not below the group order",
            Self::MalformedMessage => "message does not have the layout of its operation",
            Self::DigestRefused => "digest is zero modulo the group order",
            Self::BadProof => "proof of knowledge does not hold",
            Self::BadCommitment => "commitment does not open to the value sent",
            Self::BadSignature => "signature does not verify",
            Self::BadAnswer => "answer of the server is inconsistent",
            Self::DegenerateKey => "shares give no usable key",
            Self::DecryptionFailed => "decryption failed",
            Self::EnvelopeInvalid => "envelope cannot be opened",
            Self::DeviceProofInvalid => "device signature does not verify",
            Self::SealBroken => "sealed record does not open",
            Self::AlreadyUsed => "object works once and was used",
            Self::PurposeMismatch => "operation does not fit the purpose of the key",
            Self::RandomUnavailable => "the operating system gives no random bytes",
            Self::InternalFault => "internal fault",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl core::error::Error for Error {}

impl From<PointError> for Error {
    fn from(_: PointError) -> Self {
        Self::MalformedPoint
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn names_and_texts_are_unique() {
        for (i, a) in Error::ALL.iter().enumerate() {
            for b in &Error::ALL[i + 1..] {
                assert_ne!(a.name(), b.name());
                assert_ne!(a.to_string(), b.to_string());
            }
        }
    }
}
