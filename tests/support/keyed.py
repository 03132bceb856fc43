"""The keyed function that the core gives to page tokens and request ids, for tests without a core."""

import hmac


def mac(data: bytes) -> bytes:
    """32 bytes."""
    return hmac.digest(b"k" * 32, data, "sha256")
