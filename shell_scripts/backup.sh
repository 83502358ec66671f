#!/usr/bin/env bash
# Saves the database of DATABASE_URL into a file with the time (UTC) in its name, and its SHA-256 next to it. The file gets its
# name only when it is complete. docs/backup.md says when to run it and where to keep the files.
#
# Usage: shell_scripts/backup.sh --to FOLDER [--keep N]
#   --to FOLDER   where the file goes; made if it does not exist, readable by you alone
#   --keep N      deletes older backups in FOLDER, so that N remain (default: all remain)
# PG_BIN names the folder of pg_dump when it is not on PATH.
set -euo pipefail
# shellcheck source=shell_scripts/database.sh
source "$(dirname "${BASH_SOURCE[0]}")/database.sh"

folder='' keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --to) folder=$(value_of "$@"); shift 2 ;;
    --keep) keep=$(value_of "$@"); shift 2 ;;
    --help | -h) show_help && exit ;;
    *) wrong_usage "Unknown argument: $1." ;;
    esac
done
[ -n "$folder" ] || wrong_usage "Say where to: --to FOLDER."
[ -z "$keep" ] || [[ $keep =~ ^[1-9][0-9]{0,3}$ ]] || fail "--keep needs a whole number from 1, not '$keep'."
read_database_address
postgres_program pg_restore && pg_restore=$program
postgres_program pg_dump && pg_dump=$program

umask 077
if ! mkdir -p "$folder" || ! cd "$folder"; then
    fail "The folder '$folder' cannot be used; the line above says why."
fi
name=season-tickets-$(date -u +%Y%m%dT%H%M%SZ).dump
[ ! -e "$name" ] || fail "$name is there already: another backup began in this second."
unfinished=.$name.$$.unfinished
saving=
# Whatever ends this script, TERM included, ends pg_dump too: it would write for hours into a file without a name.
trap '[ -z "$saving" ] || kill "$saving" 2>/dev/null || true; rm -f "$unfinished" "$name.sha256.$$"' EXIT
# Left by backups that a power failure or a restart cut off.
find . -maxdepth 1 -type f -name '.season-tickets-*.unfinished' -mtime +0 -exec rm -f {} +

"$pg_dump" --dbname "$address" --no-password --format custom --no-owner --no-privileges --file "$unfinished" &
saving=$!
wait "$saving" || fail "The database could not be saved; the line above says why. No file was made."
saving=
# Read to the last byte: the table of contents is at the beginning, and complete even in half a file.
"$pg_restore" --file /dev/null "$unfinished" || fail "What pg_dump wrote cannot be read. No file was made."
# The checksum first, already with the final name: there is never a backup without one.
printf '%s  %s\n' "$(sha256_of "$unfinished")" "$name" >"$name.sha256.$$"
mv "$name.sha256.$$" "$name.sha256"
mv "$unfinished" "$name"
say "Saved $PWD/$name, $(wc -c <"$name" | tr -d ' ') bytes"

if [ -n "$keep" ]; then
    # Names sort by time.
    printf '%s\n' season-tickets-????????T??????Z.dump | LC_ALL=C sort -r | tail -n "+$((keep + 1))" | while IFS= read -r old; do
        rm -f -- "$old" "$old.sha256"
        say "Deleted $old"
    done
fi
