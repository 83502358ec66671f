"""The base of every view of the API."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.utils import timezone
from django_filters import MultipleChoiceFilter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.common.acts import Act, ChangeSource
from apps.common.queries import Use, query_problems
from apps.common.replica import has_replica, routed
from apps.common.serializers import NoInput
from apps.common.throttling import Counted

S = TypeVar("S", bound=Serializer[Any])
_FORMAT = "format"  # chooses the form of an answer, on every view of the REST framework


class StrictView(APIView):
    """Refuses query parameters that the request does not know, repeated ones and empty ones.

    Lists know their filters and pages by themselves; what a handler reads besides, a view names in `query_parameters`.
    """

    query_parameters: ClassVar[Mapping[str, Use]] = {}
    # Whether `GET` may be answered by the replica of the database: not for what must be true now.
    reads_replica: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at the parameters once it is clear who asks, and that they may.

        Raises:
            ValidationError: names every parameter that means nothing here.
        """
        super().initial(request, *args, **kwargs)
        if request.method == "OPTIONS":  # asks what an address can do; parameters play no part
            return
        if problems := query_problems(request.query_params, {_FORMAT: Use.ONCE, **self.known_parameters()}):
            raise ValidationError(problems)
        if has_replica() and (handler := getattr(self, str(request.method).lower(), None)):
            setattr(self, str(request.method).lower(), routed(handler, request, may_read=self.reads_replica))

    def check_permissions(self, request: Request) -> None:
        """Refuse users without permission; a refused request does not count against their limit."""
        try:
            super().check_permissions(request)
        except Exception:
            if isinstance(request.auth, Counted):
                request.auth.take_back()
            raise

    def known_parameters(self) -> dict[str, Use]:
        """Return the parameters that this request may have, each with how often."""
        known = dict(self.query_parameters)
        if self.request.method not in {"GET", "HEAD"} or getattr(self, "action", None) == "retrieve":
            return known
        is_about_one_row = getattr(self, "detail", False)  # what a filter would choose from is chosen
        if not is_about_one_row and (filters := getattr(self, "filterset_class", None)):
            known |= {
                name: Use.MANY if isinstance(one, MultipleChoiceFilter) else Use.ONCE
                for name, one in filters.base_filters.items()
            }
        if paginator := getattr(self, "paginator", None):
            known |= dict.fromkeys(paginator.parameter_names(self), Use.ONCE)
        return known

    @property
    def user_id(self) -> UUID:
        """The id of the signed-in user, where the permissions let nobody else through."""
        return cast("UUID", self.request.user.pk)

    def act(self, reason: str = "", *, source: ChangeSource = ChangeSource.API) -> Act:
        """Return what the signed-in user does with this request, at this moment."""
        return Act(self.request.user.pk, source, timezone.now(), reason)

    def sent(self, shape: type[S]) -> S:
        """Return the body of the request as its serializer has validated it.

        Raises:
            ValidationError: names everything that is wrong with it.
        """
        data = shape(data=self.request.data)
        data.is_valid(raise_exception=True)
        return data

    def refuse_body(self) -> None:
        """Refuse what was sent to a request that needs no body.

        Raises:
            ValidationError: names every field.
        """
        self.sent(NoInput)
