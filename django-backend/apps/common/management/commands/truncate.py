"""`manage.py truncate --apps listings --models ListingEvent`: empty the tables of models, and no other."""

import sys
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from apps.common.database import is_unreachable
from apps.common.errors import DomainError
from apps.common.text import counted
from apps.common.truncation import tables_truncate, truncation_check, truncation_plan

INTERRUPTED: Final = 130


class Command(BaseCommand):
    """Shows what would be deleted, asks, and empties the tables."""

    help = (
        "Delete all rows of models. Rows that refer to them are named and need --cascade. Tables whose"
        " rows are kept for good (history, sales, agreements) are refused unless DJANGO_DEBUG is on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apps", nargs="+", required=True, metavar="APP", help="labels of apps, such as listings")
        parser.add_argument("--models", nargs="+", required=True, metavar="MODEL", help="models of these apps")
        parser.add_argument("--cascade", action="store_true", help="also empty every table that refers to these")
        parser.add_argument("--no-input", "--noinput", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen: dict[str, Any] = {"apps": options["apps"], "models": options["models"]}
        terms = {"cascade": options["cascade"], "protected": settings.DEBUG}
        try:
            plan = truncation_plan(**chosen)
            truncation_check(plan, **terms)
            shown = [table for table in plan if table.is_wanted or table.rows]
            self.stdout.write("\n".join(f"{table}{'' if table.is_wanted else ', refers to these'}" for table in shown))
            if not options["no_input"]:
                _ask()
            emptied = tables_truncate(**chosen, **terms)
        except DomainError as refusal:
            sentences = " ".join(detail.detail for detail in refusal.details)
            hint = " --cascade deletes them too." if refusal.details[0].attr == "cascade" else ""
            raise CommandError(sentences + hint) from None
        except DatabaseError as error:
            if is_unreachable(error):
                raise  # manage.py reports it; a commit in progress may or may not have succeeded
            reason = str(error).strip().split("\n", 1)[0]
            raise CommandError(f"Nothing was deleted, the database says: {reason}") from None
        self.stdout.write(f"{counted(sum(table.rows for table in emptied), 'row')} deleted.")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask on: use --no-input. Nothing was deleted.")
    try:
        answer = input("Delete these rows for good? [yes/no] ")
    except (EOFError, KeyboardInterrupt):
        raise CommandError("Nothing was deleted.", returncode=INTERRUPTED) from None
    if answer != "yes":
        raise CommandError("Nothing was deleted.")
