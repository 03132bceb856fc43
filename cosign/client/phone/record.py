"""The device record of a phone: clone token, open requests, local counter (section 5.5, phone side).

Pure: the caller persists the record after `enter` and before it sends, and after every answer before it shows success.
"""

from dataclasses import dataclass, field
from typing import Final

from cosign.client.phone.errors import TooManyHeartbeats
from protocol.codes import Op, SyncCase

MAX_OPEN: Final = 64
"""CLONE-6: with so many open ids only SYNC is allowed."""

MAX_SYNCS: Final = 8
"""CLONE-5: live SYNC ids."""

SYNC_LIFE_MS: Final = 240_000
"""CLONE-5: a SYNC id is dropped so long after its issue."""

ZERO16: Final = bytes(16)


@dataclass(frozen=True, slots=True)
class RequestFields:
    """What the record contributes to one header (section 1.5, fields 14 to 18) and to its nonces (HEDGE-1)."""

    local_seq: int
    ctr: int
    tau: bytes
    open_reqs: tuple[bytes, ...]
    restore_epoch: int


@dataclass(slots=True)
class DeviceRecord:
    """Per device, not per key: one queue, one token for all keys."""

    tau: bytes = ZERO16
    """16 bytes; zeros until the first key is made."""
    ctr: int = 0
    local_seq: int = 0
    restore_epoch: int = 0
    """Rises only with an answer to ADOPT, so that an unfinished adoption is repeated (RS-4)."""
    open_reqs: list[bytes] = field(default_factory=list)
    """Ids of counted requests whose fate is not settled, oldest first, at most 64."""
    syncs: list[tuple[bytes, int]] = field(default_factory=list)
    """Live SYNC ids with the time of their issue, at most 8."""
    newest: bytes = ZERO16
    """Only an answer to this request is used (CLONE-7)."""

    @property
    def is_full(self) -> bool:
        """CLONE-6: a heartbeat has to come first."""
        return len(self.open_reqs) >= MAX_OPEN

    def next_fields(self, op: Op, now_ms: int) -> RequestFields:
        """Raises `local_seq` and gives the fields of the next header.

        Raises:
            TooManyHeartbeats: A SYNC, and eight of them are live. Also a counted request while 64 are open.
        """
        self.syncs = [(req_id, issued) for req_id, issued in self.syncs if now_ms - issued < SYNC_LIFE_MS]
        if self.is_full if op is not Op.SYNC else len(self.syncs) >= MAX_SYNCS:
            raise TooManyHeartbeats
        self.local_seq += 1
        live = (*self.open_reqs, *(req_id for req_id, _ in self.syncs))
        return RequestFields(self.local_seq, self.ctr, self.tau, live, self.restore_epoch)

    def enter(self, req_id: bytes, op: Op, now_ms: int) -> None:
        """Adds a request that is about to be sent (SIGN-5)."""
        if op is Op.SYNC:
            self.syncs.append((req_id, now_ms))
        else:
            self.open_reqs.append(req_id)
        self.newest = req_id

    def accepted(self, req_id: bytes, *, tau: bytes, ctr: int) -> None:
        """CLONE-7: takes over the token of an OK answer to the newest request and empties the list."""
        if req_id == self.newest and tau != ZERO16:
            self.tau, self.ctr = tau, ctr
            self.open_reqs, self.syncs = [], []

    def pin_wrong(self, req_id: bytes) -> None:
        """CLONE-7: the one status that removes an id, because the server has it in `seen`."""
        if req_id == self.newest and req_id in self.open_reqs:
            self.open_reqs.remove(req_id)

    def synced(self, req_id: bytes, case: SyncCase, last_req: bytes) -> None:
        """CLONE-5: under A nothing is open, under B only the request whose answer was lost."""
        if req_id == self.newest:
            keep = case is SyncCase.B
            self.open_reqs = [one for one in self.open_reqs if keep and one == last_req]
