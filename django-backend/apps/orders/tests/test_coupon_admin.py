"""Coupons in the admin: typed in percent and dollars, and fixed once an order has used them."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.common.testing.html_forms import load, save
from apps.common.testing.queries import queries_of
from apps.orders.models import Coupon, Order
from apps.orders.services.coupons import coupon_use_release, coupon_use_reserve
from apps.orders.testing.coupons import coupon, unpaid_order
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
URL = "/admin/orders/coupon/"
TYPED: Any = {
    "code": " save20 ", "percent_bps": "20", "valid_from_0": "2026-01-01", "valid_from_1": "00:00:00",
    "valid_until_0": "2040-01-01", "valid_until_1": "00:00:00",
}  # fmt: skip


@pytest.fixture
def staff() -> Client:
    return staff_browser("view_coupon", "add_coupon", "change_coupon", "view_couponuse")


def page_of(row: Coupon) -> str:
    return f"{URL}{row.id}/change/"


def use(row: Coupon) -> Order:
    order = unpaid_order()
    coupon_use_reserve(coupon=row, order=order)
    return order


def problems(answer: HttpResponse) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)  # type: ignore[attr-defined]


def test_is_typed_in_percent_and_dollars(staff: Client) -> None:
    """S4-29."""
    amount = {"code": "FIFTEEN", "percent_bps": "", "amount_cents": "15.00", "minimum_total_cents": "99.5"}
    half = {"code": "Half-1_A", "percent_bps": "12.5", "funded_by": "shared", "holder_share": "33.33"}
    for changes in ({}, amount, half, {"code": "THEIRS", "funded_by": "holder"}):
        assert save(staff, f"{URL}add/", {**TYPED, **changes}).status_code == 302
    columns = ("code", "percent_bps", "amount_cents", "minimum_total_cents", "funded_by", "holder_share_bps")
    assert list(Coupon.objects.order_by("id").values_list(*columns)) == [
        ("SAVE20", 2_000, None, 0, "house", 0),
        ("FIFTEEN", None, 1_500, 9_950, "house", 0),
        ("HALF-1_A", 1_250, None, 0, "shared", 3_333),
        ("THEIRS", 2_000, None, 0, "holder", 10_000),
    ]
    shown = staff.get(page_of(Coupon.objects.get(code="HALF-1_A"))).context["adminform"].form
    assert [shown[name].value() for name in ("percent_bps", "holder_share")] == ["12.50", "33.33"]
    assert shown["minimum_total_cents"].value() == "0.00"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("code", {"code": "AB"}),
        ("code", {"code": "SAVE 20"}),
        ("code", {"code": "-SAVE"}),
        ("code", {"code": "TAKEN"}),
        ("percent_bps", {"percent_bps": ""}),
        ("percent_bps", {"amount_cents": "15.00"}),
        ("percent_bps", {"percent_bps": "100.01"}),
        ("percent_bps", {"percent_bps": "0"}),
        ("percent_bps", {"percent_bps": "12.555"}),
        ("amount_cents", {"percent_bps": "", "amount_cents": "0"}),
        ("minimum_total_cents", {"minimum_total_cents": "-1"}),
        ("minimum_total_cents", {"minimum_total_cents": ""}),
        ("valid_until", {"valid_until_0": "2026-01-01"}),
        ("max_uses", {"max_uses": "0"}),
        ("holder_share", {"funded_by": "shared"}),
        ("holder_share", {"funded_by": "shared", "holder_share": "100"}),
        ("holder_share", {"funded_by": "shared", "holder_share": "0"}),
        ("holder_share", {"holder_share": "50"}),
        ("holder_share", {"funded_by": "holder", "holder_share": "50"}),
        ("note", {"note": "A\u202eB"}),
    ],
)
def test_refuses_what_makes_no_sense_at_the_field(staff: Client, field: str, changes: dict[str, str]) -> None:
    coupon("TAKEN")
    assert list(problems(save(staff, f"{URL}add/", {**TYPED, **changes}))) == [field]
    assert Coupon.objects.count() == 1


def test_can_be_changed_until_it_is_used(staff: Client) -> None:
    """The holder's share follows who bears the discount."""
    row = coupon(funded_by="shared", holder_share_bps=5_000)
    for changes, kept in (
        ({"holder_share": "25"}, ("shared", 2_500)),
        ({"funded_by": "holder", "holder_share": ""}, ("holder", 10_000)),
        ({"funded_by": "house"}, ("house", 0)),
        ({"note": "x"}, ("house", 0)),
        ({"funded_by": "shared", "holder_share": "0.01"}, ("shared", 1)),
    ):
        answer = save(staff, page_of(row), changes)
        assert answer.status_code == 302, problems(answer)
        row.refresh_from_db()
        assert (row.funded_by, row.holder_share_bps) == kept
    save(staff, page_of(row), {"code": "OTHER", "percent_bps": "", "amount_cents": "3"})
    row.refresh_from_db()
    assert (row.code, row.percent_bps, row.amount_cents) == ("OTHER", None, 300)


def test_keeps_its_discount_once_it_is_used(staff: Client) -> None:
    """S4-31, S4-34: what an order was promised stays; what is left can be stopped, also after a release."""
    row = coupon(funded_by="shared", holder_share_bps=2_500)
    before = load(staff, page_of(row), {"percent_bps": "50"})
    order = use(row)
    answer = staff.post(page_of(row), before)
    assert "No longer to be edited here: code, percent bps, amount cents" in answer.content.decode()
    coupon_use_release(order_id=order.id)
    page = staff.get(page_of(row))
    assert not {"code", "percent_bps", "amount_cents", "funded_by"} & page.context["adminform"].form.fields.keys()
    for words in ("SAVE20", "20.00 %", "Holder 25.00 %, house the rest", order.number, "Released"):
        assert words in page.content.decode()
    hidden = {"code": "X-1", "percent_bps": "50", "amount_cents": "1", "funded_by": "house", "holder_share": "1"}
    assert save(staff, page_of(row), hidden, is_active=None, max_uses="5").status_code == 302
    row.refresh_from_db()
    assert (row.code, row.percent_bps, row.amount_cents, row.funded_by) == ("SAVE20", 2_000, None, "shared")
    assert (row.holder_share_bps, row.is_active, row.max_uses) == (2_500, False, 5)


def test_lists_say_how_often_each_is_used(staff: Client) -> None:
    limited = coupon("TWICE", max_uses=2)
    coupon("TENOFF", amount_cents=1_000)
    for _ in range(2):
        use(limited)
    coupon_use_release(order_id=use(limited).id)
    page = staff.get(URL).content.decode()
    for words in ("2 of 2", "0 of any number", "20.00 %", "10.00"):
        assert words in page
    few = queries_of(lambda: staff.get(URL))
    for number in range(3):
        use(coupon(f"MORE{number}"))
    assert queries_of(lambda: staff.get(URL)) == few


def test_is_read_without_the_right_to_change_it() -> None:
    row = coupon(minimum_total_cents=5_000)
    page = staff_browser("view_coupon").get(page_of(row))
    assert not page.context["adminform"].form.fields
    for words in ("SAVE20", "20.00 %", "50.00", "House"):
        assert words in page.content.decode()
