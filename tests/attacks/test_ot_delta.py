"""Attack: a cheating phone reads Δ through the extension check, and Δ gives the server's share (EC-6, rows 79 and 80).

The phone uses another choice string in one tree. With the right guess of that tree's two bits of Δ it can repair its
check values, so every request tells it something. Three things stop it: χ hashes the corrections, evaluation is
serialised, and the first failure destroys the set-up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from protocol.errors import BadAnswer
from protocol.reference import ec_sign, ot_extension, vole
from protocol.reference.curve import P256
from protocol.reference.ec_messages import EcSignAnswer
from protocol.reference.ot_extension import OtCheckFailed, OtMessage, challenges, check_hash
from protocol.reference.ot_setup import TREES, xor
from tests.protocol.ec_world import DealtKey, dealt_key, reproved

ERROR = 1 << 700
"""The row in which the phone's choice differs in one tree: row 188 of the second multiplication."""


class Prober(ec_sign.PhoneEcSign):
    """Flips one choice in tree `j` and repairs the check values for the guess that x*_j is `guess`."""

    j, guess = 0, 0

    def extend(self, trees: object) -> tuple[OtMessage, list[bytes]]:
        def choose(j: int, x: int) -> int:
            return x ^ (ERROR if j == self.j else 0)

        message, rows = ot_extension.extend_phone(self.sid, trees, self.x, choose)  # type: ignore[arg-type]
        repair = check_hash(ot_extension.challenges(self.sid, message.c), ERROR).to_bytes(16, "little")
        tilde = list(message.t_tilde)
        for t in (0, 1):
            if self.guess >> t & 1:
                tilde[2 * self.j + t] = xor(tilde[2 * self.j + t], repair)
        return message._replace(t_tilde=tuple(tilde)), rows


def prober(j: int, guess: int) -> type[Prober]:
    return type("OneProber", (Prober,), {"j": j, "guess": guess})


@dataclass
class Server:
    """The part of the service that matters here; `serialised` is the rule of EC-6."""

    key: DealtKey
    serialised: bool
    evaluated: int = 0
    destroyed: bool = False

    def passes(self, j: int, guess: int) -> bool:
        """Whether a request that cheats in tree `j` was answered."""
        if self.destroyed:
            return False
        self.evaluated += 1
        phone = self.key.phone(prober(j, guess))
        try:
            ot_extension.extend_server(phone.sid, self.key.ot, phone.request.ot)
        except OtCheckFailed:
            self.destroyed = self.serialised
            return False
        return True


def guesses(server: Server, trees: int) -> list[int | None]:
    """The phone's knowledge of x*_j for the first trees."""
    return [next((guess for guess in range(4) if server.passes(j, guess)), None) for j in range(trees)]


def test_the_attack_reads_delta_when_failures_are_not_serialised() -> None:
    """At most four requests per tree, all of which may be sent at once."""
    key = dealt_key()
    server = Server(key, serialised=False)
    assert guesses(server, 6) == [key.ot.missing(j) for j in range(6)]


def test_row_80_the_first_failure_ends_it() -> None:
    """128 cheaters, two per tree: no more than one wrong guess is ever evaluated."""
    key = dealt_key(delta=(1 << 128) - 1)
    server = Server(key, serialised=True)
    assert [server.passes(j, guess) for j in range(TREES) for guess in (0, 1)] == [False] * 128
    assert (server.evaluated, server.destroyed) == (1, True)


def test_the_attack_takes_the_share_once_delta_is_known() -> None:
    """Both pads of a row follow from T_m and Δ, hence the server's inputs, hence skA."""
    key = dealt_key()
    phone = key.phone()
    answer = key.serve(phone)
    phone.finish(answer)
    first, second = (server_input(phone, answer, i, key.ot.delta_bytes) for i in (0, 1))
    assert second * P256.inv(first - phone.phi) % P256.n == key.sk_a


def server_input(phone: ec_sign.PhoneEcSign, answer: EcSignAnswer, i: int, delta: bytes) -> int:
    """a_i = at_{0,0} - α0 + α1 for row 0 of instance i."""
    session = vole.Session(phone.sid, answer.nonce_s, i)
    own = phone.rows[vole.XI * i]
    other = xor(own, delta)
    zero, one = (other, own) if phone.beta(i)[0] else (own, other)
    pads = [vole.pad(session, 0, row)[0] for row in (zero, one)]
    return (answer.multiplications[i].at[0][0] - pads[0] + pads[1]) % P256.n


def fixed(_sid: bytes, _c: object) -> list[int]:
    """Weakened: χ is the same for every request."""
    return challenges(b"fixed", [])


class FixedChallenge(Prober):
    """Chooses an error that the known χ does not see: a second flip in the mask block cancels the first."""

    j, guess = 3, 0

    def extend(self, trees: object) -> tuple[OtMessage, list[bytes]]:
        hidden = check_hash(fixed(b"", ()), ERROR) << 1024

        def choose(j: int, x: int) -> int:
            return x ^ ((ERROR ^ hidden) if j == self.j else 0)

        return ot_extension.extend_phone(self.sid, trees, self.x, choose)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", range(4))
def test_the_attack_reads_delta_unseen_when_the_challenge_is_fixed(
    monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    """The answer to one accepted request shows the tree's bits: only the right row fits mu."""
    monkeypatch.setattr(ot_extension, "challenges", fixed)
    key = dealt_key(delta=missing << 2 * FixedChallenge.j)
    phone = key.phone(FixedChallenge)
    answer = key.serve(phone)
    fits = [guess for guess in range(4) if accepts(phone, answer, guess)]
    assert fits == [missing]


def accepts(phone: ec_sign.PhoneEcSign, answer: EcSignAnswer, guess: int) -> bool:
    """Whether mu fits when row 700 is corrected for this guess of x*_j."""
    honest = phone.rows
    row = xor(honest[700], (guess << 2 * FixedChallenge.j).to_bytes(16, "little"))
    phone.rows = [*honest[:700], row, *honest[701:]]
    try:
        phone.multiply(1, answer)
    except BadAnswer:
        return False
    finally:
        phone.rows = honest
    return True


def test_row_79_a_challenge_over_the_corrections_stops_it() -> None:
    """The same request against the implementation: refused for every Δ that has a bit in the tree."""
    for missing in (1, 2, 3):
        key = dealt_key(delta=missing << 2 * FixedChallenge.j)
        with pytest.raises(OtCheckFailed):
            key.serve(key.phone(FixedChallenge))


def test_the_challenge_depends_on_every_correction() -> None:
    key = dealt_key()
    phone = key.phone()
    c = phone.request.ot.c
    seen = {tuple(challenges(phone.sid, c)), tuple(challenges(bytes(32), c))}
    for j in range(TREES):
        changed = [*c[:j], xor(c[j], b"\1".ljust(144, b"\0")), *c[j + 1 :]]
        seen.add(tuple(challenges(phone.sid, changed)))
    assert len(seen) == TREES + 2


Build = Callable[[ec_sign.PhoneEcSign], OtMessage]


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda phone: phone.request.ot._replace(x_tilde=bytes(16)), id="x~"),
        pytest.param(
            lambda phone: phone.request.ot._replace(t_tilde=(bytes(16), *phone.request.ot.t_tilde[1:])), id="t~"
        ),
        pytest.param(lambda phone: phone.request.ot._replace(c=phone.request.ot.c[::-1]), id="columns"),
    ],
)
def test_row_79_wrong_check_values_are_refused(build: Build) -> None:
    key = dealt_key(delta=(1 << 128) - 1)
    phone = key.phone()
    with pytest.raises(OtCheckFailed):
        key.answer(phone.ctx0, reproved(phone, ot=build(phone)))
