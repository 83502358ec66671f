"""Links to orders: only ours open one."""

from uuid import UUID

import pytest
from django.core.signing import Signer

from apps.common.ids import uuid7
from apps.orders.errors.orders import OrderUnknown
from apps.orders.selectors.order_links import order_address, order_id_of, order_token

ORDER_ID = UUID("01a22fac-8e9e-7359-8832-45110e5999d1")


def test_a_token_leads_to_its_order_and_is_short() -> None:
    order_id = uuid7()
    token = order_token(order_id)
    assert order_id_of(token) == order_id
    assert len(token) == 66
    assert order_address(order_id).endswith(f"/orders/{token}/")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        str(ORDER_ID),
        order_token(ORDER_ID)[:-1] + "!",
        Signer(salt="another").sign("A" * 22),
        Signer(salt="orders.link").sign("not-a-uuid"),
        Signer(salt="orders.link").sign("é"),
    ],
)
def test_other_tokens_are_of_no_order(token: str) -> None:
    with pytest.raises(OrderUnknown):
        order_id_of(token)
