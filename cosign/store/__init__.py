"""The database under every area: engine, transactions, one MetaData, one migration history, idempotency.

SQLite by default; nothing here is visible to use cases, which see ports only.
"""
