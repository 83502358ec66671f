"""What staff see of statements in the admin; nobody can change them."""

import pytest

from apps.common.testing.queries import queries_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.payouts.models import Statement
from apps.payouts.testing.stories import FEBRUARY, at, make, sell, statement_of, unsell
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
URL = "/admin/payouts/statement/"
LINES = "/admin/payouts/statementline/"


@pytest.fixture
def statements(listing: Listing) -> tuple[Statement, Statement]:
    """A statement of January, and one of February that is below zero."""
    sale = sell(listing, "1", on=at(1, 5))[0]
    january = statement_of(sale)
    unsell(sale, on=at(2, 6))
    make(FEBRUARY)
    return january, Statement.objects.get(period_start_date=FEBRUARY.first)


def shown(url: str, query: str) -> set[str]:
    page = staff_browser("view_statement", "view_statementline").get(f"{url}?{query}")
    assert page.status_code == 200, query
    return {str(row.pk) for row in page.context["cl"].result_list}


class TestFinding:
    def test_by_month_and_holder(self, statements: tuple[Statement, Statement]) -> None:
        january, february = (str(one.id) for one in statements)
        statement_of(sell(on_sale(), "1", on=at(1, 5))[0])
        assert shown(URL, "period_start_date__year=2026&period_start_date__month=2") == {february}
        assert shown(URL, f"q={statements[0].holder.user.email}") == {january, february}
        assert shown(URL, f"q={january}") == {january}
        assert len(shown(URL, "currency=USD")) == 3

    def test_lines_of_a_statement_and_of_a_sale(self, statements: tuple[Statement, Statement]) -> None:
        january, february = statements
        line = january.lines.get()
        page = staff_browser("view_statement", "view_statementline").get(f"{URL}{january.id}/change/").content.decode()
        address = f"{LINES}?statement__id__exact={january.id}"
        assert f'href="{address}"' in page
        assert shown(LINES, f"statement__id__exact={january.id}") == {str(line.pk)}
        assert shown(LINES, f"q={line.sale_id}") == {str(line.pk), str(february.lines.get().pk)}
        page = staff_browser("view_statementline").get(f"{LINES}{line.pk}/change/").content.decode()
        assert f"/admin/orders/sale/{line.sale_id}/change/" in page

    def test_amounts(self, statements: tuple[Statement, Statement]) -> None:
        for url in (URL, LINES):
            page = staff_browser("view_statement", "view_statementline").get(url).content.decode()
            for amount in ("100.00", "80.00", "-80.00"):
                assert amount in page

    @pytest.mark.parametrize("url", [URL, LINES])
    def test_takes_as_many_queries_for_many(self, statements: tuple[Statement, Statement], url: str) -> None:
        client, counts = staff_browser("view_statement", "view_statementline"), []
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(url)))
            for _ in range(3):
                statement_of(sell(on_sale(), "1", "2", on=at(1, 5))[0])
        assert counts[0] == counts[1]


class TestWays:
    """Links from a row to what belongs to it."""

    def test_lead_from_a_holder_to_all_that_is_theirs(self, statements: tuple[Statement, Statement]) -> None:
        statement_of(sell(on_sale(), "1", on=at(1, 5))[0])
        holder = statements[0].holder
        client = staff_browser(
            "view_ticketholder", "view_seasonticket", "view_listing", "view_sale", "view_statement"
        )  # fmt: skip
        page = client.get(f"/admin/holders/ticketholder/{holder.pk}/change/").content.decode()
        for way, count in (("season-tickets", 1), ("listings", 1), ("sales", 1), ("statements", 2)):
            address = f"/admin/holders/ticketholder/{holder.pk}/{way}/"
            assert f'href="{address}"' in page
            rows = client.get(address, follow=True).context["cl"].result_list
            assert len(rows) == count
            assert {row.holder for row in rows} == {holder}

    def test_lead_from_a_sale_to_its_lines(self, statements: tuple[Statement, Statement]) -> None:
        sale = statements[0].lines.get().sale
        statement_of(sell(on_sale(), "1", on=at(1, 5))[0])
        client = staff_browser("view_sale", "view_statementline")
        lines = client.get(f"/admin/orders/sale/{sale.pk}/statements/", follow=True).context["cl"].result_list
        assert [line.kind for line in lines] == ["sale", "void"]

    def test_are_shown_to_those_who_may_follow_them(self, statements: tuple[Statement, Statement]) -> None:
        holder, sale = statements[0].holder, statements[0].lines.get().sale
        client = staff_browser("view_ticketholder", "view_sale")
        page = client.get(f"/admin/holders/ticketholder/{holder.pk}/change/").content.decode()
        assert f"/admin/holders/ticketholder/{holder.pk}/sales/" in page
        for way in ("season-tickets", "listings", "statements"):
            assert f"/admin/holders/ticketholder/{holder.pk}/{way}/" not in page
        address = f"/admin/orders/sale/{sale.pk}/statements/"
        assert address not in client.get(f"/admin/orders/sale/{sale.pk}/change/").content.decode()
        assert client.get(address).status_code == 403
