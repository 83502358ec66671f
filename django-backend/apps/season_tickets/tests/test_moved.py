"""Season tickets were part of `listings`: rows, permissions and log entries of such a database stay."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import AddIndex
from django.test import Client

from apps.season_tickets.models import SeasonTicket, SeasonTicketSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db
BEFORE = ("listings", "0009_submitted_and_changed_at")
MOVED = ("distinctplace", "seasonticket", "seasonticketseat", "withheldseat")


@pytest.fixture(autouse=True)
def in_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test is one transaction, in which no index is built concurrently."""
    for way in ("database_forwards", "database_backwards"):
        monkeypatch.setattr(AddIndexConcurrently, way, getattr(AddIndex, way))


def then() -> Any:
    """Go back to the release before; return its models."""
    call_command("migrate", "season_tickets", "zero", verbosity=0)
    return MigrationExecutor(connection).loader.project_state([BEFORE]).apps


def now() -> None:
    call_command("migrate", verbosity=0)


def rights() -> list[str]:
    return sorted(
        f"{app}.{name}"
        for app, name in Permission.objects.filter(content_type__model__in=MOVED).values_list(
            "content_type__app_label", "codename"
        )
    )


def schema() -> list[tuple[Any, ...]]:
    """Return the tables that moved with all that belongs to them, by their ids: made again, they have others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (SELECT oid, relname FROM pg_class WHERE relname = ANY(%s))"
            " SELECT 'table', oid, relname FROM moved"
            " UNION ALL SELECT 'index', indexrelid, '' FROM pg_index JOIN moved ON moved.oid = indrelid"
            " UNION ALL SELECT 'constraint', pg_constraint.oid, conname FROM pg_constraint"
            " JOIN moved ON moved.oid IN (conrelid, confrelid)"
            " UNION ALL SELECT 'trigger', pg_trigger.oid, tgname FROM pg_trigger JOIN moved ON moved.oid = tgrelid"
            " ORDER BY 1, 2",
            [[f"listings_{name}" for name in MOVED]],
        )
        return list(cursor.fetchall())


def test_rows_and_rights_stay_and_nothing_is_there_twice() -> None:
    expected, objects = rights(), schema()
    old = then()
    content_type = ContentType.objects.get(app_label="listings", model="seasonticket")
    block = SeasonTicketFactory()
    assert old.get_model("listings", "SeasonTicket").objects.get().section == block.section
    clerks = Group.objects.create(name="Clerks")
    clerks.permissions.add(Permission.objects.get(content_type=content_type, codename="change_seasonticket"))
    clerk = UserFactory(staff=True)
    clerk.groups.add(clerks)
    LogEntry.objects.create(user=clerk, content_type=content_type, object_id=block.id, action_flag=CHANGE)
    assert User.objects.get(id=clerk.id).has_perm("listings.change_seasonticket")

    now()

    assert User.objects.get(id=clerk.id).get_all_permissions() == {"season_tickets.change_seasonticket"}
    assert rights() == expected
    assert {right.split(".")[0] for right in expected} == {"season_tickets"}
    assert LogEntry.objects.get().get_edited_object() == block
    assert LogEntry.objects.get().content_type == ContentType.objects.get_for_model(SeasonTicket)
    assert SeasonTicketSeat.objects.filter(season_ticket=block).count() == 4
    claim = SeasonTicketFactory(team=block.team, season=block.season, status="pending")
    with pytest.raises(IntegrityError, match="seasonticketseat_verified_once"), transaction.atomic():
        SeasonTicket.objects.filter(id=claim.id).update(status="verified")
    assert schema() == objects


@pytest.mark.parametrize("forward", [True, False])
def test_a_content_type_that_the_other_release_has_made_is_merged(forward: bool) -> None:
    """An old process makes one when a superuser saves a page; migrating back and forth does not stop there."""
    if forward:
        then()
    there, here = ("season_tickets", "listings") if forward else ("listings", "season_tickets")
    other = ContentType.objects.create(app_label=there, model="seasonticket")
    entry = LogEntry.objects.create(user=superuser(), content_type=other, object_id="1", action_flag=CHANGE)
    kept = ContentType.objects.get(app_label=here, model="seasonticket")
    now() if forward else then()
    entry.refresh_from_db()
    assert entry.content_type_id == kept.id
    assert ContentType.objects.filter(model="seasonticket").count() == 1
    assert ContentType.objects.get(id=kept.id).app_label == there


@pytest.mark.parametrize("page", ["seasonticket/", "seasonticket/?status__exact=pending", "distinctplace/add/"])
def test_addresses_of_pages_lead_to_where_they_are_now(client: Client, page: str) -> None:
    """Messages in Slack have the old ones."""
    client.force_login(superuser())
    answer = client.get(f"/admin/listings/{page}", follow=True)
    assert answer.redirect_chain == [(f"/admin/season_tickets/{page}", 302)]
    assert answer.status_code == 200
