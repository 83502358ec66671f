"""A message as the product sends it, for tests and pictures."""

from typing import Any


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(text: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action_id, "value": "17", **more}


def actions(*elements: dict[str, Any], block_id: str = "triage") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": [*elements]}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def listing_message() -> list[dict[str, Any]]:
    """Return a message about a season of listings, with everything that a message of the product may have."""
    games = "\n".join(
        f"• <!date^{1_788_000_000 + week * 604_800}^{{date_short}}|week {week}> *Eagles* vs Opponent {week}, "
        f"4 seats at $1{week:02}.00"
        for week in range(12)
    )
    decline = {
        "title": plain("Decline?"),
        "text": mrkdwn("The holder *Ann Fan* is notified."),
        "confirm": plain("Decline"),
    }
    return [
        {"type": "header", "text": plain(":ticket: New listings: Philadelphia Eagles")},
        section("*Ann &amp; Bob Fan* listed 48 seats, waiting for <@U01ADMIN>"),
        {
            "type": "section",
            "fields": [
                mrkdwn("*Holder*\n<mailto:ann@example.com|ann@example.com>"),
                mrkdwn("*Seats*\n48 in section 112, row 9"),
                mrkdwn("*Price*\n$100.00 to $111.00"),
                mrkdwn("*Payout*\n$90.00 to $99.90"),
            ],
        },
        {"type": "divider"},
        section(games),
        actions(
            button("Approve all", "approve", style="primary"),
            button("Review", "review", url="http://127.0.0.1:9/admin/"),
            button("Decline", "decline", style="danger", confirm=decline | {"style": "danger"}),
        ),
        {"type": "context", "elements": [mrkdwn("Listing `L-17`, _first seen_ :eyes:"), plain("team eagles")]},
    ]


def reason_modal(**more: Any) -> dict[str, Any]:
    """Return a modal with a required long text, an optional choice and an optional short text."""
    options = [{"text": plain(name), "value": name.lower()} for name in ("Price", "Seats")]
    return {
        "type": "modal",
        "callback_id": "decline",
        "private_metadata": "17",
        "title": plain("Decline listings"),
        "submit": plain("Decline"),
        "close": plain("Back"),
        "blocks": [
            section("You decline *48 seats* of Ann Fan."),
            {
                "type": "input",
                "block_id": "reason",
                "label": plain("Reason"),
                "hint": plain("The holder reads this."),
                "element": {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 200},
            },
            {
                "type": "input",
                "block_id": "kind",
                "label": plain("Kind"),
                "optional": True,
                "element": {"type": "static_select", "action_id": "choice", "options": options},
            },
        ],
        **more,
    }
