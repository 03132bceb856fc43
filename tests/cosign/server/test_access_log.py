"""Lines made by hand are the JSON that the structured logger would write."""

import io
import json

from cosign.server.access_log import REQUEST_ID, AccessLog


def test_a_line_is_json() -> None:
    stream = io.StringIO()
    log = AccessLog(stream=stream)
    log.start()
    log.call("/cosign.api.v1.KeyService/GetKey", "OK", "", "trace-1", 0.0015)
    log.stop()
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["level"], line["code"], line["request_id"]) == ("rpc", "info", "OK", "trace-1")
    assert line["duration_ms"] == 1.5
    assert line["time"].endswith("Z")
    assert len(line["time"]) == len("2026-01-01T00:00:00.000000Z")


def test_many_lines_are_written_together_and_in_order() -> None:
    stream = io.StringIO()
    log = AccessLog(stream=stream)
    for number in range(100):
        log.call("/a/b", "OK", "", f"r{number}", 0.0)
    assert stream.getvalue() == ""
    log.stop()
    assert [json.loads(line)["request_id"] for line in stream.getvalue().splitlines()] == [f"r{n}" for n in range(100)]


def test_it_can_be_off() -> None:
    stream = io.StringIO()
    log = AccessLog(enabled=False, stream=stream)
    log.start()
    log.call("/a/b", "OK", "", "", 0.0)
    log.stop()
    assert stream.getvalue() == ""


def test_a_closed_stream_loses_lines_only() -> None:
    stream = io.StringIO()
    log = AccessLog(stream=stream)
    log.call("/a/b", "OK", "", "", 0.0)
    stream.close()
    log.stop()


def test_nothing_in_a_request_id_needs_escaping() -> None:
    for evil in ('"', "\\", "\n", "a b", "{", "x" * 65, ""):
        assert REQUEST_ID.fullmatch(evil) is None
