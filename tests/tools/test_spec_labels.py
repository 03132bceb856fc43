from pathlib import Path

from tools import spec_labels

SPECIFICATION = "* **SIGN-9** the answer; **TX-B4** and **CLONE-X** too. SIGN-10 is only mentioned."


def test_an_undefined_label_is_found(tmp_path: Path) -> None:
    (tmp_path / "sign.rs").write_text("// SIGN-9 is fine\n// SIGN-10 is not\n")
    assert list(spec_labels.undefined(SPECIFICATION, tmp_path)) == [
        "sign.rs:2: SIGN-10 is not defined in the specification"
    ]


def test_defined_labels_and_other_names_pass(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text('"""SIGN-9, TX-B4, CLONE-X; R-CRY-06, SIGN2/ctx, HMAC-SM3, SHA-256."""\n')
    assert not list(spec_labels.undefined(SPECIFICATION, tmp_path))


def test_the_real_specification_defines_what_every_reader_needs() -> None:
    defined = set(spec_labels.DEFINITION.findall(spec_labels.SPECIFICATION.read_text(encoding="utf-8")))
    assert {"KG-1", "SIGN-17", "TX-6", "TX-B6", "CLONE-A", "CLONE-B", "CLONE-X", "PIN-5", "E2E-3", "SEAL-1"} <= defined
