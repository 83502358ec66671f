"""Imports of old, new and damaged files between listings, edits, changes and decisions of staff.

No value of staff is lost, and nothing is on sale at an event that is not a home game where the seats are.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Event, FeedDifference, FeedEvent, Team, Venue
from apps.catalog.rules.feed_merge import FEED_FACTS
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_result import RowOutcome
from apps.catalog.tests.test_feed_cases import game
from apps.catalog.topics import EventRescheduled
from apps.common.acts import ChangeSource
from apps.common.errors import DomainError
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingStatus
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.orders.services.event_changes import event_cancel, event_postpone, event_reschedule, event_rescheduled_follow
from apps.orders.services.feed_decisions import feed_difference_keep, feed_difference_take
from apps.orders.testing.stories import NOW
from apps.orders.tests.test_feed_decisions import imported
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.stories import block_at

pytestmark = pytest.mark.django_db
EXAMPLES, STEPS = 3, 30
IDS = (7000001, 7000002, 7000003)
NAMES = (
    "Atlanta Braves at New York Mets", "TBD at New York Mets", "Philadelphia Phillies at New York Mets",
    "TBD at New York Mets (Game 2)", "New York Mets at Atlanta Braves",
)  # fmt: skip
VENUES = (game()["venue"], {**game()["venue"], "id": 4, "name": "Clover Park", "city": "Port St. Lucie", "state": "FL"})
# What the feed changes, by the key of a row.
FEED_CHANGES: dict[str, tuple[Any, ...]] = {
    "date": tuple(f"2027-06-{day:02}T19:10:00" for day in (1, 2, 3, 4)),
    "name": NAMES,
    "venue": VENUES,
    "stubhubEventUrl": (None, "https://a.example/", "https://b.example/"),
}
DAMAGES: tuple[dict[str, Any] | None, ...] = (
    None, {"name": " at "}, {"name": "Championship"}, {"date": "soon"}, {"venue": None}, {"disabled": True},
)  # fmt: skip
PARTS = [(fact, part) for fact, parts in FEED_FACTS.items() for part in parts]


class World:
    """Three games, what the feed says about them now, its old files, and what staff have set."""

    def __init__(self) -> None:
        self.feed = {key: game(id=key, date=f"2027-06-0{place}T19:10:00") for place, key in enumerate(IDS, 1)}
        self.files = [dict(self.feed)]
        self.blocks: dict[UUID | None, SeasonTicket] = {}
        self.staff: dict[tuple[int, tuple[str, ...]], tuple[Any, ...]] = {}
        self.log: list[str] = []
        imported(*self.feed.values())

    def values(self, key: int, part: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(Event.objects.values_list(*part).get(skybox_event_id=key))

    def feed_changes(self, key: int, column: str, choice: int) -> None:
        values = FEED_CHANGES[column]
        self.feed[key] = {**self.feed[key], column: values[choice % len(values)]}
        self.files.append(dict(self.feed))

    def file_comes(self, _: int, which: str, choice: int) -> None:
        """Import the present file, an old one, or a damaged one; a dry run before it changes nothing."""
        rows = self.files[choice % len(self.files)] if which == "old" else self.feed
        if which == "damaged":
            key, damage = IDS[choice % len(IDS)], DAMAGES[choice % len(DAMAGES)]
            rows = {**rows, key: {**rows[key], **(damage or {})}}
            rows = {each: row for each, row in rows.items() if damage is not None or each != key}
        before = list(Event.objects.order_by("id").values())
        dry, heard = list[RowOutcome](), list[RowOutcome]()
        imported(*rows.values(), on_row=dry.append, dry_run=True)
        assert list(Event.objects.order_by("id").values()) == before, "a dry run has written"
        imported(*rows.values(), on_row=heard.append)
        for message in OutboxMessage.objects.filter(topic=EventRescheduled.name):
            event_rescheduled_follow(message=received(message), now=NOW)
        assert heard == dry, "a dry run has decided otherwise"
        self.check(heard)

    def holder_lists(self, key: int, seat: str, _: int) -> None:
        event = Event.objects.get(skybox_event_id=key)
        if event.home_team_id not in self.blocks:
            self.blocks[event.home_team_id] = block_at(event)
        on_sale(seat, block=self.blocks[event.home_team_id], event=event, now=NOW)

    def staff_edits(self, key: int, column: str, choice: int) -> None:
        """Write as the form of an event does; start and venue of one with listings change by `staff_changes` alone."""
        if column in {"starts_at", "venue_id"} and Listing.objects.filter(event__skybox_event_id=key).exists():
            return
        teams = Team.objects.filter(name__in=["Philadelphia Phillies", "Boston Red Sox"]).order_by("name")
        values: dict[str, Callable[[], Any]] = {
            "starts_at": lambda: datetime.fromisoformat("2027-05-20T23:10:00+00:00") + timedelta(days=choice % 3),
            "venue_id": lambda: Venue.objects.filter(name__in=["Citi Field", "Citizens Bank Park"])[choice % 2].id,
            "name": lambda: f"Derby {choice % 3}",
            "away_team_id": lambda: teams[choice % 2].id,
            "additional_info": lambda: f"Night {choice % 3}",
            "stubhub_event_url": lambda: f"https://staff.example/{choice % 2}",
        }
        Event.objects.filter(skybox_event_id=key).update(**{column: values[column]()})
        self.staff_set(key, column)

    def staff_set(self, key: int, column: str) -> None:
        """Remember a value as that of staff, unless it is what the feed says."""
        part = next(part for _, part in PARTS if column in part)
        self.staff[key, part] = self.values(key, part)
        if FeedEvent.objects.values_list(*part).get(skybox_event_id=key) == self.staff[key, part]:
            del self.staff[key, part]

    def staff_changes(self, key: int, move: str, choice: int) -> None:
        event_id = Event.objects.values_list("id", flat=True).get(skybox_event_id=key)
        act = act_of(source=ChangeSource.SYSTEM, now=NOW)
        if move == "reschedule":
            venue = Venue.objects.filter(name__in=["Citi Field", "Citizens Bank Park"])[choice % 2].id
            starts_at = NOW + timedelta(days=300 + choice)
            event_reschedule(event_id=event_id, starts_at=starts_at, venue_id=venue, act=act)
            self.staff_set(key, "starts_at")
            self.staff_set(key, "venue_id")
        else:
            {"postpone": event_postpone, "cancel": event_cancel}[move](event_id=event_id, act=act)

    def staff_decide(self, _: int, decision: str, choice: int) -> None:
        found = list(FeedDifference.objects.filter(decision="").exclude(fact="missing").order_by("id"))
        if not found:
            return
        difference = found[choice % len(found)]
        key = Event.objects.get(pk=difference.event_id).skybox_event_id or 0
        if decision == "take":
            feed_difference_take(
                difference_id=difference.id, act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="")
            )
        else:
            feed_difference_keep(difference_id=difference.id, act=act_of(now=NOW, reason=""))
        for fact, part in PARTS:
            if fact == difference.fact:
                self.staff.pop((key, part), None)
                if decision == "keep":
                    self.staff[key, part] = self.values(key, part)

    def step(self, what: str, key: int, how: str, choice: int) -> None:
        try:
            getattr(self, what)(key, how, choice)
            self.log.append(f"{what} {key} {how} {choice}")
        except DomainError as refusal:
            self.log.append(f"{what} {key} {how} {choice}: {refusal}")
        for listing in Listing.objects.filter(status=ListingStatus.LISTED).select_related(
            "event__venue", "event__home_team", "season_ticket"
        ):
            event, block = listing.event, listing.season_ticket
            assert (event.home_team_id, event.season_id) == (block.team_id, block.season_id), "no home game"
            assert listing.other_venue is None, f"on sale at {event}, {event.venue}"

    def check(self, heard: list[RowOutcome]) -> None:
        """Compare what events have with what staff have set and what the feed says; nothing differs in silence."""
        kept = {row.skybox_event_id for row in heard if row.code == "kept_by_staff"}
        for row in heard:
            if row.outcome not in {"created", "updated", "unchanged"}:
                continue
            key = row.skybox_event_id or 0
            said = FeedEvent.objects.get(skybox_event_id=key)
            opened = set(FeedDifference.objects.filter(event=said.event_id, decision="").values_list("fact", flat=True))
            for fact, part in PARTS:
                has, says = self.values(key, part), tuple(getattr(said, column) for column in part)
                if (key, part) in self.staff:
                    assert has == self.staff[key, part], f"{key} {part}: what staff set is lost"
                else:
                    assert has == says or fact in opened, f"{key} {part}: the feed's word is neither taken nor shown"
                assert has == says or key in kept, f"{key} {part}: differs in silence"
                if has == says and fact not in opened:
                    self.staff.pop((key, part), None)  # the feed agrees again: its next change is taken


ACTIONS = st.one_of(
    st.tuples(st.just("feed_changes"), st.sampled_from(list(FEED_CHANGES))),
    st.tuples(st.just("file_comes"), st.sampled_from(["new", "new", "old", "damaged"])),
    st.tuples(
        st.just("staff_edits"),
        st.sampled_from(["starts_at", "venue_id", "name", "away_team_id", "additional_info", "stubhub_event_url"]),
    ),
    st.tuples(st.just("holder_lists"), st.sampled_from(["1", "2", "3", "4"])),
    st.tuples(st.just("staff_changes"), st.sampled_from(["reschedule", "reschedule", "postpone", "cancel"])),
    st.tuples(st.just("staff_decide"), st.sampled_from(["keep", "take"])),
)
STEP = st.tuples(ACTIONS, st.sampled_from(IDS), st.integers(0, 11))
# Listed games leave the stadium by the feed and by staff, come back, and change whose home game they are.
LISTED_GAMES_MOVE = [
    *((("holder_lists", "1"), key, 0) for key in IDS),
    *((("feed_changes", "venue"), key, 1) for key in IDS),
    (("staff_changes", "reschedule"), IDS[0], 1),
    (("file_comes", "new"), IDS[0], 0),
    (("holder_lists", "2"), IDS[1], 0),
    (("staff_changes", "reschedule"), IDS[1], 0),
    (("file_comes", "old"), IDS[0], 0),
    (("holder_lists", "2"), IDS[1], 0),
    *((("feed_changes", "name"), key, 4) for key in IDS),
    (("file_comes", "new"), IDS[0], 0),
    (("staff_decide", "take"), IDS[0], 0),
]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # each step is a few imports: to shrink a failure takes minutes, the log has the steps
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(LISTED_GAMES_MOVE)
@given(steps=st.lists(STEP, min_size=STEPS, max_size=STEPS))
def test_lose_no_value_of_staff_and_leave_nothing_on_sale_elsewhere(steps: list[Any]) -> None:
    with transaction.atomic():
        reference_data_load()
        world = World()
        try:
            for (what, how), key, choice in [*steps, (("file_comes", "new"), IDS[0], 0)]:
                world.step(what, key, how, choice)
        except AssertionError as error:
            raise AssertionError("\n".join([*world.log, str(error)])) from error
        finally:
            transaction.set_rollback(True)
