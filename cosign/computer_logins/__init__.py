"""Logins of computers that a phone approves (login method `pc_qr`).

    model, faults          states and values
    ports, repository      one transaction
    usecases               begin (the computer), approve (the phone), sessions
    waiting, callers       computers that wait, computers that call
    servicer               the gRPC service

A computer's session opens nothing by itself. A call that is open to computers asks `ComputerCallers.principal` and gets
a `ComputerPrincipal`, which no use case for phones takes.
"""

from cosign.computer_logins.callers import ComputerCallers
from cosign.computer_logins.model import ComputerPrincipal

__all__ = ["ComputerCallers", "ComputerPrincipal"]
