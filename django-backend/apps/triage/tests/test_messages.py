"""What messages say, within Slack's limits and without a word of theirs that does anything."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.ids import uuid7
from apps.common.slack_blocks import MAX_MESSAGE, Words, context, cut, escaped, header, sections, words
from apps.common.testing.local_slack import CHANNEL, SAM, LocalSlack
from apps.listings.enums import ListingStatus
from apps.notifications.gateways import message_post, view_open
from apps.season_tickets.enums import SeasonTicketStatus
from apps.triage.enums import ACTIONS_WITH_REASON, TriageAction, TriageKind
from apps.triage.messages.buttons import reason_modal
from apps.triage.messages.listings import MAX_GAMES, ListingsShown, listings_words
from apps.triage.messages.news import (
    EventShown,
    ShownSale,
    Waiting,
    dead_words,
    digest_words,
    event_words,
    pending_words,
    sales_words,
)
from apps.triage.messages.season_tickets import SeasonTicketShown, season_ticket_words
from apps.triage.rules.listings import ShownListing
from apps.triage.testing.stories import NASTY, NOW, buttons_of, elements_of, words_of
from apps.triage.tests.test_rules import shown as listing

URL = "https://example.com/admin/"


def season(
    games: int, each: int = 1, *, seats: int = 4, event: str = "Jets at Eagles", **fields: Any
) -> list[ShownListing]:
    """Return `each` listings of `seats` seats at each of the games."""
    return [
        listing(event, game, tuple(str(1 + seats * place + seat) for seat in range(seats)), **fields)
        for game in range(games)
        for place in range(each)
    ]


def about(listings: list[ShownListing], kind: TriageKind = TriageKind.LISTINGS, holder: str = "Ann Fan") -> Words:
    return listings_words(
        ListingsShown(
            message_id="0190b8a0-0000-7000-8000-000000000001",
            kind=kind,
            holder=holder,
            teams="Eagles",
            listings=listings,
            admin_url=URL,
        )
    )


def as_message(words: Words) -> dict[str, Any]:
    return {"text": words.text, "blocks": words.blocks}


def accepted(slack: LocalSlack, words: Words) -> dict[str, Any]:
    """Post the message and return what Slack shows."""
    message_post(channel=CHANNEL, text=words.text, blocks=words.blocks)
    return slack.messages()[-1]


class TestListings:
    def test_season_of_160_seats_is_one_readable_message(self, slack: LocalSlack) -> None:
        """S3-17: 40 games of 4 seats: each game, the ranges and both buttons, within Slack's limits."""
        message = accepted(slack, about(season(40)))
        said = words_of(message)
        assert "New listings: 160 seats, 40 games" in said
        assert said.count("*Jets at Eagles*") == 40
        assert said.count("section 101, row A, seats 1 to 4: $100.00 → $80.00") == 1, (
            "the same for every game, stated once"
        )
        assert "*Holder*\nAnn Fan" in said
        assert "*Price per seat*\n$100.00" in said
        assert "*Payout per seat*\n$80.00" in said
        assert "more game" not in said
        assert len(message["blocks"]) <= 12
        assert message["text"] == "New listings: 160 seats, 40 games by Ann Fan (40 waiting)"
        assert buttons_of(message) == ["triage.approve", "triage.decline"]
        assert "Approve all 40" in said
        assert URL in str(message["blocks"])

    @pytest.mark.parametrize(
        "listings",
        [
            season(300),
            season(40, 40, seats=1),
            season(40, 40, seats=1, section="S" * 30),
            season(300, 3, event="W" * 100),
            season(41, 100, event="&" * 200, section="<" * 30),
            [listing(day=day, status=ListingStatus.LISTED, was="pending", minute=day) for day in range(60)],
            [listing(day=day, note=f"{day} {'&' * 490}") for day in range(60)],
            [
                listing("&" * 200, game, (str(seat),), section=f"{'<' * 27}{game}")
                for game in range(41)
                for seat in range(20)
            ]
            + [listing(day=50 + day, note=f"{day} {'&' * 490}") for day in range(60)]
            + [listing(day=50 + day, status=ListingStatus.LISTED, was="pending", minute=day) for day in range(60)],
        ],
        ids=[
            "300 games",
            "1600 listings",
            "long places",
            "long names",
            "all escaped",
            "60 outcomes",
            "60 reasons",
            "everything",
        ],
    )
    def test_any_number_is_within_the_limits_and_what_is_left_out_is_counted(
        self, slack: LocalSlack, listings: list[ShownListing]
    ) -> None:
        message = accepted(slack, about(listings))
        assert len(message["blocks"]) <= 49  # one is left for the line about a duplicate
        games, said = len({(row.event, row.start) for row in listings}), words_of(message)
        shown, more = said.count("• *"), re.search(r"_and (\d+) more game", said)
        assert shown + int(more[1] if more else 0) == games
        assert 0 < shown <= MAX_GAMES
        assert buttons_of(message) or all(row.status == ListingStatus.LISTED for row in listings)

    def test_seats_of_a_game_that_are_left_out_are_counted(self) -> None:
        said = words_of(as_message(about(season(1, 20, seats=2))))
        assert "New listings: 40 seats, 1 game" in said
        assert "_and 16 more seats_" in said

    @pytest.mark.parametrize(
        ("kind", "waiting", "actions"),
        [
            (TriageKind.LISTINGS, "pending", ["triage.approve", "triage.decline"]),
            (TriageKind.RELISTED, "pending", ["triage.approve", "triage.decline"]),
            (TriageKind.DELISTING, "delisting_requested", ["triage.approve_delisting", "triage.decline_delisting"]),
        ],
    )
    def test_has_buttons_only_while_something_waits(
        self, slack: LocalSlack, kind: TriageKind, waiting: str, actions: list[str]
    ) -> None:
        rows = [listing(day=day, status=ListingStatus(waiting)) for day in range(2)]
        assert buttons_of(accepted(slack, about(rows, kind))) == actions
        decided = [
            listing(day=day, status=ListingStatus.DECLINED, was=waiting, by="Sam", note="Too dear") for day in (0, 1)
        ]
        message = accepted(slack, about([rows[0], decided[1]], kind))
        assert buttons_of(message) == actions
        assert "(1 waiting)" in message["text"]
        message = accepted(slack, about(decided, kind))
        assert buttons_of(message) == []
        assert "(decided)" in message["text"]
        assert URL in str(message["blocks"])

    def test_delisting_asks_for_confirmation_and_says_why_the_holder_asks(self, slack: LocalSlack) -> None:
        rows = [listing(status=ListingStatus.DELISTING_REQUESTED, was="listed", note="Family & friends come")]
        message = accepted(slack, about(rows, TriageKind.DELISTING))
        assert "The holder says: Family &amp; friends come" in words_of(message)
        [confirm] = re.findall(r"'confirm': {'title'.*?Are you sure\?", str(message["blocks"]))
        assert confirm

    def test_says_who_decided_what_where_and_why(self) -> None:
        rows = [listing(status=ListingStatus.DECLINED, was="pending", by="Sam <S>", note="Price > face value")]
        said = words_of(as_message(about(rows)))
        assert "1 listing declined by Sam &lt;S&gt; · API" in said
        assert "Reason: Price &gt; face value" in said

    def test_links_nowhere_without_an_admin(self) -> None:
        shown = about([listing(status=ListingStatus.LISTED, was="pending")])
        assert "url" in str(shown.blocks)
        bare = listings_words(ListingsShown("1", TriageKind.LISTINGS, "Ann", "Eagles", [listing()], ""))
        assert "url" not in str(bare.blocks)


def season_ticket(**fields: Any) -> Words:
    return season_ticket_words(
        SeasonTicketShown(
            **{
                "message_id": "1",
                "holder": "Ann Fan",
                "team": "Eagles",
                "season": "NFL 2040",
                "place": "section 101, row A, seats 1-4",
                "numbering": "Consecutive",
                "twins": {},
                "status": SeasonTicketStatus.PENDING,
                "decided_by": "",
                "decided_at": None,
                "reason": "",
                "admin_url": URL,
                **fields,
            }
        )
    )


class TestSeasonTicket:
    def test_waits_with_buttons_and_warns_of_claimed_seats(self, slack: LocalSlack) -> None:
        twins = {uuid7(): f"section SEC {number}, row 1, seat 1 of Bob <b> (pending)" for number in range(3)}
        message = accepted(slack, season_ticket(twins=twins))
        assert buttons_of(message) == ["triage.verify", "triage.reject"]
        assert "These may be the same seats as section SEC 0, row 1, seat 1 of Bob &lt;b&gt; (pending); " in words_of(
            message
        )
        [verify] = [found for found in elements_of(message) if found.get("action_id") == "triage.verify"]
        assert verify["value"].split() == ["1", *map(str, twins)]
        assert verify["confirm"]["text"]["text"].startswith(
            "Have you compared them? They may be the same seats as section SEC"
        )

    def test_without_twins_asks_nothing(self, slack: LocalSlack) -> None:
        message = accepted(slack, season_ticket())
        [verify] = [found for found in elements_of(message) if found.get("action_id") == "triage.verify"]
        assert (verify["value"], verify.get("confirm")) == ("1", None)

    def test_names_a_few_of_many_twins(self, slack: LocalSlack) -> None:
        """More than can be compared in a question are compared in the admin: the button does not confirm them all."""
        twins = {uuid7(): f"section {number} {'x' * 90}, row 1, seat 1 of Bob (pending)" for number in range(60)}
        message = accepted(slack, season_ticket(twins=twins))
        [verify] = [found for found in elements_of(message) if found.get("action_id") == "triage.verify"]
        assert len(verify["value"].split()) == 6
        assert "; 55 more." in words_of(message)

    def test_says_who_decided(self, slack: LocalSlack) -> None:
        facts = {"decided_by": "Sam", "decided_at": NOW, "reason": "No <proof>", "twins": {uuid7(): "x"}}
        message = accepted(slack, season_ticket(status=SeasonTicketStatus.REJECTED, **facts))
        assert buttons_of(message) == []
        assert ":record_button: Rejected by Sam" in words_of(message)
        assert "Reason: No &lt;proof&gt;" in words_of(message)
        assert "may be the same" not in words_of(message)
        assert "(rejected)" in message["text"]


def sale(**fields: Any) -> ShownSale:
    return ShownSale(
        **{
            "event": "Jets at Eagles",
            "start": "Sun 9 Sep",
            "place": "section 101, row A, seat 1",
            "marketplace": "StubHub",
            "invoice": "INV-7",
            "price_cents": 10_000,
            "payout_cents": 8_000,
            "commission_cents": 2_000,
            "currency": "USD",
            "void_reason": "",
            "returned": False,
            **fields,
        }
    )


def event_shown(**fields: Any) -> EventShown:
    return EventShown(
        **{
            "event": "Jets at Eagles",
            "what": "Postponed",
            "before": "Sun",
            "after": "Postponed",
            "note": "Storm",
            "by": "Sam",
            "sales": 3,
            "holders": 2,
            "sold_cents": 30_000,
            "currency": "USD",
            "admin_url": URL,
            **fields,
        }
    )


def waiting(count: int = 1, **fields: Any) -> list[Waiting]:
    facts = {"what": "new listing", "holder": "Ann Fan", "team": "Eagles", "count": 2, "since": NOW, **fields}
    return [Waiting(**facts) for _ in range(count)]


class TestNews:
    def test_sales_have_the_sums_and_each_seat(self, slack: LocalSlack) -> None:
        words = sales_words(kind=TriageKind.SALE, holder="Ann Fan", sales=[sale(), sale()], admin_url=URL)
        said = words_of(accepted(slack, words))
        assert "2 seats sold" in said
        assert "*Price*\n$200.00" in said
        assert "*Payout*\n$160.00" in said
        assert "*Commission*\n$40.00" in said
        assert "StubHub INV-7 · $100.00 → $80.00" in said

    def test_void_sales_say_why_and_where_the_seat_went(self, slack: LocalSlack) -> None:
        sales = [sale(void_reason="Card refused", returned=True), sale(void_reason="Card refused")]
        said = words_of(accepted(slack, sales_words(kind=TriageKind.VOID, holder="Ann", sales=sales, admin_url="")))
        assert "2 sales void" in said
        assert "back on sale: Card refused" in said
        assert "withdrawn: Card refused" in said

    def test_count_what_does_not_fit(self, slack: LocalSlack) -> None:
        for many, rest in ((sale(), 70), (sale(event="&" * 200, void_reason="<" * 300), 98)):
            words = sales_words(kind=TriageKind.VOID, holder="Ann", sales=[many] * 100, admin_url=URL)
            assert f"_and {rest} more sales_" in words_of(accepted(slack, words))
        for holder, rest in (("Ann Fan", 170), ("&" * 300, 197)):
            digest = digest_words(waiting=waiting(200, holder=holder), hours=24, admin_url=URL)
            assert f"_and {rest} more lines_" in words_of(accepted(slack, digest))
        errors = [f"E{number} {'`<&' * 98}" for number in range(90)]
        dead = dead_words(topics={f"t{number}": 2 for number in range(20)}, errors=errors, admin_url=URL)
        assert "more lines_" in words_of(accepted(slack, dead))

    def test_texts_that_are_not_counted_still_fit(self, slack: LocalSlack) -> None:
        """Slack refuses blocks that are too long in total, so the longest texts are cut as a last resort."""
        said = accepted(slack, words("Many", [header("Many"), *sections(["&amp;" * 500] * 20), context("The end")]))
        assert words_of(said).endswith("The end")
        assert sum(map(len, marked(said["blocks"]))) <= MAX_MESSAGE
        assert not re.search(r"&(?!amp;)", words_of(said))

    def test_events_say_what_is_at_stake(self, slack: LocalSlack) -> None:
        said = words_of(accepted(slack, event_words(event_shown())))
        assert "Postponed: Jets at Eagles" in said
        assert "*Open sales*\n3 seats, $300.00" in said
        assert "Storm · by Sam" in said

    def test_digest_and_answers_list_what_waits(self, slack: LocalSlack) -> None:
        digest = accepted(slack, digest_words(waiting=waiting(2), hours=24, admin_url=URL))
        assert "4 decisions overdue" in words_of(digest)
        assert "• *2 new listings* · Ann Fan · Eagles · since <!date^" in words_of(digest)
        empty = accepted(slack, pending_words(title="Waiting for a decision: Ann", waiting=[], admin_url=""))
        assert "Nothing waits for a decision." in words_of(empty)


EVERY_MESSAGE = [
    lambda name: about([listing(name, note=name, section=name[:30], status=ListingStatus.PENDING)], holder=name),
    lambda name: about([listing(status=ListingStatus.DECLINED, was="pending", by=name, note=name)], holder=name),
    lambda name: season_ticket(holder=name, team=name, season=name, place=name, twins={uuid7(): name}),
    lambda name: season_ticket(status=SeasonTicketStatus.ENDED, decided_by=name, reason=name),
    lambda name: sales_words(
        kind=TriageKind.VOID,
        holder=name,
        sales=[sale(event=name, place=name, marketplace=name, invoice=name, void_reason=name)],
        admin_url="",
    ),
    lambda name: event_words(event_shown(event=name, note=name, by=name, before=name)),
    lambda name: dead_words(topics={name: 1}, errors=["<!channel> & `x`"], admin_url=""),
    lambda name: digest_words(waiting=waiting(holder=name, team=name), hours=1, admin_url=""),
    lambda name: pending_words(title=f"Waiting for a decision: {name}", waiting=waiting(holder=name), admin_url=""),
]


class TestWordsOfOthers:
    @pytest.mark.parametrize("make", EVERY_MESSAGE)
    def test_never_become_a_mark_a_mention_or_a_link(self, slack: LocalSlack, make: Any) -> None:
        """Holder text is escaped in blocks and in the text of the notification; bare addresses stay text."""
        message = accepted(slack, make(NASTY))
        assert "&lt;!channel&gt;" in words_of(message)
        for text in (message["text"], *marked(message["blocks"])):
            assert "<!channel>" not in text
            assert "<http" not in text
            assert "*x*" not in text
            assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert all(found["verbatim"] for found in mrkdwn_objects(message["blocks"]))

    def test_of_a_hundred_characters_keep_every_message_within_the_limits(self, slack: LocalSlack) -> None:
        for make in EVERY_MESSAGE:
            accepted(slack, make("&<>*_~`" * 15))

    @given(st.text(alphabet="&<>*_~`a ;", max_size=60))
    def test_are_the_same_for_the_reader(self, text: str) -> None:
        safe = escaped(text)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", safe)
        read = safe.replace("\u200b", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert read == " ".join(text.split())

    @given(st.text(alphabet="&<>a;", max_size=30), st.integers(1, 40))
    def test_are_never_cut_inside_an_entity(self, text: str, length: int) -> None:
        short = cut(escaped(text), length)
        assert len(short) <= length
        assert not re.search(r"&(?!amp;|lt;|gt;)", short)

    @pytest.mark.parametrize("make", EVERY_MESSAGE)
    def test_make_no_emoji_and_no_line_break(self, slack: LocalSlack, make: Any) -> None:
        """Who is called ":white_check_mark: approved by Sam" has a name, no decision; nor is our part turned."""
        message = accepted(slack, make("\u202e:white_check_mark: by :+1::x:\u2066"))
        said = f"{message['text']}\n{words_of(message)}"
        assert "by :\u200b+1" in said
        assert not set("\u202e\u2066") & set(said)
        ours = {":white_check_mark: Ended", ":white_check_mark: 1"}
        found = re.findall(r":(?:white_check_mark|x|\+1): ?\w*", said)
        assert set(found) <= ours, found

    def test_with_times_in_them_stay_as_they_are(self) -> None:
        assert escaped("Sun, Sep 9, 1:00 PM: row A:B") == "Sun, Sep 9, 1:00 PM: row A:B"


class TestModal:
    @pytest.mark.parametrize("action", sorted(ACTIONS_WITH_REASON))
    def test_is_accepted_by_slack(self, slack: LocalSlack, action: TriageAction) -> None:
        view = reason_modal(action=action, title=escaped(NASTY * 100), private_metadata="{}")
        view_open(trigger_id=slack.trigger(SAM), view=view)
        [opened] = slack.views(SAM)
        assert opened["callback_id"] == "triage.reason"
        assert opened["blocks"][1]["element"]["max_length"] == 300


def mrkdwn_objects(found: Any) -> list[dict[str, Any]]:
    """Return every text of the blocks that Slack formats."""
    if isinstance(found, list):
        return [text for item in found for text in mrkdwn_objects(item)]
    if isinstance(found, dict):
        own = [found] if found.get("type") == "mrkdwn" else []
        return own + [text for value in found.values() for text in mrkdwn_objects(value)]
    return []


def marked(blocks: Any) -> list[str]:
    return [found["text"] for found in mrkdwn_objects(blocks)]


def test_times_are_shown_in_the_zone_of_the_reader() -> None:
    row = listing(status=ListingStatus.LISTED, was="pending")
    stamp = int(row.changed_at.timestamp())
    assert f"<!date^{stamp}^{{date_short_pretty}} {{time}}|2040-09-09 17:00 UTC>" in words_of(as_message(about([row])))
    assert row.changed_at.utcoffset() == timedelta(0)
