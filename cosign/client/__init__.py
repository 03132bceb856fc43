"""Clients of the service. Nothing here imports server code."""
