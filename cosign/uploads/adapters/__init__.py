"""Stores of objects: a folder, or a service that speaks the S3 protocol."""
