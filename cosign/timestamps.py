"""Times as messages of the API; `cosign.validation.moment` reads them."""

import datetime as dt

from google.protobuf import timestamp_pb2


def timestamp(moment: dt.datetime) -> timestamp_pb2.Timestamp:
    """The message of an aware time."""
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(moment)
    return message


def timestamp_ms(ms: int) -> timestamp_pb2.Timestamp:
    """The message of milliseconds since the Unix epoch."""
    message = timestamp_pb2.Timestamp()
    message.FromMilliseconds(ms)
    return message
