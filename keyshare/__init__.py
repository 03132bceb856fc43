"""Life of the server's half of a key outside the arithmetic: sections 4, 5 and 8.1 of `docs/specification.md`.

==================  ==========================================================================================
`device_row`        the row of a device: state, counters, clone token, MAC
`counters`          PIN attempts, delays, lifetime, charge-first (section 5.2, TX-7, TX-8)
`clone`             the clone token and its effects (section 5.5)
`records`           states of shares and keys, one transition table each (section 4.1)
`sealing`           sealed records: frame, bound context, re-sealing (section 8.1)
`admission`         what is decided under the lock before a share is used (TX-2)
`outcomes`          what an outcome makes of the device row (TX-4)
`transaction`       the micro-batch: lock, admit, evaluate, write, commit, answer (sections 5.3, 5.4)
`keygen`            the two transactions of key generation (KG-2, KG-4)
`heads`             the log of head shares and what it says after a restore (RS-3)
`ports`             what all of this needs from outside
`memory_store`      a complete store in memory, for embedding and for tests
==================  ==========================================================================================

Nothing here knows a database, gRPC or accounts. The phone's side of the rules is `cosign.client.phone.record`.

Times are integer milliseconds since the Unix epoch, as on the wire.
"""
