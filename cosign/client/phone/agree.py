"""Key agreement whose result the app gets (ECDH-1, ECDH-3), for protocols that the phone does not know.

A server answers it only where its operator allows it. Decryption (`use.decrypt`) never needs it.
"""

from collections.abc import Sequence

from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import InputRefused, KeyPurposeWrong
from cosign.client.phone.lost import made_anew
from cosign.client.phone.shares import Opened, Secret, find_key, forget_ended_change, with_share
from cosign.client.phone.use import MAX_ITEMS
from protocol.codes import Op, Purpose, Suite
from protocol.errors import MalformedMessage, MalformedPoint
from protocol.phone import Answer, PhoneEcdhRaw


def agree(engine: Engine, key_id: str, points: Sequence[bytes], secret: Secret) -> list[bytes]:
    """One shared secret (x-coordinate, 32 bytes) per point, in order; all or none.

    Args:
        points: 1 to 256 points of P-256, 33 bytes each.

    Raises:
        InputRefused: Not 1 to 256 points of the curve.
        KeyPurposeWrong: Not a P-256 decryption key.
        ServerNotTrusted: An answer without its proof; nothing is released (ECDH-3).
        PolicyRefused: The server does not allow it.
        KeyUnknown, KeyUnfinished, Refused, Rejected, Unreachable.
    """
    if not 1 <= len(points) <= MAX_ITEMS:
        raise InputRefused(f"one request carries 1 to {MAX_ITEMS} points")
    key = find_key(engine, key_id, Purpose.DECRYPT)
    if key.suite is not Suite.P256:
        raise KeyPurposeWrong(f"{key_id} is no P-256 key")
    secrets = with_share(engine, key, secret, lambda opened: _agree(engine, opened, points))
    forget_ended_change(engine)
    return secrets


def _agree(engine: Engine, opened: Opened, points: Sequence[bytes]) -> tuple[Answer, list[bytes]]:
    try:
        return made_anew(
            engine,
            lambda: engine.perform(
                opened.operation(Op.ECDH, "Agree"),
                lambda t, device: PhoneEcdhRaw.begin(t.target, device, t.header, opened.share, points, t.local_seq),
                lambda exchange, raw: exchange.finish(raw),
            ),
        )
    except (MalformedMessage, MalformedPoint) as error:
        raise InputRefused(f"not a point of P-256: {type(error).__name__}") from None
