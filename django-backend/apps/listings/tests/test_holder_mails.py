"""Mails about decisions as holders read them: everything in both formats, and no markup from users."""

from typing import Any

import pytest

from apps.listings.enums import ListingMove
from apps.listings.messages import MOVE_NOTICES
from apps.notifications.messages import mail_text
from apps.season_tickets.messages import DECISION_NOTICES

NASTY = "<script>alert(1)</script> & \"quoted\" {{ name }} {% now 'Y' %}"
LONG = f"{NASTY}\n{'Every seat of the row was sold by the club itself. ' * 6}{'x' * 120}"


def places(count: int = 1, *, prices: bool = True) -> list[dict[str, str]]:
    rest = (
        {"price": "1,234.56 USD", "payout": "987.65 USD", "each": "each"}
        if prices
        else dict.fromkeys(("price", "payout", "each"), "")
    )
    return [{"place": f"section 10{number}, row A, seats 1 to 4", **rest} for number in range(1, count + 1)]


def games(count: int, *, name: str = "Dallas Cowboys at Philadelphia Eagles", prices: bool = True) -> dict[str, Any]:
    start = "Sunday, September 9, 2040, 1:00 PM EDT"
    listed = [{"event": f"{name} {n}", "start": start, "places": places(2, prices=prices)} for n in range(1, count + 1)]
    return {"about": f"your seats for {count} games", "games": listed, "more": 3, "reason": LONG, "sold": True}


LISTING_MAILS = {
    words.template: games(40, name="<b>Bowl</b> & Co", prices=words.with_prices)
    for words in MOVE_NOTICES.values()
    if words.template
}
BLOCK = {"team": "Philadelphia <i>Eagles</i>", "season": "2040 & on", "place": "section 101, row A, seats 1 to 4"}
SEASON_TICKET_MAILS = {words.template: {**BLOCK, "reason": LONG} for words in DECISION_NOTICES.values()}
MAILS = {**LISTING_MAILS, **SEASON_TICKET_MAILS}
WITH_REASON = {"listing_declined", "listing_delisting_declined", "season_ticket_rejected", "season_ticket_ended"}


def written(template: str, **changes: Any) -> Any:
    return mail_text(template=template, context={**MAILS[template], "name": "Pat", **changes})


class TestMails:
    @pytest.mark.parametrize("template", MAILS)
    def test_escape_what_people_typed(self, template: str) -> None:
        """S3-53: in HTML only; the text is not HTML."""
        letter = written(template)
        for tag in ("<script", "<b>", "<i>"):
            assert tag not in letter.html
        if template in WITH_REASON:
            assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; {{ name }}" in letter.html
            assert NASTY in letter.text
        assert "\n" not in letter.subject
        assert "&amp;" not in letter.subject + letter.text

    @pytest.mark.parametrize("template", MAILS)
    def test_need_no_pictures_and_nothing_from_elsewhere(self, template: str) -> None:
        html = written(template).html
        assert not any(word in html for word in ("<img", "<link", "<script", "src=", "url("))

    @pytest.mark.parametrize("template", LISTING_MAILS)
    def test_name_every_game_with_its_seats(self, template: str) -> None:
        """S3-53: in both forms, with price and payout where seats are or could be on sale."""
        letter = written(template)
        assert letter.text.count("Bowl</b> & Co ") == letter.html.count("Bowl&lt;/b&gt; &amp; Co ") == 40
        assert letter.text.count("section 102, row A") == letter.html.count("Section 102, row A") == 40
        priced = template != "listing_delisted"
        assert letter.text.count("payout 987.65 USD each") == letter.html.count("987.65 USD") == 80 * priced
        for text in (letter.text, letter.html):
            assert "and 3 more games" in text
        assert letter.subject.endswith(": your seats for 40 games")
        assert "\n\n\n" not in letter.text

    def test_of_one_seat_do_not_say_each(self) -> None:
        one = {**games(1), "more": 0}
        one["games"][0]["places"] = [{**places()[0], "place": "section 101, row A, seat 1", "each": ""}]
        letter = written("listing_approved", **one)
        assert "- section 101, row A, seat 1: price 1,234.56 USD, payout 987.65 USD\n" in letter.text
        assert "each" not in letter.html.lower()
        assert "more game" not in letter.text + letter.html

    @pytest.mark.parametrize("template", SEASON_TICKET_MAILS)
    def test_name_the_season_ticket(self, template: str) -> None:
        """S3-53."""
        letter = written(template)
        assert BLOCK["place"] in letter.text
        assert "Section 101, row A, seats 1 to 4" in letter.html
        assert "Philadelphia <i>Eagles</i>, 2040 & on" in letter.subject
        assert ("Why: " in letter.text) is (template in WITH_REASON)

    def test_of_a_delisting_say_what_stays_sold(self) -> None:
        texts = [written("listing_delisted", sold=sold).text for sold in (True, False)]
        assert ["stay sold" in text for text in texts] == [True, False]

    def test_are_there_for_every_decision(self) -> None:
        assert set(MOVE_NOTICES) - {ListingMove.EXPIRE} == {
            ListingMove.APPROVE, ListingMove.DECLINE, ListingMove.APPROVE_DELISTING, ListingMove.DECLINE_DELISTING,
            ListingMove.FINISH_DELISTING,
        }  # fmt: skip
        assert len(MAILS) == 7
