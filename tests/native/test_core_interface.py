"""The extension against `_core.pyi`: nothing missing, nothing more, and nothing that gets past its own boundary."""

import ast
import copy
import inspect
import os
import pickle
import re
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol import _core
from tests.native.core_world import Handles

STUB = ast.parse(Path(_core.__file__).with_name("_core.pyi").read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
EXCEPTIONS = {name for name, node in CLASSES.items() if node.bases}
HANDLES = sorted(set(CLASSES) - EXCEPTIONS)

Signature = list[tuple[str, str, bool]]


@pytest.fixture(scope="module")
def world() -> Handles:
    return Handles()


def declared(node: ast.FunctionDef, *, bound: bool) -> Signature:
    """Name, kind and whether there is a default, of each parameter in the stub."""
    arguments = node.args.args[1:] if bound else node.args.args
    first_default = len(arguments) - len(node.args.defaults)
    positional = [(a.arg, "positional", i >= first_default) for i, a in enumerate(arguments)]
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return positional + [(a.arg, "keyword", default is not None) for a, default in named]


def built(function: Callable[..., object]) -> Signature:
    """The same of the extension."""
    kinds: dict[int, str] = {
        inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
        inspect.Parameter.KEYWORD_ONLY: "keyword",
    }
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    return [(p.name, kinds[p.kind], p.default is not p.empty) for p in parameters]


def decorators(node: ast.FunctionDef) -> set[str]:
    return {d.id for d in node.decorator_list if isinstance(d, ast.Name)}


def methods(name: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)}


def test_the_module_has_exactly_the_names_of_the_stub() -> None:
    public = {name for name in dir(_core) if not name.startswith("__")}
    assert public == set(FUNCTIONS) | set(CLASSES)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_has_the_signature_of_the_stub(name: str) -> None:
    function = getattr(_core, name)
    assert isinstance(function, types.BuiltinFunctionType)
    assert built(function) == declared(FUNCTIONS[name], bound=False)


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_an_exception_has_the_base_of_the_stub(name: str) -> None:
    (base,) = CLASSES[name].bases
    assert isinstance(base, ast.Name)
    assert getattr(_core, name).__bases__ == (getattr(_core, base.id, Exception),)


@pytest.mark.parametrize("name", HANDLES)
def test_a_class_has_exactly_the_members_of_the_stub(name: str) -> None:
    cls, wanted = getattr(_core, name), methods(name)
    public = {member for member in vars(cls) if not member.startswith("__")}
    assert public == set(wanted) - {"__init__"}
    for member in public:
        node, value = wanted[member], inspect.getattr_static(cls, member)
        if "property" in decorators(node):
            assert isinstance(value, types.GetSetDescriptorType), member
            continue
        assert isinstance(value, staticmethod) == ("staticmethod" in decorators(node)), member
        bound = "staticmethod" not in decorators(node)
        assert built(getattr(cls, member)) == declared(node, bound=bound), member


@pytest.mark.parametrize("name", HANDLES)
def test_a_class_has_the_constructor_of_the_stub_or_none(name: str) -> None:
    cls = getattr(_core, name)
    if "__init__" in methods(name):
        assert built(cls) == declared(methods(name)["__init__"], bound=True)
    else:
        with pytest.raises(TypeError, match="cannot create"):
            cls()


@pytest.mark.parametrize("name", HANDLES)
def test_a_handle_cannot_be_subclassed_copied_pickled_or_changed(name: str, world: Handles) -> None:
    cls, handle = getattr(_core, name), world[name]
    assert type(handle) is cls
    with pytest.raises(TypeError):
        type("Derived", (cls,), {})
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(handle, protocol)
    for duplicate in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot pickle"):
            duplicate(handle)
    for member in ("anything", *(name for name in methods(name) if name != "__init__")):
        with pytest.raises(AttributeError):
            setattr(handle, member, 1)
    assert not hasattr(handle, "__dict__")


@pytest.mark.parametrize("name", HANDLES)
def test_a_handle_shows_its_class_and_nothing_else(name: str, world: Handles) -> None:
    pattern = rf"<protocol\._core\.{name} object at 0x[0-9a-f]+>"
    assert re.fullmatch(pattern, repr(world[name]))
    assert re.fullmatch(pattern, str(world[name]))
    assert re.fullmatch(pattern, format(world[name]))
    conversions: list[Callable[[Any], object]] = [bytes, int, memoryview]
    for convert in conversions:
        with pytest.raises(TypeError):
            convert(world[name])


ODD: list[object] = [
    *(None, "", "x", "SM2", "\ud800", "四" * 40, "x" * 100_000, 1.5, True, object(), [], [None], ["x"], [b"x"]),
    *(0, 1, -1, 255, 256, 1 << 31, (1 << 64) - 1, 1 << 64, -(1 << 70), [b"x" * 16] * 300, {}, (1, 2), [(1, 2)]),
    *(b"\x00" * n for n in (0, 1, 8, 16, 32, 33, 64, 65, 97, 100_000)),
    *(b"\xff" * n for n in (8, 32, 33, 64, 65)),
    *(b"\x02" * 33, b"\x04" * 65, bytearray(32), memoryview(b"x" * 32)),
]
REFUSALS = (_core.ProtocolError, TypeError, ValueError, OverflowError, OSError)


def calls(world: Handles) -> Iterator[tuple[str, Callable[..., object], Signature]]:
    """Every function, static method, constructor and method of a handle."""
    for name in FUNCTIONS:
        yield name, getattr(_core, name), built(getattr(_core, name))
    for name in HANDLES:
        cls = getattr(_core, name)
        for member, node in methods(name).items():
            if member == "__init__":
                yield name, cls, built(cls)
            elif "property" not in decorators(node):
                owner = cls if "staticmethod" in decorators(node) else world[name]
                yield f"{name}.{member}", getattr(owner, member), built(getattr(cls, member))


def refused_or_done(call: Callable[..., object], arguments: dict[str, Any]) -> None:
    """Runs the call; anything but a documented refusal propagates, a panic above all."""
    try:
        call(**arguments)
    except _core.InternalFault as fault:
        raise AssertionError("a panic or a broken invariant") from fault
    except REFUSALS:
        pass


def test_odd_arguments_are_refused_without_a_panic(world: Handles) -> None:
    backend = _core.active_backend()
    for name, call, signature in calls(world):
        if name in {"Kek.create", "Kek.load", "Pin.read", "Pin.draw"}:
            continue  # a number there is a file of this process; they have their own test
        good = world.arguments(name)
        assert set(good) >= {p for p, _, default in signature if not default}, name
        for parameter, _, _ in signature:
            for odd in ODD:
                refused_or_done(call, {**good, parameter: odd})
    _core.set_backend(backend)


def test_none_and_wrong_types_are_type_errors(world: Handles) -> None:
    for name, call, signature in calls(world):
        good = world.arguments(name)
        for parameter, _, _ in signature:
            may_be_none = inspect.signature(call).parameters[parameter].default is None
            for wrong in (object(),) if may_be_none else (None, object()):
                with pytest.raises(TypeError):
                    call(**{**good, parameter: wrong})


def test_missing_and_unknown_arguments_are_type_errors(world: Handles) -> None:
    for name, call, signature in calls(world):
        good = world.arguments(name)
        with pytest.raises(TypeError):
            call(**good, unknown=1)
        for parameter, _, default in signature:
            if not default:
                with pytest.raises(TypeError):
                    call(**{key: value for key, value in good.items() if key != parameter})


@pytest.mark.parametrize("fd", [-1, 1 << 20, 1 << 31, -(1 << 31) - 1])
def test_a_descriptor_that_is_not_open_is_an_error_of_the_system(fd: int) -> None:
    for open_key in (_core.Kek.create, _core.Kek.load, _core.Pin.read, _core.Pin.draw):
        with pytest.raises((OSError, OverflowError)):
            open_key(fd)


def test_a_key_file_is_written_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        kek = _core.Kek.create(fd)
        with pytest.raises(FileExistsError):
            _core.Kek.create(fd)
        assert _core.Kek.load(fd).check_value == kek.check_value
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(_core.SealBroken):
            _core.Kek.load(fd)
    finally:
        os.close(fd)


def test_a_malformed_request_raises_on_everything_it_does_not_have(world: Handles) -> None:
    request = world.malformed_request()
    assert request.malformed == "MALFORMED_MESSAGE"
    assert (request.op, len(request.req_id)) == (2, 16)
    for name, node in methods("Request").items():
        if "property" in decorators(node) and name not in {"malformed", "op", "req_id"}:
            with pytest.raises(_core.MalformedMessage):
                getattr(request, name)
    with pytest.raises(_core.MalformedMessage):
        request.verify_device(world.device_public_key)
    assert request.answer(13, server_time_ms=1, body=b"MALFORMED_MESSAGE")
    with pytest.raises(_core.AlreadyUsed):
        request.answer(13, server_time_ms=1)


def test_the_interpreter_runs_while_the_core_works(world: Handles) -> None:
    """Argon2id takes milliseconds; another thread must get its turn meanwhile."""
    ticks, done = 0, threading.Event()

    def unlock() -> None:
        for _ in range(5):
            world.blob.unlock("802417")
        done.set()

    thread = threading.Thread(target=unlock)
    thread.start()
    while not done.wait(0.001):
        ticks += 1
    thread.join()
    assert ticks >= 5
