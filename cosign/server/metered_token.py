"""A token that counts its calls."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Generic, TypeVar

from cosign.server.metrics import Metrics
from hsm.ports import (
    DecryptionShare,
    Question,
    RecordRefused,
    Sealed,
    ShareHolder,
    Token,
    TokenFault,
    TokenInfo,
)

RecordT = TypeVar("RecordT")
DraftT = TypeVar("DraftT")
T = TypeVar("T")


class MeteredToken(Generic[RecordT]):
    """Passes everything on to `token` and counts and times sealing, opening and self-tests."""

    def __init__(self, token: Token[RecordT], metrics: Metrics) -> None:
        self._token = token
        self._metrics = metrics

    @property
    def algorithm(self) -> int:
        """See the port."""
        return self._token.algorithm

    @property
    def current_version(self) -> int:
        """See the port."""
        return self._token.current_version

    @property
    def shares(self) -> "MeteredShares[RecordT] | None":
        """See the port."""
        shares = self._token.shares
        return None if shares is None else MeteredShares(shares, self._metrics)

    def info(self) -> TokenInfo:
        """See the port."""
        return self._token.info()

    def seal(self, record: RecordT, aad: bytes, *, version: int) -> bytes:
        """See the port."""
        return self._counted("seal", lambda: self._token.seal(record, aad, version=version))

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> RecordT:
        """See the port."""
        return self._counted("unseal", lambda: self._token.unseal(sealed, aad, version=version))

    def unseal_many(self, records: Sequence[Sealed]) -> list[RecordT | TokenFault]:
        """See the port; counts every record."""
        begun = perf_counter()
        opened = self._token.unseal_many(records)
        self._metrics.token_seconds("unseal", perf_counter() - begun)
        _count_each(self._metrics, "unseal", opened)
        return opened

    def new_version(self) -> int:
        """See the port."""
        return self._token.new_version()

    def destroy_version(self, version: int) -> None:
        """See the port."""
        self._token.destroy_version(version)

    def random(self, length: int) -> bytes:
        """See the port."""
        return self._token.random(length)

    def self_test(self) -> None:
        """See the port."""
        self._counted("self_test", self._token.self_test)

    def restore_epoch(self) -> int:
        """See the port."""
        return self._token.restore_epoch()

    def raise_restore_epoch(self) -> int:
        """See the port."""
        return self._token.raise_restore_epoch()

    def close(self) -> None:
        """See the port."""
        self._token.close()

    def _counted(self, call: str, work: Callable[[], T]) -> T:
        return _counted(self._metrics, call, work)


class MeteredShares(Generic[RecordT]):
    """Passes everything on to `shares` and counts and times it."""

    def __init__(self, shares: ShareHolder[RecordT], metrics: Metrics) -> None:
        self._shares = shares
        self._metrics = metrics

    def create(self, draft: Callable[[bytes], DraftT]) -> tuple[DecryptionShare, DraftT]:
        """See the port."""
        return _counted(self._metrics, "create_share", lambda: self._shares.create(draft))

    def agree(self, questions: Sequence[Question[RecordT]]) -> list[RecordT | TokenFault]:
        """See the port; counts every question."""
        begun = perf_counter()
        answers = self._shares.agree(questions)
        self._metrics.token_seconds("agree", perf_counter() - begun)
        _count_each(self._metrics, "agree", answers)
        return answers


def _counted(metrics: Metrics, call: str, work: Callable[[], T]) -> T:
    begun = perf_counter()
    try:
        result = work()
    except RecordRefused:
        metrics.token_call(call, good=True)  # the token works; the record is what is wrong
        raise
    except Exception:
        metrics.token_call(call, good=False)
        raise
    metrics.token_seconds(call, perf_counter() - begun)
    metrics.token_call(call, good=True)
    return result


def _count_each(metrics: Metrics, call: str, answers: Sequence[object]) -> None:
    for one in answers:
        broken = isinstance(one, TokenFault) and not isinstance(one, RecordRefused)
        metrics.token_call(call, good=not broken)
