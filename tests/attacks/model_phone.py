"""An honest phone's side of CLONE-5 to CLONE-7: token, open requests, SYNC. Only what the rules need."""

from dataclasses import dataclass, field

MAX_OPEN = 64
MAX_SYNC = 8
SYNC_LIFE_MS = 240_000


@dataclass
class TokenState:
    """The part of the device record that a clone copies."""

    tau: bytes
    open_reqs: list[bytes] = field(default_factory=list)
    syncs: dict[bytes, int] = field(default_factory=dict)
    """SYNC ids with the time until which they are kept."""
    newest: bytes = b""

    def live(self, now_ms: int) -> list[bytes]:
        """Ids for the header, oldest first."""
        self.syncs = {req_id: until for req_id, until in self.syncs.items() if until >= now_ms}
        return [*self.open_reqs, *self.syncs]

    def must_sync(self) -> bool:
        """CLONE-6."""
        return len(self.open_reqs) >= MAX_OPEN

    def may_sync(self, now_ms: int) -> bool:
        """CLONE-5: at most 8 live."""
        self.live(now_ms)
        return len(self.syncs) < MAX_SYNC

    def sent(self, req_id: bytes, *, sync_at_ms: int | None = None) -> None:
        """Before a request leaves."""
        self.newest = req_id
        if sync_at_ms is None:
            self.open_reqs.append(req_id)
        else:
            self.syncs[req_id] = sync_at_ms + SYNC_LIFE_MS

    def got_right(self, req_id: bytes, tau: bytes) -> None:
        """CLONE-7."""
        if req_id == self.newest:
            self.tau, self.open_reqs, self.syncs = tau, [], {}

    def got_wrong(self, req_id: bytes) -> None:
        """CLONE-7: only PIN_WRONG removes one entry."""
        if req_id == self.newest:
            self.open_reqs.remove(req_id)

    def got_sync(self, req_id: bytes, case: str, last_req: bytes) -> None:
        """CLONE-5."""
        if req_id == self.newest:
            self.open_reqs = [] if case == "A" else [one for one in self.open_reqs if one == last_req]
