"""Command line programs: `cosignd`, `cosignctl`, `cosign-phone`. They parse, call and print; no rules here."""
