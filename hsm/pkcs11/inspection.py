"""What an operator asks about a token: what it can do, and what of ours is in it. Reads only."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pkcs11 import Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as p11

from hsm.pkcs11.faults import described, translated
from hsm.pkcs11.library import Library, serial_of
from hsm.pkcs11.native import Native, Pin
from hsm.pkcs11.pin_source import PinSource
from hsm.pkcs11.probe import Probe, probe_random, probe_sealing
from hsm.pkcs11.state import Algorithm
from hsm.pkcs11.transcript import ceremony_keys
from hsm.pkcs11.uri import TokenUri

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Capability:
    """One line of the doctor's table."""

    need: str
    offered: bool
    """Listed by the token."""
    tested: str
    """`passed`, `failed: …`, or `-` if it was not tried."""
    advice: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor found."""

    module: str
    label: str
    model: str
    serial: str
    logged_in: bool
    """Without a user PIN the mechanisms are listed, but nothing is tried."""
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One object of ours."""

    label: str
    kind: str
    attributes: str


_NEEDS: Final = (
    ("alg 1: AES-256-GCM in the token", (Mechanism.AES_GCM,), "preferred; without it use derived-key"),
    ("alg 2: HMAC-SHA-256 root, AES-GCM in the core", (Mechanism.SHA256_HMAC,), "second choice"),
    ("making keys: AES", (Mechanism.AES_KEY_GEN,), "required for alg 1"),
    ("making keys: generic secret", (Mechanism.GENERIC_SECRET_KEY_GEN,), "required for alg 2"),
    ("check values: AES-ECB of zeros", (Mechanism.AES_ECB,), "required for alg 1"),
    ("tier 2: ECDH on P-256", (Mechanism.ECDH1_DERIVE,), "only for decryption shares in the token"),
    (
        "tier 2: key wrapping with padding",
        (Mechanism.AES_KEY_WRAP_KWP, Mechanism.AES_KEY_WRAP_PAD),
        "only for decryption shares in the token",
    ),
    ("signed transcripts: ECDSA", (Mechanism.ECDSA,), "without it sign transcripts by hand"),
)


def examine(uri: TokenUri, *, native: Native[RecordT], ask: Callable[[], Pin] | None) -> Examination:
    """Lists what the token offers and tries what sealing needs. Needs no keys; works before the ceremony.

    Raises:
        TokenFault: The token is not there or refuses the PIN.
    """
    with _opened(uri, native) as library, _translating(native):
        token = library.find_token(uri)
        probes: dict[str, Probe] = {}
        if ready := bool(token.flags & TokenFlag.USER_PIN_INITIALIZED):
            session = token.open(rw=True)
            library.calls.login(session.handle, PinSource(uri, native.pin, ask).get(), False)
            found = [probe_sealing(session, library.calls, native, algorithm) for algorithm in Algorithm]
            found.append(probe_random(session, library.calls, native))
            probes = {probe.name: probe for probe in found}
        offered = set(token.slot.get_mechanisms())
        rows = [
            Capability(need, not offered.isdisjoint(mechanisms), _tested(probes.get(need[:5])), advice)
            for need, mechanisms, advice in _NEEDS
        ]
        rows.append(Capability("random numbers", True, _tested(probes.get("random")), "required"))
        return Examination(
            library.describe(), token.label.strip(), token.model.strip(), serial_of(token), ready, tuple(rows)
        )


def list_objects(uri: TokenUri, *, native: Native[RecordT], ask: Callable[[], Pin] | None) -> list[Found]:
    """Objects whose label is the URI's object or begins with it and a colon. Raises TokenFault."""
    with _opened(uri, native) as library, _translating(native):
        session = library.find_token(uri).open(rw=True)
        library.calls.login(session.handle, PinSource(uri, native.pin, ask).get(), False)
        ours = [one for one in list(session.get_objects()) if one[Attribute.LABEL].startswith(f"{uri.object}:")]
        return sorted(map(_shown, ours), key=lambda one: (one.label, one.kind))


def read_ceremony_keys(uri: TokenUri, *, native: Native[RecordT], ask: Callable[[], Pin] | None) -> tuple[bytes, ...]:
    """Public keys, 65 bytes each, by which the token signs transcripts; usually one. Raises TokenFault."""
    with _opened(uri, native) as library, _translating(native):
        session = library.find_token(uri).open(rw=True)
        library.calls.login(session.handle, PinSource(uri, native.pin, ask).get(), False)
        return ceremony_keys(session, uri.object)


@contextlib.contextmanager
def _opened(uri: TokenUri, native: Native[RecordT]) -> Any:
    library = Library.open(uri.module_path, native)
    try:
        yield library
    finally:
        library.close()


@contextlib.contextmanager
def _translating(native: Native[RecordT]) -> Any:
    try:
        yield
    except (p11.PKCS11Error, native.refused) as fault:
        raise translated(fault) from fault


def _tested(probe: Probe | None) -> str:
    if probe is None:
        return "-"
    if not probe.good:
        return f"failed: {probe.detail}"
    return "passed" if probe.known_answer or probe.name == "random" else "passed, no known answer"


def _shown(one: Any) -> Found:
    kind = ObjectClass(one[Attribute.CLASS]).name.lower()
    flags = (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.LOCAL)
    attributes = []
    for flag in flags if kind in {"secret_key", "private_key"} else ():
        try:
            attributes.append(f"{flag.name.lower()}={'yes' if one[flag] else 'no'}")
        except p11.PKCS11Error as fault:
            attributes.append(f"{flag.name.lower()}={described(fault)}")
    return Found(one[Attribute.LABEL], kind, " ".join(attributes))
