"""Look up keys."""

from collections.abc import Sequence

from cosign.errors import ResourceNotFound
from cosign.signing.model import Key, KeyFilter
from cosign.signing.ports import KeyUnit


def get_key(unit: KeyUnit, *, key_id: str, user_id: str | None) -> Key:
    """Returns one key; `user_id` None is the operator, who sees all.

    Raises:
        ResourceNotFound: No such key, or not this user's: the answer is the same.
    """
    key = unit.key(key_id)
    if key is None or (user_id is not None and key.user_id != user_id):
        raise ResourceNotFound(f"no key {key_id}")
    return key


def list_keys(
    unit: KeyUnit, *, user_id: str | None, where: KeyFilter, after: tuple[int, str] | None, limit: int
) -> Sequence[Key]:
    """Lists keys, newest first; see `KeyUnit.keys`."""
    return unit.keys(user_id=user_id, where=where, after=after, limit=limit)
