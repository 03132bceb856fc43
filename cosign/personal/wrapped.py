"""SEAL-5, SEAL-6 for data keys: what a rotation of the token's key has to know about table `data_key`."""

from sqlalchemy import Engine, select, update

from cosign.personal.data_keys import DataKeyContext, KeyKind
from cosign.personal.tables import data_key
from cosign.store.unit_of_work import reading, writing
from hsm import ports as hsm
from keyshare.sealing import read_frame, reseal
from protocol.seal import SecretRecord


class WrappedDataKeys:
    """The records of `data_key`, for `cosign.signing.resealing`."""

    def __init__(self, engine: Engine, token: hsm.Token[SecretRecord], *, server_id: str) -> None:
        self._engine = engine
        self._token = token
        self._server_id = server_id

    def rewrap(self) -> int:
        """Seals every record that is under another version anew; returns how many. Safe to repeat.

        Raises:
            TokenFault, RecordDamaged: A record does not open, or the token cannot be used.
            DatabaseUnavailable, ConcurrentOperation: See `writing`.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(select(data_key)).mappings().all()
        moved = 0
        for row in rows:
            if read_frame(row["sealed"])[1] == self._token.current_version:
                continue
            context = DataKeyContext(self._server_id, KeyKind(row["kind"]), row["version"])
            sealed, _ = reseal(self._token, row["sealed"], context)
            same = (data_key.c.kind == row["kind"]) & (data_key.c.version == row["version"])
            with writing(self._engine) as connection:
                unchanged = same & (data_key.c.sealed == row["sealed"])
                moved += connection.execute(update(data_key).where(unchanged).values(sealed=sealed)).rowcount
        return moved

    def uses(self, kek_version: int) -> bool:
        """Whether a record is under this version of the token's key."""
        with reading(self._engine) as connection:
            found = connection.execute(select(data_key.c.sealed)).scalars().all()
        return any(read_frame(sealed)[1] == kek_version for sealed in found)
