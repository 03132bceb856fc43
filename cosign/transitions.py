"""State machines: one table of which state may follow which, and one way to refuse. No I/O.

TRANSITIONS: Final = Transitions(
    "the login",
    LoginState,
    {LoginState.WAITING: {LoginState.CONFIRMED, LoginState.EXPIRED}},
)
TRANSITIONS.check(login.state, LoginState.CONFIRMED, LoginStateRefused)
"""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

S = TypeVar("S", bound=enum.StrEnum)


class Transitions(Mapping[S, frozenset[S]]):
    """The states of one machine, each with those that may follow it; states without a row are final."""

    def __init__(self, what: str, states: type[S], following: Mapping[S, Iterable[S]]) -> None:
        """`what` names the thing in refusals, for example `the login`."""
        self._what = what
        self._following = {state: frozenset(following.get(state, ())) for state in states}

    def check(self, present: S, target: S, refused: Callable[[str], Exception]) -> None:
        """Raises what `refused` makes of a sentence with both states, unless `target` may follow `present`."""
        if target not in self._following[present]:
            raise refused(f"{self._what} is {present.value} and cannot become {target.value}")

    @property
    def open(self) -> tuple[S, ...]:
        """States that something may follow, in the order of the enum."""
        return tuple(state for state, following in self._following.items() if following)

    def sources(self, target: S) -> tuple[S, ...]:
        """States that `target` may follow, in the order of the enum."""
        return tuple(state for state, following in self._following.items() if target in following)

    def __getitem__(self, state: S) -> frozenset[S]:
        return self._following[state]

    def __iter__(self) -> Iterator[S]:
        return iter(self._following)

    def __len__(self) -> int:
        return len(self._following)
