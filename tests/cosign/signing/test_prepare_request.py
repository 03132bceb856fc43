"""TX-0: what is refused before any lock, with stand-ins for store and token."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from cosign.signing.usecases import prepare_request
from cosign.signing.usecases.prepare_request import PreparedRequest, PurposeMismatch, RequestPreparer
from keyshare.ports import RAW, OpenedRequest
from keyshare.records import KeyState, ShareRow, ShareState
from keyshare.sealing import ShareContext, reseal, seal
from protocol.codes import Op, Status
from protocol.seal import RecordFlag
from tests.keyshare.fakes import FakeRequest, FakeToken

NOW = 1_800_000_000_000
SHARE_ID = b"s" * 16


class Rows:
    """Share rows in memory; counts the reads."""

    def __init__(self, row: ShareRow) -> None:
        self.row: ShareRow | None = row
        self.reads = 0

    def find_shares(self, share_ids: Sequence[bytes]) -> dict[bytes, ShareRow]:
        self.reads += 1
        return {self.row.share_id: self.row} if self.row and self.row.share_id in share_ids else {}


@pytest.fixture
def token() -> FakeToken:
    return FakeToken()


@pytest.fixture
def row(token: FakeToken) -> ShareRow:
    bare = ShareRow(
        share_id=SHARE_ID,
        key_id="key_a",
        user_id="usr_a",
        device_id="dev_a",
        suite="SM2",
        purpose=1,
        flags=0,
        pk=bytes(33),
        sealed=b"",
        state=ShareState.CURRENT,
        row_ver=1,
        expires_ms=0,
        key_state=KeyState.ACTIVE,
    )
    return replace(bare, sealed=seal(token, b"share", ShareContext.of("srv", bare))[0])


@pytest.fixture
def rows(row: ShareRow) -> Rows:
    return Rows(row)


@pytest.fixture
def preparer(rows: Rows, token: FakeToken) -> RequestPreparer:
    return RequestPreparer(server_id="srv", shares=rows, token=token, policy=None)  # type: ignore[arg-type]


def request(op: Op = Op.SIGN, **changes: object) -> FakeRequest:
    made = FakeRequest(op, "dev_a", "usr_a", "key_a", SHARE_ID, b"", bytes(16))
    return replace(made, **changes)  # type: ignore[arg-type]


def prepare(preparer: RequestPreparer, wanted: FakeRequest) -> PreparedRequest:
    (prepared,) = preparer.prepare([wanted], now_ms=NOW)
    assert isinstance(prepared, PreparedRequest)
    return prepared


def refusal(preparer: RequestPreparer, wanted: FakeRequest) -> Status | None:
    item = prepare(preparer, wanted).item
    assert (item.record is None) is (item.refusal is not None)
    return item.refusal


def test_the_record_is_opened(preparer: RequestPreparer) -> None:
    prepared = prepare(preparer, request())

    assert prepared.item.record == b"share"  # type: ignore[comparison-overlap]
    assert not prepared.alarm


def test_rows_are_cached_and_read_again_when_told(preparer: RequestPreparer, rows: Rows) -> None:
    for _ in range(3):
        assert refusal(preparer, request()) is None
    assert rows.reads == 1
    preparer.forget(SHARE_ID)
    assert refusal(preparer, request()) is None
    assert rows.reads == 2


def test_a_cached_row_is_read_again_before_it_refuses(preparer: RequestPreparer, rows: Rows, row: ShareRow) -> None:
    rows.row = replace(row, key_state=KeyState.FROZEN)
    assert refusal(preparer, request()) is Status.FROZEN
    rows.row = row
    assert refusal(preparer, request()) is None


def test_the_cache_is_bounded(preparer: RequestPreparer, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_request, "CACHE_SIZE", 0)
    refusal(preparer, request())
    refusal(preparer, request())

    assert rows.reads == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": "key_b"},
        {"user_id": "usr_b"},
        {"device_id": "dev_b"},
        {"suite": "P256"},
        {"pk": b"\1" * 33},
        {"share_id": b"t" * 16},
    ],
)
def test_64_every_header_field_must_agree_with_the_row(preparer: RequestPreparer, changes: dict[str, Any]) -> None:
    assert refusal(preparer, request(**changes)) is Status.UNKNOWN_SHARE


@pytest.mark.parametrize(
    ("op", "key_purpose", "header_purpose"),
    [
        (Op.SIGN, 2, 2),
        (Op.SIGN, 2, 1),
        (Op.DECRYPT, 1, 1),
        (Op.DECRYPT, 1, 2),
        (Op.DECRYPT, 3, 3),
        (Op.REFRESH, 1, 2),
        (Op.CONFIRM, 2, 1),
        (Op.ADOPT, 3, 1),
    ],
)
def test_68_purposes_are_kept_apart(
    preparer: RequestPreparer, rows: Rows, row: ShareRow, op: Op, key_purpose: int, header_purpose: int
) -> None:
    rows.row = replace(row, purpose=key_purpose)

    (mismatch,) = preparer.prepare([request(op, purpose=header_purpose)], now_ms=NOW)
    assert isinstance(mismatch, PurposeMismatch)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (KeyState.FROZEN, Status.FROZEN),
        (KeyState.REVOKED, Status.UNKNOWN_SHARE),
        (KeyState.INACTIVE, Status.POLICY),
        (KeyState.ACTIVE, None),
    ],
)
def test_key_states(
    preparer: RequestPreparer, rows: Rows, row: ShareRow, state: KeyState, status: Status | None
) -> None:
    rows.row = replace(row, key_state=state)

    assert refusal(preparer, request(Op.REFRESH)) is status


@pytest.mark.parametrize("state", list(ShareState))
def test_share_states(preparer: RequestPreparer, rows: Rows, row: ShareRow, state: ShareState) -> None:
    rows.row = replace(row, state=state)

    assert refusal(preparer, request()) is (None if state is ShareState.CURRENT else Status.UNKNOWN_SHARE)


def test_56_policy_comes_before_the_record_is_opened(rows: Rows, token: FakeToken) -> None:
    class Never:
        def permits(self, request: OpenedRequest, share: ShareRow) -> bool:
            return False

    token.unavailable = True
    made = RequestPreparer(server_id="srv", shares=rows, token=token, policy=Never())  # type: ignore[arg-type]

    assert refusal(made, request()) is Status.POLICY


@pytest.mark.parametrize(
    ("allowed", "flags", "wanted"),
    [(False, 0, Status.POLICY), (True, 0, None), (True, int(RecordFlag.X_ONLY), Status.POLICY)],
)
def test_74_raw_agreement_is_for_the_operator_to_allow(
    rows: Rows, row: ShareRow, token: FakeToken, allowed: bool, flags: int, wanted: Status | None
) -> None:
    """Off by default, and never for a key whose answers are x-coordinates only (ECDH-3)."""
    bare = replace(row, suite="P256", purpose=2, flags=flags, sealed=b"")
    rows.row = replace(bare, sealed=seal(token, b"share", ShareContext.of("srv", bare))[0])
    names: Any = {"server_id": "srv", "shares": rows, "token": token, "policy": None}
    preparer = RequestPreparer(**names, raw_agreement=allowed)
    common = {"suite": "P256", "purpose": 2}
    assert refusal(preparer, request(Op.ECDH, phase=RAW, **common)) is wanted
    assert refusal(preparer, request(Op.ECDH, **common)) is None


def test_a_token_that_is_gone_is_no_alarm(preparer: RequestPreparer, token: FakeToken) -> None:
    token.unavailable = True
    prepared = prepare(preparer, request())

    assert (prepared.item.refusal, prepared.alarm) == (Status.UNAVAILABLE, False)


@pytest.mark.parametrize("damage", [b"", b"short", bytes(80), b"\0\1\1\0\0\0\7" + bytes(60)])
def test_65_a_damaged_record_is_an_alarm(preparer: RequestPreparer, rows: Rows, row: ShareRow, damage: bytes) -> None:
    rows.row = replace(row, sealed=damage)
    prepared = prepare(preparer, request())

    assert (prepared.item.refusal, prepared.alarm) == (Status.UNAVAILABLE, True)


def test_seal5_a_cached_row_from_before_a_resealing_is_no_alarm(
    preparer: RequestPreparer, rows: Rows, row: ShareRow, token: FakeToken
) -> None:
    assert refusal(preparer, request()) is None
    token.new_version()
    sealed, _ = reseal(token, row.sealed, ShareContext.of("srv", row))
    rows.row = replace(row, sealed=sealed, row_ver=2)
    token.destroy_version(1)

    prepared = prepare(preparer, request())

    assert (prepared.item.refusal, prepared.alarm) == (None, False)


def test_sync_needs_no_share(preparer: RequestPreparer, rows: Rows) -> None:
    item = prepare(preparer, request(Op.SYNC)).item

    assert (item.share, item.record, item.refusal, rows.reads) == (None, None, None, 0)
