#!/bin/sh
# Makes var/venv and installs the locked requirements of the set named (base, dev or bench), or says what is missing.
set -eu
cd "$(dirname "$0")/.."
set_name=$1
venv=var/venv

complain() {
    echo "Perennial: $1" >&2
    exit 1
}

usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$usable" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

say_what_is_missing() {
    if ! command -v python3 >/dev/null 2>&1; then
        complain "Python 3.11 or newer is missing; no python3 was found. PYTHON=/path/to/python names another."
    fi
    if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        complain "Python 3.11 or newer is missing; python3 is $(python3 -V 2>&1). PYTHON=/path/to/python names another."
    fi
    complain "the modules venv and ensurepip of $(command -v python3) are missing (on Debian: apt-get install python3-venv)."
}

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    [ -n "$python" ] || say_what_is_missing
    echo "Making $venv with $($python -V)"
    rm -rf "$venv" var/stamps
    "$python" -m venv "$venv"
fi

echo "Installing requirements/$set_name.txt (once; this takes a minute)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --prefer-binary \
    --require-hashes --requirement "requirements/$set_name.txt"
mkdir -p var/stamps
touch "var/stamps/$set_name"
