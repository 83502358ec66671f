#!/usr/bin/env bash
# Sourced by backup.sh and restore.sh: the database's address, PostgreSQL's programs, checksums.
# PG_BIN names the folder of pg_dump, pg_restore and psql (default: PATH); they must be as new as the server.
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

postgres_program() { # name; the path goes into $program
    program=${PG_BIN:+$PG_BIN/}$1
    need "$program" "Install PostgreSQL's client programs, or name their folder: PG_BIN=/usr/lib/postgresql/18/bin"
}

# Whether run_local.sh may run here. A server's environment has other settings, or lacks honcho, which only developers get.
local_product_possible() {
    case ${DJANGO_SETTINGS_MODULE:-.local} in *.local) [ -x "$VENV_DIR/bin/python" ] && [ -x "$VENV_DIR/bin/honcho" ] ;; *) false ;; esac
}

# Sets $url to the database that manage.py would use with the local settings, and $PG_BIN to the programs that come with it.
find_local_database() {
    local python=$VENV_DIR/bin/python found
    local_product_possible || fail "Name the database: DATABASE_URL=postgres://user:password@host:5432/name"
    found=$(cd "$PROJECT_DIR/django-backend" && "$python" -m devtools.running_product) || exit 1 # it has said why
    url=${found%%$'\n'*}
    [[ $found != *$'\n'* ]] || PG_BIN=${found#*$'\n'}
    say "The database of the product on this machine"
}

# Sets $address to DJANGO_DATABASES or DATABASE_URL without its password. That goes into PGPASSWORD, because arguments are
# visible to every account of the machine. Where neither is set, it is the database of the product that run_local.sh runs.
read_database_address() {
    local url=${DJANGO_DATABASES:-${DATABASE_URL:-}} password
    [ -n "$url" ] || find_local_database
    [[ $url =~ ^postgres(ql)?://(([^/@:]*)(:([^/]*))?@)?([^/@]*/[^/?]+(\?.*)?)$ ]] ||
        fail "DATABASE_URL has not the form postgres://user:password@host:5432/name (special characters as %40)."
    case $url in *[?\&]password=*) fail "DATABASE_URL has its password behind the '?', where every account of the machine would see it: write user:password@host." ;; esac
    # shellcheck disable=SC2034 # for the scripts that source this
    address=postgresql://${BASH_REMATCH[3]:+${BASH_REMATCH[3]}@}${BASH_REMATCH[6]}
    password=${BASH_REMATCH[5]//\\/\\\\}
    if [ -n "$password" ]; then
        PGPASSWORD=$(printf '%b' "${password//%/\\x}")
        export PGPASSWORD
    fi
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10} PGCLIENTENCODING=UTF8
}

sha256_of() { # file
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    else
        shasum -a 256 <"$1"
    fi | cut -d ' ' -f 1
}
