"""Slack's limits: what fits exactly is accepted, one more is refused and named."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.slack.limits import BLOCKS_TEXT, blocks_length, check_blocks, check_view
from sandbox.slack.web_api import Refused, content
from sandbox.tests.messages import actions, button, listing_message, mrkdwn, plain, reason_modal, section

Blocks = list[dict[str, Any]]


def confirm(title: int = 1, text: int = 1, yes: int = 1, no: int = 1) -> dict[str, Any]:
    return {
        "title": plain("x" * title),
        "text": mrkdwn("x" * text),
        "confirm": plain("x" * yes),
        "deny": plain("x" * no),
    }


LIMITS: list[tuple[str, int, Callable[[int], Blocks], str]] = [
    ("blocks", 50, lambda n: [{"type": "divider"}] * n, "/blocks]"),
    ("section text", 3000, lambda n: [section("x" * n)], "/blocks/0/text/text]"),
    ("fields", 10, lambda n: [{"type": "section", "fields": [mrkdwn("x")] * n}], "/blocks/0/fields]"),
    ("field", 2000, lambda n: [{"type": "section", "fields": [mrkdwn("x" * n)]}], "/blocks/0/fields/0/text]"),
    ("header", 150, lambda n: [{"type": "header", "text": plain("x" * n)}], "/blocks/0/text/text]"),
    ("button text", 75, lambda n: [actions(button("x" * n, "a"))], "/blocks/0/elements/0/text/text]"),
    ("button value", 2000, lambda n: [actions(button("x", "a", value="x" * n))], "/blocks/0/elements/0/value]"),
    ("action id", 255, lambda n: [actions(button("x", "x" * n))], "/blocks/0/elements/0/action_id]"),
    ("block id", 255, lambda n: [section("x", block_id="x" * n)], "/blocks/0/block_id]"),
    ("actions", 25, lambda n: [actions(*(button("x", f"a{i}") for i in range(n)))], "/blocks/0/elements]"),
    ("context", 10, lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}], "/blocks/0/elements]"),
    ("confirm title", 100, lambda n: [actions(button("x", "a", confirm=confirm(title=n)))], "confirm/title/text]"),
    ("confirm text", 300, lambda n: [actions(button("x", "a", confirm=confirm(text=n)))], "confirm/text/text]"),
    ("confirm yes", 30, lambda n: [actions(button("x", "a", confirm=confirm(yes=n)))], "confirm/confirm/text]"),
    ("confirm no", 30, lambda n: [actions(button("x", "a", confirm=confirm(no=n)))], "confirm/deny/text]"),
]


@pytest.mark.parametrize(("most", "blocks", "pointer"), [limit[1:] for limit in LIMITS], ids=[row[0] for row in LIMITS])
def test_each_number_is_the_last_that_fits(most: int, blocks: Callable[[int], Blocks], pointer: str) -> None:
    assert check_blocks(blocks(most)) == []
    [problem] = check_blocks(blocks(most + 1))
    assert problem.endswith(pointer)
    assert str(most) in problem or str(most + 1) in problem


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([{"type": "markdown", "text": "x"}], "unsupported type: markdown"),
        ([{"type": "section"}], "missing required field: text or fields"),
        ([section("")], "must be more than 0 characters"),
        ([section("x", colour="red")], "invalid additional property: colour"),
        ([{"type": "header", "text": mrkdwn("x")}], "must be plain_text"),
        ([actions(button("x", "a", style="default"))], "must be primary or danger"),
        ([actions(button("x", "a", url="javascript:alert(1)"))], "must be an http or https URL"),
        ([actions(button("x", "a", confirm={"title": plain("x")}))], "missing required field: text"),
        ([{"type": "actions", "elements": []}], "must be a list with at least one item"),
        ([{"type": "input", "label": plain("x"), "element": {}}], "unsupported type: input"),
    ],
)
def test_what_slack_would_refuse_is_named(blocks: Blocks, sentence: str) -> None:
    [problem] = check_blocks(blocks)
    assert sentence in problem


def test_a_message_of_the_product_is_in_order() -> None:
    assert check_blocks(listing_message()) == []


@pytest.mark.parametrize(
    ("most", "view"),
    [
        (24, lambda n: reason_modal(title=plain("x" * n))),
        (24, lambda n: reason_modal(submit=plain("x" * n))),
        (24, lambda n: reason_modal(close=plain("x" * n))),
        (3000, lambda n: reason_modal(private_metadata="x" * n)),
        (100, lambda n: reason_modal(blocks=[{"type": "divider"}] * n)),
    ],
    ids=["title", "submit", "close", "private_metadata", "blocks"],
)
def test_modals_have_their_own_limits(most: int, view: Callable[[int], dict[str, Any]]) -> None:
    assert check_view(view(most)) == []
    assert len(check_view(view(most + 1))) == 1


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    without = {key: value for key, value in reason_modal().items() if key != "submit"}
    assert "submit" in check_view(without)[0]
    assert check_view([]) != []
    assert check_view(reason_modal(blocks=None)) != []


def test_blocks_that_are_too_long_together_are_refused_although_each_fits() -> None:
    """https://github.com/slackapi/bolt-js/issues/2509: no number is documented."""
    blocks = [section("x" * 2_500) for _ in range(5)]
    assert blocks_length(blocks) == BLOCKS_TEXT
    assert content({"blocks": blocks})[1]
    with pytest.raises(Refused) as refusal:
        content({"blocks": [*blocks, section("x")]})
    assert refusal.value.error == "msg_blocks_too_long"
