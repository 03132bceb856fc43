"""TX-0: everything about a request that needs no lock. A failure here touches no counter and no token."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cosign.signing.ports import KeyPolicy
from cosign.signing.usecases.activate_key import activation_permits
from hsm.ports import Question, Token, TokenFault, TokenRefused, TokenUnavailable
from keyshare.batch_items import Prepared
from keyshare.errors import RecordDamaged
from keyshare.ports import RAW, OpenedRequest
from keyshare.records import KeyState, ShareRow, custody_of, share_usable
from keyshare.sealing import ShareContext, unseal_many
from protocol.codes import Custody, Op, Purpose, Status
from protocol.seal import SecretRecord

CACHE_SIZE: Final = 4_096
_SIGNING: Final = (Purpose.SIGN, Purpose.LOGIN)
_PURPOSES: Final = {
    Op.SIGN: _SIGNING,
    Op.EC_SIGN: _SIGNING,
    Op.OT_SETUP: _SIGNING,
    Op.DECRYPT: (Purpose.DECRYPT,),
    Op.ECDH: (Purpose.DECRYPT,),
}


class ShareReader(Protocol):
    """Reads share rows without a lock."""

    def find_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, ShareRow]:
        """Unknown ids are left out."""
        ...


class PurposeMismatch(Exception):
    """Rule 6: the key has another purpose than the operation."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A prepared request and whether its record failed to open (SEAL-2)."""

    item: Prepared[SecretRecord]
    alarm: bool = False


class RequestPreparer:
    """Looks up and opens the share of a request. Rows are cached; TX-1 checks under the lock that they still hold."""

    def __init__(
        self,
        *,
        server_id: str,
        shares: ShareReader,
        token: Token[SecretRecord],
        policy: KeyPolicy | None,
        raw_agreement: bool = False,
    ) -> None:
        self._raw_agreement = raw_agreement
        self._server_id = server_id
        self._shares = shares
        self._token = token
        self._policy = policy
        self._rows: OrderedDict[bytes, ShareRow] = OrderedDict()

    def forget(self, share_id: bytes) -> None:
        """Drops a cached row that turned out to be outdated."""
        self._rows.pop(share_id, None)

    def prepare(self, requests: Sequence[OpenedRequest], *, now_ms: int) -> list["PreparedRequest | PurposeMismatch"]:
        """Prepares every operation but KEYGEN whose device signatures are right, in order.

        Refusals are carried along and given under the lock, after the clone rules: a repeat is STALE whatever has
        become of its share. A PurposeMismatch stands in the place of a request whose key serves another purpose
        (rule 6). One query reads the rows of all requests that are not cached.

        Raises:
            keyshare.errors.KeyshareFault: The store cannot be read.
        """
        shares = [self._rows.get(request.share_id) for request in requests]
        verdicts = [self._judge(request, share, now_ms) for request, share in zip(requests, shares, strict=True)]
        doubtful = [index for index, verdict in enumerate(verdicts) if verdict is not None]
        if doubtful:  # what is cached may be outdated: ask again before refusing
            found = self._read({requests[index].share_id for index in doubtful})
            for index in doubtful:
                shares[index] = found.get(requests[index].share_id)
                verdicts[index] = self._judge(requests[index], shares[index], now_ms)
        opened = self._agree(requests, shares, self._open(shares, verdicts))
        judged = zip(requests, shares, verdicts, opened, strict=True)
        return [self._finish(request, share, verdict, record, now_ms) for request, share, verdict, record in judged]

    def _open(
        self, shares: Sequence[ShareRow | None], verdicts: Sequence["Status | PurposeMismatch | None"]
    ) -> Sequence["SecretRecord | RecordDamaged | TokenFault | None"]:
        """Opens the records of everything that may go on, in one call to the token."""
        wanted = [
            (index, share)
            for index, (share, verdict) in enumerate(zip(shares, verdicts, strict=True))
            if share is not None and verdict is None
        ]
        answers: list[SecretRecord | RecordDamaged | TokenFault | None] = [None] * len(shares)
        if wanted:
            records = [(share.sealed, ShareContext.of(self._server_id, share)) for _, share in wanted]
            opened = unseal_many(self._token, records)
            for (index, _), answer in zip(wanted, opened, strict=True):
                answers[index] = answer
        return answers

    def _agree(
        self,
        requests: Sequence[OpenedRequest],
        shares: Sequence[ShareRow | None],
        opened: Sequence["SecretRecord | RecordDamaged | TokenFault | None"],
    ) -> Sequence["SecretRecord | RecordDamaged | TokenFault | None"]:
        """HSM-3: has the token evaluate the points of every ECDH whose share it holds, in one call, out of any lock.

        The answers go on in the record, and only after a right proof to the phone.
        """
        answers = list(opened)
        asked: list[tuple[int, Question[SecretRecord]]] = []
        for index, (request, share, record) in enumerate(zip(requests, shares, opened, strict=True)):
            if share is None or request.op != Op.ECDH or custody_of(share.flags) is not Custody.TOKEN:
                continue
            if isinstance(record, SecretRecord) and record.wrapped is not None:
                asked.append((index, Question(record.wrapped, record, request)))
        if not asked:
            return answers
        holder = self._token.shares
        questions = [question for _, question in asked]
        refused = TokenRefused("the token of this service cannot hold shares")
        given = [refused] * len(asked) if holder is None else holder.agree(questions)
        for (index, _), answer in zip(asked, given, strict=True):
            answers[index] = answer
        return answers

    def _finish(
        self,
        request: OpenedRequest,
        share: ShareRow | None,
        verdict: "Status | PurposeMismatch | None",
        record: "SecretRecord | RecordDamaged | TokenFault | None",
        now_ms: int,
    ) -> "PreparedRequest | PurposeMismatch":
        if isinstance(verdict, PurposeMismatch):
            return verdict
        op = Op(request.op)
        if op is Op.SYNC:
            return PreparedRequest(Prepared(request, op, request.device_id, request.req_id))
        if verdict is not None or share is None or record is None:
            return _refused(request, op, share, verdict or Status.UNKNOWN_SHARE)
        if isinstance(record, TokenUnavailable):
            return _refused(request, op, share, Status.UNAVAILABLE)
        if isinstance(record, (TokenFault, RecordDamaged)):
            newer = self._read({share.share_id}).get(share.share_id)
            if newer is None or newer.row_ver == share.row_ver:
                self.forget(share.share_id)
                return PreparedRequest(_refused(request, op, share, Status.UNAVAILABLE).item, alarm=True)
            return self.prepare([request], now_ms=now_ms)[0]  # the cached row was older than a re-sealing (SEAL-5)
        return PreparedRequest(Prepared(request, op, request.device_id, request.req_id, share, record))

    def _read(self, share_ids: Collection[bytes]) -> Mapping[bytes, ShareRow]:
        """Reads rows and brings the cache up to date."""
        found = self._shares.find_shares(sorted(share_ids))
        for share_id in share_ids:
            row = found.get(share_id)
            if row is None:
                self.forget(share_id)
            else:
                self._rows[share_id] = row
        while len(self._rows) > CACHE_SIZE:
            self._rows.popitem(last=False)
        return found

    def _judge(self, request: OpenedRequest, share: ShareRow | None, now_ms: int) -> "Status | PurposeMismatch | None":
        """Why the request may not be evaluated, as far as the row tells; every field must agree (SEAL-2, HDR-4)."""
        op = Op(request.op)
        if op is Op.SYNC:
            return None
        if share is None:
            return Status.UNKNOWN_SHARE
        named = (request.key_id, request.user_id, request.device_id, request.suite, request.pk)
        if named != (share.key_id, share.user_id, share.device_id, share.suite, share.pk):
            return Status.UNKNOWN_SHARE
        if share.purpose != request.purpose or share.purpose not in _PURPOSES.get(op, tuple(Purpose)):
            return PurposeMismatch()
        if share.key_state is KeyState.REVOKED:
            return Status.UNKNOWN_SHARE
        if share.key_state is KeyState.FROZEN:
            return Status.FROZEN
        if not share_usable(share.state, op, expires_ms=share.expires_ms, now_ms=now_ms):
            return Status.UNKNOWN_SHARE
        if share.key_state is KeyState.INACTIVE and not activation_permits(request, share.pk):
            return Status.POLICY
        if op is Op.ECDH and request.phase == RAW and not self._raw_allowed(share):
            return Status.POLICY
        if self._policy is not None and not self._policy.permits(request, share):
            return Status.POLICY
        return None

    def _raw_allowed(self, share: ShareRow) -> bool:
        """ECDH-3: only where the operator allows it, and never for a key whose answers are x-coordinates."""
        return self._raw_agreement and custody_of(share.flags) is Custody.SEALED


def _refused(request: OpenedRequest, op: Op, share: ShareRow | None, status: Status) -> PreparedRequest:
    return PreparedRequest(Prepared(request, op, request.device_id, request.req_id, share, None, status))
