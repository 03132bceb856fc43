"""TX-7: evaluations that could not be committed, kept in memory until the store takes them."""

from collections import Counter
from collections.abc import Iterable

from keyshare import counters
from keyshare.device_row import DeviceRow, RowMac, corrupted, encode_row
from keyshare.errors import KeyshareFault
from keyshare.outcomes import next_version
from keyshare.ports import DeviceChange, ShareStore


class UncommittedLedger:
    """Counts uncommitted evaluations per device.

    The counts are written in a transaction of their own before the next batch; as long as that fails nothing is
    evaluated at all, so that a broken store cannot be used for free guesses.
    """

    def __init__(self, row_mac: RowMac) -> None:
        self._row_mac = row_mac
        self._open: Counter[str] = Counter()

    def add(self, device_ids: Iterable[str]) -> None:
        """Notes one uncommitted evaluation for each device."""
        self._open.update(device_ids)

    def flush(self, store: ShareStore, now_ms: int) -> bool:
        """Writes the open counts. False when the store cannot take them; they stay open then."""
        if not self._open:
            return True
        try:
            with store.begin() as tx:
                locked = tx.lock_devices(sorted(self._open))
                broken = corrupted(list(locked.values()), self._row_mac)
                rows = [one.row for device_id, one in locked.items() if device_id not in broken]
                after = [self._counted(row, now_ms) for row in rows]
                macs = self._row_mac([encode_row(row) for row in after])
                missed = tx.update_devices(
                    [
                        DeviceChange(row, changed, mac, guard_attempts=False)
                        for row, changed, mac in zip(rows, after, macs, strict=True)
                    ]
                )
                if missed:
                    return False
                tx.commit()
        except KeyshareFault:
            return False
        self._open.clear()
        return True

    def _counted(self, row: DeviceRow, now_ms: int) -> DeviceRow:
        return next_version(row, counters.count_uncommitted(row, self._open[row.device_id], now_ms))
