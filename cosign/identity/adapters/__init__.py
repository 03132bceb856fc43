"""Providers of real-name checks.

gateway       a licensed provider behind a gateway that speaks the protocol of docs/identity.md
alipay        Alipay's identity verification, over its open platform
sandbox       a gateway for development: an HTTP server that decides by what it is asked
signing       signatures of the gateway's protocol
"""
