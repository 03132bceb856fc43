"""The examples of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html."""

import datetime as dt
import hashlib

import pytest

from cosign.uploads.adapters.signature_v4 import EMPTY_HASH, Credentials, signed_headers

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = {"host": "examplebucket.s3.amazonaws.com"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "payload_hash", "signature"),
    [
        (
            "GET",
            "/test.txt",
            HOST | {"range": "bytes=0-9"},
            EMPTY_HASH,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test$file.text",
            HOST | {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    ],
)
def test_published_examples(method: str, path: str, headers: dict[str, str], payload_hash: str, signature: str) -> None:
    sent = signed_headers(
        EXAMPLE,
        region="us-east-1",
        method=method,
        path=path,
        headers=headers,
        payload_hash=payload_hash,
        now=dt.datetime(2013, 5, 24, tzinfo=dt.UTC),
    )
    assert sent["authorization"].endswith(f"Signature={signature}")


def test_credentials_do_not_print() -> None:
    assert "wJalr" not in repr(EXAMPLE)
