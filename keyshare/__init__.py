"""Life of both halves of a key outside the arithmetic: sections 4, 5 and 8.1 of `docs/specification.md`.

Server side: counters (`counters`), clone token (`clone`), states of shares, keys and devices (`records`,
`device_row`), sealing (`sealing`), and the transaction that ties them together (`transaction`, `keygen`). Phone side:
the device record (`device_record`). All of it works on ports (`ports`) and knows no database, no gRPC and no
accounts; `memory_store` is a complete store in memory for embedding and for tests.

Times are integer milliseconds since the Unix epoch, as on the wire.
"""
