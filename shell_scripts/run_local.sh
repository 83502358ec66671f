#!/usr/bin/env bash
# Runs the product on this machine, from a bare clone, in the foreground; Ctrl-C stops everything.
#   shell_scripts/run_local.sh            PORT=8001 shell_scripts/run_local.sh            shell_scripts/run_local.sh --reset
# PostgreSQL and Redis come with it, unless DATABASE_URL or REDIS_URL name yours.
set -euo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
ensure_environment
cd "$PROJECT_DIR/django-backend"
exec python -m devtools.stack "$@"
