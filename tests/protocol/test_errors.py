"""The exception tree of `protocol.errors`."""

import inspect

import pytest

from protocol import _core, errors

CLASSES = [value for value in vars(_core).values() if inspect.isclass(value) and issubclass(value, Exception)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_exception_of_the_core_is_exported_and_described(cls: type[Exception]) -> None:
    assert getattr(errors, cls.__name__) is cls
    assert cls.__name__ in errors.__all__
    assert cls.__name__ in (errors.__doc__ or "")
    assert issubclass(cls, errors.ProtocolError)


def test_nothing_else_is_exported() -> None:
    assert set(errors.__all__) == {cls.__name__ for cls in CLASSES}
