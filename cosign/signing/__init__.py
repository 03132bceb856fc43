"""Joint keys and their use: the key-share service behind KeyService, SigningService and ShareService.

`key_operations` is the hot path of everything that travels in an envelope; `area` holds what other areas, servicers
and operator programs may ask; `build` puts both together. The rules are those of `keyshare`; this area gives them a
database, a thread and names of faults.
"""
