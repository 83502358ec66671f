"""The stage that runs, and the reader of its environment variables, for every other settings module."""

import os

import environ

from config.environment import BACKEND_DIR, Environment, Stage

STAGE = Stage.of(os.environ.get("DJANGO_SETTINGS_MODULE", ""))
if STAGE is Stage.LOCAL:
    environ.Env.read_env(BACKEND_DIR / ".env.dev", overwrite=False)
env = Environment(STAGE)
