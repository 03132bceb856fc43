"""Tokens that protect server shares at rest: the port (`hsm.ports`) and its implementations.

A token seals and opens records and knows nothing of what they mean. Nothing here imports the protocol: handles of
records and keys come from outside.
"""
