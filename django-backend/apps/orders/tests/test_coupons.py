"""Coupons of orders: who may use them, how often, and when."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.common.testing.races import before_commit, while_uncommitted
from apps.common.testing.threads import at_once
from apps.orders.enums import CouponFunding, CouponUseState
from apps.orders.errors.coupons import CouponRefused
from apps.orders.models import Coupon, CouponUse, Order
from apps.orders.services import coupons
from apps.orders.services.coupons import (
    coupon_for_order,
    coupon_use_confirm,
    coupon_use_release,
    coupon_use_reserve,
)
from apps.orders.testing.coupons import VALID_FROM, VALID_UNTIL, coupon, unpaid_order

SECOND = timedelta(seconds=1)


@transaction.atomic
def order_with(
    code: str = "SAVE20", *, buyer: str = "buyer", total_cents: int = 10_000, now: datetime = VALID_FROM
) -> Order:
    """Use a coupon as the checkout does."""
    found = coupon_for_order(code=code, buyer_key=buyer, total_cents=total_cents, now=now)
    order = unpaid_order(buyer)
    coupon_use_reserve(coupon=found, order=order)
    return order


def release(order: Order) -> None:
    with transaction.atomic():
        coupon_use_release(order_id=order.id)


def confirm(order: Order) -> None:
    with transaction.atomic():
        coupon_use_confirm(order_id=order.id)


def states() -> Counter[str]:
    return Counter(CouponUse.objects.values_list("state", flat=True))


def refusal(code: str = "SAVE20", **order: Any) -> tuple[int, str, str, str | None]:
    """Return all that a client learns from a refusal; nothing was written."""
    before = (CouponUse.objects.count(), Order.objects.count())
    with pytest.raises(CouponRefused) as caught:
        order_with(code, **order)
    assert before == (CouponUse.objects.count(), Order.objects.count())
    error = caught.value
    assert len(error.details) == 1
    return error.status, error.code, str(error), error.details[0].attr


@pytest.mark.django_db
class TestRefusals:
    def test_are_the_same_for_every_reason(self) -> None:
        """S4-32: nobody learns which codes there are, or why one does not work."""
        unknown = refusal("NOSUCH")
        assert unknown[:2] == (409, "coupon_refused")
        assert unknown[3] == "coupon"
        coupon("OFF", is_active=False)
        coupon("BIG", minimum_total_cents=10_001)
        coupon("ONCE", max_uses=1)
        coupon("EACH", max_uses_per_buyer=1)
        coupon()
        order_with("ONCE", buyer="another")
        order_with("EACH")
        for reason in (
            refusal("OFF"), refusal("BIG"), refusal("ONCE"), refusal("EACH"), refusal("SAVE2"), refusal(""),
            refusal("SAVE20%"), refusal(now=VALID_UNTIL), refusal(now=VALID_FROM - SECOND),
        ):  # fmt: skip
            assert reason == unknown

    def test_begin_and_end_at_the_moment(self) -> None:
        """S4-32: valid from the first moment on, and no longer valid at the last."""
        coupon()
        just_before = timedelta(microseconds=1)
        for now in (VALID_FROM, VALID_UNTIL - just_before):
            order_with(now=now)
        for now in (VALID_FROM - just_before, VALID_UNTIL):
            refusal(now=now)

    def test_depend_on_the_total_to_the_cent(self) -> None:
        coupon(minimum_total_cents=10_000)
        order_with(total_cents=10_000)
        refusal(total_cents=9_999)

    def test_do_not_depend_on_how_the_code_is_typed(self) -> None:
        coupon("SAVE-20_A")
        for typed in ("SAVE-20_A", "save-20_a", "  Save-20_a\t"):
            order_with(typed)
        refusal("SAVE 20_A")


@pytest.mark.django_db
class TestUses:
    def test_are_as_many_as_allowed(self) -> None:
        """S4-30: n times, no more; reserved and confirmed uses count, released ones do not."""
        coupon(max_uses=2)
        first, second = order_with(), order_with(buyer="another")
        assert (refusal(), states()) == (refusal("NOSUCH"), {"reserved": 2})
        confirm(first)
        refusal()
        release(second)
        third = order_with()
        assert states() == {"confirmed": 1, "reserved": 1, "released": 1}
        refusal()
        assert third.coupon_use.coupon.code == "SAVE20"

    def test_of_one_buyer_are_as_many_as_allowed(self) -> None:
        for code, in_all in (("SAVE20", None), ("SAVE30", 3)):
            coupon(code, max_uses_per_buyer=1, max_uses=in_all)
            order = order_with(code)
            refusal(code)
            order_with(code, buyer="another")
            release(order)
            order_with(code)
            refusal(code)

    def test_of_other_coupons_do_not_count(self) -> None:
        coupon(max_uses=1)
        coupon("OTHER", max_uses=1)
        order_with("OTHER")
        order_with()

    def test_have_the_key_of_the_buyer(self) -> None:
        coupon()
        order = order_with(buyer="digest")
        assert (order.coupon_use.buyer_key, order.coupon_use.state) == ("digest", CouponUseState.RESERVED)

    def test_are_confirmed_and_released_once(self) -> None:
        """S4-33: each may be repeated, and what was paid stays used."""
        coupon(max_uses=1)
        order = order_with()
        for move, state in (
            (release, "released"), (release, "released"), (confirm, "confirmed"), (confirm, "confirmed"),
            (release, "confirmed"),
        ):  # fmt: skip
            move(order)
            assert states() == {state: 1}

    def test_of_money_that_came_late_count_again(self) -> None:
        """The last use went to somebody else meanwhile; both have paid the price with the discount."""
        coupon(max_uses=1)
        late = order_with()
        release(late)
        order_with(buyer="another")
        confirm(late)
        assert states() == {"confirmed": 1, "reserved": 1}
        refusal()

    def test_need_no_coupon(self) -> None:
        order = unpaid_order()
        for move in (release, confirm):
            move(order)
        assert not CouponUse.objects.exists()

    def test_need_few_queries(self, django_assert_num_queries: Any) -> None:
        """One to lock and one to count; the count is left out where nothing is limited."""
        limited, unlimited = coupon(max_uses=9, max_uses_per_buyer=9), coupon("FREE4ALL")
        for row, queries in ((limited, 2), (unlimited, 1)):
            with django_assert_num_queries(queries):
                coupon_for_order(code=row.code, buyer_key="buyer", total_cents=1, now=VALID_FROM)
        for order, queries in ((order_with(), 3), (unpaid_order(), 1)):
            with django_assert_num_queries(queries):
                coupon_use_confirm(order_id=order.id)


@pytest.mark.django_db
class TestRows:
    """S4-29: what the database refuses, whoever writes."""

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("coupon_code_written_so", {"code": "save20"}),
            ("coupon_code_written_so", {"code": "A B"}),
            ("coupon_code_written_so", {"code": "AB"}),
            ("coupon_percent_or_amount", {"percent_bps": None}),
            ("coupon_percent_or_amount", {"amount_cents": 100, "percent_bps": 100}),
            ("coupon_percent_in_range", {"percent_bps": 0}),
            ("coupon_percent_in_range", {"percent_bps": 10_001}),
            ("coupon_amount_in_range", {"amount_cents": 0}),
            ("coupon_valid_some_time", {"valid_until": VALID_FROM}),
            ("coupon_share_fits_funding", {"holder_share_bps": 1}),
            ("coupon_share_fits_funding", {"funded_by": CouponFunding.HOLDER, "holder_share_bps": 5_000}),
            ("coupon_share_fits_funding", {"funded_by": CouponFunding.SHARED, "holder_share_bps": 0}),
            ("orders_coupon_code", {}),
        ],
    )
    def test_of_coupons_make_sense(self, name: str, changes: dict[str, Any]) -> None:
        coupon()
        with pytest.raises(IntegrityError, match=name):
            coupon(**changes)

    def test_of_uses_are_one_for_each_order(self) -> None:
        coupon()
        coupon("OTHER")
        order = order_with()
        with pytest.raises(IntegrityError, match="orders_couponuse_order_id"):
            coupon_use_reserve(coupon=Coupon.objects.get(code="OTHER"), order=order)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_one_of_twenty_buyers_gets_the_last_use(self) -> None:
        """S4-30."""
        coupon(max_uses=1)
        results = at_once(*[partial(order_with, buyer=f"buyer {number}") for number in range(20)])
        assert Counter(type(result) for result in results) == {Order: 1, CouponRefused: 19}, results
        assert (states(), Order.objects.count()) == ({"reserved": 1}, 1)

    @pytest.mark.parametrize("guarded", [True, False])
    @pytest.mark.parametrize("limit", [{"max_uses": 1}, {"max_uses_per_buyer": 1}])
    def test_who_counts_waits_for_the_lock(
        self, limit: dict[str, int], guarded: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: without the lock, both checkouts count before either commits."""
        coupon(**limit)
        if guarded:
            [result] = while_uncommitted(order_with, order_with)
        else:
            monkeypatch.setattr(coupons, "coupon_locked", lambda code: Coupon.objects.get(code=code))
            [result] = before_commit(order_with, order_with)
        assert isinstance(result, CouponRefused if guarded else Order), result
        assert states() == {"reserved": 1 if guarded else 2}

    @pytest.mark.parametrize("guarded", [True, False])
    def test_a_payment_wins_against_the_end_of_the_hold(self, guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: without the lock, the release reads a reserved use and writes after the confirmation."""
        coupon()
        order = order_with()
        if not guarded:
            monkeypatch.setattr(coupons, "coupon_of_order_locked", lambda order_id: order_id)
        [result] = while_uncommitted(partial(coupon_use_confirm, order_id=order.id), partial(release, order))
        assert result is None, result
        assert states() == {"confirmed" if guarded else "released": 1}

    def test_a_released_use_is_there_for_who_waited(self) -> None:
        coupon(max_uses=1)
        order = order_with()
        [result] = while_uncommitted(
            partial(coupon_use_release, order_id=order.id), partial(order_with, buyer="another")
        )
        assert isinstance(result, Order), result
        assert states() == {"released": 1, "reserved": 1}

    def test_a_coupon_that_was_switched_off_meanwhile_is_refused(self) -> None:
        row = coupon()
        [result] = while_uncommitted(partial(Coupon.objects.filter(id=row.id).update, is_active=False), order_with)
        assert isinstance(result, CouponRefused), result
