"""A home that dies at a chosen durable step, as a phone whose battery is pulled."""

from pathlib import Path

from cosign.client.phone import FolderHome
from protocol.phone import Blob


class Died(BaseException):
    """The process is gone; nothing in it may catch this."""


class DyingHome(FolderHome):
    """Counts durable steps and dies before or after one of them."""

    def __init__(self, folder: Path, address: str, *, at: int | None = None, after: bool = False) -> None:
        super().__init__(folder, address)
        self.steps = 0
        self._at = at
        self._after = after

    def commit(self) -> None:
        self._die(False)
        super().commit()
        self._die(True)

    def put_blob(self, blob: Blob) -> None:
        self._die(False)
        super().put_blob(blob)
        self._die(True)

    def drop_blob(self, share_id: bytes) -> None:
        self._die(False)
        super().drop_blob(share_id)
        self._die(True)

    def _die(self, done: bool) -> None:
        self.steps += done
        if self._at is not None and self.steps == self._at + done and done is self._after:
            raise Died
