"""R-ACC-14: intranet environments by a signed code."""

import base64
import datetime as dt
import json

import pytest

from cosign.brands import BrandPolicy
from cosign.brands.environments import LABEL, PREFIX, Environment, decode_code, encode_code
from cosign.brands.faults import EnvironmentDisabled, EnvironmentInvalid
from cosign.brands.presets import PRESETS
from cosign.brands.usecases.environments import create_environment, disable_environment, resolve_environment
from cosign.errors import BrandUnknown, FieldInvalid, ResourceNotFound
from protocol.server import ServerCore
from tests.cosign.brands.conftest import Change
from tests.cosign.devices.fakes import MovableClock

DAY = dt.timedelta(days=1)


class Identity:
    """The identity key of a core."""

    def __init__(self) -> None:
        self._core = ServerCore.generate("test")
        self.public_key = self._core.identity_public_key

    def sign(self, label: str, fields: list[bytes]) -> bytes:
        return self._core.sign_statement(label, fields)


class Presets:
    """`Brands` without a database."""

    def policy(self, brand: str) -> BrandPolicy:
        if brand not in PRESETS:
            raise BrandUnknown("no such brand here")
        return PRESETS[brand]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(PRESETS))


@pytest.fixture
def identity() -> Identity:
    return Identity()


def create(change: Change, clock: MovableClock, *, brand: str = "xss", endpoint: str = "10.0.0.7:7443") -> Environment:
    with change() as unit:
        return create_environment(unit, brand=brand, name="Hall 1 一号", endpoint=endpoint, lifetime=DAY, clock=clock)


def resolve(change: Change, clock: MovableClock, identity: Identity, code: str) -> Environment:
    with change() as unit:
        return resolve_environment(unit, Presets(), code=code, identity_public_key=identity.public_key, clock=clock)


def test_a_code_leads_to_its_environment(change: Change, clock: MovableClock, identity: Identity) -> None:
    made = create(change, clock)
    assert resolve(change, clock, identity, encode_code(made, identity.sign)) == made


def test_a_code_ends_with_its_time(change: Change, clock: MovableClock, identity: Identity) -> None:
    code = encode_code(create(change, clock), identity.sign)
    clock.moment = clock.moment.replace(microsecond=0) + DAY
    with pytest.raises(EnvironmentInvalid, match="expired"):
        resolve(change, clock, identity, code)


def test_a_disabled_environment_is_refused(change: Change, clock: MovableClock, identity: Identity) -> None:
    made = create(change, clock)
    with change() as unit:
        disable_environment(unit, environment_id=made.environment_id, clock=clock)
    with pytest.raises(EnvironmentDisabled):
        resolve(change, clock, identity, encode_code(made, identity.sign))
    with pytest.raises(EnvironmentDisabled), change() as unit:
        disable_environment(unit, environment_id=made.environment_id, clock=clock)
    with pytest.raises(ResourceNotFound), change() as unit:
        disable_environment(unit, environment_id="env_" + "0" * 26, clock=clock)


def test_a_signed_code_needs_a_stored_environment(change: Change, clock: MovableClock, identity: Identity) -> None:
    made = create(change, clock)
    with change() as unit:
        unit.environments(brand="xss", before="", limit=9)
    stranger = Environment(
        environment_id="env_" + "0" * 26,
        brand=made.brand,
        name=made.name,
        endpoint=made.endpoint,
        created_at=made.created_at,
        expires_at=made.expires_at,
    )
    with pytest.raises(EnvironmentInvalid):
        resolve(change, clock, identity, encode_code(stranger, identity.sign))


def test_a_brand_without_intranet_mode_takes_no_code(change: Change, clock: MovableClock, identity: Identity) -> None:
    code = encode_code(create(change, clock, brand="net"), identity.sign)
    with pytest.raises(EnvironmentInvalid, match="intranet"):
        resolve(change, clock, identity, code)


def test_no_altered_code_passes(change: Change, clock: MovableClock, identity: Identity) -> None:
    """Every entry is signed, and nothing else is a code."""
    made = create(change, clock)
    code = encode_code(made, identity.sign)
    _, body, signature = code.split(".")
    entries = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))

    def packed(table: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(table).encode()).decode().rstrip("=")

    changed: list[object] = [
        {**entries, "endpoint": "203.0.113.9:7443"},
        {**entries, "brand": "net"},
        {**entries, "name": "Other"},
        {**entries, "id": "env_" + "0" * 26},
        {**entries, "expires_ms": entries["expires_ms"] + 1},
        {**entries, "expires_ms": True},
        {**entries, "expires_ms": -1},
        {**entries, "expires_ms": 1 << 60},
        {**entries, "extra": 1},
        {key: value for key, value in entries.items() if key != "name"},
        [],
        None,
    ]
    codes = [f"{PREFIX}{packed(table)}.{signature}" for table in changed]
    codes += ["", "x", PREFIX, PREFIX + ".", f"{PREFIX}{body}.", f"{PREFIX}{body}.AAAA", f"{PREFIX}!.{signature}"]
    codes += [code + "A", code[:-1], "x" * 5_000, encode_code(made, Identity().sign)]
    for wrong in codes:
        with pytest.raises(EnvironmentInvalid):
            decode_code(wrong, identity.public_key, clock.now())


def test_pages_newest_first(change: Change, clock: MovableClock) -> None:
    made = []
    for _ in range(3):
        made.append(create(change, clock).environment_id)
        clock.forward(seconds=1)
    with change() as unit:
        first = unit.environments(brand="xss", before="", limit=2)
        rest = unit.environments(brand="xss", before=first.cursor, limit=2)
    assert [one.environment_id for one in (*first.environments, *rest.environments)] == made[::-1]
    assert (first.cursor, rest.cursor) == (made[1], "")


@pytest.mark.parametrize("endpoint", ["", "host", "host:", "host:0", "host:65536", "a b:1", "http://x:1", "x" * 300])
def test_an_endpoint_is_host_and_port(change: Change, clock: MovableClock, endpoint: str) -> None:
    with pytest.raises(FieldInvalid, match="endpoint"):
        create(change, clock, endpoint=endpoint)


@pytest.mark.parametrize("lifetime", [dt.timedelta(0), dt.timedelta(days=3_651)])
def test_a_lifetime_has_bounds(change: Change, clock: MovableClock, lifetime: dt.timedelta) -> None:
    with pytest.raises(FieldInvalid, match="lifetime"), change() as unit:
        create_environment(unit, brand="xss", name="x", endpoint="h:1", lifetime=lifetime, clock=clock)


def test_the_label_is_part_of_what_is_signed() -> None:
    assert LABEL == "ENV/descriptor"
