"""Transcripts of `cosignctl brand`, `environment` and `content`."""

import json
from pathlib import Path

from tests.cosign.cli.conftest import Run

TOML = 'brand = "net"\n[policy.codes]\nresend_seconds = 90\n'


def events(ready: Run) -> list[tuple[str, str, str]]:
    rows = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    return [(row["event"], row["outcome"], row["actor"]) for row in rows if row["kind"] == "row"]


def test_configured_brands_have_their_presets(ready: Run) -> None:
    done = ready("brand", "list", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["brand"], row["version"], row["served"]) for row in rows] == [
        (brand, 1, "yes") for brand in ("bxq", "bzt", "cosign", "ept", "net", "sxq", "xss", "zb")
    ]
    assert {row["title"] for row in rows} >= {"NETCA Recognition"}
    assert "中标一证通" in ready("--lang", "zh", "brand", "list").stdout


def test_a_policy_goes_out_changes_and_comes_back(ready: Run, tmp_path: Path) -> None:
    shown = json.loads(ready("brand", "show", "net").stdout)
    assert (shown["brand"], shown["preset"], shown["etag"]) == ("net", "net", "1")
    shown["policy"]["codes"]["daily"] = 20
    (tmp_path / "net.json").write_text(json.dumps(shown))

    dry = ready("brand", "apply", "net.json", "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, "codes.daily: 10 -> 20\nnet 1\n")
    assert dry.stderr == "cosignctl: nothing was applied\n"
    done = ready("brand", "apply", "net.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "codes.daily: 10 -> 20\nnet 2\n", "")

    again = ready("brand", "apply", "net.json")
    assert (again.returncode, again.stdout) == (1, "")
    assert "version 1, 2 is in force [ETAG_MISMATCH]" in again.stderr
    assert ready("brand", "apply", "net.json", "--dry-run").returncode == 1

    assert json.loads(ready("brand", "show", "net", "--version", "1").stdout)["policy"]["codes"]["daily"] == 10
    history = [json.loads(line) for line in ready("--json", "brand", "history", "net").stdout.splitlines()]
    assert [(row["version"], row["actor"]) for row in history] == [(2, "operator"), (1, "preset")]
    assert ("brand_applied", "net 2", "operator") in events(ready)


def test_the_same_policy_again_is_no_new_version(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text(TOML)
    assert json.loads(ready("--json", "brand", "apply", "net.toml").stdout) == {
        "brand": "net",
        "version": 2,
        "applied": True,
        "changes": [{"path": "codes.resend_seconds", "before": "60", "after": "90"}],
    }
    again = ready("--lang", "zh", "brand", "apply", "net.toml")
    assert (again.returncode, again.stdout, again.stderr) == (0, "net 2\n", "cosignctl: 该策略已生效，无需更改\n")


def test_a_brand_of_the_deployments_own(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('brand = "mine"\npreset = "xss"\n[policy.title]\nen = "Mine"\n')
    refused = ready("brand", "list", COSIGN_BRANDS__ENABLED="net,mine")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "mine has no preset" in refused.stderr
    dry = ready("brand", "apply", "mine.toml", "--dry-run")
    assert dry.stdout.endswith("mine 0\n")
    done = ready("brand", "apply", "mine.toml", COSIGN_BRANDS__ENABLED="net,mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("mine 1\n")
    again = ready("brand", "apply", "mine.toml")
    assert "this policy is in force already" in again.stderr
    for enabled, served in (("net,mine", "yes"), ("net", "no")):
        listed = ready("--json", "brand", "list", COSIGN_BRANDS__ENABLED=enabled)
        rows = {row["brand"]: row for row in map(json.loads, listed.stdout.splitlines())}
        assert rows.keys() == {"net", "mine"}
        assert (rows["mine"]["preset"], rows["mine"]["served"]) == ("xss", served)


def test_what_does_not_fit_names_its_path(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('brand = "net"\n[policy.codes]\nresend = 90\n')
    done = ready("brand", "apply", "bad.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cosignctl: policy.codes.resend: unknown key")
    assert ready("brand", "apply", "missing.toml").returncode == 2
    assert ready("brand", "show", "other").stderr.endswith("[BRAND_UNKNOWN]\n")
    assert ready("brand", "show", "net", "--version", "7").stderr.endswith("[RESOURCE_NOT_FOUND]\n")


def test_environments(ready: Run) -> None:
    made = ready("--json", "environment", "create", "--brand", "xss", "--name", "一号厅", "--endpoint", "10.0.0.7:7443")
    row = json.loads(made.stdout)
    assert row["code"].startswith("COSIGN-ENV1.")
    assert (made.stderr, row["state"], row["endpoint"]) == ("", "active", "10.0.0.7:7443")
    other = ready("environment", "create", "--brand", "net", "--name", "x", "--endpoint", "h:1", "--days", "1")
    assert "does not allow login.environment_qr" in other.stderr
    wrong = ready("environment", "create", "--brand", "xss", "--name", "x", "--endpoint", "h")
    assert (wrong.returncode, wrong.stdout) == (2, "")

    assert ready("environment", "disable", row["environment_id"]).stdout == f"{row['environment_id']} disabled\n"
    assert ready("environment", "disable", row["environment_id"]).stderr.endswith("[ENVIRONMENT_DISABLED]\n")
    listed = json.loads(ready("--json", "environment", "list", "--brand", "xss", "--codes").stdout)
    assert (listed["environment_id"], listed["state"]) == (row["environment_id"], "disabled")
    assert listed["code"].split(".")[:2] == row["code"].split(".")[:2]


def test_a_document_from_draft_to_withdrawal(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "zh.md").write_text("# 用户协议\n正文\n", encoding="utf-8")
    draft = ("content", "draft", "--brand", "net", "--kind", "user_agreement", "--title-zh", "用户协议")
    made = ready(*draft, "--body-zh", "zh.md")
    document_id = made.stdout.strip()
    assert made.returncode == 0
    (tmp_path / "zh.md").write_text("# 用户协议\n新正文\n", encoding="utf-8")
    edited = ready("content", "edit", document_id, "--title-zh", "用户协议", "--body-zh", "zh.md")
    assert edited.stdout == f"{document_id} draft\n"
    assert ready("content", "publish", document_id).stdout == f"{document_id} published\n"
    assert ready("content", "publish", document_id).stderr.endswith("[CONTENT_STATE]\n")
    assert "新正文" in ready("content", "show", document_id).stdout
    listed = json.loads(ready("--json", "content", "list", "--brand", "net").stdout)
    assert (listed["id"], listed["version"], listed["state"]) == (document_id, 1, "published")

    checked = ready("--json", "content", "check")
    assert checked.returncode == 1
    missing = [json.loads(line) for line in checked.stdout.splitlines()]
    assert {"brand": "net", "operation": "login", "kind": "privacy_policy"} in missing
    assert {"brand": "net", "operation": "login", "kind": "user_agreement"} not in missing

    assert ready("content", "withdraw", document_id).stdout == f"{document_id} withdrawn\n"
    assert [event for event, outcome, _ in events(ready) if outcome == document_id] == [
        "content_drafted",
        "content_drafted",
        "content_published",
        "content_withdrawn",
    ]


def test_an_announcement_with_an_attachment(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "en.md").write_text("Closed on Monday.\n", encoding="utf-8")
    draft = ("content", "draft", "--brand", "zb", "--kind", "announcement", "--title-en", "Holidays", "--body-en")
    made = ready(*draft, "en.md", "--attach", "Plan.pdf=https://files.example/plan.pdf")
    article_id = made.stdout.strip()
    assert article_id.startswith("ann_")
    assert ready("content", "publish", article_id, "--effective", "2030-01-01").returncode == 2
    assert ready("content", "publish", article_id).returncode == 0
    shown = json.loads(ready("--json", "content", "show", article_id).stdout)
    assert (shown["body_en"], shown["attachments"]) == (
        "Closed on Monday.\n",
        [["Plan.pdf", "https://files.example/plan.pdf"]],
    )
    assert ready("content", "withdraw", article_id).stdout == f"{article_id} withdrawn\n"


def test_wrong_usage(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "b.md").write_bytes(b"\xff")
    draft = ("content", "draft", "--title-en", "x", "--body-en", "b.md")
    assert ready(*draft, "--brand", "net", "--kind", "about").returncode == 2
    (tmp_path / "b.md").write_text("text")
    assert ready(*draft, "--brand", "other", "--kind", "about").returncode == 2
    assert ready(*draft, "--brand", "net", "--kind", "poem").returncode == 2
    assert ready(*draft, "--brand", "net", "--kind", "about", "--attach", "a=https://x.example").returncode == 2
    assert ready(*draft, "--brand", "net", "--kind", "guide", "--attach", "a").returncode == 2
    made = ready(*draft, "--brand", "net", "--kind", "about").stdout.strip()
    assert ready("content", "publish", made, "--effective", "2030-01-01T00:00:00").returncode == 2
    assert ready("content", "publish", made, "--effective", "tomorrow").returncode == 2
    assert ready("content", "publish", made, "--effective", "2001-01-01T00:00:00+00:00").returncode == 2
    assert ready("content", "show", "doc_1").stderr.endswith("[RESOURCE_NOT_FOUND]\n")
    assert ready("content", "list", "--brand", "net", "--kind", "poem").returncode == 2
