"""The server program: configuration, wiring, listeners and everything every call passes through.

Holds no business rules. Only the wiring modules pick implementations of ports; `main` runs the
program; `error_catalogue` is the one table of errors.
"""
