"""`cosignctl init` and `cosignctl config`."""

from collections.abc import Mapping
from typing import Any

from cosign.cli.cosignctl_output import emit, load_config, new_app, note, reporting
from cosign.server import operator_wiring
from cosign.server.announce import SOFTWARE_WARNING
from cosign.server.config import Config
from cosign.server.config_reader import effective

configuration = new_app("Check the configuration.")


def init() -> None:
    """Make the state folder, the database, the token and the keys of the core. Safe to repeat.

    Prints the identity public key: phones pin it, and `audit verify` needs it.
    """
    with reporting():
        config = load_config()
        with operator_wiring.operator(config, create=True) as operator:
            identity = operator.units.core.identity_public_key.hex()
    emit(
        {"state_dir": str(config.server.state_dir), "identity_public_key": identity},
        lambda: f"{config.server.state_dir}\nidentity_public_key {identity}",
    )
    note(SOFTWARE_WARNING)


@configuration.callback()
def configuration_group() -> None:
    """Check the configuration."""


@configuration.command("check")
def config_check() -> None:
    """Print the effective configuration without secrets. Exit status 1 if it is refused."""
    with reporting():
        config = load_config()
    emit(effective(config), lambda: _as_toml(config))


def _as_toml(config: Config) -> str:
    values = effective(config)
    lines = [f"{key} = {_literal(value)}" for key, value in values.items() if not isinstance(value, Mapping)]
    for section, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{section}]"]
            lines += [f"{key} = {_literal(value)}" for key, value in table.items()]
    return "\n".join(lines)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '""'
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return (
        repr(value)
        if isinstance(value, int | float)
        else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
