"""When a request to a provider may be sent again.

A code, token or result is good once: a request that carries one is repeated only while no provider can have seen it,
that is when the connection failed. Reading about a user is repeated once in any case.
"""

from collections.abc import Mapping

from cosign.linked_logins.faults import ProviderUnavailable
from cosign.messages.adapters.http import Answer, Endpoint, Unanswered

TIMEOUT_SECONDS = 5.0
"""For one request: a user is waiting."""


def ask(
    endpoint: Endpoint, method: str, target: str, *, body: bytes = b"", headers: Mapping[str, str], safe: bool = False
) -> Answer:
    """Sends a request, at most twice; `safe` ones are repeated whatever became of the first.

    Raises:
        ProviderUnavailable: No answer, or a status that asks to come again (429, 5xx).
    """
    try:
        answer = endpoint.exchange(method, target, body, headers)
        if not (safe and answer.later):
            return _checked(answer)
    except Unanswered as fault:
        if fault.sent and not safe:
            raise ProviderUnavailable("no answer") from None
    try:
        return _checked(endpoint.exchange(method, target, body, headers))
    except Unanswered:
        raise ProviderUnavailable("no answer") from None


def _checked(answer: Answer) -> Answer:
    if answer.later:
        raise ProviderUnavailable(f"status {answer.status}", retry_after_ms=answer.retry_after_ms)
    return answer
