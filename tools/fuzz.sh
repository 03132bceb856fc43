#!/bin/sh
# Runs every fuzz target of the native core for the given number of seconds (30 by default). Needs a nightly toolchain.
set -eu
cd "$(dirname "$0")/../protocol/core"
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "missing: cargo-fuzz; install it with: rustup toolchain install nightly && cargo install cargo-fuzz" >&2
  exit 1
fi
for target in $(cargo fuzz list); do
  echo "==> $target"
  cargo +nightly fuzz run "$target" -- -max_total_time="${1:-30}" -rss_limit_mb=2048
done
