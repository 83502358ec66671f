#!/usr/bin/env bash
# Puts a backup of backup.sh into the database of DATABASE_URL, in one transaction: all of it, or nothing is changed. The file
# must match the SHA-256 next to it (FILE.sha256), and the database must be empty.
#
# Usage: shell_scripts/restore.sh FILE [--force [--yes]]
#   --force   replaces what is in the database (its schema `public`); asks first, without a terminal it needs --yes
# Stop web, worker and beat first. PG_BIN names the folder of pg_restore and psql if they are not on PATH.
set -euo pipefail
# shellcheck source=shell_scripts/database.sh
source "$(dirname "${BASH_SOURCE[0]}")/database.sh"

file='' force='' yes=''
while [ $# -gt 0 ]; do
    case $1 in
    --force) force=yes && shift ;;
    --yes) yes=yes && shift ;;
    --help | -h) show_help && exit ;;
    -*) wrong_usage "Unknown argument: $1." ;;
    *)
        [ -z "$file" ] || wrong_usage "One file at a time."
        file=$1 && shift
        ;;
    esac
done
[ -n "$file" ] || wrong_usage "Name the file of the backup."
[ -f "$file" ] || fail "There is no file $file."
[ -f "$file.sha256" ] || fail "There is no $file.sha256, so nobody knows whether the backup is whole. Nothing was changed."
read_database_address
postgres_program psql && psql=$program
postgres_program pg_restore && pg_restore=$program

read -r expected _ <"$file.sha256" || true
[ "$(sha256_of "$file")" = "$expected" ] || fail "$file is damaged: it does not fit $file.sha256. Nothing was changed."
"$pg_restore" --list "$file" >/dev/null || fail "$file is not a backup that this pg_restore can read. Nothing was changed."

sql=("$psql" --no-psqlrc --no-password --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$address")

# Relations and functions outside PostgreSQL's own schemas; what belongs to an extension does not count.
there="SELECT count(*) FROM (
    SELECT oid, relnamespace AS schema FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL SELECT oid, pronamespace FROM pg_proc
) AS thing JOIN pg_namespace ON pg_namespace.oid = thing.schema
WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = thing.oid AND deptype = 'e')"
count=$("${sql[@]}" --command "$there") || fail "The database does not answer; the line above says why. Nothing was changed."

if [ "$count" != 0 ]; then
    [ -n "$force" ] || fail "The database is not empty: $count tables, sequences, views and functions. --force replaces them. Nothing was changed."
    if [ -z "$yes" ]; then
        on_terminal || fail "Nobody can be asked here: say --yes to replace what is in the database. Nothing was changed."
        confirm "Replace everything in the database by $file?" || fail "Nothing was changed."
    fi
fi

# A running application holds locks: an error after half a minute is better than requests that queue behind ours.
empty="SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = warning;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;"

# COMMIT is sent only after pg_restore has written everything: if it fails, the session ends without one.
script() {
    printf 'BEGIN;\n'
    [ "$count" = 0 ] || printf '%s\n' "$empty"
    "$pg_restore" --exit-on-error --no-owner --no-privileges --file - "$file" && printf 'COMMIT;\n'
}
# Not `script | psql`: if this script were ended, both would go on and commit.
scratch=$(mktemp -d) reader='' writer=''
trap 'kill $reader $writer 2>/dev/null || true; rm -rf "$scratch"' EXIT
mkfifo "$scratch/statements"
"${sql[@]}" --output /dev/null <"$scratch/statements" &
reader=$!
script >"$scratch/statements" &
writer=$!
failed=''
wait "$writer" || failed=yes # a broken pipe too, when psql stopped at an error
wait "$reader" || failed=yes
reader='' writer=''
[ -z "$failed" ] || fail "The backup could not be restored; the lines above say why. Nothing was changed."
say "Restored $file"
