"""The core as the evaluator of the key-share layer."""

from collections.abc import Sequence
from typing import cast

from keyshare.ports import OpenedRequest
from protocol.seal import SecretRecord
from protocol.server import Evaluation, Request, ServerCore


class CoreEvaluator:
    """Implements `keyshare.ports.Evaluator` with one native call per batch (TX-3)."""

    def __init__(self, core: ServerCore) -> None:
        self._core = core

    def evaluate(self, items: Sequence[tuple[OpenedRequest, SecretRecord]]) -> list[Evaluation]:
        """See the port. Every request of this process was opened by the same core."""
        return self._core.evaluate([(cast(Request, request), record) for request, record in items])
