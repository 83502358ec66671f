"""What a holder agrees to besides price and seats: values that every way of listing takes along."""

from dataclasses import dataclass
from datetime import date

from apps.listings.enums import DeliveryType
from apps.listings.rules.price_plans import FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule


@dataclass(frozen=True)
class ListingTerms:
    """The terms of a listing; the defaults are those of a request that names none."""

    floor_cents: int | None = None
    floor_basis: FloorBasis = FloorBasis.LIST
    price_steps: tuple[PriceStep, ...] = ()
    split_rule: SplitRule = SplitRule.ANY
    custom_quantities: tuple[int, ...] = ()
    in_hand_date: date | None = None
    delivery_type: DeliveryType = DeliveryType.MOBILE_TRANSFER
    disclosures: tuple[str, ...] = ()
    notes: str = ""
