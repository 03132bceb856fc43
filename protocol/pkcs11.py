"""The calls to a PKCS#11 module through which secrets pass (section 8.3).

They run in the core: PINs, plaintexts, per-record keys and agreed coordinates never become Python objects. Slots,
objects and attributes are handled by `hsm.pkcs11` with python-pkcs11 on the same loaded library; the two meet by
session and object handles.
"""

from protocol._core import Pin, Pkcs11Module, SharedX
from protocol.errors import Pkcs11Refused

__all__ = ["Pin", "Pkcs11Module", "Pkcs11Refused", "SharedX"]
