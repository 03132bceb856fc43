"""The tables of the brands page name every entry of a policy."""

from cosign.brands.document import as_table
from cosign.brands.presets import NEUTRAL, PRESETS
from tools import policy_reference


def paths(table: dict[str, object], path: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        nested = isinstance(value, dict) and value.keys() != {"zh", "en"}
        found |= paths(value, f"{path}{key}.") if nested else {f"{path}{key}"}  # type: ignore[arg-type]
    return found


def test_every_entry_is_listed_with_a_meaning() -> None:
    rows = policy_reference.entries().splitlines()[2:]
    assert [row for row in rows if row.endswith("|  |")] == []
    listed = {row.split("`")[1] for row in rows}
    assert paths(as_table(PRESETS[NEUTRAL])) <= listed
    assert {"client.platforms[].minimum_app", "regions[].code", "client.links[].title"} <= listed


def test_every_preset_is_listed() -> None:
    rows = policy_reference.presets().splitlines()[2:]
    assert {row.split("`")[1] for row in rows} == PRESETS.keys() - {NEUTRAL}
    assert '| `net` | `login.factors` | `"sms+password"` |' in rows
