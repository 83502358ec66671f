#!/usr/bin/env bash
# Looks up every locked package in PyPI's advisory database. A known vulnerability fails. A network that cannot be reached
# is reported ("skipped: offline") and does not fail, because continuous integration may run without one. The same applies to
# a mirror of PyPI without advisories: a package that is known to be vulnerable is looked up first.
# Usage: shell_scripts/audit.sh [requirements file…]     (default: all three)
# The tests look for secrets in tracked files: TestSecrets in config/tests/test_repository.py.
set -uo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

case "${1:-}" in
--help | -h)
    show_help && exit
    ;;
-*) fail "Unknown argument: $1. Usage: shell_scripts/audit.sh [requirements file…]" ;;
esac
[ $# -gt 0 ] || set -- "$PROJECT_DIR"/{prod,dev,poetry}-requirements.txt
for file in "$@"; do
    [ -r "$file" ] || fail "$file cannot be read."
done
ensure_environment
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The locked versions are looked up as they are: nothing is resolved or installed.
ask() { # requirements file
    rm -f "$scratch/report"
    pip-audit --disable-pip --require-hashes --requirement "$1" --progress-spinner off --timeout "${AUDIT_TIMEOUT:-15}" \
        --output "$scratch/report" >"$scratch/output" 2>&1
}

# Jinja2 2.10 lets templates out of their sandbox (CVE-2019-10906). Its hash is not compared, but must have the form of one.
printf 'jinja2==2.10 --hash=sha256:%064d\n' 0 >"$scratch/known"
if ask "$scratch/known"; then
    echo 'skipped: offline (this mirror of PyPI keeps no advisories)'
    exit
fi

status=0
for file in "$@"; do
    name=$(basename "$file")
    if ask "$file"; then
        printf 'ok      audit of %s\n' "$name"
    elif [ -s "$scratch/report" ]; then # a report is written only when every package was asked about
        status=1
        printf 'FAILED  audit of %s\n' "$name"
        cat "$scratch/report"
    elif grep -qE 'ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|ServiceError|HTTPError' "$scratch/output"; then
        printf 'skipped: offline (audit of %s: %s)\n' "$name" "$(tail -n 1 "$scratch/output" | cut -c 1-160)"
    else
        status=1
        printf 'FAILED  audit of %s\n' "$name"
        tail -n 20 "$scratch/output"
    fi
done
exit "$status"
