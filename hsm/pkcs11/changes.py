"""Changes to what the token holds: new KEK version, destruction of an old one, restore epoch.

Each runs in one session with the newest state, stores its decision in the token before it acts, and is finished by
the next test of the token if a crash comes between.
"""

import contextlib
import time
from dataclasses import replace
from typing import Any, Final

from pkcs11 import exceptions as p11

from hsm.pkcs11.native import NativeModule
from hsm.pkcs11.objects import create_key, destroy_key
from hsm.pkcs11.state import StoredState, write_state
from hsm.ports import TokenKeyMissing, TokenRefused, TokenUnavailable

_MOST_VERSIONS: Final = 2


def add_version(session: Any, calls: NativeModule[Any], name: str, state: StoredState) -> StoredState:
    """Draws the next KEK version and makes it current.

    Its number is claimed in the state before anything is drawn, so that nodes that rotate at the same time never
    share a label. Who loses removes only the object it drew itself; the next rotation removes what a crash left.

    Raises:
        TokenRefused: Two versions are readable already (SEAL-4).
        TokenUnavailable: Another node changed the state meanwhile; its keys are untouched.
    """
    if len(state.check_values) >= _MOST_VERSIONS:
        raise TokenRefused("two KEK versions exist: `cosignctl hsm rewrap` first, which destroys the older one")
    version = max((*state.check_values, *state.destroying, state.claimed)) + 1
    claimed = write_state(session, name, replace(state, claimed=version))
    key = create_key(session, name, version, state.algorithm)
    checks = {**state.check_values, version: calls.check_value(session.handle, key.handle, state.algorithm)}
    rotated = replace(
        claimed,
        current=version,
        check_values=checks,
        rotated_at_ms=time.time_ns() // 1_000_000,
        destroying=tuple({*state.destroying, *range(max(state.check_values) + 1, version)}),
    )
    try:
        return write_state(session, name, rotated)
    except TokenUnavailable:
        with contextlib.suppress(p11.ObjectHandleInvalid):
            key.destroy()
        raise


def drop_version(session: Any, name: str, state: StoredState, version: int, *, settle: float) -> StoredState:
    """Destroys a version that is not current (SEAL-6), `settle` seconds after the rotation at the earliest.

    Raises:
        TokenKeyMissing: No such version.
        TokenUnavailable: Too early; `retry_after_ms` says when to come back.
        ValueError: It is the current one.
    """
    if version not in state.check_values:
        raise TokenKeyMissing(f"KEK version {version} does not exist or was destroyed")
    if version == state.current:
        raise ValueError("the current KEK version cannot be destroyed")
    if (wait := state.rotated_at_ms + int(settle * 1000) - time.time_ns() // 1_000_000) > 0:
        raise TokenUnavailable("another node may still seal under the version before", retry_after_ms=wait)
    checks = {one: check for one, check in state.check_values.items() if one != version}
    decided = replace(state, check_values=checks, destroying=(*state.destroying, version))
    return finish(session, name, write_state(session, name, decided))


def finish(session: Any, name: str, state: StoredState) -> StoredState:
    """Destroys what was decided to be destroyed."""
    for version in state.destroying:
        destroy_key(session, name, version, state.algorithm)
    return write_state(session, name, replace(state, destroying=()))


def raise_epoch(session: Any, name: str, state: StoredState) -> StoredState:
    """RS-2."""
    return write_state(session, name, replace(state, restore_epoch=state.restore_epoch + 1))
