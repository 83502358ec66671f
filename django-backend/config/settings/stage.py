"""The stage that runs, and the reader of its environment variables, for every other settings module."""

import os

import environ

from config.environment import BACKEND_DIR, Environment, Stage

_MODULE = os.environ.get("DJANGO_SETTINGS_MODULE", "")
STAGE = Stage.of(_MODULE)
if _MODULE.endswith(".local"):
    # Whatever loads these settings, manage.py, Celery or gunicorn, works on the product that run_local.sh runs.
    from devtools.running_product import complete_environment

    complete_environment()
elif STAGE is Stage.LOCAL:
    environ.Env.read_env(BACKEND_DIR / ".env.dev", overwrite=False)
env = Environment(STAGE)
