"""Devices: enrolment with a one-time code, sessions, unbinding.

A device is the registered thing that plays the phone. Other areas use `Caller` (who a session belongs to) and
`DeviceDirectory` (public keys of devices); the state of counters and clone token is the signing area's.
"""
