from tools import config_reference

SOURCE = '''
class Server:
    listen: str = "127.0.0.1:7443"
    """Where it
    listens."""
    folder: Path | None = None

class Config:
    environment: str = "development"
    server: Server = field(default_factory=Server)
'''


def test_every_key_is_listed_with_type_default_and_meaning() -> None:
    assert config_reference.render(SOURCE).splitlines()[2:] == [
        '| `environment` | str | `"development"` |  |',
        '| `server.listen` | str | `"127.0.0.1:7443"` | Where it listens. |',
        "| `server.folder` | Path, optional | – |  |",
    ]


def test_every_real_key_has_a_meaning() -> None:
    table = config_reference.render(config_reference.source())
    assert [row for row in table.splitlines() if row.endswith("|  |")] == []
