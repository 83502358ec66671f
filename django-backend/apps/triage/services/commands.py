"""`/stt pending` and `/stt holder <address>`: lists what waits for staff."""

from typing import Final

from apps.common.slack_blocks import Words
from apps.notifications.api import command_answer
from apps.triage.errors import StaffUnknown
from apps.triage.messages.news import pending_words
from apps.triage.selectors import admin_home, admin_url, holder_by_email, waiting_for_staff
from apps.triage.services.people import staff_of

USAGE: Final = "Try `/stt pending` or `/stt holder name@example.com`."


def command_handle(*, slack_user: str, text: str, response_url: str) -> str:
    """Answer the user who typed a command; return the command.

    Raises:
        DomainError: Slack does not answer now, or accepts no answer any more.
    """
    try:
        staff_of(slack_user=slack_user, model="listings.listing", deciding=False)
        staff_of(slack_user=slack_user, model="season_tickets.seasonticket", deciding=False)
    except StaffUnknown as error:
        command_answer(response_url=response_url, text=str(error))
        return str(error)
    answer = _answer(text.split())
    if isinstance(answer, str):
        command_answer(response_url=response_url, text=answer)
    else:
        command_answer(response_url=response_url, text=answer.text, blocks=answer.blocks)
    return f"/stt {text}"


def _answer(words: list[str]) -> Words | str:
    match words:
        case ["pending"]:
            return pending_words(title="Waiting for a decision", waiting=waiting_for_staff(), admin_url=admin_home())
        case ["holder", address]:
            # Slack sends a typed address as a link: <mailto:a@b.c|a@b.c>.
            email = address.strip("<>").removeprefix("mailto:").partition("|")[0]
            holder = holder_by_email(email)
            if holder is None:
                return "There is no holder with this address."
            return pending_words(
                title=f"Waiting for a decision: {holder.user.get_full_name()}",
                waiting=waiting_for_staff(holder=holder),
                admin_url=admin_url("listings_listing", holder__id__exact=str(holder.id)),
            )
        case _:
            return USAGE
