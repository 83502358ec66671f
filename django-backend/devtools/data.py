"""Brings the database of the local product up to date: tables, reference and sample data, staff group, an admin."""

import secrets
from io import StringIO
from typing import Final

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from devtools.server_account import EmbeddedServiceError

ADMIN_EMAIL: Final = "admin@example.com"
STEPS: Final = {
    "Updating the tables": ["migrate"],
    "Loading leagues, teams and venues": ["load_reference_data"],
    "Loading the sample season": ["load_sample_season"],
    "Loading the sample coupon": ["load_sample_coupon"],
    "Setting up the staff group": ["setup_staff_group"],
}


def prepare_database() -> str | None:
    """Run the steps; return the password of a new admin, None if there was a superuser already.

    Raises:
        EmbeddedServiceError: the database does not answer or a step failed.
    """
    django.setup()
    try:
        for title, command in STEPS.items():
            print(f"==> {title}", flush=True)
            call_command(*command, stdout=StringIO())
        return _ensure_admin()
    except (CommandError, DatabaseError) as error:
        raise EmbeddedServiceError(f"The database could not be prepared: {error}") from error
    finally:
        connection.close()


def _ensure_admin() -> str | None:
    from apps.users.models import User  # noqa: PLC0415 - models exist only after django.setup()

    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(ADMIN_EMAIL, password, first_name="Local", last_name="Admin")
    return password
