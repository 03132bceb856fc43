"""Logs keep no secret and no personal data."""

import io
import json
import logging

import pytest

from cosign.server.logging import REDACTED, bridge_libraries, make_logger


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_fact_is_one_json_line() -> None:
    stream = io.StringIO()
    make_logger(stream=stream).info("rpc", method="/a/b", code="OK", duration_ms=1.5)
    (line,) = lines(stream)
    assert line["event"] == "rpc"
    assert line["level"] == "info"
    assert str(line["time"]).endswith("Z")
    assert line["duration_ms"] == 1.5


@pytest.mark.parametrize("key", ["pin", "user_id", "digest", "envelope", "access_token", "display_name", "anything"])
def test_an_unknown_key_loses_its_value(key: str) -> None:
    stream = io.StringIO()
    make_logger(stream=stream).info("rpc", **{key: "s3cret"})
    assert lines(stream)[0][key] == REDACTED
    assert "s3cret" not in stream.getvalue()


def test_bytes_and_objects_lose_their_value_under_any_key() -> None:
    class Handle:
        def __repr__(self) -> str:
            return "s3cret"

    stream = io.StringIO()
    make_logger(stream=stream).info("rpc", method=b"s3cret", code=Handle())
    assert lines(stream)[0]["method"] == REDACTED
    assert lines(stream)[0]["code"] == "Handle"
    assert "s3cret" not in stream.getvalue()


def test_an_exception_leaves_class_and_positions_only() -> None:
    stream = io.StringIO()
    try:
        secret = "123456"
        raise ValueError(f"pin {secret}")
    except ValueError as error:
        make_logger(stream=stream).error("rpc_failed", exc_info=error)
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_logging.py" in str(line["where"])
    assert "123456" not in stream.getvalue()


def test_the_level_filters() -> None:
    stream = io.StringIO()
    logger = make_logger("warning", stream)
    logger.info("quiet")
    logger.warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_messages_of_libraries_do_not_pass() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        bridge_libraries(make_logger(stream=stream))
        logging.getLogger("some.driver").warning("row values: %s", "s3cret")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert lines(stream)[0]["logger"] == "some.driver"
    assert "s3cret" not in stream.getvalue()
