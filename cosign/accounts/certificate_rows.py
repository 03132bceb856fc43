"""`CertificateChallenges` in the database."""

from sqlalchemy import Connection, delete, insert

from cosign.accounts.credentials import CertificateChallenge
from cosign.accounts.tables import certificate_challenge as table


class SqlCertificateChallenges:
    """Challenges on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, challenge_hash: bytes, challenge: CertificateChallenge) -> None:
        self._connection.execute(
            insert(table).values(
                challenge_hash=challenge_hash,
                account_id=challenge.account_id,
                device_id=challenge.device_id,
                key_id=challenge.key_id,
                brand=challenge.brand,
                expires_at=challenge.expires_at,
            )
        )

    def take(self, challenge_hash: bytes) -> CertificateChallenge | None:
        taken = delete(table).where(table.c.challenge_hash == challenge_hash).returning(table)
        row = self._connection.execute(taken).mappings().one_or_none()
        if row is None:
            return None
        return CertificateChallenge(
            account_id=row["account_id"],
            device_id=row["device_id"],
            key_id=row["key_id"],
            brand=row["brand"],
            expires_at=row["expires_at"],
        )
