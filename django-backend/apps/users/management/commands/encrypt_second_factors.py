"""`manage.py encrypt_second_factors`: store all secrets of second factors as DATA_ENCRYPTION_KEYS says."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.users.services import second_factors_seal


class Command(BaseCommand):
    """Encrypts what was stored unencrypted or with a former key; a second run changes nothing."""

    help = (
        "Encrypt the secrets of second factors with the first of DATA_ENCRYPTION_KEYS, or decrypt them when that is "
        "`plain`. Run it when every process has the new keys; docs/security.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        found = second_factors_seal(dry_run=options["dry_run"])
        done = "to be rewritten" if options["dry_run"] else "rewritten"
        self.stdout.write(f"{found.rewritten} second factors {done}, {found.unchanged} were right.")
        if found.unreadable:
            ids = ", ".join(map(str, found.unreadable))
            raise CommandError(
                f"{len(found.unreadable)} cannot be opened by any key: {ids} (ids of Authenticator). Add the former "
                "key to DATA_ENCRYPTION_KEYS; if it is lost, delete them in the admin: their people set up new ones."
            )
