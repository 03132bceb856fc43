"""Key generation and activation under loss and death (KG-1 to KG-8)."""

from pathlib import Path

import pytest

from cosign.client.phone import MemoryHome, Phone, PhoneKeyState
from cosign.client.phone.errors import KeyUnfinished, PinUnsuitable, ServerNotTrusted, Unreachable
from protocol import sm2
from protocol.codes import Purpose, Status
from tests.cosign.client.conftest import CHEAP, PIN, OpenPhone
from tests.cosign.client.crash import Died, DyingHome
from tests.cosign.client.fake_server import FakeServer, lose

BOTH = pytest.mark.parametrize("purpose", [Purpose.SIGN, Purpose.DECRYPT])


def use(phone: Phone, key_id: str) -> None:
    key = phone.key(key_id)
    if key.purpose is Purpose.SIGN:
        (signature,) = phone.sign(key_id, [b"m"], PIN)
        sm2.verify_message(key.public_key, b"m", signature)
    else:
        assert phone.decrypt(key_id, [sm2.encrypt(key.public_key, b"p")], PIN) == [b"p"]


@BOTH
def test_a_key_is_active_at_once_and_works(phone: Phone, purpose: Purpose) -> None:
    key = phone.keygen(purpose, PIN)
    assert key.state is PhoneKeyState.ACTIVE
    use(phone, key.key_id)


def test_a_login_key_signs(phone: Phone) -> None:
    key = phone.keygen(Purpose.LOGIN, PIN)
    (signature,) = phone.sign(key.key_id, [b"challenge"], PIN)
    sm2.verify_message(key.public_key, b"challenge", signature)


def test_a_weak_pin_makes_no_key(phone: Phone, server: FakeServer) -> None:
    with pytest.raises(PinUnsuitable):
        phone.keygen(Purpose.SIGN, "123456")
    assert not server.log


@BOTH
@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("method", ["BeginKeygen", "FinishKeygen"])
def test_until_m4_nothing_is_kept(
    phone: Phone, server: FakeServer, purpose: Purpose, direction: str, method: str
) -> None:
    setattr(server, direction, lose(method))
    with pytest.raises(Unreachable):
        phone.keygen(purpose, PIN)
    assert phone.keys() == []
    use(phone, phone.keygen(purpose, PIN).key_id)
    assert set(server.statuses) == {Status.OK}


@BOTH
@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("method", ["BeginActivation", "Sign", "Decrypt", "ActivateKey"])
def test_an_interrupted_activation_is_finished_later(
    phone: Phone, server: FakeServer, purpose: Purpose, direction: str, method: str
) -> None:
    if direction == "after" and method == "BeginActivation":
        direction = "before"
    setattr(server, direction, lose(method))
    used = "Sign" if purpose is Purpose.SIGN else "Decrypt"
    if method in ("Sign", "Decrypt") and method != used:
        phone.keygen(purpose, PIN)
        return
    with pytest.raises(Unreachable):
        phone.keygen(purpose, PIN)
    (key,) = phone.keys()
    assert key.state is PhoneKeyState.INACTIVE
    with pytest.raises(KeyUnfinished):
        use(phone, key.key_id)
    assert phone.activate(key.key_id, PIN).state is PhoneKeyState.ACTIVE
    assert phone.activate(key.key_id, PIN).state is PhoneKeyState.ACTIVE
    use(phone, key.key_id)


def test_a_foreign_activation_digest_is_not_signed(
    phone: Phone, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = server.begin_activation

    def other(request: object, bearer: str) -> object:
        challenge = honest(request, bearer)  # type: ignore[arg-type]
        challenge.digest = b"\7" * 32
        return challenge

    monkeypatch.setattr(server, "begin_activation", other)
    with pytest.raises(ServerNotTrusted):
        phone.keygen(Purpose.SIGN, PIN)
    assert "Sign" not in server.methods()


@BOTH
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_death_at_every_durable_step(
    tmp_path: Path, server: FakeServer, open_phone: OpenPhone, purpose: Purpose, after: bool
) -> None:
    steps = 1
    step = 0
    while step < steps:
        folder = tmp_path / f"death-{step}"
        with open_phone(folder) as phone:
            phone.enrol(code=folder.name, display_name="n")
        home = DyingHome(folder, "test:1", at=step, after=after)
        with Phone(home, server, kdf=CHEAP, clock=server.clock) as phone:
            try:
                phone.keygen(purpose, PIN)
            except Died:
                steps = step + 2
        with open_phone(folder) as phone:
            waiting = phone.keys()
            key = phone.activate(waiting[0].key_id, PIN) if waiting else phone.keygen(purpose, PIN)
            use(phone, key.key_id)
        step += 1
    assert step >= 6
    assert set(server.statuses) == {Status.OK}


def test_enrolment_is_repeated_under_the_same_request_id(
    tmp_path: Path, server: FakeServer, open_phone: OpenPhone
) -> None:
    server.after = lose("EnrolDevice")
    with open_phone(tmp_path / "home") as phone:
        with pytest.raises(Unreachable):
            phone.enrol(code="C", display_name="n")
        assert phone.status().device_id == ""
    with open_phone(tmp_path / "home") as phone:
        assert phone.enrol(code="C", display_name="n").device_id
    assert len(server.store.tables.devices) == 1


def test_before_enrolment_the_phone_may_turn_to_another_server() -> None:
    first, second = FakeServer(), FakeServer()
    home = MemoryHome()
    first.before = lose("EnrolDevice")
    with pytest.raises(Unreachable):
        Phone(home, first, kdf=CHEAP, clock=first.clock).enrol(code="C", display_name="n")
    Phone(home, second, kdf=CHEAP, clock=second.clock).enrol(code="D", display_name="n")
    with pytest.raises(ServerNotTrusted):
        Phone(home, first, kdf=CHEAP, clock=first.clock).sync()
