"""OpenSSL's own point multiplication on the SM2 curve (EC_POINT_mul), called in its library.

It is the generic implementation every Linux machine has; the call through ctypes adds about a microsecond.
"""

import ctypes
import ctypes.util
import secrets
from typing import Final

from benchmarks.results import Result, measure

NID_SM2: Final = 1172
PREFIX: Final = "peer.openssl.sm2"


class LibraryMissing(Exception):
    """There is no libcrypto on this machine, or it does not know SM2."""


def _load() -> ctypes.CDLL:
    name = ctypes.util.find_library("crypto")
    if name is None:
        raise LibraryMissing("libcrypto was not found")
    library = ctypes.CDLL(name)
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    for function, result, arguments in (
        ("EC_GROUP_new_by_curve_name", pointer, [integer]),
        ("EC_POINT_new", pointer, [pointer]),
        ("EC_POINT_mul", integer, [pointer] * 6),
        ("BN_bin2bn", pointer, [ctypes.c_char_p, integer, pointer]),
    ):
        entry = getattr(library, function)
        entry.restype, entry.argtypes = result, arguments
    return library


def run(*, runs: int, seconds: float) -> list[Result]:
    """Measures fixed-base and variable-base multiplication by random scalars.

    Raises:
        LibraryMissing: see there.
    """
    library = _load()
    group = library.EC_GROUP_new_by_curve_name(NID_SM2)
    if not group:
        raise LibraryMissing("libcrypto does not know the SM2 curve")
    point, out = library.EC_POINT_new(group), library.EC_POINT_new(group)
    scalars = [library.BN_bin2bn(b"\x7f" + secrets.token_bytes(31), 32, None) for _ in range(64)]
    library.EC_POINT_mul(group, point, scalars[0], None, None, None)
    turn = iter(range(1 << 62))

    def fixed() -> None:
        if library.EC_POINT_mul(group, out, scalars[next(turn) % 64], None, None, None) != 1:
            raise LibraryMissing("EC_POINT_mul failed")

    def variable() -> None:
        if library.EC_POINT_mul(group, out, None, point, scalars[next(turn) % 64], None) != 1:
            raise LibraryMissing("EC_POINT_mul failed")

    return [
        measure(f"{PREFIX}.mul_fixed", fixed, runs=runs, seconds=seconds),
        measure(f"{PREFIX}.mul_var", variable, runs=runs, seconds=seconds),
    ]
