"""Forms of the admin that take effect once, however often they are sent."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect
from django.utils.crypto import get_random_string, salted_hmac
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.common import idempotency
from apps.common.form_fields import LineFormField
from apps.common.models import IdempotencyRecord

TOKEN: Final = "form_token"  # noqa: S105  # the name of a field
SENT_TWICE: Final = "This form was sent twice and took effect once. This is the result."
# These differ even when the form is the same: the session token, and which button was pressed.
_NOT_THE_FORM: Final = frozenset({"csrfmiddlewaretoken", "_save", "_continue", "_addanother"})


def new_token() -> str:
    """Return a token for the hidden field `form_token` of a page."""
    return get_random_string(22)


def action_box(hint: str) -> UnfoldAdminTextInputWidget:
    """Return a text box for the action bar, which has no room for a label."""
    return UnfoldAdminTextInputWidget(attrs={"placeholder": hint, "aria-label": hint, "class": "min-w-52"})


class DecisionForm(ActionForm):
    """The action bar of a list: a token for actions that take effect once, and the reason, which the holder reads."""

    form_token = forms.CharField(label="", required=False, widget=forms.HiddenInput, initial=new_token)
    reason = LineFormField(label="", max_length=300, required=False, widget=action_box("Reason, read by the holder"))


def once(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer a submitted form; submitting it again redirects to where the first answer did.

    Concurrent submissions are answered one after the other. A form with other values is another form, even after Back.
    Answers are kept as long as those of the API, see `idempotency.RETENTION`.

    `work` writes and answers with a redirect; any other answer, such as the form with its errors, is not kept.
    """
    if not request.POST.get(TOKEN):
        return work()
    # Keyed with the secret key: forms may hold passwords, and the stored hash must not help to guess them.
    sent = sorted((name, values) for name, values in request.POST.lists() if name not in _NOT_THE_FORM)
    key = salted_hmac(__name__, f"{request.path}\n{urlencode(sent, doseq=True)}", algorithm="sha256").hexdigest()
    answer = idempotency.once(
        scope=f"form:{request.user.pk}", key=key, request_hash=key, work=work, kept=_kept, waits=True
    )
    if not isinstance(answer, IdempotencyRecord):
        return answer
    messages.warning(request, SENT_TWICE)
    return redirect(answer.response_body["location"])


def _kept(answer: HttpResponse) -> tuple[int, dict[str, str]] | None:
    if not isinstance(answer, HttpResponseRedirectBase):
        return None
    return answer.status_code, {"location": answer.url}
