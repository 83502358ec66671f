"""Holders are notified about their own seats, once each; imports are followed up once."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event, EventChange
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import EventFactory, LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.acts import Act, ChangeSource
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.listings.models import ListingEvent
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import on_sale, pending
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.messages import mail_text
from apps.notifications.models import Notice, OutboxMessage
from apps.orders.enums import DeliveryStatus
from apps.orders.models import Sale
from apps.orders.services.event_changes import event_cancel, event_postpone, event_reschedule, event_rescheduled_follow
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.orders.testing.stories import deliver, record
from apps.season_tickets.testing.stories import block_at

pytestmark = pytest.mark.django_db
by_system = partial(Act, None, ChangeSource.SYSTEM, NOW)
TOPIC = "catalog.event_rescheduled"


def mails() -> dict[str, dict[str, Any]]:
    """Return the payloads of mails in the outbox by user."""
    rows = OutboxMessage.objects.filter(topic="mail")
    payloads = {row.payload["user_id"]: row.payload for row in rows}
    assert len(payloads) == len(rows), "one mail a holder"
    return payloads


class TestMails:
    def test_name_each_holder_s_own_seats_once(self) -> None:
        """S3-53: two listings and a sale are one mail; another holder's seats are not mentioned."""
        event = EventFactory()
        first, second = block_at(event), block_at(event, section="202")
        on_sale("1", "2", block=first, event=event)
        record(on_sale("3", "4", block=first, event=event), "3", "4")
        on_sale("4", block=second, event=event)
        elsewhere = EventFactory()
        on_sale("1", block=block_at(elsewhere), event=elsewhere)
        changed = event_cancel(event_id=event.id, act=by_system("Flood"))
        assert changed.holders == 2
        found = mails()
        assert set(found) == {str(first.holder.user_id), str(second.holder.user_id)}
        assert found[str(first.holder.user_id)]["template"] == "event_cancelled"
        context = found[str(first.holder.user_id)]["context"]
        assert context["listed"] == ["section 101, row A, seats 1 and 2"]
        assert context["sold"] == ["section 101, row A, seats 3 and 4"]
        assert context["payout"] == "160.00 USD"
        other = found[str(second.holder.user_id)]["context"]
        assert (other["listed"], other["sold"], other["payout"]) == (["section 202, row A, seat 4"], [], "")

    def test_say_what_it_means_for_the_payout(self) -> None:
        """In the words of each change."""
        event = EventFactory()
        block = block_at(event)
        record(on_sale("1", block=block, event=event), "1")
        event_postpone(event_id=event.id, act=by_system("Snow"))
        event_reschedule(event_id=event.id, starts_at=event.starts_at + timedelta(days=7), act=by_system("New day"))
        event_cancel(event_id=event.id, act=by_system("No stadium"))
        payloads = [row.payload for row in OutboxMessage.objects.filter(topic="mail").order_by("id")]
        texts = [
            mail_text(template=payload["template"], context={**payload["context"], "name": "Pat"}).text
            for payload in payloads
        ]
        assert "Your payout of 80.00 USD is held until there is a new date." in texts[0]
        assert "Now: Sunday, September 16, 2040, 1:00 PM EDT" in texts[1]
        assert "Your payout of 80.00 USD is due after the new date." in texts[1]
        assert "The buyers of your sold seats get their money back." in texts[2]
        assert "Your payout of 80.00 USD is therefore not due." in texts[2]

    @pytest.mark.parametrize(
        ("days", "fields", "late"), [(-1, {}, True), (1, {}, False), (-1, {"date_tbd": True}, False), (-7, {}, True)]
    )
    def test_say_which_seats_are_in_hand_after_the_new_date(
        self, days: int, fields: dict[str, Any], late: bool
    ) -> None:
        event = EventFactory()
        block = block_at(event)
        on_sale("1", block=block, event=event, terms=ListingTerms(in_hand_date=date(2040, 9, 9)))
        on_sale("3", block=block, event=event)
        moved = event.starts_at + timedelta(days=days)
        event_reschedule(
            event_id=event.id, starts_at=moved, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="TV"), **fields
        )
        [payload] = mails().values()
        mail = mail_text(template=payload["template"], context={**payload["context"], "name": "Pat"})
        place = "section 101, row A, seat 1"
        for text in (mail.text, mail.html):
            assert (f"In hand only after the event: {place}." in text) is late
        line = f"In hand only after the event, change the in-hand date: {place}"
        assert (line in Notice.objects.get().text.split("\n")) is late

    @pytest.mark.parametrize("way", ["postpone", "reschedule", "cancel"])
    def test_do_not_call_seats_for_sale_before_approval(self, way: str) -> None:
        event = EventFactory()
        pending("1", block=block_at(event), event=event)
        change = {
            "postpone": event_postpone,
            "cancel": event_cancel,
            "reschedule": partial(event_reschedule, starts_at=event.starts_at + timedelta(days=7)),
        }[way]
        change(event_id=event.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Snow"))
        [payload] = mails().values()
        mail = mail_text(template=payload["template"], context={**payload["context"], "name": "Pat"})
        for text in (mail.text, mail.html, Notice.objects.get().text):
            assert "for sale" not in text.lower()
            assert ("our approval" in text) is (way != "cancel")

    def test_nobody_is_notified_of_a_game_without_seats(self) -> None:
        event = EventFactory()
        assert (
            event_postpone(event_id=event.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Snow")).holders
            == 0
        )
        assert mails() == {}
        assert not Notice.objects.exists()


class TestNotices:
    def test_say_what_the_mails_say(self) -> None:
        """S3-53: one notice per holder and change; for a rescheduling with what the holder has to do."""
        event = EventFactory()
        block = block_at(event)
        listing = on_sale("1", "2", "3", "4", block=block, event=event)
        record(listing, "4")
        event_postpone(event_id=event.id, act=by_system("Snow"))
        event_reschedule(event_id=event.id, starts_at=event.starts_at + timedelta(days=7), act=by_system("New day"))
        event_cancel(event_id=event.id, act=by_system("No stadium"))
        postponed, moved, cancelled = Notice.objects.order_by("id")
        assert {notice.user_id for notice in (postponed, moved, cancelled)} == {block.holder.user_id}
        assert (postponed.kind, postponed.object_ids) == ("events", [str(event.id)])
        assert (postponed.title, moved.title, cancelled.title) == (
            f"Postponed: {event.name}", f"New date: {event.name}", f"Cancelled: {event.name}",
        )  # fmt: skip
        assert postponed.text.split("\n") == [
            "It was announced for Sunday, September 9, 2040, 1:00 PM EDT; the new date is not known yet.",
            "Why: Snow",
            "For sale: section 101, row A, seats 1 to 3",
            "Sold: section 101, row A, seat 4",
            "Your payout of 80.00 USD is held until there is a new date.",
        ]
        assert moved.text.split("\n")[0] == (
            "Before: Sunday, September 9, 2040, 1:00 PM EDT. "
            f"Now: Sunday, September 16, 2040, 1:00 PM EDT, {event.venue}."
        )
        assert moved.text.endswith("If your team issues new tickets, deliver them again.")
        assert "Off sale: section 101, row A, seats 1 to 3" in cancelled.text
        assert "Your payout of 80.00 USD is not due: the buyers get their money back." in cancelled.text

    def test_accept_braces_in_texts(self) -> None:
        event = EventFactory(name="{venue} at {0}")
        on_sale("1", block=block_at(event), event=event)
        event_postpone(event_id=event.id, act=by_system("{note.__class__}"))
        notice = Notice.objects.get()
        assert (notice.title, notice.text.split("\n")[1]) == ("Postponed: {venue} at {0}", "Why: {note.__class__}")


def test_listings_of_a_postponed_game_do_not_expire() -> None:
    """Its old date passes without it having begun."""
    event = EventFactory()
    on_sale("1", block=block_at(event), event=event)
    event_postpone(event_id=event.id, act=by_system("Snow"))
    assert listings_expire(now=event.starts_at) == 0
    Event.objects.update(status=EventStatus.SCHEDULED)
    assert listings_expire(now=event.starts_at) == 1


@pytest.fixture
def game() -> Event:
    """An imported game with one seat on sale and one sold and delivered."""
    LeagueFactory(code="NFL")
    import_game("2040-09-09T13:00:00")
    event = Event.objects.get()
    listing = on_sale("1", "2", block=block_at(event), event=event)
    deliver(record(listing, "2"))
    return event


def import_game(date: str) -> None:
    row = skybox_row(id=1, name="Team A at Team B", date=date)
    skybox_events_import(file=skybox_export(row), league_code="NFL", season_name="2040", create_teams=True, now=NOW)


def message() -> OutboxMessage:
    return OutboxMessage.objects.filter(topic=TOPIC).latest("id")


class TestImport:
    def test_puts_one_message_for_a_changed_date_only(self, game: Event) -> None:
        assert not OutboxMessage.objects.filter(topic=TOPIC).exists()
        import_game("2040-09-09T13:00:00")
        assert not EventChange.objects.exists()
        import_game("2040-09-16T13:00:00")
        change = EventChange.objects.get()
        assert (change.source, change.actor, change.followed_at, change.at) == ("system", None, None, NOW)
        assert message().payload == {"event_change_id": str(change.id), "event_id": str(game.id)}

    def test_is_followed_up_once_however_often_the_message_comes(self, game: Event) -> None:
        """S3-53: the same message twice makes one set of history rows and one mail."""
        import_game("2040-09-16T13:00:00")
        for _ in range(2):
            event_rescheduled_follow(message=received(message()), now=NOW)
        history = ListingEvent.objects.filter(change="event")
        assert [row.note.split(" to ")[0] for row in history] == [
            "Event rescheduled from Sunday, September 9, 2040, 1:00 PM EDT"
        ]
        assert len(mails()) == 1
        assert Sale.objects.get().delivery_status == DeliveryStatus.PENDING
        assert EventChange.objects.get().followed_at == NOW

    def test_brings_a_postponed_game_back(self, game: Event) -> None:
        """Only a game that will be played gets a date; the same old date changes nothing."""
        event_postpone(event_id=game.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Snow"))
        import_game("2040-09-09T13:00:00")
        assert not OutboxMessage.objects.filter(topic=TOPIC).exists()
        import_game("2040-09-16T13:00:00")
        event_rescheduled_follow(message=received(message()), now=NOW)
        game.refresh_from_db()
        assert game.status == EventStatus.SCHEDULED
        assert [(row.from_status, row.to_status) for row in EventChange.objects.order_by("id")] == [
            ("scheduled", "postponed"),
            ("postponed", "postponed"),
            ("postponed", "scheduled"),
        ]

    def test_leaves_a_cancelled_game_alone(self, game: Event) -> None:
        event_cancel(event_id=game.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="Flood"))
        before = OutboxMessage.objects.filter(topic="mail").count()
        import_game("2040-09-16T13:00:00")
        event_rescheduled_follow(message=received(message()), now=NOW)
        game.refresh_from_db()
        assert game.status == EventStatus.CANCELLED
        assert OutboxMessage.objects.filter(topic="mail").count() == before

    def test_notifies_nobody_of_a_date_that_is_over(self, game: Event) -> None:
        import_game("2040-09-16T13:00:00")
        event_rescheduled_follow(message=received(message()), now=datetime(2041, 1, 1, tzinfo=UTC))
        assert mails() == {}

    def test_gives_up_a_message_about_nothing(self, game: Event) -> None:
        import_game("2040-09-16T13:00:00")
        lost = message()
        lost.payload["event_change_id"] = lost.payload["event_id"]
        with pytest.raises(MessageUndeliverable):
            event_rescheduled_follow(message=received(lost), now=NOW)
