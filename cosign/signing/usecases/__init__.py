"""One capability per file: plain functions on a `KeyUnit`, no framework."""
