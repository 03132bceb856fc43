"""What the entries of one policy must fit together; bounds of single entries stand at the entries themselves."""

from collections.abc import Iterator

from cosign.brands.model import BrandPolicy, version_parts
from cosign.brands.words import (
    DocumentKind,
    IdentityMethod,
    LoginFactors,
    LoginMethod,
    Mode,
    Operation,
    PasswordStep,
)
from cosign.errors import FieldInvalid

_WITH_ACCOUNT_ONLY = {LoginMethod.BIOMETRIC, LoginMethod.PC_QR, LoginMethod.CERTIFICATE}
"""Methods that need an account that was used before."""


def check_policy(policy: BrandPolicy) -> None:
    """Raises FieldInvalid for the first thing that does not fit."""
    for path, problem in problems(policy):
        raise FieldInvalid(f"policy.{path}", problem)


def problems(policy: BrandPolicy) -> Iterator[tuple[str, str]]:
    """Path and problem of everything that does not fit."""
    yield from _login(policy)
    yield from _password(policy)
    yield from _identity(policy)
    if policy.sessions.bearer_seconds >= policy.sessions.refresh_days * 86_400:
        yield "sessions.bearer_seconds", "must be shorter than sessions.refresh_days"
    if policy.codes.resend_seconds > policy.codes.lifetime_seconds:
        yield "codes.resend_seconds", "must not be longer than codes.lifetime_seconds"
    if policy.cancellation.appeal and not policy.cancellation.allowed:
        yield "cancellation.appeal", "needs cancellation.allowed"
    for operation in Operation:
        if DocumentKind.ABOUT in policy.agreements.required(operation):
            yield f"agreements.{operation.value}", "the text `about` is never accepted"
    yield from _client(policy)
    if Mode.MUTUAL_RECOGNITION not in policy.modes:
        yield "modes", "must hold recognition"


def _login(policy: BrandPolicy) -> Iterator[tuple[str, str]]:
    methods = set(policy.login.methods)
    if methods <= _WITH_ACCOUNT_ONLY:
        yield "login.methods", "nobody could log in for the first time"
    if policy.login.factors is LoginFactors.SMS_THEN_PASSWORD and LoginMethod.SMS not in methods:
        yield "login.factors", "needs sms in login.methods"
    if policy.login.factors is LoginFactors.PASSWORD_THEN_SMS and LoginMethod.PASSWORD not in methods:
        yield "login.factors", "needs password in login.methods"
    if not policy.registration.automatic and not policy.registration.explicit:
        yield "registration", "nobody could register"
    two_steps = policy.login.factors is not LoginFactors.SINGLE
    uses_password = two_steps or LoginMethod.PASSWORD in methods
    if policy.registration.password is PasswordStep.REQUIRED and not uses_password:
        yield "registration.password", "no login method uses the password"
    sure = policy.registration.password is PasswordStep.REQUIRED or not policy.registration.automatic
    if two_steps and not sure:
        yield "registration.password", "must be required: a two-step login needs it"


def _password(policy: BrandPolicy) -> Iterator[tuple[str, str]]:
    rules = policy.password
    if rules.min_length > rules.max_length:
        yield "password.min_length", "must not be greater than password.max_length"
    if rules.cost.memory_kib < 8 * rules.cost.lanes:
        yield "password.cost.memory_kib", "must be 8 times password.cost.lanes or more"


def _identity(policy: BrandPolicy) -> Iterator[tuple[str, str]]:
    identity = policy.identity
    for kind in identity.manual_documents:
        if kind not in identity.documents:
            yield "identity.manual_documents", f"{kind.value} is not in identity.documents"
    manual = IdentityMethod.MANUAL in identity.methods
    if identity.manual_documents and not manual:
        yield "identity.manual_documents", "needs manual in identity.methods"
    if manual and not identity.manual_files:
        yield "identity.manual_files", "a manual review needs files"
    if identity.manual_after_failure and not manual:
        yield "identity.manual_after_failure", "needs manual in identity.methods"


def _client(policy: BrandPolicy) -> Iterator[tuple[str, str]]:
    seen = set()
    for index, entry in enumerate(policy.client.platforms):
        path = f"client.platforms[{index}]"
        if entry.platform in seen:
            yield f"{path}.platform", "stands here twice"
        seen.add(entry.platform)
        both = entry.minimum_app and entry.newest_app
        if both and version_parts(entry.minimum_app) > version_parts(entry.newest_app):
            yield f"{path}.minimum_app", "must not be newer than newest_app"
    for index, link in enumerate(policy.client.links):
        if not link.url:
            yield f"client.links[{index}].url", "must not be empty"
        if not (link.title.zh or link.title.en):
            yield f"client.links[{index}].title", "must not be empty"
    codes = [region.code for region in policy.regions]
    if len(set(codes)) != len(codes):
        yield "regions", "a region stands here twice"
