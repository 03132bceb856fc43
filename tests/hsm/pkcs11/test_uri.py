"""PKCS#11 URIs: what is read, and what is refused before anything is loaded."""

from pathlib import Path

import pytest

from hsm.pkcs11 import TokenUri, UriInvalid

MODULE = "module-path=/usr/lib/libx.so"


def test_every_attribute_is_read() -> None:
    uri = TokenUri.parse(
        "pkcs11:token=My%20token;serial=0aF;object=kek;manufacturer=M%C3%BCller;model=v2"
        "?module-path=/usr/lib/libx.so&pin-source=file:/run/secrets/pin"
    )

    assert uri == TokenUri(
        token="My token",
        serial="0aF",
        object="kek",
        manufacturer="Müller",
        model="v2",
        module_path=Path("/usr/lib/libx.so"),
        pin_file=Path("/run/secrets/pin"),
    )
    assert str(uri) == "token My token of /usr/lib/libx.so"


@pytest.mark.parametrize(
    ("source", "file", "fd"),
    [
        ("file:/run/pin", "/run/pin", None),
        ("file:///run/pin", "/run/pin", None),
        ("/run/pin", "/run/pin", None),
        ("fd:3", None, 3),
    ],
)
def test_sources_of_the_pin(source: str, file: str | None, fd: int | None) -> None:
    uri = TokenUri.parse(f"pkcs11:serial=1;object=kek?{MODULE}&pin-source={source}")

    assert (uri.pin_file, uri.pin_fd) == (file and Path(file), fd)
    assert "serial 1" in str(uri)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://x", "starts with"),
        (f"pkcs11:object=kek?{MODULE}", "names no token"),
        (f"pkcs11:token=t?{MODULE}", "no object="),
        ("pkcs11:token=t;object=kek", "no module-path="),
        ("pkcs11:token=t;object=kek?module-path=libx.so", "absolute"),
        (f"pkcs11:token=t;token=u;object=kek?{MODULE}", "twice"),
        (f"pkcs11:token=t;object=kek;colour=red?{MODULE}", "not known here: colour"),
        (f"pkcs11:token=t;object?{MODULE}", "not known here: object"),
        (f"pkcs11:token=;object=kek?{MODULE}", "empty"),
        (f"pkcs11:token=%zz;object=kek?{MODULE}", "escaped"),
        (f"pkcs11:token=%ff;object=kek?{MODULE}", "UTF-8"),
        (f"pkcs11:token=a%0ab;object=kek?{MODULE}", "control"),
        (f"pkcs11:token={'x' * 33};object=kek?{MODULE}", "32 bytes"),
        (f"pkcs11:token=t;object=kek?{MODULE}&pin-source=|cat", "pin-source"),
        (f"pkcs11:token=t;object=kek?{MODULE}&pin-source=file:pin", "pin-source"),
        (f"pkcs11:token=t;object=kek?{MODULE}&pin-source=fd:x", "pin-source"),
        (f"pkcs11:token=t;object=kek?{MODULE}&module-name=x", "not known here"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(UriInvalid, match=why):
        TokenUri.parse(text)


def test_a_pin_in_the_uri_is_refused_and_not_repeated() -> None:
    for text in (
        f"pkcs11:token=t;object=kek?{MODULE}&pin-value=4711",
        f"pkcs11:token=t;pin-value=4711;object=k?{MODULE}",
    ):
        with pytest.raises(UriInvalid) as refused:
            TokenUri.parse(text)
        assert "4711" not in str(refused.value)
