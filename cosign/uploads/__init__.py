"""Uploads: images and documents of accounts, sealed in a store of objects, read through signed links.

    model       purposes, limits, states
    sniffing    what a content is, by its first bytes
    images      re-encoding, so that nothing but the picture remains
    store       ports.ObjectStore: files (`file_store`) or an S3-compatible service (`s3_store`)
    intake      one upload from its first byte to its row
    links       signed, short-lived links
    repository  rows

Other areas use `owned`, which tells whether uploads belong to an account, and keep the `upl_` ids.
"""
