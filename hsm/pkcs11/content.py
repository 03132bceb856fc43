"""What a generation of sessions finds in the token: the state, and a checked handle for every readable KEK version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from hsm.pkcs11.native import Native, NativeModule
from hsm.pkcs11.objects import check_key, find_key, label_of
from hsm.pkcs11.probe import probe_random, probe_sealing
from hsm.pkcs11.state import StoredState, read_state
from hsm.ports import TokenKeyMissing, TokenRefused


@dataclass(frozen=True, slots=True)
class Content:
    """State and keys at one moment."""

    state: StoredState
    handles: Mapping[int, int]
    """KEK version to the handle of its object."""
    seen: float = field(default_factory=monotonic)
    """When this was read."""

    def key(self, version: int) -> int:
        """Raises TokenKeyMissing for a version that does not exist or was destroyed."""
        handle = self.handles.get(version)
        if handle is None:
            raise TokenKeyMissing(f"KEK version {version} does not exist or was destroyed")
        return handle


def find_content(session: Any, calls: NativeModule[Any], name: str) -> Content:
    """Reads the state and checks every key that it names.

    Raises:
        TokenKeyMissing: No state, or a key is missing.
        TokenKeyDamaged: A key has the wrong attributes or check value, or the state the wrong form.
    """
    state = read_state(session, name)
    while True:
        try:
            return _find(session, calls, name, state)
        except TokenKeyMissing:
            # A version that another node has destroyed meanwhile is in no newer state.
            newer = read_state(session, name)
            if newer.sequence == state.sequence:
                raise
            state = newer


def _find(session: Any, calls: NativeModule[Any], name: str, state: StoredState) -> Content:
    handles: dict[int, int] = {}
    for version, expected in state.check_values.items():
        key = find_key(session, name, version, state.algorithm)
        label = label_of(name, version)
        check_key(calls, session, key, label=label, algorithm=state.algorithm, expected=expected)
        handles[version] = key.handle
    return Content(state, handles)


def prove(session: Any, calls: NativeModule[Any], native: Native[Any], content: Content) -> None:
    """HSM-4: known answers for the algorithm in use, the generator, and a round trip under every key.

    Raises:
        TokenRefused: The token gives wrong answers or does not do what its state says.
    """
    algorithm = content.state.algorithm
    for probe in (probe_sealing(session, calls, native, algorithm), probe_random(session, calls, native)):
        if not probe.good:
            raise TokenRefused(f"the token fails its test ({probe.name}): {probe.detail}")
    for version, handle in content.handles.items():
        try:
            calls.probe(session.handle, handle, algorithm, False)
        except native.wrong_answer as fault:
            raise TokenRefused(f"KEK version {version} fails its test: {fault}") from fault
