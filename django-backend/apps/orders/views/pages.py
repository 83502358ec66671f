"""The page of an order, for people: whoever has the signed link may pay, cancel, and have the mail sent again."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.common.errors import DomainError
from apps.orders.errors.orders import OrderUnknown
from apps.orders.messages.buyers import order_context
from apps.orders.models import Order
from apps.orders.selectors.choices import choices_of
from apps.orders.selectors.order_links import order_token
from apps.orders.selectors.orders import held_until, next_step, order_of_token, with_lines
from apps.orders.selectors.products import order_products_answer, products_refunded
from apps.orders.services.choices import order_give_back
from apps.orders.services.order_mails import order_mail_resend
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.payments.api import StripeUnanswered
from apps.payments.enums import PAYING_FOR


@method_decorator(never_cache, name="dispatch")
class OrderPageView(View):
    """What was ordered, what has become of it, and what the buyer can do."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the order; 404 if the link was not signed by us."""
        return _page(request, _order(token))


@method_decorator(never_cache, name="dispatch")
class OrderPageActView(View):
    """A button on the page of an order."""

    http_method_names = ("post", "options")
    act: Callable[..., object]
    done = ""

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do it and show the page again, or say why it cannot be done."""
        order = _order(token)
        try:
            type(self).act(order_id=order.id, now=timezone.now())
        except DomainError as error:
            return _page(request, order, problem=error)
        messages.success(request, self.done)
        return redirect("order_page", token)


class OrderPageCancelView(OrderPageActView):
    """Cancels an order that is not paid."""

    act, done = order_cancel, "The order is cancelled. Nothing was paid."


class OrderPageMailView(OrderPageActView):
    """Sends the mail about an order again."""

    act, done = order_mail_resend, "The e-mail is on its way."


@require_POST
@never_cache
def order_refund_process(request: HttpRequest, token: str) -> HttpResponse:
    """Give back the seats at the event that `event` names, which was moved."""
    order = _order(token)
    try:
        order_give_back(order_id=order.id, event_id=UUID(request.POST.get("event", "")), now=timezone.now())
    except ValueError:
        raise Http404 from None
    except DomainError as error:
        return _page(request, order, problem=error)
    messages.success(request, "Your money is on its way back. It may take up to ten days until your bank shows it.")
    return redirect("order_page", token)


@require_POST
@never_cache
def payment_process(request: HttpRequest) -> HttpResponse:
    """Send the buyer to Stripe's page for the order that `order` names; 404 if the link was not signed by us."""
    order = _order(request.POST.get("order", ""))
    try:
        address = order_payment_address(order_id=order.id, now=timezone.now())
    except DomainError as error:
        return _page(request, order, problem=error)
    if address is None:
        return _page(request, order, problem=StripeUnanswered())
    request.session[PAYING_FOR] = reverse("order_page", args=[order_token(order.id)])
    return HttpResponseRedirect(address, status=303)


def _order(token: str) -> Order:
    try:
        return order_of_token(token)
    except OrderUnknown as error:
        raise Http404(str(error)) from None


def _page(request: HttpRequest, order: Order, *, problem: DomainError | None = None) -> HttpResponse:
    order = with_lines(Order.objects.filter(id=order.id)).get()
    lines, products = list(order.lines.all()), list(order.products.all())
    choices = choices_of([order], now=timezone.now())
    context = {
        "order": order,
        "token": order_token(order.id),
        "next": next_step(order, lines),
        "held_until": held_until(order, lines),
        "problem": problem,
        "choices": [
            (line.event, until)
            for line in {line.event_id: line for line in lines}.values()
            if (until := choices.get((order.id, line.event_id)))
        ],
        **order_context(order, link=""),
        "products": order_products_answer(order, products, products_refunded(products)),
    }
    return render(request, "orders/order.html", context, status=problem.status if problem else 200)
