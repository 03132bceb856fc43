"""Faults of the key-share layer.

::

    KeyshareFault
    ├── StoreBusy           a row stayed locked; nothing was evaluated           -> BUSY
    ├── StoreUnavailable    the store cannot be read or written                  -> UNAVAILABLE
    │   └── CommitUnknown   COMMIT went out, its result is unknown               -> UNAVAILABLE
    ├── TransitionRefused   a state machine does not allow the step
    └── RecordDamaged       a sealed record has a wrong frame
"""


class KeyshareFault(Exception):
    """Base of all faults of this package."""


class StoreBusy(KeyshareFault):
    """TX-1: the lock was not granted in time. Raised before any evaluation only."""


class StoreUnavailable(KeyshareFault):
    """The store failed. Also an unknown commit result: whoever catches it must not find out later (TX-5)."""


class CommitUnknown(StoreUnavailable):
    """TX-5: treated as a failure. Operators want to know, because the state may have moved on."""


class TransitionRefused(KeyshareFault):
    """The transition table has no such step."""


class RecordDamaged(KeyshareFault):
    """The frame of a sealed record cannot be read: truncated, extended, unknown format or algorithm."""
