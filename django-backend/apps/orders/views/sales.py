"""Sales of the signed-in holder's seats, and the marketplaces."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from apps.common.conditional import ReadViewSet
from apps.common.views import StrictView
from apps.orders.filters import SaleFilter
from apps.orders.models import Marketplace, Sale
from apps.orders.selectors import marketplaces_in_use, sales_of, with_payable
from apps.orders.serializers.sales import MarketplaceOutput, SaleOutput


class SaleReadViewSet(ReadViewSet):
    """Sales as rows, the latest first, each with the payable date of today."""

    queryset = Sale.objects.none()
    serializer_class = SaleOutput
    filterset_class = SaleFilter
    ordering = ("-sold_at", "-id")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return [with_payable(row) for row in page] if page else page

    def get_object(self) -> Any:
        return with_payable(super().get_object())


@extend_schema(tags=["Sales"])
@extend_schema_view(list=extend_schema(summary="Own sales, latest first"), retrieve=extend_schema(summary="One sale"))
class SaleViewSet(SaleReadViewSet):
    """The sales of your own seats: price, split, how it was calculated, and when the payout is due."""

    def get_queryset(self) -> QuerySet[Sale, dict[str, Any]]:
        return sales_of(user=self.user)


@extend_schema(tags=["Sales"])
@extend_schema_view(list=extend_schema(summary="Marketplaces in use"))
class MarketplaceViewSet(StrictView, mixins.ListModelMixin, viewsets.GenericViewSet[Marketplace]):
    """Where seats are sold."""

    queryset = marketplaces_in_use()
    serializer_class = MarketplaceOutput
    filterset_class = None
    ordering = ("name", "id")
