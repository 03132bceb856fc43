#!/bin/sh
# Runs every fuzz target of the native core for the given number of seconds (30 by default), from one valid input each.
# Needs a nightly toolchain. With --list it prints the names of the targets and runs nothing.
set -eu
cd "$(dirname "$0")/../protocol/core"
targets=$(sed -n '/^\[\[bin\]\]/,$ s/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml)
if [ "${1:-}" = --list ]; then
  echo "$targets"
  exit
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "missing: cargo-fuzz; install it with: rustup toolchain install nightly && cargo install cargo-fuzz" >&2
  exit 1
fi
cargo run --quiet --release --features fuzzing --example fuzz_seeds
for target in $targets; do
  echo "==> $target"
  cargo +nightly fuzz run "$target" -- -max_total_time="${1:-30}" -rss_limit_mb=2048
done
