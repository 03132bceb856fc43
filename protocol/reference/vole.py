"""Two-party multiplication from extended oblivious transfer: DKLs23's random VOLE (section 6.3, EC-8, EC-9, EC-12).

Instance i turns the server's a_i and the phone's y_i into t_i and q_i with q_i + t_i = a_i·y_i modulo n. The phone's
y_i is Σ g_j·beta_{i,j} + delta_i over its choice bits beta; two check columns show it that every row used one a_i.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from protocol.errors import BadAnswer
from protocol.reference.curve import P256, scalar_bytes
from protocol.reference.encoding import Reader, u8, u16
from protocol.reference.ot_setup import xor
from protocol.reference.transcript import SUITE_P256

XI, CHECKS = 512, 2
N = P256.n
H, H2S, XOF = SUITE_P256.h, SUITE_P256.h2s, SUITE_P256.xof

Row = tuple[int, int, int]
"""Column 0 carries the input, columns 1 and 2 the checks."""


class Session(NamedTuple):
    """Instance i of one request."""

    sid: bytes
    nonce_s: bytes
    i: int

    @property
    def sid_i(self) -> bytes:
        """EC-1."""
        return H("EC/mul", self.sid, u8(self.i))


class Multiplication(NamedTuple):
    """The server's message of one instance: 512 rows, eta_1, eta_2 and mu, 49248 bytes."""

    at: tuple[Row, ...]
    eta: tuple[int, int]
    mu: bytes

    def encode(self) -> bytes:
        return at_bytes(self.at) + b"".join(map(scalar_bytes, self.eta)) + self.mu

    @classmethod
    def take(cls, reader: Reader) -> "Multiplication":
        def value() -> int:
            return P256.residue(reader.take(32))

        at = tuple((value(), value(), value()) for _ in range(XI))
        return cls(at, (value(), value()), reader.take(32))


class Sent(NamedTuple):
    """The message and the server's cs_i."""

    message: Multiplication
    cs: int


Theta = Callable[[Session, Sequence[Row]], tuple[int, int]]


@cache
def gadget() -> tuple[int, ...]:
    """g_0 … g_511, public and uniform."""
    return tuple(H2S("EC/gadget", u16(j)) for j in range(XI))


def inner(values: Sequence[int]) -> int:
    """Σ_j g_j·values_j."""
    return sum(g * value for g, value in zip(gadget(), values, strict=True)) % N


def at_bytes(at: Sequence[Row]) -> bytes:
    """All corrections, row-major."""
    return b"".join(scalar_bytes(value) for row in at for value in row)


def pad(session: Session, j: int, row: bytes) -> Row:
    """EC-8: three scalars for row 512·i + j; nonce_s keeps a repeated request from repeating them."""
    stream = XOF("EC/pad", 144, session.sid, session.nonce_s, u16(XI * session.i + j), row)
    first, second, third = (int.from_bytes(stream[k : k + 48], "big") % N for k in (0, 48, 96))
    return first, second, third


def theta(session: Session, at: Sequence[Row]) -> tuple[int, int]:
    """EC-9: the weights of the check, fixed only after every correction of every row and column."""
    digest = H("EC/at", session.sid_i, session.nonce_s, at_bytes(at))
    return H2S("EC/theta", digest, u8(1)), H2S("EC/theta", digest, u8(2))


def check_value(session: Session, values: Sequence[int]) -> bytes:
    """mu over two scalars per row, j-major."""
    return H("EC/mu", session.sid_i, session.nonce_s, b"".join(map(scalar_bytes, values)))


def send(
    session: Session, a: int, checks: tuple[int, int], z: Sequence[bytes], delta: bytes, weigh: Theta = theta
) -> Sent:
    """EC-8, EC-9 for one instance; `checks` are â_1 and â_2, `z` its 512 rows. `weigh` models a wrong θ."""
    low = [pad(session, j, row) for j, row in enumerate(z)]
    high = [pad(session, j, xor(row, delta)) for j, row in enumerate(z)]
    inputs = (a, *checks)
    at = tuple(_correction(zero, one, inputs) for zero, one in zip(low, high, strict=True))
    weights = weigh(session, at)
    eta = ((checks[0] + weights[0] * a) % N, (checks[1] + weights[1] * a) % N)
    mu = check_value(session, [(row[k] + weights[k - 1] * row[0]) % N for row in low for k in (1, 2)])
    return Sent(Multiplication(at, eta, mu), -inner([row[0] for row in low]) % N)


def _correction(zero: Row, one: Row, inputs: Row) -> Row:
    first, second, third = ((x - y + value) % N for x, y, value in zip(zero, one, inputs, strict=True))
    return first, second, third


def receive(
    session: Session, beta: Sequence[int], t: Sequence[bytes], message: Multiplication, weigh: Theta = theta
) -> int:
    """EC-12 for one instance: q_i. Raises BadAnswer."""
    weights = weigh(session, message.at)
    rows = [_opened(pad(session, j, t[j]), choice, message.at[j]) for j, choice in enumerate(beta)]
    shown = [
        (row[k] + weights[k - 1] * row[0] - choice * message.eta[k - 1]) % N
        for row, choice in zip(rows, beta, strict=True)
        for k in (1, 2)
    ]
    if check_value(session, shown) != message.mu:
        raise BadAnswer("mu does not fit the corrections")
    return inner([row[0] for row in rows])


def _opened(own: Row, choice: int, correction: Row) -> Row:
    first, second, third = ((x + choice * y) % N for x, y in zip(own, correction, strict=True))
    return first, second, third
