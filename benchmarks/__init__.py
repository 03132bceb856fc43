"""Measurements: `python -m benchmarks` for costs beside peers, `python -m benchmarks.load` for a server under load."""
