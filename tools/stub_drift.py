"""Compares `protocol/_core.pyi` with the extension module that was built.

Names of the module, members of every class and the parameter names of every function must be the same on both sides.
Types are not compared: the extension does not know them.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

from tools.tree import ROOT, report

STUB: Final = ROOT / "protocol" / "_core.pyi"

COMMON_MEMBERS: Final = frozenset(dir(object)) | {"__module__", "__reduce__", "__weakref__"}
"""Members every class has; the stub does not repeat them."""


def parameters_of_stub(function: ast.FunctionDef) -> list[str]:
    """Returns the parameter names in order, without `self`."""
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name != "self"]


def parameters_of_object(function: object) -> list[str] | None:
    """Returns the parameter names in order, without `self`; None when the extension does not tell them."""
    try:
        signature = inspect.signature(function)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return [name for name in signature.parameters if name not in {"self", "$self"}]


def is_property(function: ast.FunctionDef) -> bool:
    """Tells whether a stub member is decorated as a property."""
    return any(isinstance(item, ast.Name) and item.id == "property" for item in function.decorator_list)


def compare_function(where: str, stub: ast.FunctionDef, real: object) -> Iterator[str]:
    """Compares one callable or property."""
    if is_property(stub):
        if callable(real):
            yield f"{where}: a property in the stub, a method in the extension"
        return
    if not callable(real):
        yield f"{where}: a function in the stub, not callable in the extension"
        return
    actual = parameters_of_object(real)
    if actual is not None and actual != parameters_of_stub(stub):
        yield f"{where}: parameters {parameters_of_stub(stub)} in the stub, {actual} in the extension"


def compare_class(stub: ast.ClassDef, real: type) -> Iterator[str]:
    """Compares the members of one class, its constructor included."""
    declared = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
    present = {name for name in vars(real) if name not in COMMON_MEMBERS and not name.startswith("__")}
    for name in sorted(present - declared.keys()):
        yield f"{stub.name}.{name}: in the extension only"
    for name, node in declared.items():
        if name == "__init__":
            yield from compare_function(f"{stub.name}()", node, real)
        elif name not in present:
            yield f"{stub.name}.{name}: in the stub only"
        else:
            member = inspect.getattr_static(real, name)
            bound = getattr(real, name) if isinstance(member, staticmethod | classmethod) else member
            yield from compare_function(f"{stub.name}.{name}", node, bound)


def drift(stub_text: str, module: ModuleType) -> Iterator[str]:
    """Yields one finding per difference between the stub and `module`."""
    nodes: Mapping[str, ast.FunctionDef | ast.ClassDef] = {
        node.name: node for node in ast.parse(stub_text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    names = {name for name in vars(module) if not name.startswith("__")}
    for name in sorted(names - nodes.keys()):
        yield f"{name}: in the extension only"
    for name, node in nodes.items():
        real = getattr(module, name, None)
        if real is None:
            yield f"{name}: in the stub only"
        elif isinstance(node, ast.ClassDef) and isinstance(real, type):
            yield from compare_class(node, real)
        elif isinstance(node, ast.FunctionDef) and not isinstance(real, type):
            yield from compare_function(name, node, real)
        else:
            yield f"{name}: a class on one side only"


if __name__ == "__main__":
    extension = importlib.import_module("protocol._core")
    raise SystemExit(report("stub_drift", list(drift(STUB.read_text(encoding="utf-8"), extension))))
