"""The record of a key ceremony: one JSON document, signed inside the token, and the same for people in Markdown.

The signature is ECDSA on P-256 over SHA-256 of the canonical JSON, by a key that the ceremony draws in the token and
that can neither leave it nor do anything else. It proves that this token made this transcript to whoever knows that
key from elsewhere: from the token itself, or from the printed transcript. Anybody can sign with another key.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.util.ec import encode_named_curve_parameters

FORMAT: Final = "COSIGN-v1/ceremony"
_CURVE: Final = encode_named_curve_parameters("secp256r1")
_DER_POINT: Final = 67


class TranscriptInvalid(ValueError):
    """The document is no transcript, was altered, or was not signed."""


def canonical(content: Mapping[str, Any]) -> bytes:
    """What is signed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sign(session: Any, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The signed document. A token that does not offer ECDSA leaves `signature` empty, which verification refuses.

    Args:
        session: Logged in, read and write.
        name: Common part of the labels of our objects.
        content: Plain JSON values.
    """
    document: dict[str, Any] = {"transcript": dict(content), "public_key": "", "signature": ""}
    try:
        parameters = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _CURVE}, local=True)
        public, private = parameters.generate_keypair(
            store=True,
            label=key_label(name),
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.DERIVE: False},
        )
        digest = hashlib.sha256(canonical(content)).digest()
        signature = private.sign(digest, mechanism=Mechanism.ECDSA)
    except p11.PKCS11Error:
        return document
    document["public_key"] = _point(public).hex()
    document["signature"] = signature.hex()
    return document


def ceremony_keys(session: Any, name: str) -> tuple[bytes, ...]:
    """Public keys of the token's ceremony keys, 65 bytes each; more than one if a ceremony was begun twice."""
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.LABEL: key_label(name)}
    return tuple(_point(key) for key in list(session.get_objects(wanted)))


def verify(document: Mapping[str, Any], expected: Collection[bytes] | None) -> Mapping[str, Any]:
    """Returns the content of a document whose signature holds.

    Args:
        document: What `sign` made.
        expected: Keys of the token, 65 bytes each, one of which must have signed. None trusts the key that the
            document names, which proves only that whoever has that key signed it.

    Raises:
        TranscriptInvalid: See there, or another key signed.
    """
    try:
        content, signature = document["transcript"], bytes.fromhex(document["signature"])
        if content["format"] != FORMAT or len(signature) != 64:
            raise TranscriptInvalid("not a signed transcript of a key ceremony")
        point = bytes.fromhex(document["public_key"])
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        digest = hashlib.sha256(canonical(content)).digest()
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))
    except (KeyError, TypeError, ValueError) as fault:
        raise TranscriptInvalid("not a signed transcript of a key ceremony") from fault
    except InvalidSignature as fault:
        raise TranscriptInvalid("the signature of the transcript does not verify") from fault
    if expected is not None and point not in expected:
        raise TranscriptInvalid("the transcript was signed by another key than the expected one")
    return dict(content)


def key_label(name: str) -> str:
    """Label of the key pair that signs transcripts."""
    return f"{name}:ceremony"


def _point(public: Any) -> bytes:
    """Uncompressed, 65 bytes; some tokens wrap it in a DER string."""
    point = bytes(public[Attribute.EC_POINT])
    return point[2:] if len(point) == _DER_POINT else point


def markdown(document: Mapping[str, Any]) -> str:
    """The transcript for people, to be printed and signed by those present."""
    content = document["transcript"]
    when = dt.datetime.fromtimestamp(content["time_ms"] / 1000, tz=dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [
        "# Key ceremony" + (" (rehearsal: not for real keys)" if content["rehearsal"] else ""),
        "",
        f"| | |\n|---|---|\n| Time | {when} |",
        *(f"| {name} | {content[key]} |" for name, key in _ROWS),
        "",
        "## Steps",
        "",
        *(f"{number}. {step}" for number, step in enumerate(content["steps"], 1)),
        "",
        "## Tests of the token",
        "",
        "| Test | Result | Against known answers |",
        "|---|---|---|",
        *(
            f"| {probe['name']} | {'passed' if probe['good'] else 'not offered: ' + probe['detail']} "
            f"| {'yes' if probe['known_answer'] else 'no'} |"
            for probe in content["probes"]
        ),
        "",
        "## Attributes of the key",
        "",
        "| Attribute | Value |",
        "|---|---|",
        *(f"| {name} | {str(value).lower()} |" for name, value in sorted(content["attributes"].items())),
        "",
        f'Configuration: `token.check_values = "{content["version"]}={content["check_value"]}"`',
        "",
        f"SHA-256 of the signed JSON: `{hashlib.sha256(canonical(content)).hexdigest()}`  ",
        f"Key of the token: `{document['public_key'] or 'none'}`  ",
        f"Signature: `{document['signature'] or 'none: the token offers no ECDSA'}`",
        "",
        "| Role | Name | Date | Signature |",
        "|---|---|---|---|",
        "| First operator | | | |",
        "| Second operator | | | |",
        "| Witness | | | |",
    ]
    return "\n".join(lines) + "\n"


_ROWS: Final = (
    ("Module", "module"),
    ("Token", "label"),
    ("Model", "model"),
    ("Serial number", "serial"),
    ("Algorithm of sealed records", "algorithm"),
    ("Key", "key_label"),
    ("Key check value", "check_value"),
)
