#!/bin/sh
# Checks what a machine must offer before `make setup`: Python 3.11 or newer with venv, a C compiler, a Rust toolchain,
# and, for the names given as arguments, further programs. One line per missing thing says what to install and how.
# Prints the Python to use on stdout when everything is there.
#
# `--install` as first argument installs Debian packages of the named programs first, when apt-get is there and the
# caller is root or may use sudo without a password. `postgresql` stands for the server programs, wherever they are.
set -u

# Whether a program, or what a name stands for, is there.
present() {
  case $1 in
    postgresql)
      for found in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$found" ] && return 0
      done
      command -v initdb >/dev/null 2>&1
      ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Debian package of a program.
package() {
  case $1 in
    softhsm2-util) echo softhsm2 ;;
    *) echo "$1" ;;
  esac
}

if [ "${1:-}" = --install ]; then
  shift
  wanted=""
  for program in "$@"; do
    present "$program" || wanted="$wanted $(package "$program")"
  done
  as_root=""
  [ "$(id -u)" = 0 ] || as_root="sudo -n"
  if [ -n "$wanted" ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing$wanted" >&2
    # Word splitting is meant: several packages, perhaps no sudo.
    $as_root apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $wanted >&2
  fi
fi

if command -v apt-get >/dev/null 2>&1; then
  how() { echo "apt-get install $1"; }
elif command -v dnf >/dev/null 2>&1; then
  how() { echo "dnf install $2"; }
elif command -v brew >/dev/null 2>&1; then
  how() { echo "brew install $3"; }
else
  how() { echo "install the package $1"; }
fi
missing=0
say() {
  echo "missing: $1; install it with: $2" >&2
  missing=1
}

python=""
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python3.14; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  say "Python 3.11 or newer" "$(how 'python3 python3-venv' python3 python@3.13)"
elif ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
  say "the venv module of $python" "$(how python3-venv python3 python@3.13)"
fi

# cargo may be installed for this user without being on the PATH of a non-login shell.
PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"
command -v cc >/dev/null 2>&1 || say "a C compiler (cc)" "$(how build-essential gcc gcc)"
rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../protocol/core/Cargo.toml")
rust_found=$(cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p')
rust_how="$(how rustup rustup rustup) && rustup default stable"
if [ -z "$rust_found" ]; then
  say "a Rust toolchain (cargo $rust_needed or newer)" "$rust_how"
elif [ "$(printf '%s\n' "$rust_needed" "$rust_found" | sort -V | head -n 1)" != "$rust_needed" ]; then
  say "cargo $rust_needed or newer (found $rust_found)" "$rust_how"
fi
for program in "$@"; do
  present "$program" || say "$program" "$(how "$(package "$program")" "$program" "$program")"
done
[ "$missing" = 0 ] || exit 1
echo "$python"
