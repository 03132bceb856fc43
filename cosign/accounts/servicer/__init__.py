"""The gRPC services of accounts: decode, call, encode. Faults pass through; the guard turns them into statuses."""

from cosign.accounts.servicer.account import AccountServicer
from cosign.accounts.servicer.appeal import AppealServicer
from cosign.accounts.servicer.calls import Calls
from cosign.accounts.servicer.certificate import CertificateLoginServicer
from cosign.accounts.servicer.code import CodeServicer
from cosign.accounts.servicer.device import AccountDeviceServicer
from cosign.accounts.servicer.login import LoginServicer
from cosign.accounts.servicer.number_change import NumberChangeServicer
from cosign.accounts.servicer.session import SessionServicer

__all__ = [
    "AccountDeviceServicer",
    "AccountServicer",
    "AppealServicer",
    "Calls",
    "CertificateLoginServicer",
    "CodeServicer",
    "LoginServicer",
    "NumberChangeServicer",
    "SessionServicer",
]
