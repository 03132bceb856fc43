"""Two-party SM2 and ECDSA: key generation, signing, decryption and refresh between a phone and a server.

This package is the protocol and nothing else: no I/O, no clocks, no logging, no framework. Every operation on a
secret happens in the native core `protocol._core`; Python holds opaque handles, public points and bytes. The
specification is `docs/specification.md`; labels such as SIGN-9 or PIN-4 in docstrings are its step labels.

The public surface, one module per topic:

=====================  ==============================================================================
`protocol.phone`       the phone's side: key generation, sign, decrypt, refresh, OT set-up, sync
`protocol.server`      the server's side: open requests, evaluate them, answer them
`protocol.codes`       suites, operations, purposes, statuses and outcomes as enums
`protocol.errors`      the exception tree
`protocol.envelope`    sizes and constants of the end-to-end layer
`protocol.p256`        public-key operations of P-256: ECDSA, HPKE, file formats
`protocol.cms`         messages to a P-256 key in CMS, as OpenSSL writes them
`protocol.sm2`         public-key operations of SM2 and its file formats (DER, PEM, raw ciphertext orders)
`protocol.statements`  signed statements of the identity key and of device keys
`protocol.transcript`  TLV and the labelled hashes H and H2S over public data
`protocol.seal`        sealed records: opaque plaintexts, the software key, the bound context (SEAL-1)
`protocol.pin`         PIN rules
`protocol.backend`     choice and self-test of the native arithmetic
=====================  ==============================================================================

`protocol.reference` is a slow plain-Python twin of every step, for tests and benchmarks only.

Conventions: points are SEC 1 compressed, 33 bytes (ENC-1); scalars, digests and hashes are 32 bytes, big-endian;
`*_ms` is milliseconds since the Unix epoch, UTC. Verification raises; it never returns a bool.
"""
