"""Two people at once on every page of the admin: neither undoes what the other did."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, InternalError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from unfold.admin import ModelAdmin

from apps.catalog.models import Event, League
from apps.catalog.testing.factories import EventFactory, LeagueFactory
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_once import SENT_TWICE
from apps.common.testing.html_forms import form_of, load, save
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.testing.stories import on_sale
from apps.orders.models import Product
from apps.orders.testing.coupons import coupon
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.forms import PasswordSetForm
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from config.tests.world import World
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.django_db
# What somebody changes on each page that offers anything.
EDITABLE: Final[dict[str, dict[str, str]]] = {
    "League": {"name": "Another League"},
    "Season": {"name": "2031-32"},
    "Venue": {"city": "Elsewhere"},
    "Team": {"city": "Elsewhere"},
    "Event": {"name": "Another Name"},
    "TicketHolder": {"address": "9 New Street"},
    "CommissionAgreement": {"valid_until": "2040-01-01"},
    "User": {"first_name": "Robin"},
    "Group": {"name": "Accountants"},
    "EmailAddress": {"email": "third@example.com"},
    "Coupon": {"note": "For another season"},
    "Product": {"name": "Another Guide"},
    "Marketplace": {"name": "Another Place"},
}
# Other values of columns that do not take every text.
VALUES: Final = {
    "phone": "+442079460958",
    "timezone": "America/Phoenix",
    "country": "CA",
    "email": "other@example.com",
    "stubhub_event_url": "https://example.com/",
}
# Nothing else is in these tables, and agreements are written by their service.
WRITES_NOTHING_ELSE: Final = {"Group", "EmailAddress", "CommissionAgreement"}


@pytest.fixture(scope="module")
def product(shared_world: World, django_db_blocker: DjangoDbBlocker) -> None:
    """The small product, with what only the admin shows."""
    with django_db_blocker.unblock():
        CommissionAgreementFactory(valid_until=timezone.now().date() + timedelta(days=9))
        coupon(funded_by="shared", holder_share_bps=5_000)
        Product.objects.create(name="Guide", price_cents=500)
        Group.objects.create(name="Clerks")
        EmailAddress.objects.create(user=UserFactory(), email="second@example.com")
        Authenticator.objects.create(user=UserFactory(), type="totp", data={})


@pytest.fixture
def client(product: None, db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def pages() -> list[Any]:
    return [pytest.param(page, id=model.__name__) for model, page in admin.site._registry.items()]


def editable() -> list[Any]:
    return [one for one in pages() if one.id in EDITABLE]


def row_of(page: ModelAdmin) -> Any:
    rows = page.model._default_manager.order_by("pk")
    return rows.filter(is_staff=False).first() if page.model is User else rows.first()


def address(row: models.Model, name: str = "change") -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[row.pk])


def columns(row: models.Model) -> dict[str, Any]:
    """Return what the row holds, without what follows from its other columns."""
    values = type(row)._default_manager.values().get(pk=row.pk)
    return {name: value for name, value in values.items() if not follows(row._meta.get_field(name))}


def follows(field: "models.Field[Any, Any]") -> bool:
    return field.generated or field.name == "given_label"


def other_value(field: "models.Field[Any, Any]", row: models.Model) -> Any:
    """Return another value that a column of the row may have, None if there is none."""
    value = getattr(row, field.attname)
    match field:
        case models.BooleanField():
            return not value
        case models.ForeignKey():
            return field.related_model._default_manager.exclude(pk=value).values_list("pk", flat=True).first()
        case models.DateField():
            return value and value + timedelta(days=1)
        case models.IntegerField():
            return (value or 0) + 1
    if field.choices:
        return next((choice for choice, _ in field.flatchoices if choice != value), None)
    return VALUES.get(field.name, "Changed")


def change_elsewhere(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Change each of these columns that may have another value, past the page; return the row as it is then."""
    for name in names:
        field = row._meta.get_field(name)
        value = other_value(field, row)
        if value is not None:
            with suppress(IntegrityError, InternalError), transaction.atomic():
                type(row)._default_manager.filter(pk=row.pk).update(**{field.attname: value})
    return columns(row)


def offered(client: Client, page: ModelAdmin, row: models.Model) -> list[str]:
    """Return the columns that the page lets people edit."""
    names = {field.name for field in page.opts.concrete_fields}
    fields = client.get(address(row)).context["adminform"].form.fields
    return [name for name, field in fields.items() if name in names and not field.disabled]


def not_offered(client: Client, page: ModelAdmin, row: models.Model) -> list[str]:
    names = offered(client, page, row)
    columns = (field for field in page.opts.concrete_fields if not field.primary_key and not follows(field))
    return [field.name for field in columns if field.name not in names and not getattr(field, "auto_now", False)]


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what our base class does when a page is saved."""
    for name in ("get_object", "get_form", "save_model", "save_related"):
        monkeypatch.delattr(SafeModelAdmin, name)


def while_saving(page: ModelAdmin, monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let something happen after the row was read for saving, before it is written; a lock holds others off there."""
    save_form = page.save_form

    def saving(*args: Any, **kwargs: Any) -> Any:
        change()
        return save_form(*args, **kwargs)

    monkeypatch.setattr(page, "save_form", saving)


@pytest.mark.parametrize("page", pages())
class TestEveryPage:
    def test_has_the_base(self, page: ModelAdmin) -> None:
        assert isinstance(page, SafeModelAdmin)
        ours = [kind for kind in type(page).__mro__ if issubclass(kind, SafeModelAdmin)]
        assert type(page).save_model in [vars(kind).get("save_model") for kind in ours]

    def test_has_no_rows_to_edit_in_lists_and_none_below_others(self, page: ModelAdmin) -> None:
        """Neither has the guard: who adds one adds it there."""
        assert not page.list_editable
        assert not page.ordering_field
        assert not page.save_as
        for inline in page.inlines:
            assert not any(
                may(inline(page.model, admin.site), None)
                for may in (inline.has_add_permission, inline.has_change_permission, inline.has_delete_permission)
            )

    @pytest.mark.parametrize("person", ["superuser", "viewer"])
    def test_can_be_saved_where_something_can_be_edited(self, client: Client, page: ModelAdmin, person: str) -> None:
        row = row_of(page)
        if row is None:
            assert page.model.__name__ not in EDITABLE, "the small product has none"
            return
        if person == "viewer":
            viewer = UserFactory(staff=True)
            viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
            client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
        shown = client.get(address(row))
        fields = [field for field in shown.context["adminform"].form.fields.values() if not field.disabled]
        has_button = any(f'name="{name}"' in shown.content.decode() for name in ("_save", "_continue", "_addanother"))
        assert has_button == bool(fields)
        assert has_button == (person == "superuser" and page.model.__name__ in EDITABLE)


@pytest.mark.parametrize("page", editable())
class TestSaving:
    def save_while_others_write(
        self, client: Client, page: ModelAdmin, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Change a field on the page; return what others wrote meanwhile in columns it does not offer, and the row."""
        row, others = row_of(page), {}
        hidden = not_offered(client, page, row)
        while_saving(page, monkeypatch, lambda: others.update(change_elsewhere(row, hidden)))
        answer = save(client, address(row), EDITABLE[page.model.__name__])
        assert answer.status_code == 302, answer.context["errors"]
        attributes = [row._meta.get_field(name).attname for name in hidden]
        return {name: others[name] for name in attributes}, columns(row)

    def test_writes_what_was_changed_and_undoes_nothing(
        self, client: Client, page: ModelAdmin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A cancelled event stays cancelled."""
        others, now = self.save_while_others_write(client, page, monkeypatch)
        assert others.items() <= now.items()
        for name, value in EDITABLE[page.model.__name__].items():
            assert str(now[name]) == value
        assert "updated_at" not in now or timezone.now() - now["updated_at"] < timedelta(minutes=5)

    def test_of_django_undoes_it(
        self, client: Client, page: ModelAdmin, monkeypatch: pytest.MonkeyPatch, stock: None
    ) -> None:
        """The twin."""
        others, now = self.save_while_others_write(client, page, monkeypatch)
        assert (others.items() <= now.items()) == (page.model.__name__ in WRITES_NOTHING_ELSE)

    def test_refuses_to_overwrite_each_column(self, client: Client, page: ModelAdmin) -> None:
        row, tried = row_of(page), 0
        for name in offered(client, page, row):
            sent, before = load(client, address(row)), columns(row)
            after = change_elsewhere(row, [name])
            if after == before:
                continue
            tried += 1
            answer = client.post(address(row), sent)
            assert answer.status_code == 200, name
            assert "Changed meanwhile" in answer.content.decode()
            assert columns(row) == after, name
            again = client.post(address(row), form_of(answer))
            assert again.status_code == 302, (name, again.context["errors"])
            assert columns(row) == after, f"the page shows the new {name}"
            row.refresh_from_db()
        assert tried

    def test_of_django_overwrites(self, client: Client, page: ModelAdmin, stock: None) -> None:
        """The twin."""
        row = row_of(page)
        sent = load(client, address(row))
        names = [name for name in offered(client, page, row) if name != "timezone"]  # a venue's asks for a tick
        after = change_elsewhere(row, names)
        assert client.post(address(row), sent).status_code == 302
        assert columns(row) != after

    def test_needs_the_version_of_the_page(self, client: Client, page: ModelAdmin) -> None:
        row = row_of(page)
        before, changes = columns(row), EDITABLE[page.model.__name__]
        versions = (None, "", "x", "{}", "[]", "[" * 9000, '{"at": "2026-01-01", "values": {}}', '{"at": 1}')
        # Times that PostgreSQL does not know, and a name that is none.
        latest, first = "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"
        odd = [f'{{"at": "{at}", "values": {{}}}}' for at in (latest, first)]
        odd.append('{"at": "2026-01-01T00:00:00+00:00", "values": [[1, 2]]}')
        for version in (*versions, *odd):
            answer = save(client, address(row), changes, form_version=version)
            assert answer.status_code == 200, version
            assert "did not say which version" in answer.content.decode()
        assert columns(row) == before

    def test_locks_the_row_first(self, client: Client, page: ModelAdmin) -> None:
        row = row_of(page)
        sent = load(client, address(row), EDITABLE[page.model.__name__])
        with CaptureQueriesContext(connection) as queries:
            client.post(address(row), sent)
        locked, *_ = (query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"])
        assert f'FROM "{page.opts.db_table}"' in locked


class TestWhatThePageSays:
    @pytest.fixture
    def event(self, client: Client) -> Event:
        return Event.objects.get()

    def test_names_who_changed_it_and_when(self, client: Client, event: Event) -> None:
        sent = load(client, address(event), name="Mine", additional_info="Doors at six")
        other = Client()
        colleague = UserFactory(superuser=True, email="colleague@example.com")
        other.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
        assert save(other, address(event), name="Theirs").status_code == 302
        answer = client.post(address(event), sent)
        entry = LogEntry.objects.get(user=colleague)
        errors = answer.content.decode()
        assert f"Changed meanwhile by colleague@example.com, at {entry.action_time:%Y-%m-%d %H:%M:%S} UTC." in errors
        assert "The page had “Mine”." in errors
        form = form_of(answer)
        assert (form["name"], form["additional_info"]) == (["Theirs"], ["Doors at six"])
        assert client.post(address(event), form).status_code == 302
        event.refresh_from_db()
        assert (event.name, event.additional_info) == ("Theirs", "Doors at six")

    def test_names_when_it_was_no_page_that_changed_it(self, client: Client, event: Event) -> None:
        sent = load(client, address(event))
        now = timezone.now()
        Event.objects.filter(pk=event.pk).update(name="Imported", updated_at=now)
        page = client.post(address(event), sent).content.decode()
        assert f"Changed meanwhile, at {now:%Y-%m-%d %H:%M:%S} UTC." in page

    def test_names_fields_that_are_fixed_by_now(self, client: Client) -> None:
        game = EventFactory()
        sent = load(client, address(game), starts_at_0="2040-01-01", additional_info="Doors at six")
        on_sale(block=SeasonTicketFactory(season=game.season, team=game.home_team), event=game)
        answer = client.post(address(game), sent)
        fixed = "season, home team, venue, starts at, time tbd, date tbd"
        assert f"No longer to be edited here: {fixed}." in answer.content.decode()
        game.refresh_from_db()
        assert game.additional_info == ""

    @pytest.mark.parametrize(("model", "field"), [(Group, "permissions"), (User, "groups"), (User, "user_permissions")])
    def test_choices_are_values_too(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, model: type[models.Model], field: str
    ) -> None:
        page = admin.site._registry[model]
        row = row_of(page)
        chosen = getattr(row, field)
        first, second, third, fourth = (
            Permission.objects.all()[:4]
            if chosen.model is Permission
            else [Group.objects.create(name=name) for name in "abcd"]
        )
        chosen.set([first, second])
        sent = load(client, address(row), {field: [first.pk, third.pk]})
        chosen.add(fourth)
        answer = client.post(address(row), sent)
        assert "Changed meanwhile" in answer.content.decode()
        assert set(chosen.all()) == {first, second, fourth}
        chosen.remove(fourth)
        while_saving(page, monkeypatch, lambda: chosen.add(fourth))
        assert client.post(address(row), sent).status_code == 302
        assert set(chosen.all()) == {first, third, fourth}, "what the form chose, and what was added meanwhile"

    def test_a_new_password_writes_nothing_else(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        person = UserFactory()
        form = PasswordSetForm(
            person, {"usable_password": "true", "password1": "Row-7-Seat", "password2": "Row-7-Seat"}
        )
        assert form.is_valid()
        User.objects.filter(pk=person.pk).update(is_active=False)
        form.save()
        person.refresh_from_db()
        assert (person.is_active, person.check_password("Row-7-Seat")) == (False, True)


class TestDeleting:
    def rows(self) -> list[Any]:
        return [LeagueFactory(code="one"), LeagueFactory(code="two")]

    def many(self, client: Client, rows: list[Any]) -> dict[str, Any]:
        url = reverse("admin:catalog_league_changelist")
        chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
        return form_of(client.post(url, chosen))

    def test_takes_what_the_page_showed(self, client: Client) -> None:
        one, two = self.rows()
        assert client.post(address(one, "delete"), load(client, address(one, "delete"))).status_code == 302
        assert client.post(reverse("admin:catalog_league_changelist"), self.many(client, [two])).status_code == 302
        assert not League.objects.filter(pk__in=[one.pk, two.pk]).exists()

    @pytest.mark.parametrize("bulk", [False, True])
    def test_asks_again_after_a_change(self, client: Client, bulk: bool) -> None:
        one, two = self.rows()
        sent = self.many(client, [one, two]) if bulk else load(client, address(one, "delete"))
        League.objects.filter(pk=one.pk).update(name="Another League", updated_at=timezone.now())
        url = reverse("admin:catalog_league_changelist") if bulk else address(one, "delete")
        page = client.post(url, sent, follow=True).content.decode()
        one.refresh_from_db()
        assert f"Nothing was deleted. {one}: Changed meanwhile, at" in page
        assert League.objects.filter(pk__in=[one.pk, two.pk]).count() == 2
        assert not LogEntry.objects.filter(action_flag=DELETION).exists()

    @pytest.mark.parametrize("bulk", [False, True])
    def test_needs_the_version_of_the_page(self, client: Client, bulk: bool) -> None:
        one, two = self.rows()
        sent = self.many(client, [one, two]) if bulk else load(client, address(one, "delete"))
        del sent["deletion_version"]
        url = reverse("admin:catalog_league_changelist") if bulk else address(one, "delete")
        assert "did not say which version" in client.post(url, sent, follow=True).content.decode()
        assert League.objects.filter(pk__in=[one.pk, two.pk]).count() == 2

    def test_asks_again_when_more_would_go(self, client: Client) -> None:
        person = UserFactory()
        group = Group.objects.create(name="Temporary")
        sent = load(client, address(group, "delete"))
        person.groups.add(group)
        page = client.post(address(group, "delete"), sent, follow=True).content.decode()
        assert "What would be deleted with it changed meanwhile." in page
        assert Group.objects.filter(pk=group.pk).exists()


ADDED: Final[dict[str, dict[str, Any]]] = {
    "League": {"code": "xfl", "name": "X", "category": "sport"},
    "Venue": {"name": "V", "city": "C", "country": "US", "timezone": "America/New_York"},
    "Marketplace": {"code": "place", "name": "Place"},
    "Group": {"name": "Temporary"},
}


@pytest.mark.parametrize("page", pages())
def test_forms_of_new_rows_add_one(client: Client, page: ModelAdmin) -> None:
    """Twice the same form, as by Back and Save: one row, and the second answer leads to it."""
    url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_add")
    shown = client.get(url)
    if shown.status_code == 403:
        return
    assert form_of(shown)["form_token"]
    if (changes := ADDED.get(page.model.__name__)) is None:
        return
    sent, before = load(client, url, changes), page.model._default_manager.count()
    first = client.post(url, {**sent, "_continue": "1"})
    second = client.post(url, {**sent, "_save": "1", "csrfmiddlewaretoken": "another"}, follow=True)
    assert page.model._default_manager.count() == before + 1
    assert second.redirect_chain[0][0] == first.url
    assert SENT_TWICE in second.content.decode()
    page.model._default_manager.order_by("pk").last().delete()
    assert client.post(url, load(client, url, changes)).status_code == 302, "a new page is a new form"
