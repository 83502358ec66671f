"""Who may decide by which button."""

import pytest
from django.core.cache import cache
from pytest_django import Settings

from apps.common.testing.local_slack import (
    ADMIN,
    ADMIN_EMAIL,
    CHANNEL,
    GONE,
    GONE_EMAIL,
    GUEST,
    GUEST_EMAIL,
    ROBOT,
    SAM,
    SAM_EMAIL,
    LocalSlack,
)
from apps.listings.models import Listing
from apps.listings.testing.stories import held_row
from apps.notifications.errors import SlackRefused
from apps.season_tickets.models import SeasonTicket
from apps.triage.enums import ACTIONS_WITH_REASON, TriageAction
from apps.triage.errors import StaffUnknown
from apps.triage.models import SlackRequest, TriageMessage
from apps.triage.services import people
from apps.triage.services.people import staff_of
from apps.triage.services.requests import slack_request_handle
from apps.triage.testing.stories import LATER, NOW, RIGHTS, staff
from apps.triage.tests.test_decisions import delistings, new_listings, registered, statuses
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
LISTING, TICKET = ("view_listing", "change_listing"), ("view_seasonticket", "change_seasonticket")


class TestStaffOf:
    def test_is_who_has_the_address_of_the_slack_profile(self, slack: LocalSlack) -> None:
        sam = staff()
        assert staff_of(slack_user=SAM, model="listings.listing") == sam

    @pytest.mark.parametrize(
        "fields", [{"is_staff": False}, {"is_active": False}, {"is_active": False, "is_superuser": True}]
    )
    def test_is_nobody_without_an_account_that_works(self, slack: LocalSlack, fields: dict[str, bool]) -> None:
        staff(**fields)
        with pytest.raises(StaffUnknown, match="no staff account"):
            staff_of(slack_user=SAM, model="listings.listing")

    def test_is_nobody_with_another_address(self, slack: LocalSlack) -> None:
        staff(email="someone@example.com")
        with pytest.raises(StaffUnknown, match="no staff account"):
            staff_of(slack_user=SAM, model="listings.listing")

    @pytest.mark.parametrize(("user", "email"), [(GONE, GONE_EMAIL), (ROBOT, "")])
    def test_is_nobody_who_has_left_slack_or_is_a_bot(self, slack: LocalSlack, user: str, email: str) -> None:
        if email:
            staff(email=email)
        UserFactory(email="", superuser=True)  # no address matches no address
        with pytest.raises(StaffUnknown, match="no staff account"):
            staff_of(slack_user=user, model="listings.listing")

    @pytest.mark.parametrize("fact", ["deleted", "is_bot"])
    def test_is_nobody_who_is_not_a_person_even_with_the_address(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, fact: str
    ) -> None:
        """A bot has no address in Slack today; if it got that of a colleague, it could still not decide."""
        sam, known = staff(), people.user_profile(user=SAM)
        monkeypatch.setattr(people, "user_profile", lambda **_: {**known, fact: False})
        assert staff_of(slack_user=SAM, model="listings.listing") == sam
        cache.clear()  # the answer of Slack is cached
        monkeypatch.setattr(people, "user_profile", lambda **_: {**known, fact: True})
        with pytest.raises(StaffUnknown, match="no staff account"):
            staff_of(slack_user=SAM, model="listings.listing")

    def test_of_an_unknown_slack_user_is_refused(self, slack: LocalSlack) -> None:
        with pytest.raises(StaffUnknown, match=r"did not give us your e-mail address \(user_not_found\)"):
            staff_of(slack_user="U0NOBODY", model="listings.listing")

    @pytest.mark.parametrize("profile", [{"team_id": "T0OTHERS"}, {"is_email_confirmed": False}])
    def test_is_nobody_whose_address_our_workspace_does_not_vouch_for(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, profile: dict[str, object]
    ) -> None:
        """A shared channel has people of another workspace, which lets them have any address."""
        staff()
        known = {**people.user_profile(user=SAM), **profile}
        monkeypatch.setattr(people, "user_profile", lambda **_: known)
        with pytest.raises(StaffUnknown, match="no staff account"):
            staff_of(slack_user=SAM, model="listings.listing")

    def test_is_asked_for_again_when_slack_cannot_be_reached(self, slack: LocalSlack, settings: Settings) -> None:
        """The user does not read that there is no account: we do not know."""
        staff()
        settings.SLACK_API_URL = "http://127.0.0.1:9/api/"
        with pytest.raises(SlackRefused, match="unreachable"):
            staff_of(slack_user=SAM, model="listings.listing")

    @pytest.mark.parametrize(
        ("rights", "model", "deciding", "may"),
        [
            (LISTING, "listings.listing", True, True),
            (LISTING, "season_tickets.seasonticket", True, False),
            (TICKET, "season_tickets.seasonticket", True, True),
            (TICKET, "listings.listing", True, False),
            (("view_listing",), "listings.listing", True, False),
            (("change_listing",), "listings.listing", True, False),
            (("view_listing",), "listings.listing", False, True),
            (("change_listing",), "listings.listing", False, False),
        ],
    )
    def test_has_the_rights_of_the_admin(
        self, slack: LocalSlack, rights: tuple[str, ...], model: str, deciding: bool, may: bool
    ) -> None:
        sam = staff(*rights)
        if may:
            assert staff_of(slack_user=SAM, model=model, deciding=deciding) == sam
        else:
            with pytest.raises(StaffUnknown, match="may not do this"):
                staff_of(slack_user=SAM, model=model, deciding=deciding)

    def test_asks_slack_once_in_ten_minutes_and_the_database_each_time(self, slack: LocalSlack) -> None:
        """Permissions that are taken away are gone at once."""
        sam = staff()
        for _ in range(3):
            staff_of(slack_user=SAM, model="listings.listing")
        assert len(slack.calls("users.info")) == 1
        sam.user_permissions.clear()
        with pytest.raises(StaffUnknown):
            staff_of(slack_user=SAM, model="listings.listing")
        assert 0 < people.CACHE_SECONDS <= 600

    def test_keeps_that_there_is_no_address(self, slack: LocalSlack) -> None:
        for _ in range(2):
            with pytest.raises(StaffUnknown):
                staff_of(slack_user=ROBOT, model="listings.listing")
        assert len(slack.calls("users.info")) == 1


def held_delistings() -> TriageMessage:
    message = delistings()
    held_row(Listing.objects.get(id=message.object_ids[0]), "1")
    return message


MESSAGES = {
    TriageAction.VERIFY: (registered, TICKET),
    TriageAction.REJECT: (registered, TICKET),
    TriageAction.APPROVE: (new_listings, LISTING),
    TriageAction.DECLINE: (new_listings, LISTING),
    TriageAction.APPROVE_DELISTING: (delistings, LISTING),
    TriageAction.DELIST_WHEN_RELEASED: (held_delistings, LISTING),
    TriageAction.DECLINE_DELISTING: (delistings, LISTING),
}


def press(message: TriageMessage, action: TriageAction, user: str, *, kind: str = "button") -> str:
    """Have a worker handle a button or a reason."""
    request = SlackRequest.objects.create(
        signature=f"v0={SlackRequest.objects.count()}",
        kind=kind,
        slack_user=user,
        payload={
            "action": action.value, "message_id": str(message.id), "channel": CHANNEL, "reason": "Too dear",
            "trigger_id": "1.2",
        },
        received_at=NOW,
    )  # fmt: skip
    return slack_request_handle(request_id=request.id, now=LATER)


def decided(message: TriageMessage) -> bool:
    if message.kind == "season_ticket":
        return SeasonTicket.objects.get(id=message.object_ids[0]).status != "pending"
    return not set(statuses(message)) & {"pending", "delisting_requested"}


class TestButtons:
    @pytest.mark.parametrize("action", TriageAction)
    def test_work_only_for_those_who_may(self, slack: LocalSlack, action: TriageAction) -> None:
        """Being in the channel gives no permission: the table of all buttons, both ways."""
        make, rights = MESSAGES[action]
        kind = "reason" if action in ACTIONS_WITH_REASON else "button"
        message = make()
        staff(*(right for right in RIGHTS if right not in rights), email=SAM_EMAIL)
        UserFactory(email=GUEST_EMAIL)
        for user, sentence in ((SAM, "may not do this"), (GUEST, "no staff account")):
            assert sentence in press(message, action, user, kind=kind)
            assert sentence in slack.whispers(user)[-1]
            assert not decided(message)
        staff(*rights, email=ADMIN_EMAIL)
        assert press(message, action, ADMIN, kind=kind).startswith(f"{action.label}: ")
        assert decided(message)

    @pytest.mark.parametrize("action", sorted(ACTIONS_WITH_REASON))
    def test_open_no_question_for_those_who_may_not_answer_it(self, slack: LocalSlack, action: TriageAction) -> None:
        message = MESSAGES[TriageAction(action)][0]()
        UserFactory(email=GUEST_EMAIL)
        assert "no staff account" in press(message, TriageAction(action), GUEST)
        assert slack.calls("views.open") == []
