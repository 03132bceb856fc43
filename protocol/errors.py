"""Exceptions of the protocol, raised by the native core and by the faces around it.

::

    ProtocolError
    ├── what the other side sent cannot be decoded; nothing is charged
    │   ├── MalformedPoint        not a point of the curve in the one accepted encoding (ENC-1)
    │   ├── MalformedScalar       not 32 bytes in [1, n-1] (ENC-2)
    │   ├── MalformedMessage      length, count, version, identifier or field outside its range (ENC-5, HDR-1)
    │   └── DigestRefused         a digest that is 0 modulo n (ENC-3)
    ├── what the other side sent is well formed and wrong
    │   ├── BadProof              a proof of knowledge does not verify (POK-2)
    │   ├── BadCommitment         key generation: the commitment opens to another point (KG-4)
    │   ├── BadSignature          an SM2 or ECDSA signature does not verify
    │   ├── BadAnswer             an answer fails a check of the phone (SIGN-17, KG-6); a security event
    │   ├── DegenerateKey         key generation ended in the identity (KG-4)
    │   ├── DecryptionFailed      one uniform error for every failed decryption (DEC-5)
    │   ├── EnvelopeInvalid       the end-to-end layer cannot be opened (E2E-2)
    │   ├── DeviceProofInvalid    sig_dev does not verify (HDR-2, E2E-6)
    │   └── PurposeMismatch       an operation with a key of another purpose (rule 6)
    ├── custody
    │   ├── SealBroken            a sealed record does not open under the context given (SEAL-2); an alarm
    │   └── Pkcs11Refused         a hardware token refused a call; carries the function and the CKR code
    └── the caller or this machine
        ├── AlreadyUsed           a one-time handle was used a second time (rule 5)
        ├── RandomUnavailable     the operating system gave no randomness (HEDGE-3)
        └── InternalFault         a self-test or an internal check failed; nothing was released

The classes come from the native core, so that what the core raises is what callers catch.
"""

from protocol._core import (
    AlreadyUsed,
    BadAnswer,
    BadCommitment,
    BadProof,
    BadSignature,
    DecryptionFailed,
    DegenerateKey,
    DeviceProofInvalid,
    DigestRefused,
    EnvelopeInvalid,
    InternalFault,
    MalformedMessage,
    MalformedPoint,
    MalformedScalar,
    Pkcs11Refused,
    ProtocolError,
    PurposeMismatch,
    RandomUnavailable,
    SealBroken,
)

__all__ = [
    "AlreadyUsed",
    "BadAnswer",
    "BadCommitment",
    "BadProof",
    "BadSignature",
    "DecryptionFailed",
    "DegenerateKey",
    "DeviceProofInvalid",
    "DigestRefused",
    "EnvelopeInvalid",
    "InternalFault",
    "MalformedMessage",
    "MalformedPoint",
    "MalformedScalar",
    "Pkcs11Refused",
    "ProtocolError",
    "PurposeMismatch",
    "RandomUnavailable",
    "SealBroken",
]
