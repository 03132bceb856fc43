"""Attack of `test_ot_delta` against the real transactions: cheating requests of one phone, all at once (EC-6).

The phone knows the PIN and guesses bits of Δ. The first wrong guess destroys the set-up in the commit that records it,
under the lock that every other request waits for, so that no second guess is evaluated.
"""

from typing import Any

import pytest

from keyshare.records import OtState
from protocol.codes import Op, Purpose, Status
from protocol.reference import ec_sign, phone_ec
from protocol.reference.curve import point_bytes
from tests.attacks.service import ATTEMPTS, Service
from tests.attacks.test_ot_delta import prober
from tests.protocol.ec_sides import ec_fields
from tests.protocol.ec_world import DIGEST, dealt_key
from tests.protocol.sides import new_reference_phone
from tests.protocol.world import DEVICE_ID, KEY_ID, reference_header

CHEATERS = 12


class Scene:
    """One phone with one key; every bit of Δ is 1, so that only the guess 3 is right."""

    def __init__(self, service: Service) -> None:
        self.service, self.key = service, dealt_key(delta=(1 << 128) - 1)
        self.phone = new_reference_phone(service.server.target)
        service.enrol(DEVICE_ID, self.phone.device_public)
        service.add_ec_key(self.key, DEVICE_ID, KEY_ID)
        self.open_reqs: list[bytes] = []
        """As an honest list would be: without it the clone rules would stop the phone at its second request."""

    def request(self, steps: type[ec_sign.PhoneEcSign] = ec_sign.PhoneEcSign) -> phone_ec.EcSign:
        key, service = self.key.phone_key(), self.service
        names = {"key_id": KEY_ID, "share_id": key.share_id, "pk": point_bytes(key.pk)}
        state = {"tau": service.tau, "open_reqs": list(self.open_reqs), "ctr": 0, "restore_epoch": 0}
        given: dict[str, Any] = names | state | {"issued_at_ms": service.clock.ms}
        header = reference_header(ec_fields(Op.EC_SIGN, Purpose.SIGN, given))
        self.open_reqs.append(header.req_id)
        return phone_ec.EcSign(self.phone, header, key, DIGEST, steps)

    @property
    def ot_state(self) -> OtState:
        return self.service.store.tables.ot_states[self.key.phone_key().share_id]


@pytest.fixture
def scene(service: Service) -> Scene:
    return Scene(service)


def test_an_honest_request_is_served(scene: Scene) -> None:
    """The harness itself."""
    run = scene.request()
    released = scene.service.submit(run.envelope)
    frame, signatures = run.finish(released.answer)
    assert (frame.status, len(signatures), scene.ot_state) == (Status.OK, 1, OtState.READY)


def test_row_80_of_parallel_cheaters_one_is_evaluated(scene: Scene) -> None:
    """All are prepared with the set-up still there, as parallel requests are; one gets to the evaluation."""
    service = scene.service
    prepared = [service.prepare(scene.request(prober(j, 0)).envelope) for j in range(CHEATERS)]
    statuses = [service.run(one).status for one in prepared]
    assert (service.evaluator.count, scene.ot_state) == (1, OtState.DESTROYED)
    assert statuses[0] == Status.OT_DESTROYED
    assert set(statuses[1:]) <= {Status.BUSY, Status.OT_DESTROYED}


def test_row_79_a_destroyed_set_up_serves_nobody(scene: Scene) -> None:
    """Also not the honest request after it; no attempt was charged, because the PIN was right."""
    scene.service.submit(scene.request(prober(5, 1)).envelope)
    run = scene.request()
    released = scene.service.submit(run.envelope)
    frame, signatures = run.finish(released.answer)
    assert (frame.status, signatures) == (Status.OT_DESTROYED, [])
    assert scene.service.evaluator.count == 1
    assert scene.service.row(DEVICE_ID).attempts_left == ATTEMPTS


def test_row_81_a_repeated_session_is_stale(scene: Scene) -> None:
    """The session id comes from the header: repeating it repeats the request id."""
    run = scene.request()
    first = scene.service.submit(run.envelope)
    again = scene.service.submit(run.envelope)
    assert (first.status, again.status) == (Status.OK, Status.STALE)
    assert scene.service.evaluator.count == 1
    frame, signatures = run.finish(again.answer)
    assert (frame.status, signatures) == (Status.STALE, [])
