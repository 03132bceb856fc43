"""`cosignctl token`: look at the token that seals the server shares, and change its key."""

from cosign.cli.cosignctl_output import emit, load_config, new_app, note, reporting
from cosign.server import operator_wiring
from cosign.server.announce import SOFTWARE_WARNING
from cosign.server.state_folder import StateFolder
from hsm.ports import SecurityLevel, TokenInfo

token = new_app("Look at the token and rotate its key.")


@token.command("info")
def info() -> None:
    """Show kind, security level and KEK versions with their check values. No secrets."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        found, epoch = operator.units.token.info(), operator.units.token.restore_epoch()
    emit(
        {**_as_json(found), "restore_epoch": epoch},
        lambda: "\n".join(
            [
                f"kind {found.name}",
                f"level {int(found.level)} {found.level.name.lower()}",
                f"algorithm {found.algorithm}",
                f"restore_epoch {epoch}",
                *_versions(found),
            ]
        ),
    )
    if found.level is SecurityLevel.SOFTWARE:
        note(SOFTWARE_WARNING)


@token.command("rotate")
def rotate() -> None:
    """Seal every record under a new KEK version and destroy the versions before (SEAL-6). Stop the server first.

    May be repeated after an interruption. Backups of the database made before cannot be opened any more.
    """
    with reporting():
        config = load_config()
        with StateFolder(config.server.state_dir).locked(), operator_wiring.operator(config) as operator:
            moved = operator.units.rotate_kek()
            operator.checkpoints().make()
            found = operator.units.token.info()
    emit(
        {**_as_json(found), "records": moved},
        lambda: "\n".join([f"records {moved}", *_versions(found)]),
    )


def _as_json(found: TokenInfo) -> dict[str, object]:
    return {
        "kind": found.name,
        "level": int(found.level),
        "algorithm": found.algorithm,
        "current_version": found.current_version,
        "check_values": {str(version): value.hex() for version, value in sorted(found.check_values.items())},
    }


def _versions(found: TokenInfo) -> list[str]:
    return [
        f"version {version} check_value {value.hex()}" + (" current" if version == found.current_version else "")
        for version, value in sorted(found.check_values.items())
    ]
