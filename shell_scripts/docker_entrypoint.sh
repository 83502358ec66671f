#!/bin/sh
# Entry point of Dockerfile-prod: waits until the database answers and has the schema of this release, then becomes the
# command. Management commands start at once: one of them is the migration that the others wait for.
# MIGRATION_WAIT_SECONDS (default 60) is how long it waits.
set -eu

case "${1:-}" in
python | sh | bash) exec "$@" ;;
esac

trap 'exit 143' TERM # as process 1 the shell would take no notice, and be killed after the grace period
python manage.py check # a wrong setting ends here, with its name, instead of after the wait
deadline=$(($(date +%s) + ${MIGRATION_WAIT_SECONDS:-60}))
until reason=$(python manage.py migrate --check 2>&1); do
    if [ "$(date +%s)" -ge "$deadline" ]; then
        printf '%s\n' "$reason" | tail -n 5 >&2
        echo "The database does not answer or lacks this release's migrations: run 'python manage.py migrate' with this image." >&2
        exit 1
    fi
    sleep 1
done
exec "$@"
