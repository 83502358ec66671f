#!/usr/bin/env bash
# Sourced by the other scripts: a virtual environment with the packages of dev-requirements.txt, made or refreshed as needed.
# VENV_DIR moves it (default: .venv in the project); PYTHON names the interpreter that makes it (default: python3).

unset CDPATH # with it `cd` may print, and go somewhere else
PROJECT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV_DIR=${VENV_DIR:-$PROJECT_DIR/.venv}

SCRIPT=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

# The comment at the top of the script that was started is its help.
show_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); if (!/^shellcheck/) print }' "$SCRIPT"; }

say() { printf '==> %s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Installs exactly what a requirements file pins. The file is the whole lock, so pip resolves nothing: neither versions, nor
# what builds a package that has no wheel for this machine, which is the locked setuptools.
install_locked() { # environment, requirements file
    local pip=("$1/bin/python" -m pip --disable-pip-version-check)
    local install=("${pip[@]}" install --quiet --no-deps --require-hashes)
    "${install[@]}" -r <(awk '/^[^ ]/ { kept = /^setuptools==/ } kept' "$2") &&
        "${install[@]}" --no-build-isolation --use-pep517 -r "$2" &&
        "${pip[@]}" check
}

# The environment in a folder, with the packages of a requirements file.
make_environment() { # environment, requirements file
    local python=${PYTHON:-python3} stamp=$1/.requirements
    command -v "$python" >/dev/null || fail "$python was not found. Install Python 3.11 or later, or name one: PYTHON=/path/to/python3 $0"
    if [ ! -x "$1/bin/python" ]; then
        "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' ||
            fail "$python is $("$python" -V 2>&1), but Python 3.11 to 3.14 is needed. Name another: PYTHON=/path/to/python3 $0"
        say "Making the virtual environment $1"
        "$python" -m venv "$1" || fail "The virtual environment could not be made. On Debian: apt install python3-venv"
    fi
    if ! cmp -s "$2" "$stamp"; then
        say "Installing the packages of $(basename "$2") (about a minute the first time)"
        install_locked "$1" "$2" ||
            fail "The packages could not be installed; the lines above say why. Delete $1 to start from nothing."
        cp "$2" "$stamp"
    fi
}

ensure_environment() {
    make_environment "$VENV_DIR" "$PROJECT_DIR/dev-requirements.txt"
    PATH=$VENV_DIR/bin:$PATH
    export PATH
}
